import pytest
from fontTools.ttLib import TTFont

from documents import cutting, fonts
from documents.glyphs import missing, visible


@pytest.fixture(scope="module", autouse=True)
def built():
    return cutting.build()


@pytest.mark.urs("URS-020", "URS-122")
def test_latin_greek_units_and_rare_names_can_be_printed() -> None:
    assert missing("Anna Müller, José Núñez – Ωμεγα µ ° ² ³ ± ≤ ≥ Ω ℃ № × ÷ → ← ↑ ↓ ½ ‰ …“”‘’") == set()
    assert missing("王明 欧阳㛃璟 㙦 䶮 𬱖 𫖯 𬍛 堃 喆 镕 犇 赟 阿卜杜热依木·买买提伊明") == set()


def test_every_hanzi_of_the_table_of_general_standard_characters_level_one_and_two_is_there() -> None:
    gb2312 = "".join(
        bytes([high, low]).decode("gb2312", "ignore")
        for high in range(0xB0, 0xF8)
        for low in range(0xA1, 0xFF)
    )
    uro = "".join(map(chr, range(0x4E00, 0x9FA6)))
    extension_a = "".join(map(chr, range(0x3400, 0x4DB6)))
    assert missing(gb2312 + uro + extension_a) == set()


def test_what_cannot_be_printed_is_named() -> None:
    assert missing("Lot 😀 \ue000 ok\n\t") == {"😀", "\ue000"}


def test_the_group_separator_of_a_scanned_label_is_written_not_refused() -> None:
    assert missing("01095060\x1d10L26") == set()
    assert visible("01095060\x1d10L26\x00") == "01095060‹GS›10L26‹00›"


def test_a_decomposed_letter_is_judged_as_the_letter_it_prints_as() -> None:
    assert missing("Mu\u0308ller") == set()


@pytest.mark.parametrize("cut", fonts.FAMILIES)
def test_each_font_has_its_own_name_and_a_thousand_units_to_the_em(cut: fonts.Cut) -> None:
    with TTFont(fonts.folder() / cut.filename, lazy=True) as face:
        assert face["head"].unitsPerEm == 1000
        assert face["name"].getDebugName(1) == cut.family
