"""Lines of region packs in words: what their keys name, their values and the sources they are taken from.

Processes ask by keys such as ``adverse_event.death``; people read what stands here. What a plant adds beyond
the delivered packs is shown as it was typed.
"""

from collections.abc import Mapping

from core.types import Bilingual


def key_in_words(key: str) -> Bilingual:
    """A key in words, with the key itself behind them: processes are written with it."""
    named = [_PARTS.get(part) or _plain(part.replace("_", " ")) for part in key.split(".")]
    marks = {"en": " ({})", "zh": "（{}）"}
    return {
        lang: " · ".join(words[lang] for words in named) + mark.format(key) for lang, mark in marks.items()
    }


def value_in_words(value: str) -> Bilingual | None:
    """A value in words; None where it reads as it is written."""
    return _VALUES.get(value)


def value_written(text: str) -> str:
    """The value that somebody has written in words of either language, or the text as it stands."""
    return _WRITTEN.get(text.casefold(), text)


def source_in_words(source: str) -> Bilingual | None:
    """The name of a regulation in both languages; None where it is called the same."""
    return _SOURCES.get(source)


def _plain(text: str) -> Bilingual:
    return {"en": text, "zh": text}


def _both(pairs: Mapping[str, tuple[str, str]]) -> dict[str, Bilingual]:
    return {key: {"en": english, "zh": chinese} for key, (english, chinese) in pairs.items()}


_PARTS = _both(
    {
        "abroad": ("abroad", "境外"),
        "adverse_event": ("Adverse event", "不良事件"),
        "after_expiry": ("after the expiry of the device", "器械有效期后"),
        "after_last_device": ("after the last device", "最后一件器械投放市场后"),
        "after_last_implant": ("after the last implantable device", "最后一件植入器械投放市场后"),
        "by_registrant": ("by the registrant", "由注册人进行"),
        "case": ("each case", "个例"),
        "class_1": ("class I", "一级"),
        "class_2": ("class II", "二级"),
        "class_3": ("class III", "三级"),
        "death": ("death", "死亡"),
        "death_or_injury": ("death or serious injury", "死亡或严重伤害"),
        "device_lifetime": ("lifetime of the device", "器械寿命期"),
        "evaluation": ("evaluation", "评价"),
        "field_safety_notice": ("field safety notice", "现场安全通知"),
        "five_day": ("five-day report", "五日报告"),
        "form": ("Form", "表单"),
        "from_release": ("from release", "自放行之日起"),
        "fsca": ("Field safety corrective action", "现场安全纠正措施"),
        "group": ("group of events", "群体事件"),
        "implant": ("implantable devices", "植入性器械"),
        "incident": ("Incident", "事件"),
        "investigation": ("investigation", "调查"),
        "label": ("labels and instructions", "说明书和标签"),
        "language": ("Language", "语言"),
        "mdr": ("Report to the FDA (MDR)", "FDA 不良事件报告（MDR）"),
        "mdr_file": ("event file (MDR)", "不良事件档案（MDR）"),
        "measures": ("control measures", "控制措施"),
        "no_expiry": ("devices without expiry", "无有效期的器械"),
        "notify": ("dealers and users are told", "通知经营企业和使用单位"),
        "plan": ("assessment and plan", "调查评估报告和召回计划"),
        "public_health_threat": ("public health threat", "公共卫生威胁"),
        "recall": ("Recall", "召回"),
        "release": ("Release", "放行"),
        "report": ("report", "报告"),
        "report_first": ("reported before it is taken", "实施前报告"),
        "retention": ("Time of keeping", "保存期限"),
        "serious": ("serious", "严重"),
        "serious_injury": ("serious injury", "严重伤害"),
        "supplement": ("supplement", "补充报告"),
    }
)
"""The parts of delivered keys."""
_VALUES = _both(
    {
        "yes": ("yes", "是"),
        "no": ("no", "否"),
        "en": ("English", "英语"),
        "zh": ("Chinese", "中文"),
        "as the Member State says": ("as the Member State says", "按成员国的规定"),
        "Manufacturer Incident Report": ("Manufacturer Incident Report", "制造商事件报告（MIR）"),
        "FDA 3500A": ("FDA 3500A", "FDA 3500A 表"),
        "eMDR (electronic, data of FDA 3500A)": (
            "eMDR (electronic, data of FDA 3500A)",
            "eMDR（电子报告，数据项同 FDA 3500A）",
        ),
        "注册人医疗器械不良事件报告表": (
            "Adverse event report of the registrant (注册人医疗器械不良事件报告表)",
            "注册人医疗器械不良事件报告表",
        ),
    }
)
_WRITTEN = {word.casefold(): value for value, words in _VALUES.items() for word in words.values()}
_SOURCES = {
    chinese: {"en": english, "zh": chinese}
    for english, chinese in (
        (
            "Measures for recalls of medical devices (CFDA order 29)",
            "医疗器械召回管理办法（国家食品药品监督管理总局令第29号）",
        ),
        (
            "Measures for monitoring and re-evaluating adverse events of medical devices (SAMR, NHC order 1)",
            "医疗器械不良事件监测和再评价管理办法（国家市场监督管理总局、国家卫生健康委员会令第1号）",
        ),
        (
            "Good manufacturing practice for medical devices (CFDA notice 64 of 2014)",
            "医疗器械生产质量管理规范（国家食品药品监督管理总局公告2014年第64号）",
        ),
        (
            "Good manufacturing practice for medical devices (NMPA notice 107 of 2025)",
            "医疗器械生产质量管理规范（国家药监局公告2025年第107号）",
        ),
        (
            "Rules for instructions and labels of medical devices (CFDA order 6)",
            "医疗器械说明书和标签管理规定（国家食品药品监督管理总局令第6号）",
        ),
        (
            "Guide for registrants to monitor adverse events of medical devices (NMPA notice 25 of 2020)",
            "医疗器械注册人开展不良事件监测工作指南（国家药监局通告2020年第25号）",
        ),
    )
} | _both(
    {
        "Regulation (EU) 2017/745": ("Regulation (EU) 2017/745 (MDR)", "欧盟医疗器械法规 (EU) 2017/745"),
        "Regulation (EU) 2017/745; form of the Commission": (
            "Regulation (EU) 2017/745 (MDR); form of the Commission",
            "欧盟医疗器械法规 (EU) 2017/745；欧盟委员会表格",
        ),
        "ISO 13485:2016 by 21 CFR 820.10(a)": (
            "ISO 13485:2016 by 21 CFR 820.10(a)",
            "ISO 13485:2016（依 21 CFR 820.10(a)）",
        ),
    }
)
