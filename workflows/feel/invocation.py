"""Calling functions: which arguments go to which parameter, and whether they fit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from workflows.feel.faults import Wrong
from workflows.feel.kinds import ANY, Kind, conforms, resolve
from workflows.feel.values import Builtin, Function, kind_of, normal
from workflows.sentences import N_


class Calling(Protocol):
    """What a built-in function may ask of the evaluation that calls it."""

    strict: bool
    setting: Any

    def spend(self, steps: int) -> None:
        """Pay for work."""

    def sized(self, value: Any) -> Any:
        """See that a value is not too long."""

    def apply(self, function: Any, arguments: Sequence[Any], names: Sequence[str] = ()) -> Any:
        """Call a function."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a built-in function; ``kind`` empty takes anything, also null."""

    name: str
    kind: str
    optional: bool
    rest: bool


Form = tuple[Parameter, ...]


def form_of(text: str) -> Form:
    """Read ``"string: string, length: number?, *rest"``."""
    return tuple(_parameter(part) for part in text.split(",") if part.strip())


def _parameter(text: str) -> Parameter:
    name, _, kind = (part.strip() for part in text.partition(":"))
    return Parameter(name.lstrip("*"), kind.rstrip("?"), kind.endswith("?"), name.startswith("*"))


def apply_builtin(calling: Calling, function: Builtin, arguments: Sequence[Any], names: Sequence[str]) -> Any:
    """Call a function of the language by the first of its forms that the arguments fit.

    Raises:
        Wrong: they fit none.
    """
    for form in function.forms:
        bound = _by_name(form, arguments, names) if names else _by_place(form, arguments)
        fitted = _fitted(form, bound) if bound is not None else None
        if fitted is not None:
            calling.spend(sum(len(value) // 20 for value in fitted if isinstance(value, (str, list, dict))))
            return function.run(calling, *fitted)
    raise Wrong(
        N_("“%(name)s” cannot be called with (%(kinds)s)"),
        name=function.name,
        kinds=", ".join(kind_of(argument) for argument in arguments),
    )


_MISSING = object()


def _by_place(form: Form, arguments: Sequence[Any]) -> list[Any] | None:
    if form and form[-1].rest:
        least = len(form) - 1
        if len(arguments) < max(least, 1):
            return None
        return [*arguments[:least], list(arguments[least:])]
    if len(arguments) > len(form):
        return None
    return [*arguments, *[_MISSING] * (len(form) - len(arguments))]


def _by_name(form: Form, arguments: Sequence[Any], names: Sequence[str]) -> list[Any] | None:
    given = dict(zip(names, arguments, strict=True))
    if set(given) - {parameter.name for parameter in form}:
        return None
    if form and form[-1].rest and not isinstance(given.get(form[-1].name), list):
        return None
    return [given.get(parameter.name, _MISSING) for parameter in form]


def _fitted(form: Form, bound: list[Any]) -> list[Any] | None:
    fitted: list[Any] = []
    for parameter, value in zip(form, bound, strict=True):
        if value is _MISSING:
            if not parameter.optional:
                return None
            fitted.append(None)
            continue
        ok, value = _coerced(value, parameter)
        if not ok:
            return None
        fitted.append(value)
    return fitted


def _coerced(value: Any, parameter: Parameter) -> tuple[bool, Any]:
    """Fit one argument: a list of one stands for its member, a value for the list of it, as DMN says."""
    kinds = parameter.kind.split("|") if parameter.kind else []
    if not kinds or kind_of(value) in kinds:
        return True, value
    if parameter.rest:
        return True, value
    if "list" in kinds:
        return value is not None, [value]
    if value is None:
        return parameter.optional, None
    if isinstance(value, list) and len(value) == 1:
        return kind_of(normal(value[0])) in kinds, normal(value[0])
    return False, None


def bind_parameters(
    function: Function, arguments: Sequence[Any], names: Sequence[str], kinds: Mapping[str, Kind]
) -> dict[str, Any]:
    """Give the parameters of a model's own function their values.

    Raises:
        Wrong: number, names or types do not fit.
    """
    wanted = [name for name, _ in function.parameters]
    given = dict(zip(names or wanted, arguments, strict=False))
    if len(arguments) != len(wanted) or set(given) != set(wanted):
        raise Wrong(N_("the function asks for (%(names)s)"), names=", ".join(wanted))
    return {name: coerced(given[name], resolve(kind or ANY, kinds)) for name, kind in function.parameters}


def coerced(value: Any, kind: Kind) -> Any:
    """Fit a value to a type as DMN does: a list of one is its member, a value is the list of it.

    Raises:
        Wrong: it does not fit.
    """
    if kind.name == "Any" or conforms(value, kind):
        return value
    if kind.name == "list" and not isinstance(value, list) and conforms([value], kind):
        return [value]
    if isinstance(value, list) and len(value) == 1 and conforms(normal(value[0]), kind):
        return normal(value[0])
    raise Wrong(N_("%(value)s is no %(kind)s"), value=kind_of(value), kind=str(kind))


Registered = Callable[[Callable[..., Any]], Callable[..., Any]]


class Catalogue(dict[str, Builtin]):
    """The functions of the language by name."""

    def add(self, name: str, *forms: str) -> Registered:
        """Add a function under its name with the forms of its parameters."""

        def register(run: Callable[..., Any]) -> Callable[..., Any]:
            self[name] = Builtin(name, tuple(form_of(form) for form in forms), run)
            return run

        return register
