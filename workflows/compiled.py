"""A process that has passed the checks, ready to run; shared read-only by every case on the same release."""

from dataclasses import dataclass
from typing import Any

from core.types import Bilingual
from workflows.dmn import DecisionTable
from workflows.elements import Element, Flow, Policy, ProcessModel


@dataclass(frozen=True)
class CompiledProcess:
    """One bundle of model files as the engine runs it.

    ``sha256`` is the hash of the bundle (hex); ``spec`` and ``subspecs`` belong to the engine.
    """

    sha256: str
    model: ProcessModel
    decisions: dict[str, DecisionTable]
    files: dict[str, str]
    bpmn_name: str
    spec: Any
    subspecs: dict[str, Any]

    @property
    def key(self) -> str:
        """The key of the process."""
        return self.model.key

    @property
    def name(self) -> Bilingual:
        """The name of the process."""
        return self.model.name

    @property
    def elements(self) -> dict[str, Element]:
        """The flow nodes by id, with names, lanes and policies."""
        return self.model.elements

    @property
    def bpmn_xml(self) -> str:
        """The diagram, as drawn."""
        return self.files[self.bpmn_name]

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
        return next(
            (flow for flow in self.model.flows if (flow.source, flow.target) == (source, target)), None
        )
