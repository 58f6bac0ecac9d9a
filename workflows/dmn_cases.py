"""Cases of decisions with their expected results, in the form of the DMN TCK."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from workflows.decisions import Run
from workflows.dmn_model import Model
from workflows.feel import operators, temporal
from workflows.feel.evaluator import Setting
from workflows.feel.faults import Fault
from workflows.feel.values import is_number, normal
from workflows.feel.writing import read_number, told
from workflows.xmlfile import child, children, local

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_PLACES, _NEAR = 8, Decimal("1e-8")


@dataclass(frozen=True)
class Expected:
    """One result of a case: the node (decision) it belongs to; ``error`` where only a failure is right."""

    node: str
    value: Any
    error: bool


@dataclass(frozen=True)
class Case:
    """One case: its id, the inputs by name, the results; ``invoked`` names a service or function to call."""

    id: str
    inputs: Mapping[str, Any]
    results: tuple[Expected, ...]
    invoked: str | None = None


@dataclass(frozen=True)
class Result:
    """How one result came out."""

    case: str
    node: str
    expected: Any
    actual: Any
    ok: bool
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give the keys that scripts rely on."""
        shown = {"case": self.case, "node": self.node, "expected": self.expected, "actual": self.actual}
        return {**shown, "ok": self.ok, "reason": self.reason}


def read_cases(root: etree._Element) -> list[Case]:
    """Read the cases of a file."""
    return [_case(node) for node in children(root, "testCase")]


def _case(node: etree._Element) -> Case:
    inputs = {one.get("name", ""): _content(one) for one in children(node, "inputNode")}
    results = tuple(
        Expected(one.get("name", ""), _content(child(one, "expected")), one.get("errorResult") == "true")
        for one in children(node, "resultNode")
    )
    return Case(node.get("id", ""), inputs, results, node.get("invocableName"))


def _content(node: etree._Element | None) -> Any:
    """Read a value, a list or the components of a context."""
    if node is None or node.get(f"{_XSI}nil") == "true":
        return None
    components = list(children(node, "component"))
    if components:
        return {one.get("name", ""): _content(one) for one in components}
    listed = child(node, "list")
    if listed is not None:
        return [_content(item) for item in children(listed, "item")]
    value = child(node, "value")
    return _value(value) if value is not None else None


def _value(node: etree._Element) -> Any:
    if node.get(f"{_XSI}nil") == "true":
        return None
    text = "".join(str(part) for part in node.itertext())
    kind = (node.get(f"{_XSI}type") or "").rsplit(":", 1)[-1]
    if kind in _KINDS:
        return _KINDS[kind](text.strip())
    return text if kind == "string" else _guessed(text)


def _guessed(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    found = read_number(text)
    return text if found is None else found


_KINDS: dict[str, Any] = {
    **dict.fromkeys(("decimal", "double", "float", "integer", "int", "long"), read_number),
    "boolean": lambda text: text in ("true", "1"),
    "date": temporal.read_day,
    "time": temporal.read_clock,
    "dateTime": temporal.read_moment,
    "duration": temporal.read_duration,
    "dayTimeDuration": temporal.read_duration,
    "yearMonthDuration": temporal.read_duration,
}


def run_case(model: Model, case: Case, *, now: datetime) -> list[Result]:
    """Work out every result of a case."""
    return [_result(model, case, expected, now) for expected in case.results]


def _result(model: Model, case: Case, expected: Expected, now: datetime) -> Result:
    run = Run(model, case.inputs, Setting(strict=False, now=now, kinds=model.kinds))
    actual, reason, failed = None, "", False
    try:
        actual = _asked(run, case, expected.node)
    except Fault as fault:
        reason, failed = fault.said["en"], True
    except RecursionError:
        reason, failed = "it is too complex", True
    right = failed or actual is None if expected.error else same(normal(expected.value), actual)
    return Result(case.id, expected.node, _shown(expected.value), _shown(actual), right, reason)


def _asked(run: Run, case: Case, node: str) -> Any:
    if case.invoked is not None:
        service = next((one for one in run.model.services.values() if one.name == case.invoked), None)
        if service is not None:
            found = run.outputs(service)
            return found.get(node) if isinstance(found, dict) and len(service.outputs) > 1 else found
    decision = run.model.named(node)
    if decision is None:
        return None
    return run.decision(decision.id)


def same(expected: Any, actual: Any) -> bool:
    """Say whether a result is the expected one; numbers given to eight places or more count to eight."""
    actual = normal(actual)
    if is_number(expected) and is_number(actual):
        return _near(expected, actual)
    if isinstance(expected, list) and isinstance(actual, list):
        pairs = zip(expected, actual, strict=False)
        return len(expected) == len(actual) and all(same(normal(one), other) for one, other in pairs)
    if isinstance(expected, dict) and isinstance(actual, dict):
        if expected.keys() != actual.keys():
            return False
        return all(same(normal(value), actual[key]) for key, value in expected.items())
    return operators.equal(expected, actual, lambda _steps: None) is True


def _near(expected: Decimal, actual: Decimal) -> bool:
    """Compare exactly; a value given with eight places or more was rounded, in the TCK often from binary."""
    if expected == actual:
        return True
    exponent = expected.as_tuple().exponent
    return isinstance(exponent, int) and -exponent >= _PLACES and abs(expected - actual) < _NEAR


def _shown(value: Any) -> Any:
    return told(normal(value), lambda _steps: None)


def model_name(root: etree._Element) -> str:
    """Give the file name of the model that the cases are for."""
    found = child(root, "modelName")
    return (found.text or "").strip() if found is not None and local(found) else ""
