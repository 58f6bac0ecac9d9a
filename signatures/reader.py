"""A reader of PDFs that takes the index of an object stream apart once, not once an object.

The library walks the whole index for every object it fetches, which takes most of a second for two pages.
"""

import io

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader


class RecordReader(PdfFileReader):
    """A strict reader of one file."""

    def __init__(self, data: bytes) -> None:
        self._streams: dict[int, tuple[bytes, int, list[int]]] = {}
        super().__init__(io.BytesIO(data))

    def _get_object_from_stream(self, idnum: int, stmnum: int, idx: int) -> generic.PdfObject:
        if stmnum not in self._streams:
            self._streams[stmnum] = self._opened(stmnum)
        content, first, index = self._streams[stmnum]
        if not 0 <= idx < len(index) // 2 or index[2 * idx] != idnum:
            raise PdfStrictReadError(f"object {idnum} is not where the index says")
        place = io.BytesIO(content)
        place.seek(first + index[2 * idx + 1])
        found = generic.read_object(place, generic.Reference(idnum, 0, self))
        if isinstance(found, generic.StreamObject | generic.IndirectObject):
            raise PdfStrictReadError("a stream or reference inside an object stream")
        return found

    def _opened(self, stmnum: int) -> tuple[bytes, int, list[int]]:
        stream = generic.Reference(stmnum, 0, self).get_object()
        if not isinstance(stream, generic.StreamObject) or stream["/Type"] != "/ObjStm":
            raise PdfStrictReadError(f"object {stmnum} is no object stream")
        content, first = bytes(stream.read_data(DecodePurpose.OBJECT_STREAM)), int(stream["/First"])
        index = [int(number) for number in content[:first].split()]
        if len(index) != 2 * int(stream["/N"]):
            raise PdfStrictReadError("the index of an object stream has another length than it says")
        return content, first, index
