"""A case as one ZIP that stands on its own: every record, an index to read, a manifest to check, the root."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence

from app.archive.queries import attachments
from app.archive.verification import stored_page
from core.languages import pick, translate
from documents import store
from documents.models import Record, RecordState
from documents.render import EMBEDDED_LIMIT
from signatures import keys
from workflows.models import ProcessCase

MANIFEST = "SHA256SUMS"
MOMENT = (1980, 1, 1, 0, 0, 0)
"""Fixed time of every file in the archive: the same records give the same bytes."""


def N_(msgid: str) -> str:
    """Mark a sentence for translation."""
    return msgid


README = N_(
    "Records of case %(case)s. Check them offline, without this plant's server:\n"
    "  sha256sum -c SHA256SUMS\n"
    "  qms records verify --root root.pem records/*.pdf\n"
    "  pdfsig records/<file>.pdf\n"
    "Compare the root's fingerprint with the one printed on paper records: %(root)s\n"
    "What this proves rests on the plant's own keys and clock; nothing outside the plant vouches for it.\n"
)
UNSEALED = N_("Not yet sealed and therefore not in this package: %(numbers)s\n")
COLUMNS = (
    N_("Number"),
    N_("Title"),
    N_("Form"),
    N_("Made on (UTC)"),
    N_("Signed by"),
    N_("File"),
    N_("SHA-256 of the PDF"),
    N_("SHA-256 of the record"),
)


def case_package(case: ProcessCase, records: Sequence[Record], *, language: str) -> bytes:
    """Pack the sealed records of a case with index, manifest and root certificate; unsealed ones are named.

    Raises:
        NotFound: a sealed file is missing or damaged.
        KeysMissing: the installation has no root.
    """
    sealed = [record for record in records if record.state is RecordState.SEALED]
    files = {file_name(record, "pdf"): stored_page(record) for record in sealed}
    files |= {file_name(record, "json"): record.canonical for record in sealed}
    files |= {name: data for record in sealed for name, data in _beside(record)}
    files["index.csv"] = _index(sealed, language)
    files["root.pem"] = keys.root_pem()
    files["README.txt"] = _readme(case, records, language).encode()
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    return _zipped({**files, MANIFEST: sums.encode()})


def file_name(record: Record, kind: str) -> str:
    """Name the file of a record after its number, with nothing that a file system would refuse."""
    return f"records/{_harmless_name(record.number)}.{kind}"


def _beside(record: Record) -> Iterator[tuple[str, bytes]]:
    """The attachments too large to lie inside the PDF, in a folder named after the record."""
    for file in attachments(record):
        if int(file["size"]) > EMBEDDED_LIMIT:
            folder = file_name(record, "files")
            yield f"{folder}/{file['sha256'][:12]}-{_harmless_name(file['name'])}", store.read(file["sha256"])


def _harmless_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)


def _index(records: Sequence[Record], language: str) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow([translate(column, language) for column in COLUMNS])
    for record in records:
        table.writerow(map(_harmless, _row(record, language)))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _row(record: Record, language: str) -> tuple[str, ...]:
    return (
        record.number,
        pick(record.title, language),
        f"{record.form_code}/{record.form_revision}",
        record.created_at.isoformat(timespec="seconds"),
        record.signers_text,
        file_name(record, "pdf"),
        record.pdf_sha256 or "",
        record.sha256,
    )


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and never computes."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _readme(case: ProcessCase, records: Sequence[Record], language: str) -> str:
    text = translate(README, language, case=case.number, root=keys.root_sha256())
    waiting = [record.number for record in records if record.state is not RecordState.SEALED]
    return text + (translate(UNSEALED, language, numbers=", ".join(waiting)) if waiting else "")


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, MOMENT), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
