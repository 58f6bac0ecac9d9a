"""Small diagrams for tests, written in a few words, and cases that run on them."""

import uuid
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import orjson

from core.actor import Actor
from workflows import bundle, compiler, repository, runtime

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MODELS = Path(__file__).parents[2] / "bpmn"
SITE = uuid.UUID("77777777-7777-4777-8777-777777777777")
SUBJECT = uuid.UUID("55555555-5555-4555-8555-555555555555")

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:qms="urn:qms:bpmn:1"\n'
    '    targetNamespace="urn:test">\n'
)


def person(number):
    """A person by number, always the same."""
    return Actor(id=str(uuid.UUID(int=number)), login=f"person{number}", name=f"Person {number}")


def start(key="begin"):
    return f'<bpmn:startEvent id="{key}" />'


def end(key="done", inner=""):
    return f'<bpmn:endEvent id="{key}">{inner}</bpmn:endEvent>'


def user(key, **settings):
    settings = {"form": "lot_release_decision", "due": "P2D", **settings}
    return f'<bpmn:userTask id="{key}" name="{key}"{_qms(settings)} />'


def service(key, operation="test.note", parameters=None, **settings):
    inner = "".join(f'<qms:parameter name="{n}" value="{v}" />' for n, v in (parameters or {}).items())
    extension = f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>" if inner else ""
    said = _qms({"operation": operation, **settings})
    return f'<bpmn:serviceTask id="{key}"{said}>{extension}</bpmn:serviceTask>'


def script(key, text):
    return f'<bpmn:scriptTask id="{key}"><bpmn:script>{text}</bpmn:script></bpmn:scriptTask>'


def gateway(kind, key, default=None):
    choice = f' default="{default}"' if default else ""
    return f'<bpmn:{kind}Gateway id="{key}"{choice} />'


def timer(key, attached_to, duration, interrupting=True):
    cancels = str(interrupting).lower()
    return (
        f'<bpmn:boundaryEvent id="{key}" attachedToRef="{attached_to}" cancelActivity="{cancels}">'
        f"<bpmn:timerEventDefinition><bpmn:timeDuration>{duration}</bpmn:timeDuration></bpmn:timerEventDefinition>"
        "</bpmn:boundaryEvent>"
    )


def flow(source, target, condition=None, key=None):
    key = key or f"{source}_{target}"
    inner = f"<bpmn:conditionExpression>{_escaped(condition)}</bpmn:conditionExpression>" if condition else ""
    return (
        f'<bpmn:sequenceFlow id="{key}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'
    )


def flows(*pairs):
    """Flows from words such as ``"a>b>c"``."""
    found = []
    for pair in pairs:
        names = pair.split(">")
        found += [flow(one, other) for one, other in pairwise(names)]
    return "\n".join(found)


def process(*parts, key="trial", tasks=(), role="qa", settings=""):
    """A bundle with one process; ``tasks`` are the ids that stand in a lane of the role."""
    references = "".join(f"<bpmn:flowNodeRef>{task}</bpmn:flowNodeRef>" for task in tasks)
    lane = f'<bpmn:lane id="lane" qms:role="{role}">{references}</bpmn:lane>'
    lanes = f'<bpmn:laneSet id="lanes">{lane}</bpmn:laneSet>'
    body = "\n".join((lanes if tasks else "", *parts))
    opening = f'<bpmn:process id="{key}" isExecutable="true"{settings}>'
    text = f"{HEAD}{opening}\n{body}\n</bpmn:process>\n</bpmn:definitions>"
    return {f"{key}.bpmn": text.encode()}


def known_form(_key):
    return True


def codes(files):
    """The codes of the errors in a bundle."""
    return {finding.code for finding in compiler.check_files(files, known_form=known_form).errors}


def release(session, files, key="trial"):
    """An effective release of a bundle."""
    proposed = repository.propose_release(session, key, files, actor=person(90), now=NOW)
    return repository.make_effective(session, proposed, actor=person(91), now=NOW)


def case(session, key="trial", *, data=None, actor=None, now=NOW):
    """A running case."""
    return runtime.start_case(
        session,
        key,
        title={"en": "Trial", "zh": "试验"},
        site_id=SITE,
        subject=("test.thing", SUBJECT),
        data=data or {},
        actor=actor or person(1),
        now=now,
    )


def folder(name):
    """The bundle of one of the product's own processes."""
    return bundle.read_folder(MODELS / name)


def rows_of(state):
    """A stored state as its format says it."""
    return orjson.loads(state)


def _qms(settings):
    return "".join(f' qms:{name}="{value}"' for name, value in settings.items())


def _escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
