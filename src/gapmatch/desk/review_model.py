"""What the review page shows, as plain values: the next pair, what is left, what changes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple
from urllib.parse import urlencode

import polars as pl

from gapmatch.desk.competitor_groups import group_competitors
from gapmatch.desk.firm_filter import QueryChoice
from gapmatch.desk.pair_queue import QUEUES, list_doubt_labels, mark_waiting
from gapmatch.desk.pair_view import build_pair_view
from gapmatch.desk.stored_quarter import StoredQuarter
from gapmatch.i18n import _
from gapmatch.vocabulary.labels import label_county, list_labels, list_status_labels

Row = Mapping[str, Any]
MAX_MADE = 30


@dataclass(frozen=True)
class ReviewChoice(QueryChoice):
    """What a reviewer chose to see; empty texts do not filter.

    ``who``: the reviewer; ``blind``: ``1`` hides scores and others' decisions; ``after``: the pair
    (``firm-unit``) that was on the page before; ``pair``: the pair to show whatever the order;
    ``skipped``: the pair that was skipped just now, which *undo* then goes back to.
    """

    quarter: str = ""
    who: str = ""
    county: str = ""
    doubt: str = ""
    blind: str = ""
    after: str = ""
    pair: str = ""
    skipped: str = ""

    def as_address(self, path: str = "/review") -> str:
        """Return the address with this choice."""
        own = {f.name: value for f in fields(self) if (value := getattr(self, f.name))}
        return f"{path}?{urlencode(own)}" if own else path


class DoubtCount(NamedTuple):
    """A county, or what is in doubt, with the pairs that are left."""

    value: str
    label: str
    pairs: int


class Consequence(NamedTuple):
    """What a verdict changes: sentences."""

    verdict: str
    label: str
    sentences: Sequence[str]


def build_review_page(
    stored: StoredQuarter, decisions: pl.DataFrame, choice: ReviewChoice, made: Sequence[Row] = ()
) -> Row:
    """Return the next pair for ``choice.who``, and what is left. Pairs that were skipped come again
    when the others are done.
    """
    queue = QUEUES.load(stored, decisions, choice.who)
    chosen = queue.filter(*_build_tests(choice)) if choice.county or choice.doubt else queue
    row, is_again = _choose_next(chosen, queue, stored, choice)
    waiting = queue.filter("is_waiting").select("firm").unique()
    stakes = stored.results.gaps.select("firm", "probability_uninsured", "headcount")
    firms = waiting.join(stakes, on="firm")
    reviews = stored.results.links.filter(pl.col("decision") == "review")
    return {
        "quarter": stored.quarter,
        "quarters": stored.quarters,
        "choice": choice.change(quarter=stored.quarter),
        "left": chosen.height,
        "left_in_all": queue.height,
        "in_review": reviews.height,
        "firms": firms.height,
        "without_effect": queue.filter(~pl.col("is_waiting")).height,
        "employed": float(firms["headcount"].sum()),
        "uninsured": float(firms["probability_uninsured"].sum()),
        "persons": float((firms["probability_uninsured"] * firms["headcount"]).sum()),
        "counties": _count_counties(queue),
        "doubts": _count_doubts(queue),
        "pair": _build_pair(row, stored, queue, choice) if row else None,
        "is_again": is_again,
        "skipped": _name_pair(queue, choice.skipped),
        "groups": int(group_competitors(stored, queue)["group"].max() or 0),  # type: ignore[arg-type]
        "made": made,
    }


def _name_pair(queue: pl.DataFrame, key: str) -> str:
    """Return the two names of a pair of the queue; empty if it is not there."""
    found = queue.filter(pl.col("key") == key).select("tax_name", "enrollment_name").rows()
    return " / ".join(name or "" for name in found[0]) if found else ""


def word_decisions(decisions: pl.DataFrame) -> list[Row]:
    """Return the last of ``list_decisions`` as the page shows them."""
    labels = list_labels("review_verdict")
    rows = decisions.head(MAX_MADE).to_dicts()
    return [{**row, "verdict": labels.get(row["verdict"], row["verdict"])} for row in rows]


def _build_tests(choice: ReviewChoice) -> list[pl.Expr]:
    tests = []
    if choice.county:
        tests.append((pl.col("tax_county_name") == choice.county).fill_null(value=False))
    if choice.doubt:
        tests.append(pl.col("doubts").list.contains(choice.doubt))
    return tests


def _choose_next(
    chosen: pl.DataFrame, queue: pl.DataFrame, stored: StoredQuarter, choice: ReviewChoice
) -> tuple[Row | None, bool]:
    """Return the pair asked for, else the first one behind the last, else the first; and whether
    those behind the last are through, so that skipped ones come again.
    """
    if choice.pair and (asked := queue.filter(pl.col("key") == choice.pair)).height:
        return asked.row(0, named=True), False
    if chosen.is_empty():
        return None, False
    later = chosen.filter(_is_later(stored, choice.after))
    return (later if later.height else chosen).row(0, named=True), later.is_empty()


def _is_later(stored: StoredQuarter, key: str) -> pl.Expr:
    """Return which pairs of the queue come after ``key``, which may have left it since."""
    links = stored.results.links.filter(pl.format("{}-{}", "firm", "unit") == key)
    if links.is_empty():
        return pl.lit(value=True)
    place = pl.struct(
        ~pl.col("is_waiting"), (pl.col("probability") - 0.5).abs().alias("doubt"), "firm", "unit"
    )
    last = mark_waiting(links, stored).select(place).to_series()[0]
    behind, equal = pl.lit(value=False), pl.lit(value=True)
    for name, value in last.items():
        part = place.struct.field(name)
        behind |= equal & (part > value)
        equal &= part == value
    return behind


def _count_counties(queue: pl.DataFrame) -> list[DoubtCount]:
    counted = queue.group_by("tax_county_name").len().sort("len", "tax_county_name")
    return [
        DoubtCount(county, label_county(county), pairs)
        for county, pairs in counted.drop_nulls().rows()
    ][::-1]


def _count_doubts(queue: pl.DataFrame) -> list[DoubtCount]:
    counted = Counter(name for names in queue["doubts"].to_list() for name in names)
    labels = list_doubt_labels().items()
    return [DoubtCount(name, label, counted[name]) for name, label in labels if counted[name]]


def _build_pair(row: Row, stored: StoredQuarter, queue: pl.DataFrame, choice: ReviewChoice) -> Row:
    firm, unit = stored.find_firm(row["firm"]), stored.find_unit(row["unit"])
    gap = stored.find_gap(row["firm"])
    labels, is_blind = list_doubt_labels(), bool(choice.blind)
    return {
        "view": build_pair_view(row, firm, unit),
        "firm_name": firm["name"] or _("（没有名称）"),
        "county": label_county(firm["county_name"]),
        "doubts": [labels[name] for name in row["doubts"] if not (is_blind and name == "disputed")],
        "remarks": list(_list_remarks(row)),
        "others": "" if is_blind else row["who"] or "",
        "headcount": gap["headcount"],
        "is_waiting": row["is_waiting"],
        "consequences": _list_consequences(row, stored, queue),
        "key": row["key"],
    }


def _list_remarks(row: Row) -> list[str]:
    remarks = []
    if row["relation"] == "head_office":
        label = list_labels("relation")["head_office"]
        remarks.append(_("可能是这家企业的{relation}").format(relation=label))
    if row["decision"] == "disputed":
        remarks.append(_("认定人意见不一：有人改口、意见一致以前，这一对仍在待核实"))
    if row["relation"] == "linked_before":
        remarks.append(list_labels("relation")["linked_before"])
    if row["changed"]:
        words = _("以前认定过，现在数据变了：{changed}")
        remarks.append(words.format(changed=row["changed"]))
    return remarks


def _list_consequences(row: Row, stored: StoredQuarter, queue: pl.DataFrame) -> list[Consequence]:
    """Return what each verdict changes when the quarter is run next."""
    sentences = (
        {
            "same": _describe_same(row, stored, queue),
            "different": _describe_different(row, stored, queue),
            "unsure": [_("仍在待核实，不算未参保；由别的认定人或县（市、区）核实")],
        }
        if row["is_waiting"]
        else _describe_lesser_changes(row, stored)
    )
    return [
        Consequence(verdict, label, sentences[verdict])
        for verdict, label in list_labels("review_verdict").items()
    ]


def _describe_lesser_changes(row: Row, stored: StoredQuarter) -> dict[str, list[str]]:
    """Return what verdicts change for a firm whose status does not wait for them."""
    gap = stored.find_gap(row["firm"])
    status = list_status_labels()[gap["status"]]
    unchanged = _("状态不变：{status}").format(status=status)
    may_change = _("按这个单位的人数和险种核对") if gap["status"] != "out_of_scope" else unchanged
    same = [may_change, _("这个单位不再是别的企业的候选")]
    return {"same": same, "different": [unchanged], "unsure": [unchanged]}


def _describe_same(row: Row, stored: StoredQuarter, queue: pl.DataFrame) -> list[str]:
    sentences = [_("计为已参保，按这个单位的人数和险种核对")]
    claims = stored.results.links.filter(
        pl.col("unit") == row["unit"],
        pl.col("firm") != row["firm"],
        pl.col("decision") != "non_match",
    )
    if claims.height:
        sentences.append(_("这个单位不再归另外 {n} 家企业，它们要重新判定").format(n=claims.height))
    own = queue.filter(pl.col("firm") == row["firm"], pl.col("unit") != row["unit"])
    if own.height:
        sentences.append(_("这家企业的另外 {n} 对待核实随之了结").format(n=own.height))
    return sentences


def _describe_different(row: Row, stored: StoredQuarter, queue: pl.DataFrame) -> list[str]:
    own = queue.filter(pl.col("firm") == row["firm"], pl.col("unit") != row["unit"])
    if own.height:
        return [_("这家企业还有另外 {n} 对待核实，先不下结论").format(n=own.height)]
    matches = stored.results.links.filter(
        pl.col("firm") == row["firm"], pl.col("decision") == "match"
    )
    if matches.height:
        return [_("这家企业另有认定的单位，状态不变")]
    gap = stored.find_gap(row["firm"])
    sentences = [_("没有别的候选单位，转为疑似未参保（看不出在经营的，转为疑似未经营）")]
    if gap["headcount"] is not None and gap["headcount"] >= 1:
        words = _("估计用工约 {n} 人，可能列入走访")
        sentences.append(words.format(n=f"{gap['headcount']:.0f}"))
    return sentences
