"""From BPMN XML to the engine's specification: our attributes, our joins, our clock; nothing is invented.

Facts live once per case, not once per task as in the library: a step writes under its own key, every
condition reads the same facts, and joins have nothing to merge (the library loses list entries there).
"""

from datetime import datetime
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, IntermediateCatchEvent
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.spiff.parser.event_parsers import (
    SpiffBoundaryEventParser,
    SpiffIntermediateCatchEventParser,
)
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.parser.task_spec import SpiffTaskParser
from SpiffWorkflow.task import Task

from workflows import durations
from workflows.joins import ExactInclusiveGateway, ExactParallelGateway

DUE = "event_value"


class AutomaticTask(BpmnSpecMixin):
    """A service, business rule or script task: the script engine does it from the compiled element."""

    def _run_hook(self, my_task: Task) -> bool:
        my_task.workflow.script_engine.perform(my_task)
        return True


class DueTimer(TimerEventDefinition):
    """A timer on the plant's clock: ``timeDuration`` counts from arrival, ``timeDate`` is a moment."""

    def __init__(self, name: str, expression: str, kind: str) -> None:
        super().__init__(name, expression)
        self.kind = kind

    def has_fired(self, my_task: Task) -> bool:
        """Say whether the time has come; the due moment is fixed at the first look."""
        engine = my_task.workflow.script_engine
        due = my_task.internal_data.get(DUE)
        if due is None:
            due = self._due(engine, my_task).isoformat()
            my_task.internal_data[DUE] = due
        return bool(datetime.fromisoformat(due) <= engine.now)

    def _due(self, engine: Any, my_task: Task) -> datetime:
        text = (
            self.expression
            if is_literal(self.kind, self.expression)
            else engine.evaluate(my_task, self.expression)
        )
        return (
            durations.after(engine.now, str(text))
            if self.kind == "timeDuration"
            else durations.moment(str(text))
        )


def is_literal(kind: str, text: str) -> bool:
    """Say whether the text of a timer is ISO 8601 itself, as editors write it, and not an expression."""
    if kind == "timeDuration":
        return durations.is_duration(text)
    try:
        durations.moment(text)
    except ValueError:
        return False
    return True


class _TimerParser:
    """Mixed into event parsers: reads timers as DueTimer."""

    node: etree._Element

    def parse_timer_event(self, event: etree._Element) -> DueTimer:
        """Read a timer definition; the checks have refused repeating ones."""
        kind = next(child for child in event if isinstance(child.tag, str))
        return DueTimer(self.node.get("id", ""), (kind.text or "").strip(), etree.QName(kind).localname)


class _CatchParser(_TimerParser, SpiffIntermediateCatchEventParser): ...


class _BoundaryParser(_TimerParser, SpiffBoundaryEventParser): ...


class _AutomaticParser(SpiffTaskParser):
    def create_task(self) -> AutomaticTask:
        """Make the specification of an automatic task."""
        return AutomaticTask(self.spec, self.bpmn_id, **self.bpmn_attributes)


class QmsParser(SpiffBpmnParser):
    """The library's parser with the elements that this product runs in its own way."""

    OVERRIDE_PARSER_CLASSES = {
        **SpiffBpmnParser.OVERRIDE_PARSER_CLASSES,
        full_tag("serviceTask"): (_AutomaticParser, AutomaticTask),
        full_tag("businessRuleTask"): (_AutomaticParser, AutomaticTask),
        full_tag("scriptTask"): (_AutomaticParser, AutomaticTask),
        full_tag("parallelGateway"): (GatewayParser, ExactParallelGateway),
        full_tag("inclusiveGateway"): (ConditionalGatewayParser, ExactInclusiveGateway),
        full_tag("intermediateCatchEvent"): (_CatchParser, IntermediateCatchEvent),
        full_tag("boundaryEvent"): (_BoundaryParser, BoundaryEvent),
    }

    def _find_dependencies(self, process: etree._Element) -> None:
        """Look for no other files: a bundle is one process with its tables."""
