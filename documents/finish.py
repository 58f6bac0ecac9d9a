"""Last touches to a rendered page that make it PDF/UA-1 beside PDF/A-3a and ready to be signed.

The renderer makes one standard at a time and no signature fields. Both are added to its object tree before it
is written, so that the unsigned base is one plain, reproducible file (ISO 14289-1, ISO 19005-3).
"""

from typing import Any

import pydyf

_UA_IN_XMP = (
    b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>'
    b'<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    b' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    b' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>'
    b'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>'
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>"
    b'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>'
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>PDF/UA part</pdfaProperty:description></rdf:li></rdf:Seq>"
    b"</pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)
_PX_TO_PT = 0.75


class Finisher:
    """Adds the PDF/UA mark and one tagged, empty signature field for each anchor ``sig-1`` … of the page.

    ``titles`` gives each field's name for screen readers, in the order of the fields.
    """

    def __init__(self, titles: list[str]) -> None:
        self._titles = {f"sig-{place}": title for place, title in enumerate(titles, 1)}

    def __call__(self, document: Any, pdf: Any) -> None:
        """Finish a document; called by the renderer just before it writes.

        Raises:
            ValueError: a signer has no place on the page.
        """
        _mark_accessible(pdf)
        places = _anchors(document)
        lost = set(self._titles) - set(places)
        if lost:
            raise ValueError(f"no place on the page for {sorted(lost)}")
        fields = pydyf.Array()
        for name, title in self._titles.items():
            fields.append(_add_field(pdf, name, title, *places[name]).reference)
        if fields:
            pdf.catalog["AcroForm"] = pydyf.Dictionary({"Fields": fields, "SigFlags": 0})


def _mark_accessible(pdf: Any) -> None:
    stream = _object(pdf, pdf.catalog["Metadata"])
    stream.stream = [stream.stream[0].replace(b"</rdf:RDF>", _UA_IN_XMP + b"</rdf:RDF>")]
    stream.compress = False  # some validators cannot read compressed metadata


def _anchors(document: Any) -> dict[str, tuple[int, list[float]]]:
    """Find each anchor: the place of its page and its rectangle in points from the lower left corner."""
    found: dict[str, tuple[int, list[float]]] = {}
    for place, page in enumerate(document.pages):
        for name, (left, top, right, bottom) in page.anchors.items():
            edges = (left, page.height - bottom, right, page.height - top)
            found.setdefault(name, (place, [round(edge * _PX_TO_PT, 2) for edge in edges]))
    return found


def _add_field(pdf: Any, name: str, title: str, page_place: int, rectangle: list[float]) -> Any:
    page = _object(pdf, pdf.page_references[page_place])
    root = _object(pdf, pdf.catalog["StructTreeRoot"])
    parents = _object(pdf, root["ParentTree"])["Nums"]
    key = max(parents[::2]) + 1
    left, bottom, right, top = rectangle
    empty = pydyf.Stream(
        [],
        {
            "Type": "/XObject",
            "Subtype": "/Form",
            "BBox": pydyf.Array([0, 0, round(right - left, 2), round(top - bottom, 2)]),
        },
    )
    pdf.add_object(empty)
    widget = pydyf.Dictionary(
        {
            "Type": "/Annot",
            "Subtype": "/Widget",
            "FT": "/Sig",
            "T": pydyf.String(name),
            "TU": pydyf.String(title),
            "F": 4,
            "P": page.reference,
            "Rect": pydyf.Array(rectangle),
            "AP": pydyf.Dictionary({"N": empty.reference}),
            "StructParent": key,
        }
    )
    pdf.add_object(widget)
    element = _structure(pdf, root["K"][0], title)
    # /K is the object reference itself, not an array: validators' difference policies follow only that.
    element["K"] = pydyf.Dictionary({"Type": "/OBJR", "Obj": widget.reference, "Pg": page.reference})
    parents.extend([key, element.reference])
    page.setdefault("Annots", pydyf.Array()).append(widget.reference)
    page["Tabs"] = "/S"
    return widget


def _structure(pdf: Any, parent: bytes, title: str) -> Any:
    element = pydyf.Dictionary({"Type": "/StructElem", "S": "/Form", "P": parent, "Alt": pydyf.String(title)})
    pdf.add_object(element)
    _object(pdf, parent)["K"].append(element.reference)
    return element


def _object(pdf: Any, reference: bytes | str) -> Any:
    return pdf.objects[int(reference.split()[0])]
