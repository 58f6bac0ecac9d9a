"""The process sheet: a process told to people, generated from the model that runs (ISO 13485 4.2.4)."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.cases import wording
from app.web.filters import in_language
from core.types import Bilingual
from forms import loader
from forms.loader import Form
from workflows import durations, registry, sheet
from workflows.compiled import CompiledProcess
from workflows.elements import Element, Lane, Policy

STEPS = frozenset({"userTask", "serviceTask", "businessRuleTask"})


@dataclass(frozen=True)
class Told:
    """An expression of the model: its text, and what it says in words, if that can be told in full."""

    source: str
    words: Bilingual | None


@dataclass(frozen=True)
class StepLine:
    """One step of the sheet: who does it with which form, what the signature means, who may not."""

    number: int
    name: Bilingual
    kind: str
    role: Bilingual | None
    lane: Bilingual | None
    form: Any
    meaning: Bilingual | None
    signers: int
    not_by: tuple[Bilingual, ...]
    no_deputy: bool
    due: str
    operation: Any
    parameters: tuple[tuple[str, Told], ...]
    decision: str | None


@dataclass(frozen=True)
class LaneLine:
    """A lane with its role and the steps in it."""

    name: Bilingual
    role: Bilingual | None
    steps: tuple[Bilingual, ...]


def step_lines(process: CompiledProcess) -> list[StepLine]:
    """List the steps in the order in which the diagram leads through them."""
    steps = [element for element in sheet.in_order(process) if element.kind in STEPS]
    return [_step_line(number, element, process) for number, element in enumerate(steps, start=1)]


def lane_lines(process: CompiledProcess) -> list[LaneLine]:
    """List the lanes, each with its role and its steps."""
    ordered = sheet.in_order(process)
    return [_lane_line(lane, ordered) for lane in process.model.lanes]


def ways(process: CompiledProcess) -> list[tuple[sheet.Branch, Told | None]]:
    """List the ways out of every gateway that decides, with when each is taken; None for all other cases."""
    return [
        (one, Told(one.condition, process.teller.condition(one.condition)) if one.condition else None)
        for one in sheet.branches(process)
    ]


def exceptions(process: CompiledProcess) -> list[tuple[Bilingual, str]]:
    """List what interrupts the ordinary course: events at the border of steps, and timers."""
    return [
        (_named(element), _exception_words(element, process))
        for element in sheet.in_order(process)
        if element.kind == "boundaryEvent" or element.timer is not None
    ]


def starts(process: CompiledProcess) -> list[Bilingual]:
    """Name what starts the process."""
    return [_named(element) for element in process.model.inside(process.key) if element.kind == "startEvent"]


def ends(process: CompiledProcess) -> list[Bilingual]:
    """Name the ends that a case can reach."""
    outermost = {element.id for element in process.model.inside(process.key)}
    ordered = sheet.in_order(process)
    return [_named(one) for one in ordered if one.kind == "endEvent" and one.id in outermost]


def _step_line(number: int, element: Element, process: CompiledProcess) -> StepLine:
    policy = element.policy
    return StepLine(
        number=number,
        name=_named(element),
        kind=element.kind,
        role=wording.role_name(policy.role) if policy else None,
        lane=element.lane.name if element.lane else None,
        form=_form(policy.form, process) if policy else None,
        meaning=wording.meaning_name(policy.meaning) if policy and policy.meaning else None,
        signers=policy.signers if policy else 0,
        not_by=_not_by(policy, process) if policy else (),
        no_deputy=bool(policy and policy.no_delegate),
        due=_due(policy, process) if policy else "",
        operation=_operation(element),
        parameters=tuple(
            (name, Told(source, process.teller.value(source))) for name, source in element.parameters.items()
        ),
        decision=element.decision,
    )


def _form(key: str, process: CompiledProcess) -> Form | None:
    return process.forms.get(key) or (loader.load(key) if loader.known(key) else None)


def _due(policy: Policy, process: CompiledProcess) -> str:
    """Say how long a step may take: a duration, or the column of a table or the step that gives it."""
    giver = sheet.giver_of(process, policy.due or "")
    if giver is not None and sheet.column_of(process, policy.due or "") is None:
        return str(_("By the day that “%(step)s” gives", step=in_language(giver)))
    return _due_words(policy.due or "", process)


def _due_words(read: str, process: CompiledProcess) -> str:
    """Say a duration, or the column of a table that gives it."""
    found = sheet.column_of(process, read)
    if found is None:
        return wording.duration_words(read)
    table, column = (in_language(name) for name in found)
    return str(_("%(column)s, by the table “%(table)s”", column=column, table=table))


def _not_by(policy: Policy, process: CompiledProcess) -> tuple[Bilingual, ...]:
    steps = process.model.steps()
    started = {"en": "whoever started the case", "zh": "发起人"}
    return tuple(started if step == "start" else _named(steps[step]) for step in policy.not_by)


def _operation(element: Element) -> Any:
    known = element.operation and registry.known(element.operation)
    return registry.find(element.operation or "") if known else None


def _lane_line(lane: Lane, ordered: list[Element]) -> LaneLine:
    inside = [element for element in ordered if element.lane == lane and element.kind in STEPS]
    role = wording.role_name(lane.role) if lane.role else None
    return LaneLine(lane.name, role, tuple(_named(element) for element in inside))


def _named(element: Element) -> Bilingual:
    return element.name if any(element.name.values()) else {"en": element.id, "zh": element.id}


def _exception_words(element: Element, process: CompiledProcess) -> str:
    read = element.timer.text if element.timer else ""
    of_table = sheet.column_of(process, read) is not None
    giver = None if of_table else sheet.giver_of(process, process.teller.day_of(read) or read)
    if element.attached_to is None:
        return _waits(read, giver, process)
    step = in_language(_named(process.elements[element.attached_to]))
    if element.interrupting and giver is not None:
        day = in_language(giver)
        return str(_("ends “%(step)s” after the day that “%(giver)s” gives", step=step, giver=day))
    when = _time_words(read, process)
    if element.interrupting:
        return str(_("ends “%(step)s” after %(time)s", step=step, time=when))
    return str(_("comes up beside “%(step)s” after %(time)s", step=step, time=when))


def _waits(read: str, giver: Bilingual | None, process: CompiledProcess) -> str:
    """Say what a timer on the way waits for: a day or a number of days that a step gives, or a duration."""
    if giver is not None:
        return str(_("waits for the day that “%(step)s” gives", step=in_language(giver)))
    giver = sheet.giver_of(process, process.teller.days_of(read))
    if giver is not None:
        return str(_("waits as many days as “%(step)s” gives", step=in_language(giver)))
    return str(_("waits %(time)s", time=_time_words(read, process)))


def _time_words(read: str, process: CompiledProcess) -> str:
    """Say a duration, the column of a table that gives it, or how it is reckoned."""
    known = durations.is_duration(read) or sheet.column_of(process, read) is not None
    told = None if known else process.teller.timer(read)
    return in_language(told) if told is not None else _due_words(read, process)
