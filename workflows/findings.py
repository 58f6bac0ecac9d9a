"""What the checks of a model say: one catalogue of codes, sentences and ways to mend them (URS-009)."""

from dataclasses import dataclass, field
from typing import Any, Literal

from core.languages import translate
from workflows.findings_decisions import DECISIONS
from workflows.findings_events import EVENTS
from workflows.findings_static import STATIC
from workflows.sentences import N_

Severity = Literal["error", "warning"]


CATALOGUE: dict[str, tuple[str, str]] = {
    # files
    "xml.malformed": (
        N_("The file is not well-formed XML: %(reason)s"),
        N_("Export the model again from its editor."),
    ),
    "xml.doctype": (
        N_("The file has a DOCTYPE."),
        N_("Remove the DOCTYPE; models need no document type or entities."),
    ),
    "xml.too_large": (N_("The file is larger than %(limit)s bytes."), N_("Split the model.")),
    "file.unknown": (
        N_("The file “%(name)s” is no model."),
        N_("A bundle holds .bpmn and .dmn files."),
    ),
    "file.not_bpmn": (
        N_("The root of the file is no BPMN 2.0 definitions."),
        N_("Export the model as BPMN 2.0 XML."),
    ),
    "file.not_dmn": (
        N_("The root of the file is no DMN definitions."),
        N_("Export the table as DMN 1.2 or 1.3 XML."),
    ),
    "bundle.process_count": (
        N_("The bundle has %(count)s executable processes; exactly one is needed."),
        N_("Put every process into a folder of its own; mark documentation pools as not executable."),
    ),
    "process.not_executable": (
        N_("The process is not marked as executable."),
        N_('Set isExecutable="true" on the process.'),
    ),
    "process.key": (
        N_("The process id “%(id)s” cannot be a key."),
        N_("Use small letters, digits and underscores, for example lot_release."),
    ),
    "process.prefix": (
        N_("The prefix “%(prefix)s” of case numbers is no prefix."),
        N_("Two to six capital letters."),
    ),
    "id.missing": (N_("A %(kind)s has no id."), N_("Give it an id.")),
    "id.reserved": (
        N_("The id “%(id)s” is reserved by the engine."),
        N_("Rename it, for example to started or ended."),
    ),
    "id.duplicate": (N_("The id “%(id)s” is used twice."), N_("Every element needs an id of its own.")),
    # structure
    "construct.unsupported": (
        N_("%(kind)s is not supported."),
        N_("Draw it with tasks, gateways, subprocesses, calls and events, which this release runs."),
    ),
    "gateway.complex": (
        N_("A complex gateway cannot run."),
        N_("Use exclusive, parallel or inclusive gateways."),
    ),
    "event.signal_end": (
        N_("A signal end event would throw nothing."),
        N_("End plainly, or call an operation before it."),
    ),
    "event.link": (N_("A link event would lose its path."), N_("Draw the sequence flow through.")),
    "event.compensation": (
        N_("Compensation would be ignored."),
        N_("Draw the undoing steps as ordinary tasks."),
    ),
    "receive.no_message": (
        N_("A receive task or event without a message would not wait."),
        N_("Name a message, or use a user task."),
    ),
    "flow.implicit_split": (
        N_("More than one sequence flow leaves “%(element)s”."),
        N_("Put a parallel, inclusive or exclusive gateway behind it."),
    ),
    "flow.conditional_task": (
        N_("A condition on a flow that leaves a task would be ignored."),
        N_("Put an exclusive gateway behind the task and the condition on its flows."),
    ),
    "flow.dangling": (
        N_("The sequence flow leads from or to nothing."),
        N_("Connect both its ends inside one process."),
    ),
    "flow.duplicate": (
        N_("Two sequence flows lead from “%(source)s” to “%(target)s”."),
        N_("Join their conditions into one flow: a record could not say which was taken."),
    ),
    "flow.no_condition": (
        N_("A flow out of the gateway has no condition and is not the default."),
        N_("Give it a condition or make it the default flow."),
    ),
    "flow.condition": (
        N_("The condition cannot be used: %(reason)s"),
        N_("Conditions are expressions over the facts of the case."),
    ),
    "flow.condition_ignored": (
        N_("A condition behind a parallel gateway would be ignored."),
        N_("Use an inclusive or exclusive gateway."),
    ),
    "gateway.no_default": (
        N_("No default flow: if no condition holds, the case cannot go on."),
        N_("Make one of the flows the default."),
    ),
    "join.deadlock": (
        N_("The parallel join waits for a flow that only comes after it."),
        N_("Bring the returning flow in by an exclusive gateway before the join."),
    ),
    "start.count": (
        N_("%(count)s start events; exactly one is needed."),
        N_("Draw one start event, and behind it an exclusive gateway for the several beginnings."),
    ),
    "start.trigger": (
        N_("A start event with this trigger would start at once."),
        N_("Use a plain start and draw timer or signal as an intermediate event, or start by message."),
    ),
    "end.missing": (N_("There is no end event."), N_("Draw at least one.")),
    "end.unreachable": (N_("No end event can be reached from “%(element)s”."), N_("Draw the way to an end.")),
    "node.unreachable": (N_("“%(element)s” can never be reached."), N_("Connect it or remove it.")),
    "subprocess.empty": (N_("The subprocess has nothing inside."), N_("Draw its steps, or use a task.")),
    # tasks
    "task.untyped": (
        N_("A task without a type would wait for nobody."),
        N_("Make it a user task with a form, or a service task with an operation."),
    ),
    "task.no_lane": (
        N_("The user task stands in no lane with a role."),
        N_("Put it into a lane that has qms:role."),
    ),
    "task.no_form": (N_("The user task has no form."), N_("Set qms:form.")),
    "task.no_due": (N_("The user task has no due time."), N_("Set qms:due, for example P2D.")),
    "form.unknown": (N_("There is no form “%(form)s”."), N_("Forms are listed in forms/schemas.")),
    "role.unknown": (
        N_("There is no role “%(role)s” that may take part in processes."),
        N_("Known roles: %(known)s."),
    ),
    "meaning.unknown": (N_("There is no signature meaning “%(meaning)s”."), N_("Known meanings: %(known)s.")),
    "not_by.unknown": (
        N_("qms:notBy names “%(step)s”, which is no other step of this process."),
        N_("Name steps of this process, or start."),
    ),
    "no_delegate.value": (
        N_("qms:noDelegate says “%(value)s”."),
        N_("Write true, or leave it out: then a standing deputy may take the step for somebody who is away."),
    ),
    "by.unknown": (
        N_("qms:by names “%(step)s”, which is no other step of this process."),
        N_("Name a step of this process, or start."),
    ),
    "by.excluded": (
        N_("qms:by and qms:notBy both name “%(step)s”: nobody could do this step."),
        N_("Keep one of them."),
    ),
    "assignee.expression": (
        N_("qms:assignee cannot be used: %(reason)s"),
        N_("It is an expression over the facts of the case that gives a login, for example report.owner."),
    ),
    "assignee.several": (
        N_("The step is given to one person twice, or to one person and several signers."),
        N_("Use either qms:by or qms:assignee, and one signer."),
    ),
    "title.expression": (
        N_("qms:title cannot be used: %(reason)s"),
        N_("It is an expression over the facts of the case that gives a text, for example report.title."),
    ),
    "signers.number": (
        N_("The number of signers cannot be used."),
        N_("Ask for 1 to %(most)s different signers."),
    ),
    "due.unparsable": (
        N_("The due time “%(value)s” cannot be read."),
        N_("Use an ISO 8601 duration such as P2D or PT8H, or the output of a decision that gives one."),
    ),
    "step.key": (
        N_("The step key “%(step)s” cannot be a name."),
        N_("Use small letters, digits and underscores."),
    ),
    "step.duplicate": (
        N_("Two elements write under the step key “%(step)s”: one would overwrite the other."),
        N_("Give each element its own qms:step."),
    ),
    "service.no_operation": (N_("The service task has no operation."), N_("Set qms:operation.")),
    "operation.unknown": (
        N_("There is no operation “%(operation)s”."),
        N_("Operations are listed on the process pages."),
    ),
    "operation.parameters": (
        N_("The parameters do not fit the operation: %(reason)s"),
        N_("Compare them with the operation's description."),
    ),
    "parameter.expression": (
        N_("The parameter “%(name)s” cannot be used: %(reason)s"),
        N_("A parameter is an expression over the facts of the case."),
    ),
    "parameter.value": (
        N_("The parameter “%(name)s” does not fit the operation: %(reason)s"),
        N_("Compare it with the operation's description."),
    ),
    "rule.no_decision": (N_("The business rule task names no decision."), N_("Set qms:decision.")),
    "decision.unknown": (
        N_("There is no decision table “%(decision)s” in the bundle."),
        N_("Add the DMN file, or correct qms:decision."),
    ),
    "script.refused": (
        N_("The script cannot be used: %(reason)s"),
        N_("Write one line: step key = expression over the facts of the case."),
    ),
    "timer.unparsable": (
        N_("The timer text “%(text)s” cannot be read."),
        N_("Use ISO 8601: a duration such as P2D or a moment with its zone."),
    ),
    "timer.cycle": (
        N_("A repeating timer stands where it could fire only once."),
        N_("Use it on a boundary event or event subprocess that does not interrupt."),
    ),
    **EVENTS,
    # every path played
    **STATIC,
    **DECISIONS,
    # last resort
    "engine.refused": (
        N_("The engine refuses the model: %(reason)s"),
        N_("Simplify the part that is named."),
    ),
}


@dataclass(frozen=True)
class Finding:
    """One thing the checks found: its code, the element and line, what is wrong and how to mend it.

    ``path`` names the elements of a path on which it happens, in order, where paths were played.
    """

    code: str
    element: str | None = None
    line: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    severity: Severity = "error"
    file: str | None = None
    path: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """What is wrong, in English."""
        return self.text("en")

    @property
    def hint(self) -> str:
        """How to mend it, in English."""
        return self.advice("en")

    def text(self, language: str) -> str:
        """Say what is wrong in the reader's language."""
        return translate(CATALOGUE[self.code][0], language, **self.facts)

    def advice(self, language: str) -> str:
        """Say how to mend it in the reader's language."""
        return translate(CATALOGUE[self.code][1], language, **self.facts)

    def as_json(self) -> dict[str, Any]:
        """Give the keys that scripts rely on."""
        return {
            "code": self.code,
            "element": self.element,
            "line": self.line,
            "message": self.message,
            "hint": self.hint,
            "severity": self.severity,
            "path": list(self.path),
        }


@dataclass(frozen=True)
class Repair:
    """One change that would make an imported model executable; the owner has to accept it."""

    code: str
    element: str | None
    message: str

    def as_json(self) -> dict[str, Any]:
        """Give the keys that scripts rely on."""
        return {"code": self.code, "element": self.element, "message": self.message}
