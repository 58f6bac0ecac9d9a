"""Why a step is not taken: each refusal says what happened and, where there is one, the way on."""

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from forms.originals import Original


class TaskUnknown(NotFound):
    """No such task, or one of a site where the person works in no role."""

    def __init__(self) -> None:
        super().__init__("task.unknown", "There is no such task, or not for you.")


class RoleMissing(NotAllowed):
    """The lane's role is not held at the site of the task on the site's day."""

    def __init__(self, role: dict[str, str], site: dict[str, str]) -> None:
        super().__init__(
            "task.role",
            "This step belongs to the role %(role)s at %(site)s, which you do not hold there today.",
            role=role,
            site=site,
        )


class AdministratorMaySignNothing(NotAllowed):
    """Whoever keeps the system running never signs quality records (21 CFR 11.200(a)(2))."""

    def __init__(self) -> None:
        super().__init__(
            "task.administrator", "An account with an administrator's role cannot take this step."
        )


class RoleFromParticipant(NotAllowed):
    """A role does not count in a case in which its grantor takes part."""

    def __init__(self) -> None:
        super().__init__(
            "task.grantor",
            "Whoever gave you this role takes part in this case, so the role does not count here. Somebody "
            "else has to take this step.",
        )


class TookPart(NotAllowed):
    """Separation of duties: the person, or the one he acts for, took part in a step that excludes him."""

    def __init__(self, step: dict[str, str]) -> None:
        super().__init__(
            "task.separation",
            "Somebody else has to take this step: you took part in “%(step)s” of the same case.",
            step=step,
        )


class PrincipalTookPart(TookPart):
    """Separation of duties: the one for whom the person stands in took part in a step that excludes both."""

    def __init__(self, step: dict[str, str], name: object) -> None:
        NotAllowed.__init__(
            self,
            "task.separation",
            "Somebody else has to take this step: %(name)s, for whom you stand in, took part in “%(step)s” "
            "of the same case.",
            step=step,
            name=name,
        )


class NobodyStandsIn(NotAllowed):
    """The process leaves this step to the person himself; it waits, or is handed over."""

    def __init__(self, name: object) -> None:
        super().__init__(
            "task.no_delegate",
            "Nobody stands in for %(name)s at this step. It waits, or is handed over with a reason.",
            name=name,
        )


class NotStandingIn(NotAllowed):
    """Who acts for somebody is not the deputy who stands in for him now, or the step is not his."""

    def __init__(self, name: object) -> None:
        super().__init__(
            "task.standing_in",
            "You do not stand in for %(name)s at this step now. Please open it again.",
            name=name,
        )


class GivenToAnother(NotAllowed):
    """The step is one person's, by the model or because it was handed over to him."""

    def __init__(self, name: object) -> None:
        super().__init__(
            "task.assigned",
            "This step is given to %(name)s alone. It can be handed over to somebody else, with a reason.",
            name=name,
        )


class TrainingMissing(NotAllowed):
    """Nobody performs or signs a step without the training that the role needs (URS-075, 11.10(i))."""

    def __init__(self, document: str, revision: str, title: dict[str, str], role: dict[str, str]) -> None:
        super().__init__(
            "training.missing",
            "The role %(role)s needs training on %(document)s, revision %(revision)s (%(title)s), which is "
            "not on record for you today. Read it under “My qualifications” and have the training recorded.",
            document=document,
            revision=revision,
            title=title,
            role=role,
        )


class NeverOpened(NotAllowed):
    """What nobody has looked at cannot be approved."""

    def __init__(self) -> None:
        super().__init__("task.not_opened", "Open and read the task before you take this step.")


class SignedAlready(Conflict):
    """One person signs once, also where a step asks for several signatures."""

    def __init__(self) -> None:
        super().__init__(
            "task.signed_already", "You have signed this step already; it waits for another person."
        )


class StatementMissing(NotAllowed):
    """The first signature needs the accepted statement that it binds like a handwritten one (11.100(c))."""

    def __init__(self) -> None:
        super().__init__(
            "task.statement", "Before your first signature, please accept the statement of accountability."
        )


class IdentityNotProven(NotAllowed):
    """A signature was asked for without proof of identity (21 CFR 11.200)."""

    def __init__(self) -> None:
        super().__init__(
            "task.identity", "A signature needs your user id and password again.", field="password"
        )


class TaskOver(Conflict):
    """The step was completed or withdrawn in the meantime; nothing was signed a second time."""

    def __init__(self) -> None:
        super().__init__("task.over", "This step has been completed already. Nothing was signed now.")


class TaskClaimed(Conflict):
    """Somebody else has taken the task over."""

    def __init__(self, name: object) -> None:
        super().__init__("task.claimed", "%(name)s is working on this task.", name=name)


class Changed(Conflict):
    """What would be signed is not what the person read: facts, entries or the path have changed since."""

    def __init__(self) -> None:
        super().__init__(
            "task.changed",
            "This has changed since you opened it. Please read it again; your entries are kept.",
        )


class FileUnknown(Invalid):
    """A form names a file that nobody has uploaded."""

    def __init__(self, field: str) -> None:
        super().__init__(
            "attachment.unknown", "This file is not in the store. Please add it again.", field=field
        )


class FileNotListed(NotFound):
    """A file that the task page does not show to this person."""

    def __init__(self) -> None:
        super().__init__("attachment.not_listed", "There is no such file, or not for you.")


class NoFile(Invalid):
    """An upload without a file."""

    def __init__(self) -> None:
        super().__init__("attachment.none", "Please choose a file.", field="file")


class ChangeUnexplained(Invalid):
    """An original entry differs from what was saved before, and nobody has said why (URS-142)."""

    def __init__(self, entry: Original, before: dict[str, str], name: dict[str, str], when: str) -> None:
        super().__init__(
            "original.reason",
            "Say why %(entry)s changes: %(name)s entered %(before)s on %(when)s.",
            field=entry.path,
            entry=entry.label,
            before=before,
            name=name,
            when=when,
        )


class ReasonUnprintable(Invalid):
    """The reason for a change holds signs that the record font lacks."""

    def __init__(self, path: str, signs: str) -> None:
        super().__init__(
            "original.glyph",
            "The record cannot print %(characters)s. Please write the reason another way.",
            field=path,
            characters=signs,
        )
