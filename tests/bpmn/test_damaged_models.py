"""Damaged files: whatever an editor, a disk or an attacker did to a model, the checks answer."""

import copy
import random
from pathlib import Path

import pytest
from lxml import etree

from workflows import analysis, compiler, steps

HERE = Path(__file__).parent
BUNDLES = [
    {path.name: path.read_bytes() for path in (HERE.parents[1] / "bpmn" / "lot_release").glob("*.[bd]*")},
    {path.name: path.read_bytes() for path in (HERE / "runs").glob("rework.bpmn")},
]
WORDS = ["", "x", "1", "Start", "inspection", "true", "PT1H", "{}", "open(1)", '"a"', 'lot.kind == "x"']

assert steps  # its operations are named in the models


def damaged(files, dice):
    name = dice.choice(sorted(files))
    root = etree.fromstring(files[name])
    for _ in range(dice.randint(1, 4)):
        nodes = [node for node in root.iter() if isinstance(node.tag, str) and node.getparent() is not None]
        node = dice.choice(nodes)
        dice.choice([_remove, _repeat, _rename, _say, _strip])(node, nodes, dice)
    return {**files, name: etree.tostring(root)}


def _remove(node, _nodes, _dice):
    node.getparent().remove(node)


def _repeat(node, _nodes, _dice):
    node.getparent().append(copy.deepcopy(node))


def _rename(node, nodes, dice):
    node.tag = dice.choice(nodes).tag


def _say(node, _nodes, dice):
    if node.attrib:
        node.set(dice.choice(list(node.attrib)), dice.choice(WORDS))
    else:
        node.text = dice.choice(WORDS)


def _strip(node, _nodes, dice):
    if node.attrib:
        del node.attrib[dice.choice(list(node.attrib))]


@pytest.mark.urs("URS-009")
@pytest.mark.parametrize("seed", range(5))
def test_the_checks_answer_whatever_was_damaged(seed):
    dice = random.Random(seed)
    for _ in range(20):
        files = damaged(dice.choice(BUNDLES), dice)
        report = compiler.check_files(files)
        assert report.executable or report.errors
        if report.executable:
            analysis.explore(files)
