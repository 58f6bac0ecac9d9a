"""What the step that accepts a list shows and its record prints, and the record that keeps its file."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.imports.models import DataImport
from app.imports.queries import bringer, import_of, result_of
from app.imports.results import KeptChange
from app.sites.queries import style_of
from core.languages import pick
from core.types import Bilingual
from documents.models import StoredFile
from documents.records import RecordDraft, empty_content, moment_text
from documents.registry import Section, facts, printed_form
from documents.sheets.cells import Column, Kind
from documents.sheets.examining import SHOWN
from documents.sheets.importers import Importer, importer_of
from documents.sheets.rows import Outcome

SUBJECT = "imports.data_import"
FORM_CODE, FORM_REVISION = "QR-QM-004", "A1"
TITLE = {"en": "List brought in", "zh": "清单导入申请"}
printed_form(FORM_CODE, FORM_REVISION, TITLE)


@facts(SUBJECT)
def import_sections(session: Session, subject_id: uuid.UUID, data: Mapping[str, Any]) -> list[Section]:
    """Tell which file is to be accepted, how many rows it has, and what stands in them.

    Raises:
        NotFound: there is no such import.
    """
    found = import_of(session, subject_id)
    return _sections(session, found)


def proposal_draft(session: Session, found: DataImport) -> RecordDraft:
    """The record of a proposed list, which keeps its file; nobody signs it, the plant seals it."""
    assert found.site is not None
    assert found.case is not None
    style = style_of(found.site)
    file = session.get_one(StoredFile, found.sha256)
    attached = {
        "name": found.file_name,
        "sha256": file.sha256,
        "size": str(file.size),
        "media_type": file.media_type,
    }
    return RecordDraft(
        kind="imports.proposal",
        title={lang: f"{text} · {found.file_name}" for lang, text in TITLE.items()},
        form_code=FORM_CODE,
        form_revision=FORM_REVISION,
        site=style,
        language=style.layout,
        content={
            **empty_content(),
            "case": {"number": found.case.number, "title": dict(found.case.title)},
            "shown": _sections(session, found),
            "attachments": [attached],
        },
        case_id=found.case.id,
        subject=(SUBJECT, found.id, found.file_name),
    )


def _sections(session: Session, found: DataImport) -> list[Section]:
    changed = result_of(found).changed
    return [
        _file_section(session, found),
        *([_changes_section(found, changed)] if changed else []),
        _rows_section(found),
    ]


def _counts(found: DataImport) -> list[dict[str, Any]]:
    counts = result_of(found).counts()
    return [
        _row("New rows", "新增行数", str(counts[Outcome.NEW])),
        _row("Changed rows", "变更行数", str(counts[Outcome.CHANGED])),
        _row("Unchanged rows", "未变行数", str(counts[Outcome.UNCHANGED])),
    ]


def _changes_section(found: DataImport, changed: Sequence[KeptChange]) -> Section:
    names = {column.key: column.name for column in importer_of(found.list_name).columns}
    title = {"en": "What changes", "zh": "变更内容"}
    if len(changed) > SHOWN:
        title = {
            "en": f"What changes: the first {SHOWN} of {len(changed)} rows; the file holds all",
            "zh": f"变更内容：{len(changed)} 行中的前 {SHOWN} 行，全部内容见附件",
        }
    heads = [("What", "对象"), ("Column", "列"), ("Stands there", "现为"), ("Will stand there", "将改为")]
    return {
        "title": title,
        "rows": [],
        "table": {
            "columns": [{"en": english, "zh": chinese} for english, chinese in heads],
            "rows": [
                [one.key, names[column], there or "–", brought or "–"]
                for one in changed[:SHOWN]
                for column, (there, brought) in one.fields.items()
            ],
        },
    }


def _file_section(session: Session, found: DataImport) -> Section:
    importer = importer_of(found.list_name)
    rows = [
        _row("List", "清单", dict(importer.title)),
        _row("File", "文件", found.file_name),
        _row("SHA-256 of the file", "文件 SHA-256", found.sha256),
        *_counts(found),
        _row("Findings of the check", "检查发现", str(found.finding_count)),
        _row("Brought by", "上传人", bringer(session, found)),
        _row("Brought", "上传时间", moment_text(found.uploaded_at)),
        _row("Reason", "原因", found.note or "–"),
    ]
    return {"title": {"en": "List to be brought in", "zh": "拟导入的清单"}, "rows": rows, "table": None}


def _rows_section(found: DataImport) -> Section:
    importer = importer_of(found.list_name)
    shown = found.first_rows
    columns = [("What", "对象"), ("Particulars", "内容")]
    title = {"en": "What the list holds", "zh": "清单内容"}
    if found.row_count > len(shown):
        title = {
            "en": f"What the list holds: the first {len(shown)} of {found.row_count} rows, all in the file",
            "zh": f"清单内容：{found.row_count} 行中的前 {len(shown)} 行，全部内容见附件",
        }
    return {
        "title": title,
        "rows": [],
        "table": {
            "columns": [{"en": english, "zh": chinese} for english, chinese in columns],
            "rows": [[_what(importer, row), _particulars(importer, row)] for row in shown],
        },
    }


def _what(importer: Importer, row: Mapping[str, str]) -> str:
    return row.get(importer.columns[0].key) or "–"


def _particulars(importer: Importer, row: Mapping[str, str]) -> Bilingual:
    filled = [column for column in importer.columns[1:] if row.get(column.key)]
    return {
        lang: "; ".join(f"{column.name[lang]}: {_answer(column, row[column.key], lang)}" for column in filled)
        or "–"
        for lang in ("en", "zh")
    }


def _answer(column: Column, written: str, lang: str) -> str:
    """What stands in a cell; the code of an answer by its name."""
    answers = column.read.answers if isinstance(column.read, Kind) else {}
    return pick(answers.get(written, written), lang)


def _row(english: str, chinese: str, value: str | Bilingual) -> dict[str, Any]:
    return {"label": {"en": english, "zh": chinese}, "value": value, "unit": None, "mark": None}
