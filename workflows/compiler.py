"""Checking and compiling model files: what passes runs as drawn, all else is refused with its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from forms import loader
from workflows import builder, coverage, rules, rules_calls
from workflows import bundle as bundles
from workflows.bundle import Bundle
from workflows.compiled import CompiledProcess
from workflows.elements import ProcessModel
from workflows.errors import ModelRefused
from workflows.findings import Finding, Repair
from workflows.rules_tasks import Named
from workflows.xmlfile import line_of

# what the checks let through has a place in the builder; a hole between them shows as one of these
_ENGINE_ERRORS = (AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True)
class CheckReport:
    """What the checks found; ``executable`` means that there is no error among the findings."""

    findings: list[Finding]
    repairs: list[Repair] = field(default_factory=list)
    process_key: str | None = None

    @property
    def executable(self) -> bool:
        """Say whether the model can be proposed."""
        return not self.errors

    def joined(self, more: list[Finding]) -> "CheckReport":
        """Give the report with further findings, what keeps the model from running first."""
        findings = sorted([*self.findings, *more], key=lambda finding: finding.severity)
        return CheckReport(findings, self.repairs, self.process_key)

    @property
    def errors(self) -> list[Finding]:
        """The findings that keep the model from running."""
        return [finding for finding in self.findings if finding.severity == "error"]


def check_files(
    files: Mapping[str, bytes], *, known_form: Callable[[str], bool] = loader.known
) -> CheckReport:
    """Check a bundle without running it; nothing is changed."""
    bundle = bundles.read(files)
    process = _the_process(bundle)
    if process is not None:
        _check_process(bundle, *process, known_form)
    if process is not None and not _errors(bundle):
        try:
            _build(bundle, *process)
        except _ENGINE_ERRORS as wrong:
            bundle.refuse(process[0], [_engine_refusal(wrong)])
    findings = sorted(
        bundle.findings, key=lambda finding: (finding.severity, finding.file or "", finding.line or 0)
    )
    return CheckReport(findings, process_key=process[1].key if process else None)


def check_table(name: str, data: bytes) -> CheckReport:
    """Check a DMN file by itself."""
    bundle = bundles.read({name: data})
    _check_tables(bundle)
    return CheckReport(bundle.findings)


def compile_files(
    files: Mapping[str, bytes], *, known_form: Callable[[str], bool] = loader.known
) -> CompiledProcess:
    """Check a bundle and make it ready to run.

    Raises:
        ModelRefused: ``model.refused``, with the findings.
    """
    bundle = bundles.read(files)
    process = _the_process(bundle)
    if process is not None:
        _check_process(bundle, *process, known_form)
    errors = _errors(bundle)
    if process is None or errors:
        raise ModelRefused(errors)
    try:
        return _build(bundle, *process)
    except _ENGINE_ERRORS as wrong:
        raise ModelRefused([_engine_refusal(wrong)]) from wrong


def rebuild(files: Mapping[str, str]) -> CompiledProcess:
    """Make the files of a release ready to run; they were checked when they were proposed.

    Forms and operations are not asked about again: a case on an older release must still open.

    Raises:
        ModelRefused: the stored files are not those that were checked.
    """
    bundle = bundles.read_release(files)
    process = _the_process(bundle)
    if process is None or _errors(bundle):
        raise ModelRefused(_errors(bundle))
    return _build(bundle, *process)


def _errors(bundle: Bundle) -> list[Finding]:
    return [finding for finding in bundle.findings if finding.severity == "error"]


def _the_process(bundle: Bundle) -> tuple[str, ProcessModel] | None:
    executable = [found for found in bundle.processes if found[1].executable]
    called = rules_calls.called_keys(model for _, model in executable)
    alone = executable if len(executable) == 1 else [one for one in executable if one[1].key not in called]
    if len(alone) == 1:
        return alone[0]
    if len(bundle.processes) == 1:
        name, model = bundle.processes[0]
        bundle.refuse(name, [Finding("process.not_executable", model.key, model.line)])
        return bundle.processes[0]
    if not _errors(bundle):
        _refuse_number(bundle, alone)
    return None


def _refuse_number(bundle: Bundle, alone: list[tuple[str, ProcessModel]]) -> None:
    facts = {"count": len(alone)}
    for name, model in alone or bundle.processes:
        bundle.refuse(name, [Finding("bundle.process_count", model.key, model.line, facts)])
    if not bundle.processes:
        places = [(name, line_of(root)) for name, root in bundle.roots.items()] or [("", None)]
        for name, line in places:
            bundle.refuse(name, [Finding("bundle.process_count", None, line, facts)])


def _called(bundle: Bundle, model: ProcessModel) -> list[tuple[str, ProcessModel]]:
    by_key = {one.key: (name, one) for name, one in bundle.processes}
    keys = rules_calls.called_by(model, {key: one for key, (_, one) in by_key.items()})
    return [by_key[key] for key in keys]


def _check_process(bundle: Bundle, name: str, model: ProcessModel, known_form: Callable[[str], bool]) -> None:
    named = Named(decisions=frozenset(bundle.decisions), known_form=known_form)
    called = _called(bundle, model)
    count = sum(len(one.elements) for one in (model, *(one for _, one in called)))
    if count > rules.MOST_ELEMENTS:
        facts = {"count": count, "most": rules.MOST_ELEMENTS}
        bundle.refuse(name, [Finding("model.too_large", model.key, model.line, facts)])
        return
    for one_name in dict.fromkeys([name, *(one_name for one_name, _ in called)]):
        bundle.refuse(one_name, rules.check_file(bundle.roots[one_name]))
    for one_name, one in [(name, model), *called]:
        bundle.refuse(one_name, rules.check(one, bundle.roots[one_name], named))
    for one_name, found in rules_calls.check((name, model), called, bundle.processes):
        bundle.refuse(one_name, [found])
    _check_tables(bundle)
    _keep_forms(bundle, [model, *(one for _, one in called)])


def _keep_forms(bundle: Bundle, models: list[ProcessModel]) -> None:
    """Put the forms that the steps name into the bundle, so that its hash covers them (URS-007)."""
    named = {one.policy.form for model in models for one in model.elements.values() if one.policy is not None}
    for key in sorted(named):
        if loader.known(key):
            bundle.keep_form(key, loader.text(key))


def _check_tables(bundle: Bundle) -> None:
    for file, tables in bundle.tables:
        bundle.refuse(file, coverage.check(tables))


def _build(bundle: Bundle, name: str, model: ProcessModel) -> CompiledProcess:
    called = tuple(one for _, one in _called(bundle, model))
    built = builder.build((model, *called))
    return CompiledProcess(
        sha256=bundles.sha256(bundle.files),
        model=model,
        decisions=bundle.decisions,
        files=bundle.files,
        bpmn_name=name,
        spec=built.pop(model.key),
        subspecs=built,
        called=called,
        forms=bundle.forms,
    )


def _engine_refusal(wrong: Exception) -> Finding:
    return Finding("engine.refused", facts={"reason": f"{type(wrong).__name__} {wrong}"})
