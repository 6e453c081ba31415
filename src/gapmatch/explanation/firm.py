"""Everything that was found about one firm, as an official would ask for it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from rapidfuzz import process

from gapmatch.errors import InputError
from gapmatch.explanation.link_parts import explain_link, list_rank_parts
from gapmatch.i18n import _
from gapmatch.ledger.identity import locate, select_rows_of_firms
from gapmatch.privacy import mask_code, mask_numbers, mask_persons
from gapmatch.reports import Page, Section, format_chance
from gapmatch.results.policy_texts import split_policies
from gapmatch.vocabulary.labels import list_labels, list_status_labels

MAX_LISTED_FIRMS = 20
"""Maximum number of firms listed if a name fits several."""

MAX_FULL_CANDIDATES = 3
"""So many of a firm's candidates are shown with the parts of their weight."""

CODES = (
    *("code_text", "uscc", "organisation", "credit_code", "taxpayer_code"),
    *("org_code", "registration_no"),
)
NAMES = ("name", "clean_name", "standard_name")

FOUND_BY = ("firm", "duplicate_of", "data_row", "county_name", "source_file", *CODES, *NAMES)
"""Columns of FIRMS that a firm is found by, or chosen by if several fit."""

Frames = Mapping[str, pl.DataFrame]
Row = Mapping[str, Any]


def explain_firm(wanted: str, frames: Frames) -> Page:
    """Return the page of the firm ``wanted``: a code, a data row, or a name or part of it.

    ``frames``: a quarter's firms, units, links, gaps and targets as the store holds them. Where
    several firms fit, the page lists them; if none does, ``InputError`` names the nearest.
    Phones and persons are masked.
    """
    return explain_firms(find_firms(frames["firms"], wanted), wanted, frames)


def explain_firms(firms: pl.DataFrame, wanted: str, frames: Frames) -> Page:
    """Return the page of ``firms``, which were found by ``wanted``, as ``explain_firm`` does."""
    if firms.is_empty():
        raise _make_not_found_error(frames["firms"], wanted)
    return _build_firm_page(firms, frames) if firms.height == 1 else _build_choice_page(firms)


def find_firms(firms: pl.DataFrame, wanted: str) -> pl.DataFrame:
    """Return the rows of ``firms`` that ``wanted`` names, by the first way that finds any."""
    text = mask_numbers(wanted.strip())
    code = mask_code(wanted.strip().upper().replace(" ", ""))
    for fits in (
        pl.any_horizontal(pl.col(column) == code for column in CODES),
        pl.any_horizontal(pl.col(column) == text for column in NAMES),
        pl.col("data_row").cast(pl.String) == wanted.strip(),
        pl.any_horizontal(pl.col(c).str.contains(text, literal=True) for c in NAMES[:2]),
    ):
        matches = firms.filter(fits)
        if text and not matches.is_empty():
            return _drop_repeats(matches)
    return firms.clear()


def find_firms_of_case(firms: pl.DataFrame, cases: pl.DataFrame, wanted: str) -> pl.DataFrame:
    """Return the rows of ``firms`` that the case numbered ``wanted`` is about.

    Raises ``InputError`` if there is such a case, and its firm is not in this list.
    """
    case = cases.filter(number=_normalise_number(wanted))
    if case.is_empty():
        return firms.clear()
    entry = case.select(entry="number", code="code", name="standard_name")
    found = locate(entry, select_rows_of_firms(firms))["firm"]
    if found.is_empty():
        raise InputError(
            _("案件 {number} 的企业不在这个季度的税务清册里：{name}").format(
                number=case["number"][0], name=mask_numbers(case["name"][0] or "?")
            ),
            _("案件的经过见 gapmatch cases {number}；别的季度请加 --quarter。").format(
                number=case["number"][0]
            ),
        )
    return _drop_repeats(firms.filter(pl.col("firm").is_in(found)))


def find_firms_of_unit(firms: pl.DataFrame, frames: Frames, wanted: str) -> pl.DataFrame:
    """Return the rows of ``firms`` whose status rests on the unit numbered ``wanted``.

    ``frames``: UNITS and GAPS. Raises ``InputError`` if there is such a unit without a firm.
    """
    units = frames["units"].filter(unit_id=_normalise_number(wanted))
    own = frames["gaps"].filter(pl.col("unit").is_in(units["unit"].implode()))
    found = _drop_repeats(firms.filter(pl.col("firm").is_in(own["firm"].implode())))
    if units.height and found.is_empty():
        raise InputError(
            _("没有企业对应到参保单位 {unit}：{name}").format(
                unit=mask_numbers(wanted), name=mask_numbers(units["name"][0] or "?")
            ),
            _("请给出企业的代码或名称。"),
        )
    return found


def _normalise_number(text: str) -> str:
    """Return a number as people type it: full-width digits and dashes are plain ones."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return re.sub(r"[‐‑‒–—―−]", "-", re.sub(r"\s", "", plain))


def _drop_repeats(found: pl.DataFrame) -> pl.DataFrame:
    """Return rows without those that repeat another one of them."""
    repeated = pl.col("duplicate_of").is_in(found["firm"].implode()).fill_null(value=False)
    return found.filter(~repeated)


def _make_not_found_error(firms: pl.DataFrame, wanted: str) -> InputError:
    names = firms["name"].drop_nulls().unique(maintain_order=True).to_list()
    near = [
        name for name, _score, _place in process.extract(wanted, names, limit=3, score_cutoff=60)
    ]
    hint = _("是不是：{names}？").format(names=_("、").join(near)) if near else ""
    return InputError(
        _("税务清册里找不到：{firm}").format(firm=mask_numbers(wanted)),
        hint
        + _(
            "按案件编号、代码、登记注册号、名称、单位编号和数据行号都找过；别的季度请加 --quarter。"
        ),
    )


def _build_choice_page(firms: pl.DataFrame) -> Page:
    columns = ("name", "code_text", "county_name", "source_file", "data_row")
    rows = firms.select(pl.col(columns).cast(pl.String)).head(MAX_LISTED_FIRMS).rows()
    title = _("有 {count} 家符合，请用代码指明一家").format(count=firms.height)
    if firms.height > MAX_LISTED_FIRMS:
        title = _("有 {count} 家符合（只列出前 {shown} 家），请用代码指明一家").format(
            count=firms.height, shown=MAX_LISTED_FIRMS
        )
    headings = (_("名称"), _("代码"), _("县区"), _("文件"), _("数据行"))
    return Page(
        [Section(title, rows, headings)],
        {"candidates": [dict(zip(columns, row, strict=True)) for row in rows]},
    )


def _build_firm_page(firms: pl.DataFrame, frames: Frames) -> Page:
    frames = {**frames, "firms": mask_persons(firms), "units": mask_persons(frames["units"])}
    firm = frames["firms"].row(0, named=True)
    # A row with the very same contents as another shares its fate, so its evidence is the other's.
    asked = firm["firm"] if firm["duplicate_of"] is None else firm["duplicate_of"]
    links = _collect_links(asked, frames)
    gap = find_row(frames["gaps"], firm["firm"])
    target = find_row(frames["targets"], asked)
    sections = [
        build_firm_section(firm, gap),
        _build_candidates_section(links),
        *_build_part_sections(firm, links[:MAX_FULL_CANDIDATES]),
        *build_rank_sections(target),
    ]
    facts = {
        "firm": firm,
        "gap": gap,
        "links": [_flatten_link(link) for link in links],
        "target": target,
    }
    return Page([section for section in sections if section.rows], facts)


def find_row(frame: pl.DataFrame, firm: int) -> Row:
    """Return the row of ``firm``; empty if it has none."""
    rows = frame.filter(pl.col("firm") == firm)
    return rows.row(0, named=True) if rows.height else {}


def _collect_links(firm: int, frames: Frames) -> list[dict[str, Any]]:
    """Return the firm's links, likeliest first, with their units and the firms they lost to."""
    links = frames["links"].filter(pl.col("firm") == firm, pl.col("unit").is_not_null())
    ordered = links.sort("probability", "unit", descending=[True, False])
    units = frames["units"].filter(pl.col("unit").is_in(links["unit"].to_list()))
    by_unit = {row["unit"]: row for row in units.iter_rows(named=True)}
    return [{**link, "unit_row": by_unit[link["unit"]]} for link in ordered.iter_rows(named=True)]


def _flatten_link(link: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in link.items() if name != "unit_row"} | {
        "unit_name": link["unit_row"]["name"],
        "unit_id": link["unit_row"]["unit_id"],
    }


def build_firm_section(firm: Row, gap: Row) -> Section:
    """Return what is known of a firm (rows of FIRMS, persons masked, and of GAPS), in words."""
    rows = (
        (_("名称"), firm["name"]),
        (_("代码"), firm["code_text"]),
        (_("县区"), firm["county_name"]),
        (_("乡镇（街道）"), firm.get("town")),
        (_("名称的拆分"), _format_name_parts(firm)),
        (_("其他名称"), _("、").join(firm["aliases"] or ())),
        (_("出处"), _("{file} 第{row}行").format(file=firm["source_file"], row=firm["source_row"])),
        (_("状态"), list_status_labels().get(str(gap.get("status")), "")),
        (_("原因"), gap.get("status_reason")),
        (_("未参保的可能性"), _format_percent(gap.get("probability_uninsured"))),
        (_("在经营的可能性"), _format_percent(gap.get("probability_operates"))),
        (_("经营的依据"), gap.get("operates_evidence")),
        (_("用工人数"), _format_headcount(gap)),
        (_("人数的依据"), gap.get("headcount_basis")),
        (_("人数的矛盾"), gap.get("headcount_conflict")),
        (_("参保人数"), gap.get("insured_count")),
        (_("缺少的险种"), gap.get("lines_missing")),
    )
    return Section(_("这家企业"), [row for row in rows if row[1] not in (None, "")])


def _format_name_parts(firm: Row) -> str:
    labels = list_labels("name_part")
    return " · ".join(f"{label} {firm[part]}" for part, label in labels.items() if firm[part])


def _format_percent(share: float | None) -> str:
    return "" if share is None else format_chance(share)


def _format_headcount(gap: Row) -> str:
    if gap.get("headcount") is None:
        return ""
    low, high = gap.get("headcount_low"), gap.get("headcount_high")
    if low is None or high is None:
        return f"{gap['headcount']:.0f}"
    return _("约 {count:.0f} 人（八成把握在 {low:.0f} 到 {high:.0f} 之间）").format(
        count=gap["headcount"], low=low, high=high
    )


def _build_candidates_section(links: Sequence[Row]) -> Section:
    decisions, relations = list_labels("decision"), list_labels("relation")
    rows = [
        (
            *(link["unit_row"][column] for column in ("name", "unit_id", "code_text")),
            _format_percent(link["probability"]),
            decisions[link["decision"]],
            relations.get(link["relation"], ""),
            _("是，差 {weight:.1f}").format(weight=link["lost_by"] or 0)
            if link["lost_to"] is not None
            else "",
        )
        for link in links
    ]
    headings = (
        *(_("单位"), _("单位编号"), _("代码"), _("可能性")),
        *(_("结论"), _("关系"), _("让给了别的企业")),
    )
    return Section(_("候选的参保单位"), rows, headings)


def _build_part_sections(firm: Row, links: Sequence[Row]) -> Iterator[Section]:
    for link in links:
        parts = explain_link(link, firm, link["unit_row"])
        rows: list[tuple[str | float | None, ...]] = [
            (part.title, part.level, part.firm_value, part.unit_value, part.weight)
            for part in parts
        ]
        if rows:
            rows.append((_("合计"), "", "", "", float(link["weight"])))
        title = _("得分的构成：{unit}").format(unit=link["unit_row"]["name"])
        headings = (_("比对"), _("结果"), _("税务"), _("社保"), _("得分（比特）"))
        yield Section(title, rows, headings)


def _format_policies(text: str | None) -> str:
    """Return each policy on a line of its own."""
    items = split_policies(text or "")
    return "\n".join(_("：").join(filter(None, item)) for item in items)


def _list_policies(target: Row) -> list[tuple[str, str]]:
    texts = {_("可提供的政策"): target["policies"], _("不参保的风险"): target.get("risks")}
    return [(label, _format_policies(text)) for label, text in texts.items() if text]


def _list_cost(target: Row) -> list[tuple[str, str]]:
    """What enrolling one worker costs the employer a month, if it is known."""
    if not target.get("monthly_cost"):
        return []
    return [(_("单位缴费"), _("每人每月约 {yuan:,.0f} 元").format(yuan=target["monthly_cost"]))]


def build_rank_sections(target: Row) -> Iterator[Section]:
    """Yield a target's rank and the parts of its priority; nothing for a firm that is none."""
    if not target:
        return
    yield Section(
        _("走访的排序"),
        [
            (
                _("名次"),
                _("全市第 {rank}，本县区第 {county}").format(
                    rank=target["rank"], county=target["county_rank"]
                ),
            ),
            (_("层级"), target["tier"]),
            (_("类别"), list_labels("kind").get(target["kind"], target["kind"])),
            (_("理由"), target["reason"]),
            *_list_policies(target),
            *_list_cost(target),
            (
                _("预计新增参保"),
                _("{count:.1f} 人").format(count=target["expected_new_enrollees"] or 0),
            ),
        ],
    )
    yield Section(
        _("优先分的构成"),
        [*list_rank_parts(target), (_("合计"), target["priority"])],
        (_("部分"), _("分")),
    )
