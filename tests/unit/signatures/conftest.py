"""A plant with keys, and one sealed record of it."""

from pathlib import Path

import pytest

from core.config import settings
from signatures import keys
from signatures.keys import KeyRing
from tests.factories import sealing


@pytest.fixture
def ring(home: Path) -> KeyRing:
    """The opened keys of a fresh plant."""
    return keys.create_authority(settings().keys, "Demo Medical Ltd", None, sealing.NOW).ring


@pytest.fixture
def sealed(ring: KeyRing) -> bytes:
    """A record that two people signed and the plant sealed."""
    return sealing.sealed()
