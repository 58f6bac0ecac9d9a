"""The jobs of the product: importing this module registers every handler, by its name."""

import importlib

from documents import render

PRODUCT = importlib.import_module("app.factory")
"""The whole house: a timer that fires runs operations of any room. It stands above, so by its name."""


def warm_up() -> None:
    """Load fonts and libraries by rendering a sample page: the first record is then as quick as the next."""
    render.warm_up()
