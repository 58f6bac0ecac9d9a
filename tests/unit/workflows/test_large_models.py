"""Playing every path of very large models: soon done, or bounded and said so (URS-006, URS-009)."""

import pytest

from tests import effort
from tests.factories import workflows as made
from workflows import analysis, compiler

pytestmark = pytest.mark.urs("URS-006", "URS-009")
MOST_SECONDS = 2.0


def in_a_row(steps, **settings):
    names = [f"t{number}" for number in range(steps)]
    way = ">".join(["begin", *names, "done"])
    tasks = [made.user(name, **settings) for name in names]
    return made.process(made.start(), *tasks, made.end(), made.flows(way), tasks=names)


def side_by_side(branches, steps=1, kind="parallel", separated=False):
    names = [[f"t{branch}_{step}" for step in range(steps)] for branch in range(branches)]
    every = [name for branch in names for name in branch]
    free = [{"notBy": "t0_0"} if separated and name != "t0_0" else {} for name in every]
    condition = {"inclusive": "x == 1"}.get(kind)
    ways = [made.flow("split", branch[0], condition) for branch in names]
    ways += [made.flows(">".join([*branch, "join"])) for branch in names]
    return made.process(
        made.start(),
        made.gateway(kind, "split"),
        made.gateway(kind, "join"),
        *[made.user(name, **settings) for name, settings in zip(every, free, strict=True)],
        made.end(),
        made.flows("begin>split", "join>done"),
        *ways,
        tasks=every,
    )


def nested_loops(depth):
    outs = [f"g{level}" for level in reversed(range(depth))]
    ways = [
        made.flow(f"g{level}", f"m{level}", f"x == {level}", key=f"back{level}") for level in range(depth)
    ]
    ins = [made.gateway("exclusive", f"m{level}") for level in range(depth)]
    ahead = [*outs[1:], "done"]
    outs_drawn = [
        made.gateway("exclusive", one, default=f"{one}_{then}") for one, then in zip(outs, ahead, strict=True)
    ]
    way = ">".join(["begin", *(f"m{level}" for level in range(depth)), "t", *outs, "done"])
    return made.process(
        made.start(), *ins, *outs_drawn, made.user("t"), made.end(), made.flows(way), *ways, tasks=["t"]
    )


def reminders(steps):
    names, others = [f"t{n}" for n in range(steps)], [f"h{n}" for n in range(steps)]
    return made.process(
        made.start(),
        *[made.user(name) for name in names + others],
        *[made.timer(f"b{name}", name, "PT1H", interrupting=False) for name in names],
        *[made.end(f"e{name}") for name in names],
        made.end(),
        made.flows(">".join(["begin", *names, "done"])),
        *[made.flows(f"b{one}>{other}>e{one}") for one, other in zip(names, others, strict=True)],
        tasks=names + others,
    )


WHOLE = {
    "200 tasks": lambda: in_a_row(200),
    "1,000 tasks": lambda: in_a_row(1000),
    "nested loops": lambda: nested_loops(100),
    "10 branches": lambda: side_by_side(10),
    "inclusive, 5 ways": lambda: side_by_side(5, kind="inclusive"),
}
BOUNDED = {
    "20 branches": lambda: side_by_side(20),
    "20 branches of 10": lambda: side_by_side(20, 10),
    "300 branches": lambda: side_by_side(300),
    "separated side by side": lambda: side_by_side(13, separated=True),
    "5 branches of 6, separated": lambda: side_by_side(5, 6, separated=True),
    "60 reminders": lambda: reminders(60),
}


def explored(files):
    """The findings of a model that compiles, within the time it may take."""
    with effort.within(MOST_SECONDS):
        assert compiler.check_files(files, known_form=made.known_form).errors == []
        return analysis.explore(files)


@pytest.mark.parametrize("model", WHOLE.values(), ids=WHOLE.keys())
def test_every_path_of_a_large_plain_model_is_played(model):
    found = explored(model())
    assert {finding.code for finding in found} <= {"static.escalation"}


@pytest.mark.parametrize("model", BOUNDED.values(), ids=BOUNDED.keys())
def test_a_model_with_too_many_states_is_bounded_and_says_what_was_not_checked(model):
    found = explored(model())
    said = [finding for finding in found if finding.code == "static.too_large"]
    assert [(finding.element, finding.severity) for finding in said] == [("trial", "warning")]
    assert all(finding.line and "not checked on every path: " in finding.message for finding in said)


def test_the_bound_holds_for_all_processes_of_a_bundle_together(monkeypatch):
    monkeypatch.setattr(analysis, "MOST_PLAYED", 10)
    found = explored(in_a_row(20))
    assert "static.too_large" in {finding.code for finding in found}


def test_what_was_not_played_refuses_nothing():
    found = explored(side_by_side(20, 10))
    assert {finding.severity for finding in found} == {"warning"}


def test_a_choice_with_many_ways_is_no_reason_to_call_a_step_unreachable():
    found = explored(side_by_side(20, kind="inclusive"))
    named = [finding for finding in found if finding.code == "static.combinations"]
    assert [(finding.element, finding.severity) for finding in named] == [("split", "warning")]
    assert "static.never" not in {finding.code for finding in found}


def test_a_reminder_in_a_rework_loop_is_no_pile_of_tokens():
    files = made.process(
        made.start(),
        made.gateway("exclusive", "again"),
        made.user("work"),
        made.timer("late", "work", "PT1H", interrupting=False),
        made.user("remind"),
        made.end("reminded"),
        made.gateway("exclusive", "enough", default="enough_done"),
        made.end(),
        made.flows("begin>again>work>enough>done", "late>remind>reminded"),
        made.flow("enough", "again", "work.decision == 'reject'"),
        tasks=["work", "remind"],
    )
    assert {finding.code for finding in explored(files)} <= {"static.escalation"}


def test_a_reminder_that_leads_back_into_the_loop_does_pile_up():
    files = made.process(
        made.start(),
        made.gateway("exclusive", "again"),
        made.user("work"),
        made.timer("late", "work", "PT1H", interrupting=False),
        made.gateway("exclusive", "enough", default="enough_done"),
        made.end(),
        made.flows("begin>again>work>enough>done", "late>again"),
        made.flow("enough", "again", "work.decision == 'reject'"),
        tasks=["work"],
    )
    assert "static.unbounded" in {finding.code for finding in explored(files)}
