"""Hostile and enormous files: an answer that names the place, within 2 seconds and 256 MiB (URS-010)."""

import tracemalloc

import pytest

from tests import effort
from tests.factories import workflows as made
from workflows import compiler, repairs

SECONDS, BYTES = 2, 256 * 2**20
PROCESS = '<bpmn:process id="trial" isExecutable="true">{}</bpmn:process>'


def file(*parts, before=""):
    text = made.HEAD + before + PROCESS.format("".join(parts)) + "</bpmn:definitions>"
    return {"trial.bpmn": text.encode()}


def entities(count):
    inner = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, count))
    return {"trial.bpmn": f'<!DOCTYPE x [<!ENTITY a0 "lol">{inner}]><x>&a{count - 1};</x>'.encode()}


def nested(depth):
    opening = "".join(f'<bpmn:subProcess id="s{n}">' for n in range(depth))
    return file(opening, "</bpmn:subProcess>" * depth)


def joins(count):
    parts, last = [made.start(), made.end()], "begin"
    for n in range(count):
        parts += [made.gateway("parallel", f"s{n}"), made.gateway("parallel", f"j{n}")]
        parts += [made.user(f"a{n}"), made.user(f"b{n}"), made.flow(last, f"s{n}")]
        parts += [made.flows(f"s{n}>a{n}>j{n}", f"s{n}>b{n}>j{n}")]
        last = f"j{n}"
    return made.process(*parts, made.flow(last, "done"), tasks=["a0"])


def line(count):
    keys = [f"n{number}" for number in range(count)]
    tasks = [made.user(key) for key in keys]
    return made.process(
        made.start(), *tasks, made.end(), made.flows(">".join(["begin", *keys, "done"])), tasks=keys
    )


def calls(count):
    def process(n):
        asked = "".join(
            f'<bpmn:callActivity id="c{n}_{m}" calledElement="p{(n + m) % count}" />' for m in range(1, 20)
        )
        return f'<bpmn:process id="p{n}" isExecutable="true">{asked}</bpmn:process>'

    return file('<bpmn:callActivity id="c" calledElement="p0" />', before="".join(map(process, range(count))))


HOSTILE = {
    "cut off": {"trial.bpmn": b"<bpmn:definitions"},
    "entities": entities(10),
    "external entity": {"a.bpmn": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'},
    "nested 240": nested(240),
    "nested 20000": nested(20_000),
    "joins": joins(2_000),
    "line": line(6_000),
    "starts": file(*(f'<bpmn:startEvent id="x{n}" />' for n in range(10_000))),
    "calls": calls(60),
    "brackets": file(made.script("s", "a=" + "(" * 100_000)),
    "attributes": file('<bpmn:userTask id="s" ', *(f'a{n}="1" ' for n in range(60_000)), "/>"),
}


@pytest.mark.urs("URS-009", "URS-010")
@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_in_time_with_its_place(files):
    with effort.within(SECONDS * 4):  # watching the memory takes most of it
        tracemalloc.start()
        try:
            report = compiler.check_files(files, known_form=made.known_form)
            for data in files.values():
                repairs.repair(data)
            assert tracemalloc.get_traced_memory()[1] < BYTES
        finally:
            tracemalloc.stop()
    assert report.errors
    assert all(finding.line or finding.code == "xml.too_large" for finding in report.errors)


def test_a_model_of_a_thousand_steps_in_a_row_compiles_without_recursion():
    assert compiler.check_files(line(1_000), known_form=made.known_form).executable


def test_a_model_nested_as_deep_as_xml_may_be_compiles():
    depth = 60
    parts = [made.user("a")]
    inner, last = "".join(parts), "a"
    for n in range(depth):
        key = f"s{n}"
        inner = (
            f'<bpmn:subProcess id="{key}">{made.start(f"b{n}")}{inner}{made.end(f"e{n}")}'
            f"{made.flows(f'b{n}>{last}>e{n}')}</bpmn:subProcess>"
        )
        last = key
    files = made.process(made.start(), inner, made.end(), made.flows(f"begin>{last}>done"), tasks=("a",))
    assert compiler.check_files(files, known_form=made.known_form).errors == []
