"""Every construct has a tiny model in ``runs``; here each is played to its end, act by act."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.factories import workflows as made
from tests.factories.play import Play
from workflows import history, messages, waits
from workflows.models import CaseState

HERE = Path(__file__).parent
pytestmark = [
    pytest.mark.parametrize("plant_url", ["sqlite"], indirect=True),  # nothing here asks the database
    pytest.mark.urs("URS-002", "URS-006"),
]
SAMPLES = [{"id": "s1", "most": 5}, {"id": "s2", "most": 6}, {"id": "s3", "most": 7}]
LOT = {"lot": {"number": "L1", "samples": SAMPLES, "size": 9, "count": 4}}


@pytest.fixture
def play(session):
    def start(name, *, data=None, message=None):
        path = HERE / "runs" / f"{name}.bpmn"
        return Play(session, {path.name: path.read_bytes()}, data=data or LOT, message=message)

    return start


def test_a_called_process_keeps_its_facts_under_the_step_of_the_call(play):
    case = play("call_activity").do("first", size=5)
    assert case.open == Counter(["measure"])
    assert case.seen("measure")["size"] == 5
    assert "measure" not in case.facts
    case.do("measure", value=7)
    assert case.facts["inspection"] == {"size": 5, "measure": {"value": 7}}
    assert "measure" not in case.facts
    assert case.do("again").ended == "done"


def test_one_process_called_twice_at_once_overwrites_nothing(play):
    case = play("called_twice")
    assert case.open == Counter(measure=2)
    case.do("measure", value=1).do("measure", value=2)
    assert case.ended == "done"
    assert case.facts["left"] == {"side": "left", "measure": {"value": 1}}
    assert case.facts["right"] == {"side": "right", "measure": {"value": 2}}


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_members_are_done_in_any_order_and_listed_in_theirs(play, order):
    case = play("multi_parallel")
    assert case.open == Counter(measure=3)
    for number in order:
        assert case.open["approve"] == 0
        assert case.seen("measure", number)["sample"] == SAMPLES[number - 1]
        case.do("measure", number, value=number)
    assert case.facts["measure"] == [{"value": 1}, {"value": 2}, {"value": 3}]
    assert case.do("approve").ended == "done"


def test_no_members_are_done_at_once(play):
    case = play("multi_parallel", data={"lot": {"samples": []}})
    assert case.open == Counter(["approve"])
    assert case.facts["measure"] == []


def test_members_one_after_the_other_until_one_fails(play):
    case = play("multi_sequential")
    assert case.open == Counter(measure=1)
    assert case.seen("measure")["sample"] == SAMPLES[0]
    case.do("measure", good=True)
    assert case.seen("measure")["sample"] == SAMPLES[1]
    case.do("measure", good=False)
    assert case.facts["measure"] == [{"good": True}, {"good": False}]
    assert case.do("approve").ended == "done"


def test_each_member_of_a_subprocess_has_steps_and_facts_of_its_own(play):
    case = play("multi_subprocess")
    case.do("measure", value=9).do("measure", value=5).do("measure", value=5)
    verdicts = [member["verdict"] for member in case.facts["sample_test"]]
    assert sorted(verdicts) == [False, True, True]
    assert [member["sample"]["id"] for member in case.facts["sample_test"]] == ["s1", "s2", "s3"]
    assert "verdict" not in case.facts
    assert case.do("approve").ended == "done"


def test_members_within_members(play):
    crates = [{"samples": [1, 2]}, {"samples": [3]}]
    case = play("multi_nested", data={"lot": {"crates": crates}})
    assert case.open == Counter(measure=3)
    for value in (1, 2, 3):
        case.do("measure", value=value)
    assert case.ended == "done"
    found = [[one["value"] for one in box["measure"]] for box in case.facts["box"]]
    assert [len(box) for box in found] == [2, 1]


def test_a_process_is_called_for_every_member(play):
    case = play("multi_call")
    assert case.open == Counter(measure=3)
    for value in (1, 2, 3):
        case.do("measure", value=value)
    assert case.ended == "done"
    assert [member["limit"] for member in case.facts["test"]] == [5, 6, 7]
    assert sorted(member["measure"]["value"] for member in case.facts["test"]) == [1, 2, 3]


def test_members_of_a_service_task_need_nobody(play, session):
    case = play("multi_service")
    assert [params for params, _, _ in session.info["notes"]] == [{"number": n} for n in (1, 2, 3, 4)]
    assert case.facts["note"] == [{"noted": True, "number": n} for n in (1, 2, 3, 4)]
    assert case.do("look").ended == "done"


def test_a_timer_withdraws_the_members_that_are_left(play):
    case = play("multi_boundary").do("measure", 2, value=1)
    case.later(days=3)
    assert case.open == Counter(["chief"])
    assert "measure" not in case.facts
    assert case.do("chief").ended == "stopped"


def test_each_round_counts_its_own_members(play):
    case = play("multi_rework")
    for round_number in (1, 2, 3):
        assert case.open == Counter(measure=3)
        for number in (2, 3, 1):
            case.do("measure", number, round=round_number)
        assert case.open == Counter(["approve"])
        assert {one["round"] for one in case.facts["measure"]} == {round_number}
        case.do("approve", good=round_number == 3)
    assert case.ended == "done"


def test_a_loop_goes_round_while_its_condition_holds(play):
    case = play("loop_after").do("measure", good=False).do("measure", good=False)
    assert case.open == Counter(["measure"])
    assert case.do("measure", good=True).ended == "done"
    assert case.facts["measure"] == {"good": True}


def test_a_loop_ends_after_its_most_rounds(play):
    case = play("loop_after").do("measure", good=False).do("measure", good=False)
    assert case.do("measure", good=False).ended == "done"


@pytest.mark.parametrize("broken", [True, False])
def test_a_loop_that_asks_first_may_not_happen_at_all(play, broken):
    case = play("loop_before").do("look", broken=broken)
    for _ in range(5 if broken else 0):
        case.do("mend", left=1)
    assert case.ended == "done"


def test_a_receive_task_waits_for_the_message_of_its_own_lot(play, session):
    case = play("receive_task")
    case.send("lab_result", {"value": 3}, lot="L2")
    assert case.open == Counter()
    assert [one.correlation for one in messages.kept(session)] == ['{"lot": "L2"}']
    case.send("lab_result", {"value": 4}, lot="L1")
    assert case.facts["result"] == {"value": 4}
    assert case.do("review").ended == "done"


def test_a_message_is_taken_once(play, session):
    case = play("message_catch").send("lab_result", {"good": True}, lot="L1")
    assert case.ended == "done"
    case.send("lab_result", {"good": False}, lot="L1")
    assert case.facts["result"] == {"good": True}
    assert len(messages.kept(session)) == 1


def test_a_message_that_came_too_early_is_kept_until_somebody_waits(play, session):
    case = play("message_throw")
    case.deliver()
    (asked,) = messages.kept(session)
    assert (asked.name, asked.correlation, asked.payload) == ("lab_request", '{"lot": "L1"}', {"size": 9})
    case.do("review", good=True).deliver()
    assert case.ended == "done"
    assert [one.name for one in messages.kept(session)] == ["lab_request", "lab_result", "lab_request"]
    assert [one.from_element for one in messages.of_case(session, case.case.id)] == ["ask", "answer", "done"]


def test_a_message_starts_a_case(play):
    case = play("message_start", message=("lab_request", {"size": 9}))
    assert case.facts == {"begin": {"size": 9}}
    assert case.do("review").ended == "done"


def test_a_boundary_message_interrupts_and_another_one_does_not(play):
    case = play("message_boundary")
    for text in ("one", "two"):
        case.send("lab_request", {"text": text}, lot="L1")
    assert case.open == Counter(review=1, read=2)
    case.do("read").send("lab_result", {"why": "x"}, lot="L1")
    assert case.open == Counter(handle=1, read=1)
    assert case.facts["recall"] == {"why": "x"}
    case.do("handle")
    assert case.ended is None
    assert case.do("read").case.state is CaseState.COMPLETED


def test_a_signal_reaches_its_own_case_and_every_other(play, session):
    case = play("signal")
    other = made.case(session, data=LOT)
    case.do("raise_it").deliver()
    assert case.open == Counter(["answer"])
    assert case.do("answer").ended == "done"
    case.case = other
    assert case.open == Counter(raise_it=1, answer=1)
    case.do("raise_it").deliver()
    assert case.do("answer").ended == "done"


def test_a_boundary_signal_of_another_process_interrupts(play, session):
    case = play("signal_boundary")
    thrower = HERE / "runs" / "signal.bpmn"
    text = thrower.read_bytes().replace(b'"trial"', b'"recall_all"')
    made.release(session, {"recall_all.bpmn": text}, key="recall_all")
    first, case.case = case.case, made.case(session, "recall_all")
    case.do("raise_it").deliver()
    case.case = first
    assert case.open == Counter(["answer"])
    assert case.do("answer").ended == "recalled"


@pytest.mark.parametrize(("first", "end"), [("result", "done"), ("recall", "recalled"), ("late", "overdue")])
def test_of_several_events_the_first_one_takes_the_token(play, session, first, end):
    case = play("event_gateway")
    assert len(waits.of_case(session, case.case.id)) == 3
    if first == "result":
        case.send("lab_result", lot="L1")
    elif first == "recall":
        case.send("lab_request", lot="L1")
    else:
        case.later(days=2).do("chief")
    assert case.ended == end
    assert waits.of_case(session, case.case.id) == []


def test_an_error_ends_the_subprocess_and_is_caught_there(play):
    case = play("error_end").do("one", bad=True)
    assert case.open == Counter(["mend"])
    assert case.facts["caught"] == {"code": "broken"}
    assert case.do("mend").ended == "mended"


def test_without_the_error_the_subprocess_goes_on(play):
    case = play("error_end").do("one", bad=False)
    assert case.open == Counter(["two"])
    assert case.do("two").ended == "done"


def test_the_event_that_names_the_code_comes_before_the_one_that_catches_all(play):
    assert play("error_any").do("one").ended == "right"


def test_a_refusal_of_an_operation_is_caught_with_its_cause(play):
    case = play("error_service").do("first")
    assert case.facts["refused"] == {"code": "test.refused", "message": "No."}
    assert case.do("mend").ended == "mended"


def test_an_error_of_a_called_process_is_caught_at_the_call(play):
    case = play("error_from_call").do("measure", value=1)
    assert case.open == Counter(["mend"])
    assert "call" not in case.facts
    assert case.do("mend").ended == "mended"


def test_an_escalation_tells_somebody_and_the_work_goes_on(play):
    case = play("escalation").do("one")
    assert case.open == Counter(two=1, chief=1)
    case.do("two")
    assert case.ended is None
    assert case.do("chief").case.state is CaseState.COMPLETED


def test_an_escalation_that_interrupts_withdraws_the_rest(play):
    case = play("escalation_end").do("one")
    assert case.open == Counter(["chief"])
    assert case.do("chief").ended == "heard"


def test_a_message_starts_an_event_subprocess_as_often_as_it_comes(play):
    case = play("handler_message")
    assert case.open == Counter(["review"]), "the handler started unprompted"
    case.send("lab_result", {"n": 1}, lot="L1").send("lab_result", {"n": 2}, lot="L1")
    assert case.open == Counter(review=1, handle=2)
    case.do("review")
    assert case.ended is None, "the process ended while its handler was at work"
    assert case.do("handle").do("handle").ended == "done"


def test_an_interrupting_event_subprocess_takes_over(play):
    case = play("handler_message_interrupting").do("one")
    case.send("lab_result", {"n": 1}, lot="L1")
    assert case.open == Counter(["handle"])
    assert case.facts["caught"] == {"n": 1}
    assert case.do("handle").case.state is CaseState.COMPLETED


def test_an_event_subprocess_is_forgotten_when_the_process_ends_in_time(play, session):
    case = play("handler_message_interrupting").do("one").do("two")
    assert case.ended == "done"
    assert waits.of_case(session, case.case.id) == []


def test_after_two_days_an_event_subprocess_takes_over(play):
    case = play("handler_timer").later(days=1)
    assert case.open == Counter(["review"])
    case.later(days=1)
    assert case.open == Counter(["handle"])
    assert case.do("handle").case.state is CaseState.COMPLETED


@pytest.mark.parametrize(("name", "step"), [("handler_cycle", "handle"), ("timer_cycle", "read")])
def test_a_repeating_timer_fires_as_often_as_it_says(play, name, step):
    case = play(name)
    for count in (1, 2, 3, 3, 3):
        case.later(days=1)
        assert case.open == Counter({"review": 1, step: count})
    case.do("review")
    for _ in range(3):
        case.do(step)
    assert case.case.state is CaseState.COMPLETED


def test_repetitions_that_were_missed_fire_as_one(play):
    case = play("timer_cycle").later(days=2, hours=1)
    assert case.open == Counter(review=1, read=1)
    case.later(days=1)
    assert case.open == Counter(review=1, read=2)
    case.later(days=9)
    assert case.open == Counter(review=1, read=2)


def test_an_error_is_handled_inside_and_the_process_goes_on(play):
    case = play("handler_error")
    assert case.open == Counter(one=1, two=1), "the handler started unprompted"
    case.do("one")
    assert case.open == Counter(["handle"])
    assert case.do("handle").open == Counter(["after"])
    assert case.do("after").ended == "done"


def test_an_escalation_is_handled_beside_the_work(play):
    case = play("handler_escalation").do("one")
    assert case.open == Counter(two=1, handle=1)
    case.do("two")
    assert case.do("handle").ended == "done"


def test_an_escalation_is_handled_instead_of_the_work(play):
    case = play("handler_escalation_interrupting").do("one")
    assert case.open == Counter(["handle"])
    assert case.do("handle").case.state is CaseState.COMPLETED


def test_a_moment_named_by_a_fact(play):
    case = play("timer_date", data={"lot": {"blocked_until": "2026-12-01T08:00:00+08:00"}})
    (wait,) = waits.of_case(case.session, case.case.id)
    assert wait.due_at.isoformat() == "2026-12-01T00:00:00+00:00"
    assert case.later(days=30).ended == "done"


def test_working_days_leave_out_the_weekend(play):
    case = play("timer_working_days")  # starts on Sunday the 22nd of November 2026
    (wait,) = waits.of_case(case.session, case.case.id)
    assert wait.due_at.isoformat() == "2026-11-24T08:00:00+00:00"
    case.later(days=4)  # Thursday
    assert case.task("review").due_at.isoformat() == "2026-11-30T08:00:00+00:00"
    assert case.do("review").ended == "done"


def test_a_terminating_end_stops_its_own_scope_alone(play):
    case = play("terminate").do("one")
    assert case.open == Counter(["after"])
    assert case.do("after").ended == "done"


def test_a_loop_in_an_open_branch_of_a_loop_lets_no_join_fire_early(play):
    case = play("nested_loops")
    for last in (False, True):
        for good in (False, False, True):
            assert case.open == Counter(one=1, two=1)
            case.do("one", good=good)
        assert case.open == Counter(["two"])
        case.do("two")
        assert case.open == Counter(["check"])
        case.do("check", good=last)
    assert case.ended == "done"


@pytest.mark.parametrize(("x", "ways"), [(0, "c"), (1, "a"), (2, "ab")])
def test_gateways_one_behind_the_other(play, x, ways):
    case = play("gateways").do("first", x=x)
    assert case.open == Counter(ways)
    for step in ways:
        case.do(step)
    assert case.open == Counter("de")
    assert case.do("e").do("d").ended == "done"


def test_the_path_names_the_flows_of_members_and_joins(play):
    case = play("multi_parallel")
    for number in (1, 2, 3):
        case.do("measure", number)
    path = history.path(case.session, case.case)
    assert path.flows == {"begin_measure", "measure_approve"}
    assert path.rounds["measure"] == 3


def test_every_tiny_model_is_played_by_a_test_that_names_it(plant_url):
    known = {path.stem for path in (HERE / "runs").glob("*.bpmn")}
    named = set(re.findall(r'"(\w+)"', Path(__file__).read_text(encoding="utf-8")))
    assert known - named <= {"rework", "timers"}, "these are played in tests of their own"
