"""What the templates of the model pages print, read in one go."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from xml.sax.saxutils import quoteattr

from sqlalchemy.orm import Session

from app.modeler import queries
from app.objects.kinds import kinds
from app.web import language
from app.web.filters import in_language
from core.languages import translate
from documents import registry as shown_facts
from forms import loader
from workflows import analysis, compiler, diagram, registry, repository
from workflows.bundle import SUFFIXES
from workflows.compiled import CompiledProcess
from workflows.difference import Difference, compare
from workflows.errors import ModelRefused
from workflows.findings import Finding
from workflows.models import ProcessRelease


def history_page(session: Session) -> dict[str, Any]:
    """Collect the releases of every process, newest first within each."""
    releases = repository.releases(session)
    people = queries.names(session, [id for one in releases for id in (one.proposed_by, one.decided_by)])
    grouped = [(key, list(group)) for key, group in groupby(releases, key=lambda one: one.process_key)]
    return {"processes": grouped, "running": repository.running_cases(session), "people": people}


def release_page(session: Session, release: ProcessRelease, base: ProcessRelease | None) -> dict[str, Any]:
    """Collect what the page of one release shows, compared with another."""
    process = repository.compiled(release)
    report = _report({name: text.encode() for name, text in release.files.items() if name.endswith(SUFFIXES)})
    return {
        "release": release,
        "base": base,
        "report": report,
        "found": _found(report, process),
        "cases": queries.cases_about(session, release),
        "running": repository.running_cases(session).get(release.id, 0),
        "people": queries.names(session, [release.proposed_by, release.decided_by]),
        "others": [one for one in repository.releases(session, release.process_key) if one.id != release.id],
        "alt": diagram.alt_text(process.bpmn_xml, lang=language()),
        **comparison(repository.compiled(base) if base else None, process),
    }


def preview_page(session: Session, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Collect what the page shows before files are proposed: findings, and what they would change."""
    report = _report(files)
    page: dict[str, Any] = {"report": report, "process": None, "base": None, "names": sorted(files)}
    page |= {"found": _found(report, None), **comparison(None, None)}
    try:
        process = compiler.compile_files(files)
    except ModelRefused:
        return page
    page["found"] = _found(report, process)
    effective = [one for one in repository.effective_releases(session) if one.process_key == process.key]
    base = effective[0] if effective else None
    before = repository.compiled(base) if base else None
    return page | {"process": process, "base": base, **comparison(before, process)}


def comparison(before: CompiledProcess | None, after: CompiledProcess | None) -> dict[str, Any]:
    """Compare two models, with a picture of each; without a first one only the second is drawn."""
    difference = compare(before, after) if before and after else None
    return {
        "difference": difference,
        "before_picture": _before(before, difference) if before else "",
        "after_picture": _after(after, difference) if after else "",
    }


def reference_page() -> dict[str, Any]:
    """Collect what models may name."""
    return {
        "operations": [_operation(one) for one in registry.operations()],
        "forms": [loader.load(key) for key in sorted(loader.keys())],
        "roles": registry.roles(),
        "meanings": registry.MEANINGS,
        "facts": sorted(shown_facts.names()),
        "kinds": kinds(),
    }


def _report(files: Mapping[str, bytes]) -> compiler.CheckReport:
    """Check files, and play every path of those that the checks let through."""
    report = compiler.check_files(files)
    return report.joined(analysis.explore(files)) if report.executable else report


@dataclass(frozen=True)
class _Way:
    """A path on which something happens: its picture, where on it the finding is, the names of its steps."""

    picture: str
    at: tuple[int, int] | None
    names: list[str]


Found = tuple[Finding, _Way | None]


def _found(report: compiler.CheckReport, process: CompiledProcess | None) -> list[list[Found]]:
    """Put findings of one kind together, in the order in which their first stands, each with its path."""
    kinds: dict[str, list[Found]] = {}
    for finding in report.findings:
        way = _way(process, finding) if process and finding.path else None
        kinds.setdefault(finding.code, []).append((finding, way))
    return list(kinds.values())


def _way(process: CompiledProcess, finding: Finding) -> _Way:
    """Draw the path up to the element that the finding is about, which a token need not have reached yet."""
    place = finding.element if finding.element in process.elements else finding.path[-1]
    path = [*finding.path, *([] if place in finding.path else [place])]
    passed = {flow.id for flow in process.model.flows if {flow.source, flow.target} <= set(path)}
    picture = diagram.to_svg(
        process.bpmn_xml, done=set(path) - {place}, current={place}, flows=passed, lang=language()
    )
    named = (process.elements.get(key) for key in path)
    names = [in_language(element.title) for element in named if element is not None]
    return _Way(_as_image(picture), diagram.place_of(process.bpmn_xml, {place}, language()), names)


def _operation(operation: registry.Operation) -> dict[str, Any]:
    required = set(operation.schema.get("required", ()))
    properties: dict[str, Any] = operation.schema.get("properties", {})
    return {
        "name": operation.name,
        "title": operation.title,
        "description": " ".join(operation.description.split("Raises:")[0].split()),
        "parameters": [
            (name, _holds(kind), name in required, translate(kind.get("description", ""), language()))
            for name, kind in properties.items()
        ],
        "example": _example(operation, sorted(required) or list(properties)[:1]),
    }


def _holds(schema: Mapping[str, Any]) -> str:
    """What a parameter may be, as JSON Schema says it: its answers, its format or its type."""
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    return str(schema.get("format") or schema.get("type", ""))


def _example(operation: registry.Operation, names: Sequence[str]) -> str:
    """The service task that calls an operation, to be put into a model."""
    given = "".join(f'\n    <qms:parameter name="{name}" value="{name}" />' for name in names)
    inner = f"\n  <bpmn:extensionElements>{given}\n  </bpmn:extensionElements>\n" if names else ""
    task = operation.name.rpartition(".")[2]
    head = f'<bpmn:serviceTask id="{task}" name={quoteattr(operation.title["en"])}'
    return f'{head}\n    qms:nameZh={quoteattr(operation.title["zh"])} qms:operation="{operation.name}">' + (
        f"{inner}</bpmn:serviceTask>"
    )


def _before(process: CompiledProcess, difference: Difference | None) -> str:
    removed = difference.ids("removed") if difference else ()
    changed = difference.ids("changed") if difference else ()
    return _as_image(
        diagram.difference_svg(process.bpmn_xml, removed=removed, changed=changed, lang=language())
    )


def _after(process: CompiledProcess, difference: Difference | None) -> str:
    added = difference.ids("added") if difference else ()
    changed = difference.ids("changed") if difference else ()
    return _as_image(diagram.difference_svg(process.bpmn_xml, added=added, changed=changed, lang=language()))


def _as_image(svg: str) -> str:
    """Give a drawing as an address an image can show; it is made for this page alone."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
