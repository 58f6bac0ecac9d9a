"""A model told to people, and two models compared."""

from pathlib import Path

import pytest

import app.factory
from tests.factories import workflows as made
from tests.factories.second_reviewer import STEP, add_second_reviewer
from workflows import bundle, compiler
from workflows.compiled import CompiledProcess
from workflows.difference import compare
from workflows.sheet import branches, decision_sheets, documentation, in_order

LOT_RELEASE = Path(__file__).parents[3] / "bpmn" / "lot_release"
assert app.factory  # registers the operations that the model calls


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return bundle.read_folder(LOT_RELEASE)


@pytest.fixture(scope="module")
def process(files: dict[str, bytes]) -> CompiledProcess:
    return compiler.compile_files(files)


def changed(files: dict[str, bytes], name: str, *pairs: tuple[str, str]) -> CompiledProcess:
    text = files[name].decode()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return compiler.compile_files({**files, name: text.encode()})


@pytest.mark.urs("URS-002")
def test_the_steps_inside_a_part_come_where_the_part_stands() -> None:
    capa = compiler.compile_files(bundle.read_folder(LOT_RELEASE.parent / "capa"))
    names = [element.name["en"] for element in in_order(capa)]
    inner = names.index("Carry out")
    assert names.index("Triage") < names.index("Every action") < inner < names.index("Set the check")


@pytest.mark.urs("URS-002")
def test_steps_come_in_the_order_in_which_the_diagram_leads_through_them(process: CompiledProcess) -> None:
    keys = [element.id for element in in_order(process)]
    assert keys.index("inspection") < keys.index("disposition") < keys.index("production_release")
    assert keys.index("production_release") < keys.index("market_release") < keys.index("release_lot")
    assert sorted(keys) == sorted(process.elements)


def test_branches_name_the_answer_the_condition_and_where_it_leads(process: CompiledProcess) -> None:
    ways = {(way.gateway.id, way.target.id): way for way in branches(process)}
    assert ways["kind_of_goods", "incoming_release"].condition == 'route.path = "incoming"'
    assert ways["kind_of_goods", "production_release"].condition == ""
    assert ways["incoming_decision", "release_lot"].name["zh"] == "放行"


def test_decision_tables_are_told_in_both_languages(process: CompiledProcess) -> None:
    table = next(sheet for sheet in decision_sheets(process) if sheet.id == "disposition")
    assert table.name == {"en": "Disposition of the lot", "zh": "批处置建议"}
    cells, note = table.rows[0]
    assert cells[0] == "true"
    assert {"en": "The lot has expired.", "zh": "本批已过有效期。"} in cells
    assert note["en"] == "An expired lot is never accepted."


def test_the_authors_own_words_are_kept(process: CompiledProcess) -> None:
    assert documentation(process)["en"].startswith("A received lot stands in quarantine")
    assert documentation(process)["zh"].startswith("收到的批次处于待检状态")


@pytest.mark.urs("URS-007")
def test_two_equal_releases_do_not_differ(process: CompiledProcess, files: dict[str, bytes]) -> None:
    difference = compare(process, compiler.compile_files(files))
    assert difference.changes == ()
    assert difference.texts == {}


@pytest.mark.urs("URS-007")
def test_a_changed_policy_is_named(process: CompiledProcess, files: dict[str, bytes]) -> None:
    new = changed(files, "lot_release.bpmn", ('qms:due="P2D"', 'qms:due="P1D"'))
    difference = compare(process, new)
    assert difference.ids("changed") >= {"inspection"}
    detail = next(change for change in difference.changes if change.id == "inspection").details[0]
    assert (detail.label, detail.old, detail.new) == ("Due", "P2D", "P1D")
    assert not difference.only_drawn


def test_a_changed_row_of_a_table_is_named(process: CompiledProcess, files: dict[str, bytes]) -> None:
    new = changed(files, "disposition.dmn", ('"accept"', '"reject"'))
    change = next(one for one in compare(process, new).changes if one.what == "decision")
    assert change.id == "disposition"
    assert [detail.label for detail in change.details] == ["#4"]


def test_moving_a_shape_changes_only_the_drawing(process: CompiledProcess, files: dict[str, bytes]) -> None:
    text = files["lot_release.bpmn"].decode()
    start = text.index("<dc:Bounds")
    moved = text[:start] + text[start:].replace('width="', 'width="1', 1)
    new = compiler.compile_files({**files, "lot_release.bpmn": moved.encode()})
    difference = compare(process, new)
    assert difference.only_drawn
    assert list(difference.texts) == ["lot_release.bpmn"]


def test_a_new_step_and_its_flows_are_added(process: CompiledProcess, tmp_path: Path) -> None:
    add_second_reviewer(LOT_RELEASE, tmp_path / "lot_release")
    new = compiler.compile_files(bundle.read_folder(tmp_path / "lot_release"))
    difference = compare(process, new)
    assert difference.ids("added") == {STEP, "reviewed_again"}
    assert difference.ids("changed") == {"incoming_released"}
    back = compare(new, process)
    assert back.ids("removed") == {STEP, "reviewed_again"}


@pytest.mark.urs("URS-007")
def test_a_changed_marker_message_or_called_process_is_a_change():
    message = '<bpmn:message id="m" name="{}" />'
    wait = (
        '<bpmn:receiveTask id="w" messageRef="m"><bpmn:extensionElements>'
        '<qms:correlation name="lot" value="{}" /></bpmn:extensionElements></bpmn:receiveTask>'
    )
    loop = (
        '<bpmn:userTask id="a" qms:form="f"><bpmn:standardLoopCharacteristics loopMaximum="{}" />'
        "</bpmn:userTask>"
    )

    def compiled(name="result", value="lot.number", rounds=2):
        files = made.process(
            made.start(),
            wait.format(value),
            loop.format(rounds),
            made.end(),
            made.flows("begin>w>a>done"),
            tasks=("a",),
        )
        text = files["trial.bpmn"].decode().replace("<bpmn:process ", message.format(name) + "<bpmn:process ")
        return compiler.compile_files({"trial.bpmn": text.encode()}, known_form=made.known_form)

    before = compiled()
    assert compare(before, compiled()).changes == ()
    for changed, element in (({"name": "other"}, "w"), ({"value": "lot.id"}, "w"), ({"rounds": 3}, "a")):
        assert compare(before, compiled(**changed)).ids("changed") == {element}


def test_the_steps_of_a_very_long_process_are_listed_in_order():
    keys = [f"n{number}" for number in range(1_200)]
    files = made.process(
        made.start(),
        *(made.user(key) for key in keys),
        made.end(),
        made.flows(">".join(["begin", *keys, "done"])),
        tasks=keys,
    )
    process = compiler.compile_files(files, known_form=made.known_form)
    assert [element.id for element in in_order(process)] == ["begin", *keys, "done"]
