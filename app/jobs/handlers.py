"""The jobs of the product: importing this module registers every handler, by its name."""

from documents import render


def warm_up() -> None:
    """Load fonts and libraries by rendering a sample page: the first record is then as quick as the next."""
    render.warm_up()
