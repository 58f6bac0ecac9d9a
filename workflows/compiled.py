"""A process that has passed the checks, ready to run; shared read-only by every case on the same release."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.types import Bilingual
from forms.loader import Form
from workflows.dmn_model import Decision
from workflows.elements import Element, Flow, Policy, ProcessModel
from workflows.telling import Teller
from workflows.terms import Terms
from workflows.vocabulary import Vocabulary


@dataclass(frozen=True)
class CompiledProcess:
    """One bundle of model files as the engine runs it.

    ``sha256`` is the hash of the bundle (hex); ``called`` are the processes that its call activities call;
    ``forms`` are those of its steps as they were when it was proposed; ``spec`` and ``subspecs`` belong to
    the engine.
    """

    sha256: str
    model: ProcessModel
    decisions: dict[str, Decision]
    files: dict[str, str]
    bpmn_name: str
    spec: Any
    subspecs: dict[str, Any]
    called: tuple[ProcessModel, ...] = ()
    forms: dict[str, Form] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key of the process."""
        return self.model.key

    @property
    def name(self) -> Bilingual:
        """The name of the process."""
        return self.model.name

    @cached_property
    def elements(self) -> dict[str, Element]:
        """The flow nodes by id, with names, lanes and policies; those of called processes too."""
        return {key: one for model in (self.model, *self.called) for key, one in model.elements.items()}

    @property
    def started_by(self) -> Element | None:
        """The start event of a process that begins with a message."""
        start = next(one for one in self.model.inside(self.model.key) if one.kind == "startEvent")
        return start if start.trigger is not None else None

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """The sequence flows; those of called processes too."""
        return tuple(flow for model in (self.model, *self.called) for flow in model.flows)

    @cached_property
    def _flows(self) -> dict[tuple[str, str], Flow]:
        return {(one.source, one.target): one for one in self.flows}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of the codes that forms and decision tables of this process work with."""
        return Vocabulary(self.elements, self.forms, self.files)

    @cached_property
    def teller(self) -> Teller:
        """Tells the expressions of this process as sentences."""
        return Teller(Terms(self), self.vocabulary.of_expression)

    @property
    def bpmn_xml(self) -> str:
        """The diagram, as drawn."""
        return self.files[self.bpmn_name]

    def drawing_of(self, key: str) -> str:
        """The diagram of a called process by its key; of any other key, that of the process itself."""
        if key not in {model.key for model in self.called}:
            return self.bpmn_xml
        itself = re.compile(rf'<[\w:]*process\s[^>]*\bid="{re.escape(key)}"')
        drawn = (text for name, text in self.files.items() if name.endswith(".bpmn") and itself.search(text))
        return next(drawn, self.bpmn_xml)

    def policy(self, element_id: str) -> Policy:
        """Give the policy of a user task.

        Raises:
            LookupError: the element is no user task.
        """
        policy = self.elements[element_id].policy
        if policy is None:
            raise LookupError(f"{element_id} is no user task")
        return policy

    def flow_between(self, source: str, target: str) -> Flow | None:
        """Find the sequence flow from one element to another; the checks allow only one."""
        return self._flows.get((source, target))
