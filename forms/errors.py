"""What can be wrong with a form definition (not with what a person typed: see forms.validate)."""

from core.errors import Invalid, NotFound


class UnknownForm(NotFound):
    """A model names a form that does not exist."""

    def __init__(self, key: str) -> None:
        super().__init__("form.unknown", "There is no form named %(key)s.", key=key)


class UnknownSource(NotFound):
    """A form names a source of facts that no room has registered."""

    def __init__(self, name: str) -> None:
        super().__init__("form.unknown_source", "No source of facts is named %(name)s.", name=name)


class UnknownGuard(NotFound):
    """A form names a guard that no room has registered."""

    def __init__(self, name: str) -> None:
        super().__init__("form.unknown_guard", "No guard of forms is named %(name)s.", name=name)


class UnknownPicker(NotFound):
    """A form names a kind of object that no room lets forms pick."""

    def __init__(self, name: str) -> None:
        super().__init__("form.unknown_picker", "No objects are picked by the name %(name)s.", name=name)


class BadDefinition(Invalid):
    """A form definition that could not be shown, checked or printed."""

    def __init__(self, key: str, problems: list[str]) -> None:
        super().__init__(
            "form.definition",
            "The form %(key)s is not usable: %(problems)s.",
            key=key,
            problems="; ".join(problems),
        )
