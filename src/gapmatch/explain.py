"""Explain a firm: its candidates part by part, its status, and where its place in the list comes from."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from gapmatch.language import _
from gapmatch.linkage.explain import Part, explain_link
from gapmatch.page import Section
from gapmatch.rank.explain import rank_parts

Frames = Mapping[str, pl.DataFrame]


def explain_sections(firm: int, frames: Frames) -> tuple[list[Section], dict[str, Any]]:
    """Return the tables of an explanation and the same as plain values."""
    facts = _row(frames["firms"], "firm", firm)
    asked = int(facts["duplicate_of"]) if facts["duplicate_of"] is not None else firm
    gap = _row(frames["gaps"], "firm", firm)
    candidates = _candidates(asked, facts, frames)
    target = frames["targets"].filter(pl.col("firm") == asked).to_dicts()
    sections = [
        _firm_section(facts),
        *(_candidate_section(link, unit, parts) for link, unit, parts in candidates),
        _gap_section(gap),
    ]
    if target:
        sections += [_target_section(target[0]), _parts_section(target[0])]
    values = {
        "firm": _plain(facts),
        "candidates": [_plain(link) | {"unit_name": unit["name"]} for link, unit, _parts in candidates],
        "gap": _plain(gap),
        "target": _plain(target[0]) if target else None,
    }
    return sections, values


def _row(frame: pl.DataFrame, key: str, value: int) -> dict[str, Any]:
    return frame.filter(pl.col(key) == value).row(0, named=True)


def _candidates(
    firm: int, facts: Mapping[str, Any], frames: Frames
) -> list[tuple[dict[str, Any], dict[str, Any], list[Part]]]:
    links = frames["links"].filter((pl.col("firm") == firm) & pl.col("unit").is_not_null())
    found = []
    for link in links.sort("weight", descending=True).to_dicts():
        unit = _row(frames["units"], "unit", link["unit"])
        found.append((link, unit, explain_link(link, facts, unit)))
    return found


def _firm_section(facts: Mapping[str, Any]) -> Section:
    rows = [
        (_("信用代码"), facts["code_text"]),
        (_("区县"), facts["county_name"]),
        (_("出处"), _("{file} 第 {row} 行").format(file=facts["source_file"], row=facts["source_row"])),
        (_("名称拆分"), _name_parts(facts)),
        (_("其他名称"), "、".join(facts["aliases"] or [])),
    ]
    return Section(str(facts["name"]), (), [(k, v) for k, v in rows if v])


def _name_parts(facts: Mapping[str, Any]) -> str:
    labels = {
        "region": _("行政区划"),
        "trade_name": _("字号"),
        "trade_industry": _("行业"),
        "legal_form": _("组织形式"),
        "branch": _("分支"),
        "numbers": _("编号"),
    }
    return " · ".join(f"{label} {facts[part]}" for part, label in labels.items() if facts[part])


def _decision_words() -> dict[str, str]:
    return {"match": _("匹配"), "review": _("待核实"), "non_match": _("不匹配")}


def _relation_words() -> dict[str, str]:
    return {"second_account": _("另一账户"), "head_office": _("总公司")}


def _candidate_section(
    link: Mapping[str, Any], unit: Mapping[str, Any], parts: Sequence[Part]
) -> Section:
    decision = _decision_words()[link["decision"]]
    relation = _relation_words().get(link["relation"], "")
    title = _("候选单位：{name}（{unit_id}）——{decision}{relation}，可能性 {probability:.2%}").format(
        name=unit["name"],
        unit_id=unit["unit_id"],
        decision=decision,
        relation=f"·{relation}" if relation else "",
        probability=link["probability"],
    )
    rows: list[tuple[str | float | None, ...]] = [
        (p.title, p.firm_value, p.unit_value, p.level, round(p.weight, 2)) for p in parts
    ]
    rows.append((_("合计"), "", "", "", round(float(link["weight"]), 2)))
    return Section(title, (_("比对项"), _("税务"), _("参保"), _("结果"), _("得分（比特）")), rows)


def _gap_section(gap: Mapping[str, Any]) -> Section:
    rows = [
        (_("状态"), gap["status_reason"]),
        (_("未参保的可能性"), _percent(gap["probability_uninsured"])),
        (_("在经营的可能性"), _percent(gap["probability_operates"])),
        (_("经营依据"), gap["operates_evidence"]),
        (_("估计人数"), _interval(gap)),
        (_("人数依据"), gap["headcount_basis"]),
        (_("相互矛盾之处"), gap["headcount_conflict"]),
    ]
    return Section(_("状态"), (), [(k, v) for k, v in rows if v])


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _interval(gap: Mapping[str, Any]) -> str:
    if gap["headcount"] is None:
        return ""
    return _("{n:.0f} 人（八成把握在 {low:.0f} 至 {high:.0f} 之间）").format(
        n=gap["headcount"], low=gap["headcount_low"], high=gap["headcount_high"]
    )


def _target_section(target: Mapping[str, Any]) -> Section:
    rows = [
        (_("全市排名"), target["rank"]),
        (_("本县排名"), target["county_rank"]),
        (_("批次"), target["tier"]),
        (_("预计新增参保"), round(float(target["expected_new_enrollees"]), 2)),
        (_("理由"), target["reason"]),
        (_("可享政策"), target["policies"]),
    ]
    return Section(_("走访名单"), (), [(k, v) for k, v in rows if v])


def _parts_section(target: Mapping[str, Any]) -> Section:
    rows: list[tuple[str, float]] = [(label, value) for label, value in rank_parts(target)]
    rows.append((_("合计"), round(float(target["priority"]), 4)))
    return Section(_("优先分的组成"), (), rows)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if isinstance(v, str | int | float | bool | list) or v is None}
