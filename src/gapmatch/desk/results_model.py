"""What the pages of results show: the bridge, the groups, and lists of firms, as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from gapmatch.desk.firm_filter import UNKNOWN_VALUE, FirmFilter
from gapmatch.desk.stored_quarter import StoredQuarter, describe_size
from gapmatch.forms.facts import describe_book
from gapmatch.forms.sheet_model import Book, Heading, ListSheet
from gapmatch.i18n import _
from gapmatch.results.breakdowns import build_bridge_steps, list_bridge_labels, round_to_total
from gapmatch.results.quarter_figures import count_by_status
from gapmatch.schemas import map_statuses, select_statuses
from gapmatch.vocabulary.labels import (
    label_county,
    list_labels,
    list_section_labels,
    list_status_labels,
    list_status_meanings,
)

Row = Mapping[str, Any]

PAGE_ROWS = 50
_MAX_TOWNS = 40
STATUS_TONES = map_statuses("tone")
"""How pages colour a status; the others stay plain."""
WITHOUT_UNIT = select_statuses("open")
"""Statuses of firms for which it is open whether they insure anybody."""


class Count(NamedTuple):
    """A number with its words, and the address of the firms behind it."""

    label: str
    firms: int
    address: str
    share: float | None = None
    remark: str = ""
    tone: str = ""


class Step(NamedTuple):
    """A step of the bridge with what it leaves out."""

    firms: Count
    less: Sequence[Count]


class GroupRow(NamedTuple):
    """A county, town, industry or size with its counts; ``address``: of its own page of results."""

    label: str
    address: str
    firms: Count
    uninsured: Count
    review: Count
    targets: Count
    tier_a: Count
    expected: int
    """Persons; the rows add up to the whole, each within one of its own sum."""


def build_results_page(stored: StoredQuarter, county: str = "") -> Row:
    """Return the bridge and the groups of a quarter, of one ``county`` if it is given."""
    own = FirmFilter(quarter=stored.quarter, county=county)
    firms = own.select(stored.firms) if county else stored.firms
    total = count_by_status(firms).row(0, named=True)
    towns = _count_groups(firms, "town", own) if county else []
    places = {"town": towns[:_MAX_TOWNS]} if county else {"county": _order_counties(stored, own)}
    return {
        "quarter": stored.quarter,
        "quarters": stored.quarters,
        "county": county,
        "counties": stored.counties,
        "total": total,
        "persons_uninsured": float(total["headcount_uninsured"] or 0),
        "steps": _build_steps(total, own),
        "total_row": _build_group_row(
            {**total, "all": None, "expected": round(total["expected_tier_a"])}, "all", own
        ),
        "statuses": _count_statuses(total, own),
        "verdicts": _count_verdicts(firms, own) if stored.is_list_to_verify else [],
        "groups": {
            **places,
            "section": _count_groups(firms, "section", own),
            "size": _count_groups(firms, "size", own),
        },
        "hidden_towns": max(0, len(towns) - _MAX_TOWNS),
        "changes": [] if county else _count_changes(stored, own),
    }


def build_firms_page(stored: StoredQuarter, filters: FirmFilter, page: int = 1) -> Row:
    """Return a page of the firms that ``filters`` pass."""
    own = filters.change(quarter=stored.quarter)
    chosen = _select_firms(stored, own)
    pages = max(1, -(-chosen.height // PAGE_ROWS))
    place = min(max(1, page), pages)
    shown = chosen.slice((place - 1) * PAGE_ROWS, PAGE_ROWS)
    return {
        "quarter": stored.quarter,
        "filters": own,
        "title": describe_filter(own),
        "found": chosen.height,
        "page": place,
        "pages": pages,
        "rows": _build_firm_rows(shown),
        "choices": _list_choices(stored),
    }


def build_list_book(stored: StoredQuarter, filters: FirmFilter) -> bytes:
    """Return a workbook of all firms that ``filters`` pass; no person is in it."""
    from gapmatch.forms.writer import render_book  # the first page is shown without it

    own = filters.change(quarter=stored.quarter)
    columns = (
        Heading("rank", _("名次"), 7, "integer"),
        Heading("name", _("纳税人名称"), 34),
        Heading("code_text", _("代码"), 21, "code"),
        Heading("county", _("县（市、区）"), 12),
        Heading("town", _("乡镇（街道）"), 12),
        Heading("status", _("状态"), 11),
        Heading("missing", _("类别"), 16),
        Heading("chance", _("未参保可能性"), 9, "percent"),
        Heading("headcount", _("用工约"), 8, "number"),
        Heading("expected", _("预计新增"), 8, "decimal"),
        Heading("tier", _("走访"), 7),
        Heading("case_number", _("案号"), 14, "code"),
    )
    firms = _build_firm_rows(_select_firms(stored, own))
    rows = tuple(tuple(firm[column.name] for column in columns) for firm in firms)
    title, name = f"{stored.quarter} {describe_filter(own)}", "list.xlsx"
    note = _("共 {n:,} 户；可以筛选、排序。").format(n=len(rows))
    sheet = ListSheet(_("企业"), title, note, columns, rows, locked=False)
    facts = describe_book("list-1", stored.quarter, {})
    return render_book(Book(name, title, (sheet,), facts, title))


def describe_filter(filters: FirmFilter) -> str:
    """Return what a list of firms holds, in words."""
    pieces = [
        filters.county and label_county(filters.county),
        _name_unknown(filters.town, filters.town),
        filters.section and _name_section(filters.section),
        filters.size and describe_size(_read_number(filters.size)),
        filters.part and _list_part_labels().get(filters.part, filters.part),
        filters.status and list_status_labels().get(filters.status, filters.status),
        filters.verdict and list_labels("verdict").get(filters.verdict, filters.verdict),
        filters.tier and list_tier_labels().get(filters.tier, filters.tier),
        filters.kind and list_labels("kind").get(filters.kind, filters.kind),
        filters.change_kind and list_labels("change").get(filters.change_kind, ""),
        filters.text and _("搜索“{text}”").format(text=filters.text),
    ]
    return " · ".join(piece for piece in pieces if piece) or _("全部企业")


def _list_part_labels() -> dict[str, str]:
    more = {
        "not_listed": _("本季未列入走访（近期已走访、已办结）"),
        "later": _("B、C 层，以后各季走访"),
    }
    return {**list_bridge_labels(), **more}


def _build_steps(total: Row, own: FirmFilter) -> list[Step]:
    labels, statuses = _list_part_labels(), list_status_labels()
    count = max(1, int(total["firms"]))
    steps = []
    for step in build_bridge_steps(total):
        address = own.change(part=step.name).as_address("/firms")
        firms = Count(labels[step.name], step.firms, address, step.firms / count)
        less = [
            Count(statuses[name], number, own.change(status=name).as_address("/firms"))
            if name in statuses
            else Count(labels[name], number, own.change(part=name).as_address("/firms"))
            for name, number in step.less.items()
            if number
        ]
        steps.append(Step(firms, less))
    return steps


def _count_statuses(total: Row, own: FirmFilter) -> list[Count]:
    count, meanings = max(1, int(total["firms"])), list_status_meanings()
    return [
        Count(
            label,
            int(total[status]),
            own.change(status=status).as_address("/firms"),
            total[status] / count,
            meanings[status],
            STATUS_TONES.get(status, ""),
        )
        for status, label in list_status_labels().items()
    ]


def _count_verdicts(firms: pl.DataFrame, own: FirmFilter) -> list[Count]:
    counted = dict(firms.group_by("verdict").len().rows())
    return [
        Count(
            label,
            counted.get(name, 0),
            own.change(verdict=name).as_address("/firms"),
            counted.get(name, 0) / max(1, firms.height),
        )
        for name, label in list_labels("verdict").items()
    ]


def _count_changes(stored: StoredQuarter, own: FirmFilter) -> list[Count]:
    """Return what changed since the quarter before; only that one lists the firms that are gone."""
    before = own.change(quarter=stored.neighbours[0] or own.quarter)
    return [
        Count(
            label,
            stored.changes[kind],
            (before if kind == "gone" else own).change(change_kind=kind).as_address("/firms"),
        )
        for kind, label in list_labels("change").items()
        if kind in stored.changes
    ]


def _select_firms(stored: StoredQuarter, own: FirmFilter) -> pl.DataFrame:
    kind = own.change_kind
    return own.select(stored.select_changed(kind) if kind else stored.firms)


def _order_counties(stored: StoredQuarter, own: FirmFilter) -> list[GroupRow]:
    place = {label_county(county): n for n, county in enumerate(stored.counties)}
    rows = _count_groups(stored.firms, "county", own)
    return sorted(rows, key=lambda row: place.get(row.label, len(place)))


def _count_groups(firms: pl.DataFrame, column: str, own: FirmFilter) -> list[GroupRow]:
    """Return a row per value of ``column``; towns with most uninsured firms first."""
    counted = count_by_status(firms, column)
    if column == "town":
        counted = counted.sort("uninsured", "town", descending=[True, False], nulls_last=True)
    rounded = counted.with_columns(expected=round_to_total(counted["expected_tier_a"]))
    return [_build_group_row(row, column, own) for row in rounded.iter_rows(named=True)]


def _build_group_row(row: Row, column: str, own: FirmFilter) -> GroupRow:
    value = UNKNOWN_VALUE if row[column] is None else str(row[column])
    group = own if column == "all" else own.change(**{column: value})

    def count(name: str, **filters: str) -> Count:
        number = int(row[name])
        address = group.change(**filters).as_address("/firms")
        return Count("", number, address, number / max(1, int(row["firms"])))

    return GroupRow(
        label=_name_group(column, row[column]),
        address=group.as_address("/results") if column == "county" else "",
        firms=count("firms"),
        uninsured=count("uninsured", status="uninsured"),
        review=count("review", status="review"),
        targets=count("targets", part="targets"),
        tier_a=count("tier_a", tier="A"),
        expected=int(row["expected"]),
    )


def _name_group(column: str, value: Any) -> str:  # noqa: ANN401 - a cell of a frame
    if column == "all":
        return _("合计")
    if value is None:
        return _("不详")
    if column == "county":
        return label_county(str(value))
    if column == "section":
        return _name_section(str(value))
    return describe_size(int(value)) if column == "size" else str(value)


def _name_section(section: str) -> str:
    return _name_unknown(section, list_section_labels().get(section, section))


def _name_unknown(value: str, words: str) -> str:
    return _("不详") if value == UNKNOWN_VALUE else words


def _read_number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def list_tier_labels() -> dict[str, str]:
    """Return tier to when its firms are visited."""
    words = (_("本季走访"), _("下季走访"), _("以后走访"))
    return {tier: f"{tier} · {when}" for tier, when in zip("ABC", words, strict=True)}


def _build_firm_rows(firms: pl.DataFrame) -> list[Row]:
    shown = firms.drop("found_by", "found_by_person", "other_names")
    return [_build_firm_row(row) for row in shown.iter_rows(named=True)]


def _build_firm_row(row: Row) -> Row:
    status, kind = str(row["status"]), row["kind"]
    missing = _("、").join(filter(None, (list_labels("kind").get(kind), row["lines_missing"])))
    return {
        **row,
        "name": row["name"] or _("（没有名称）"),
        "county": label_county(row["county"]),
        "status": list_status_labels()[status],
        "tone": STATUS_TONES.get(status, ""),
        "chance": row["probability_uninsured"] if status in WITHOUT_UNIT else None,
        "missing": missing,
    }


def _list_choices(stored: StoredQuarter) -> dict[str, list[tuple[str, str]]]:
    sizes = sorted(stored.firms["size"].drop_nulls().unique().to_list())
    choices = {
        "county": [(county, label_county(county)) for county in stored.counties],
        "status": list(list_status_labels().items()),
        "tier": list(list_tier_labels().items()),
        "kind": list(list_labels("kind").items()),
        "section": [(section, _name_section(section)) for section in _list_sections(stored)],
        "size": [(str(size), describe_size(size)) for size in sizes],
    }
    if stored.is_list_to_verify:
        choices["verdict"] = list(list_labels("verdict").items())
    return choices


def _list_sections(stored: StoredQuarter) -> list[str]:
    return sorted(stored.firms["section"].drop_nulls().unique().to_list())
