"""A certificate store that trusts one plant's root, as an auditor's `pdfsig` would have it."""

import subprocess
from pathlib import Path


def trusting(keys: Path, folder: Path) -> Path:
    """Make a store below `folder` with the root and issuing certificates of `keys`; give its place."""
    store = folder / "nss"
    if not store.exists():
        store.mkdir()
        _certutil(store, "-N", "--empty-password")
        _certutil(store, "-A", "-n", "root", "-t", "CT,C,C", "-i", str(keys / "root.pem"))
        _certutil(store, "-A", "-n", "issuing", "-t", ",,", "-i", str(keys / "issuing.pem"))
    return store


def _certutil(store: Path, *words: str) -> None:
    subprocess.run(["certutil", "-d", f"sql:{store}", *words], check=True, capture_output=True)
