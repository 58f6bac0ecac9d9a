"""GS1 DataMatrix and plain DataMatrix symbols, drawn exactly (ISO/IEC 16022, GS1 General Specifications 5.6).

The one door to the encoder. A GS1 symbol begins with FNC1 and separates elements of variable length by it;
the encoder sets both from the bracketed line and refuses what an element must not hold.
"""

import re
from dataclasses import dataclass

import zxingcpp
from biip import ParseConfig, ParseError
from biip.gs1_messages import GS1Message

from core.errors import Invalid

_KIND = zxingcpp.BarcodeFormat.DataMatrix
_STRICT = ParseConfig()
_PATH = re.compile(r'<path d="([^"]+)"')
_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')


@dataclass(frozen=True)
class Symbol:
    """A symbol as the path of its dark modules, one unit each, without its quiet zone; ``width`` modules
    wide and ``height`` high."""

    path: str
    width: int
    height: int


def data_matrix(content: str) -> Symbol:
    """Draw a square GS1 DataMatrix from its bracketed line, such as ``(01)09521234001012(17)281122(10)A1``.

    Raises:
        Invalid: ``label.content``: an element holds what GS1 does not allow.
    """
    try:
        GS1Message.parse_hri(content, config=_STRICT)
        made = zxingcpp.create_barcode(content, _KIND, gs1=True, force_square=True)
    except (ParseError, ValueError) as error:
        raise Invalid(
            "label.content",
            "%(content)s cannot be printed as a GS1 code: %(reason)s",
            content=content,
            reason=str(error),
        ) from error
    drawn = made.to_svg(scale=1, add_quiet_zones=False)
    path, size = _PATH.search(drawn), _SIZE.search(drawn)
    assert path is not None
    assert size is not None  # the encoder draws every symbol like this
    return Symbol(path[1], int(size[1]), int(size[2]))
