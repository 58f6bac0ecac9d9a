"""A bundle of model files: one process, its decision tables and its forms; named by one hash."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lxml import etree

from core.errors import NotFound
from forms import loader
from forms.loader import Form
from workflows.dmn import fact_names, read_model
from workflows.dmn_model import Decision, Model
from workflows.elements import ProcessModel, bpmn_tag, read_process
from workflows.findings import Finding
from workflows.xmlfile import BPMN, UnreadableFile, line_of, local, parse

SUFFIXES = (".bpmn", ".dmn")
FORM_SUFFIX = ".form.json"
"""How the forms of a release are named; they are put in when it is proposed, never brought along."""
_CALLED = re.compile(rb'calledElement="([A-Za-z0-9_]+)"')


@dataclass
class Bundle:
    """What was read from the files, and what was wrong with them as files."""

    files: dict[str, str] = field(default_factory=dict)
    processes: list[tuple[str, ProcessModel]] = field(default_factory=list)
    roots: dict[str, etree._Element] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    tables: list[tuple[str, Model]] = field(default_factory=list)
    forms: dict[str, Form] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def refuse(self, name: str, found: Iterable[Finding]) -> None:
        """Add findings of one file."""
        self.findings += [replace(finding, file=name) for finding in found]

    def keep_form(self, key: str, text: str) -> None:
        """Put the definition of a form into the bundle; its cases are worked on with this one."""
        self.forms[key] = loader.parse_kept(text.encode(), key=key)
        self.files[f"{key}{FORM_SUFFIX}"] = text


def sha256(files: Mapping[str, str]) -> str:
    """Name a bundle: the SHA-256 (hex) over the names and hashes of its files, sorted by name."""
    index = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())}
    return hashlib.sha256(json.dumps(index, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def read_folder(folder: Path) -> dict[str, bytes]:
    """Read the files of one process folder.

    Raises:
        NotFound: ``model.no_files``: the folder holds no model.
    """
    files = {file.name: file.read_bytes() for file in sorted(folder.glob("*")) if file.suffix in SUFFIXES}
    if not any(name.endswith(".bpmn") for name in files):
        raise NotFound("model.no_files", "There is no BPMN file in %(folder)s.", folder=str(folder))
    return files


def with_tables(file: Path) -> dict[str, bytes]:
    """Read one BPMN file with the decision tables beside it, and the processes it calls (``<key>.bpmn``)."""
    files = {table.name: table.read_bytes() for table in sorted(file.parent.glob("*.dmn"))}
    waiting = [file]
    while waiting:
        one = waiting.pop()
        if one.name not in files and one.is_file():
            files[one.name] = one.read_bytes()
            called = _CALLED.findall(files[one.name])
            waiting += [file.parent / f"{key.decode()}.bpmn" for key in called]
    return files


def read(files: Mapping[str, bytes]) -> Bundle:
    """Read the files of a bundle; whatever is wrong is among its findings."""
    bundle = Bundle()
    for name, data in sorted(files.items()):
        if not name.endswith(SUFFIXES):
            bundle.refuse(name, [Finding("file.unknown", facts={"name": name})])
        else:
            _read_xml(bundle, name, data)
    return bundle


def read_release(files: Mapping[str, str]) -> Bundle:
    """Read the files of a release, with the forms that were put into it.

    Raises:
        BadDefinition: the kept definition of a form is none.
    """
    bundle = read({name: text.encode() for name, text in files.items() if not name.endswith(FORM_SUFFIX)})
    for name, text in sorted(files.items()):
        if name.endswith(FORM_SUFFIX):
            bundle.keep_form(name.removesuffix(FORM_SUFFIX), text)
    return bundle


def _read_xml(bundle: Bundle, name: str, data: bytes) -> None:
    try:
        root = parse(data)
        bundle.files[name] = data.decode("utf-8")
    except UnreadableFile as wrong:
        bundle.refuse(name, [Finding(wrong.code, None, wrong.line, wrong.facts)])
        return
    except UnicodeDecodeError as wrong:
        bundle.refuse(name, [Finding("xml.malformed", None, None, {"reason": str(wrong)})])
        return
    bundle.roots[name] = root
    if name.endswith(".dmn"):
        if local(root) != "definitions" or "DMN" not in str(root.tag):
            bundle.refuse(name, [Finding("file.not_dmn", None, line_of(root))])
            return
        model, findings = read_model(root)
        bundle.refuse(name, findings or fact_names(model))
        bundle.tables.append((name, model))
        for key, decision in model.decisions.items():
            if key in bundle.decisions:
                bundle.refuse(name, [Finding("id.duplicate", key, decision.line, {"id": key})])
            bundle.decisions[key] = decision
    elif root.tag != f"{{{BPMN}}}definitions":
        bundle.refuse(name, [Finding("file.not_bpmn", None, line_of(root))])
    else:
        bundle.processes.extend((name, read_process(node)) for node in root.findall(bpmn_tag("process")))
