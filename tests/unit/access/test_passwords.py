"""What is stored of a password: the product's own strength, not the cheap one most tests run with."""

import pytest

from app.access import passwords


@pytest.mark.urs("URS-023")
def test_a_password_is_kept_as_argon2id_over_19_mib_in_two_passes() -> None:
    made_when_the_product_was_loaded = passwords._NOBODY
    assert made_when_the_product_was_loaded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
