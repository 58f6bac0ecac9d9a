"""The files inside a PDF record: the canonical record and the signatures' evidence."""

from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

from signatures import policy


def read_all(pdf: PdfFileReader) -> dict[str, bytes]:
    """Read every embedded file of the newest revision by its name.

    Raises:
        ValueError: there are two records or two evidences of one name: nobody could say which counts.
    """
    found: dict[str, bytes] = {}
    if "/Names" not in pdf.root or "/EmbeddedFiles" not in pdf.root["/Names"]:
        return found
    for name, content in _leaves(pdf.root["/Names"]["/EmbeddedFiles"]):
        if name in found and (name == policy.RECORD_FILE or policy.EVIDENCE_NAME.fullmatch(name)):
            raise ValueError(f"two embedded files named {name}")
        found[name] = content
    return found


def _leaves(node: Any) -> list[tuple[str, bytes]]:
    leaves: list[tuple[str, bytes]] = []
    pairs = list(node["/Names"]) if "/Names" in node else []
    for place in pairs[1::2]:
        file = place.get_object()
        name = file["/UF"] if "/UF" in file else file["/F"]
        leaves.append((str(name), bytes(file["/EF"]["/F"].data)))
    for child in node["/Kids"] if "/Kids" in node else []:  # noqa: SIM401 - get() follows no reference
        leaves.extend(_leaves(child.get_object()))
    return leaves
