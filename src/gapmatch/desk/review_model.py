"""What the review page shows, as plain values: the next pair, what is left, what changes."""

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlencode

import polars as pl

from gapmatch.desk.pair_view import PairView, build_pair_view
from gapmatch.desk.query_choice import QueryChoice
from gapmatch.desk.stored_quarter import StoredQuarter, mask_contacts
from gapmatch.i18n import _
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.review_queue import build_review_queue
from gapmatch.vocabulary.labels import label_county, list_relation_labels
from gapmatch.vocabulary.verdicts import list_verdict_labels

Row = Mapping[str, Any]

_CODE_DOUBTS = ("near", "prefix", "same_of_parent", "different", "conflict", "other_firm")
MAX_REVIEWERS = 8
"""The queues of so many reviewers stay in memory."""
_EQUAL_NAMES = ("exact", "standard")


@dataclass(frozen=True)
class ReviewChoice(QueryChoice):
    """What a reviewer chose to see; empty texts do not filter.

    ``who``: the reviewer; ``blind``: ``1`` hides scores and others' decisions; ``after``: the pair
    (``firm-unit``) that was on the page before; ``pair``: the pair to show whatever the order.
    """

    quarter: str = ""
    who: str = ""
    county: str = ""
    doubt: str = ""
    blind: str = ""
    after: str = ""
    pair: str = ""

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


@dataclass(frozen=True)
class ReviewPair:
    """The pair on the page."""

    view: PairView
    firm_name: str
    county: str
    doubts: Sequence[str]
    remarks: Sequence[str]
    others: str
    headcount: float | None
    consequences: Sequence[Consequence]
    key: str


@dataclass(frozen=True)
class ReviewPage:
    """The review of a quarter by one reviewer.

    ``left``: pairs that pass the filters, ``left_in_all``: without them, ``in_review``: in the
    quarter. ``uninsured`` (firms), ``persons``: what is expected to be uninsured among the firms
    that are left.
    """

    quarter: str
    quarters: Sequence[str]
    choice: ReviewChoice
    left: int
    left_in_all: int
    in_review: int
    firms: int
    uninsured: float
    persons: float
    counties: Sequence[DoubtCount]
    doubts: Sequence[DoubtCount]
    pair: ReviewPair | None
    groups: int


class GroupPair(NamedTuple):
    """A firm and a unit in a group; ``decision``: match, review, non_match."""

    key: str
    view: PairView
    firm_name: str
    county: str
    decision: str
    is_open: bool


@dataclass(frozen=True)
class ReviewGroup:
    """Firms that compete for the same units, by unit."""

    place: int
    groups: int
    firms: int
    units: Sequence[tuple[str, str, Sequence[GroupPair]]]
    """Name and number of the unit, and its firms, likeliest first."""


def build_review_page(
    stored: StoredQuarter, decisions: pl.DataFrame, choice: ReviewChoice
) -> ReviewPage:
    """Return the next pair for ``choice.who``, and what is left.

    Pairs that were skipped come again when the others are done.
    """
    queue = QUEUES.load(stored, decisions, choice.who)
    chosen = queue.filter(*_build_tests(choice)) if choice.county or choice.doubt else queue
    row = _choose_next(chosen, queue, stored, choice)
    firms = queue.select("firm").unique().join(_select_stakes(stored), on="firm")
    reviews = stored.results.links.filter(pl.col("decision") == "review")
    return ReviewPage(
        quarter=stored.quarter,
        quarters=stored.quarters,
        choice=choice.change(quarter=stored.quarter),
        left=chosen.height,
        left_in_all=queue.height,
        in_review=reviews.height,
        firms=firms.height,
        uninsured=float(firms["probability_uninsured"].sum()),
        persons=float((firms["probability_uninsured"] * firms["headcount"]).sum()),
        counties=_count_counties(queue),
        doubts=_count_doubts(queue),
        pair=_build_pair(row, stored, queue, choice) if row else None,
        groups=len(group_competitors(stored, queue)),
    )


def build_queue(stored: StoredQuarter, decisions: pl.DataFrame, who: str) -> pl.DataFrame:
    """Return ``build_review_queue`` with ``doubts`` (names), ``key`` and the firms' counties."""
    frames = narrow_frames(stored, decisions)
    queue = mask_contacts(build_review_queue(frames, decisions, who))
    rivals = stored.results.links.filter(pl.col("decision") != "non_match")
    claims = dict(rivals.drop_nulls("unit").group_by("unit").len().rows())
    lost = stored.results.links.select("firm", "unit", "lost_to").drop_nulls("unit")
    joined = queue.join(lost, on=["firm", "unit"], how="left", maintain_order="left")
    rows = joined.iter_rows(named=True)
    doubts = [list_doubts(row, claims.get(row["unit"], 0)) for row in rows]
    return joined.with_columns(
        pl.Series("doubts", doubts, pl.List(pl.String)),
        pl.format("{}-{}", "firm", "unit").alias("key"),
    )


class QueueCache:
    """The queues of the last reviewers: a decision of one's own only takes its pair away."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[StoredQuarter, int, pl.DataFrame]] = OrderedDict()
        self._lock = Lock()

    def load(self, stored: StoredQuarter, decisions: pl.DataFrame, who: str) -> pl.DataFrame:
        """Return ``build_queue``."""
        last = int(decisions["id"].max() or 0)  # type: ignore[arg-type]
        with self._lock:
            queue = self._update(stored, decisions, who)
            if queue is None:
                queue = build_queue(stored, decisions, who)
            self._held[who] = (stored, last, queue)
            self._held.move_to_end(who)
            while len(self._held) > MAX_REVIEWERS:
                self._held.popitem(last=False)
        return queue

    def _update(
        self, stored: StoredQuarter, decisions: pl.DataFrame, who: str
    ) -> pl.DataFrame | None:
        """Return the queue that is held without the pairs decided since; ``None``: build it."""
        of, last, queue = self._held.get(who, (None, 0, None))
        if of is not stored or queue is None:
            return None
        new = decisions.filter(pl.col("id") > last)
        simple = (pl.col("who") == who) & (pl.col("verdict") != "retracted")
        left = queue.join(new, on=Pair._fields, how="anti", nulls_equal=True, maintain_order="left")
        pairs = new.select(Pair._fields).unique().height
        gone = queue.height - left.height
        return left if new.select(simple.all()).item() and gone == pairs else None


QUEUES = QueueCache()
"""What this process holds."""


def narrow_frames(stored: StoredQuarter, decisions: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return firms, units, links: the reviews, and all rows that decisions may be about.

    Decisions find their rows by code, name and number; whoever shares one of these with a decision
    is here, so that what is unique in the whole lists, and only that, is unique here.
    """
    firms, units = stored.identities
    reviews = stored.results.links.filter(pl.col("decision") == "review")
    named = [
        pl.col("code").is_in(decisions["firm_code"].drop_nulls().implode()),
        pl.col("name").is_in(decisions["firm_name"].drop_nulls().implode()),
        pl.col("firm").is_in(reviews["firm"].implode()),
    ]
    units_named = [
        pl.col("code").is_in(decisions["unit_code"].drop_nulls().implode()),
        pl.col("name").is_in(decisions["unit_name"].drop_nulls().implode()),
        pl.col("unit_id").is_in(decisions["unit_id"].drop_nulls().implode()),
        pl.col("unit").is_in(reviews["unit"].implode()),
    ]
    own_firms = firms.filter(pl.any_horizontal(named))["firm"]
    own_units = units.filter(pl.any_horizontal(units_named))["unit"]
    return {
        "firms": stored.results.firms.filter(pl.col("firm").is_in(own_firms.implode())),
        "units": stored.results.units.filter(pl.col("unit").is_in(own_units.implode())),
        "links": reviews,
    }


def list_doubts(row: Row, claims: int) -> list[str]:
    """Return the names of what is in doubt; ``claims``: firms that are or may be the unit's."""
    tests = {
        "changed": row["decision"] == "stale",
        "disputed": row["decision"] in ("disputed", "unsure"),
        "competing": claims > 1 or row["lost_to"] is not None,
        "head_office": row["relation"] == "head_office",
        "code": row["level_code"] in _CODE_DOUBTS,
        "name": row["level_name"] not in _EQUAL_NAMES,
        "no_code": row["level_code"] == "missing",
        "person": row["level_person"] == "different",
    }
    return [name for name, holds in tests.items() if holds]


def list_doubt_labels() -> dict[str, str]:
    """Return what is in doubt to words, most urgent first."""
    return {
        "changed": _("认定后数据变了"),
        "disputed": _("核对人意见不一"),
        "competing": _("几家争同一单位"),
        "head_office": _("可能是总公司"),
        "code": _("代码不一致"),
        "name": _("名称不一致"),
        "no_code": _("没有代码可比"),
        "person": _("法定代表人不同"),
    }


def _build_tests(choice: ReviewChoice) -> list[pl.Expr]:
    tests = []
    if choice.county:
        tests.append((pl.col("tax_county_name") == choice.county).fill_null(value=False))
    if choice.doubt:
        tests.append(pl.col("doubts").list.contains(choice.doubt))
    return tests


def _choose_next(
    chosen: pl.DataFrame, queue: pl.DataFrame, stored: StoredQuarter, choice: ReviewChoice
) -> Row | None:
    """Return the pair asked for, else the first one behind the last, else the first."""
    if choice.pair and (asked := queue.filter(pl.col("key") == choice.pair)).height:
        return asked.row(0, named=True)
    if chosen.is_empty():
        return None
    later = chosen.filter(_is_later(stored, choice.after))
    return (later if later.height else chosen).row(0, named=True)


def _is_later(stored: StoredQuarter, key: str) -> pl.Expr:
    """Return which pairs of the queue come after ``key``, which may have left it since."""
    doubt = (pl.col("probability") - 0.5).abs()
    links = stored.results.links.filter(pl.format("{}-{}", "firm", "unit") == key)
    if links.is_empty():
        return pl.lit(value=True)
    last, firm, unit = links.select(doubt, "firm", "unit").row(0)
    same_firm = (pl.col("firm") == firm) & (pl.col("unit") > unit)
    behind: pl.Expr = (doubt > last) | ((doubt == last) & ((pl.col("firm") > firm) | same_firm))
    return behind


def _select_stakes(stored: StoredQuarter) -> pl.DataFrame:
    return stored.results.gaps.select("firm", "probability_uninsured", "headcount")


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


def _build_pair(
    row: Row, stored: StoredQuarter, queue: pl.DataFrame, choice: ReviewChoice
) -> ReviewPair:
    firm, unit = stored.find_firm(row["firm"]), stored.find_unit(row["unit"])
    gap = stored.results.gaps.filter(pl.col("firm") == row["firm"]).row(0, named=True)
    labels, is_blind = list_doubt_labels(), bool(choice.blind)
    return ReviewPair(
        view=build_pair_view(row, firm, unit),
        firm_name=firm["name"] or _("（没有名称）"),
        county=label_county(firm["county_name"]),
        doubts=[labels[name] for name in row["doubts"] if not (is_blind and name == "disputed")],
        remarks=list(_list_remarks(row)),
        others="" if is_blind else row["who"] or "",
        headcount=gap["headcount"],
        consequences=_list_consequences(row, stored, queue),
        key=row["key"],
    )


def _list_remarks(row: Row) -> list[str]:
    remarks = []
    if row["relation"] == "head_office":
        label = list_relation_labels()["head_office"]
        remarks.append(_("可能是这家企业的{relation}").format(relation=label))
    if row["changed"]:
        words = _("以前认定过，现在数据变了：{changed}")
        remarks.append(words.format(changed=row["changed"]))
    return remarks


def _list_consequences(row: Row, stored: StoredQuarter, queue: pl.DataFrame) -> list[Consequence]:
    """Return what each verdict changes when the quarter is run next."""
    sentences = {
        "same": _describe_same(row, stored, queue),
        "different": _describe_different(row, stored, queue),
        "unsure": [_("仍在待核实，不算未参保；别的核对人还会看到")],
    }
    return [
        Consequence(verdict, label, sentences[verdict])
        for verdict, label in list_verdict_labels().items()
    ]


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
    gap = stored.results.gaps.filter(pl.col("firm") == row["firm"]).row(0, named=True)
    sentences = [_("没有别的候选单位，转为疑似未参保（看不出在经营的，转为疑似未经营）")]
    if gap["headcount"] is not None and gap["headcount"] >= 1:
        words = _("估计用工约 {n} 人，可能列入走访")
        sentences.append(words.format(n=f"{gap['headcount']:.0f}"))
    return sentences


def group_competitors(stored: StoredQuarter, queue: pl.DataFrame) -> list[frozenset[int]]:
    """Return the units of each group of competitors among the pairs that are left.

    A group: units connected through firms that are or may be theirs, with an open pair, and more
    than one firm at one unit. In the order of the queue.
    """
    edges = _collect_claims(stored, queue).select("firm", "unit").rows()
    firms_of: dict[int, set[int]] = {}
    units_of: dict[int, set[int]] = {}
    for firm, unit in edges:
        firms_of.setdefault(unit, set()).add(firm)
        units_of.setdefault(firm, set()).add(unit)
    groups: list[frozenset[int]] = []
    placed: set[int] = set()
    for unit in queue["unit"].to_list():
        if unit in placed:
            continue
        group = _connect_units(unit, firms_of, units_of)
        placed |= group
        if any(len(firms_of[member]) > 1 for member in group):
            groups.append(group)
    return groups


def _connect_units(
    unit: int, firms_of: Mapping[int, set[int]], units_of: Mapping[int, set[int]]
) -> frozenset[int]:
    found, fresh = {unit}, [unit]
    while fresh:
        firms = firms_of[fresh.pop()]
        more = {other for firm in firms for other in units_of[firm]} - found
        found |= more
        fresh += sorted(more)
    return frozenset(found)


def _collect_claims(stored: StoredQuarter, queue: pl.DataFrame) -> pl.DataFrame:
    """Return the links of the queue's units: matches, reviews, and who lost the unit narrowly."""
    lost = pl.col("lost_to").is_not_null() | (pl.col("decision") != "non_match")
    return stored.results.links.filter(pl.col("unit").is_in(queue["unit"].implode()), lost)


def build_review_group(
    stored: StoredQuarter, decisions: pl.DataFrame, who: str, place: int = 1
) -> ReviewGroup | None:
    """Return a group of competitors (from 1), ``None`` if there is none."""
    queue = QUEUES.load(stored, decisions, who)
    groups = group_competitors(stored, queue)
    if not groups:
        return None
    number = min(max(1, place), len(groups))
    units = groups[number - 1]
    is_open = set(queue["key"].to_list())
    claims = _collect_claims(stored, queue).filter(pl.col("unit").is_in(sorted(units)))
    pairs: dict[int, list[GroupPair]] = {}
    names: dict[int, tuple[str, str]] = {}
    for row in claims.sort("unit", "weight", descending=[False, True]).iter_rows(named=True):
        pair = _build_group_pair(row, stored, is_open)
        pairs.setdefault(row["unit"], []).append(pair)
        names[row["unit"]] = (pair.view.unit_name, pair.view.unit_id)
    return ReviewGroup(
        place=number,
        groups=len(groups),
        firms=claims["firm"].n_unique(),
        units=[(*names[unit], pairs[unit]) for unit in pairs],
    )


def _build_group_pair(row: Row, stored: StoredQuarter, is_open: set[str]) -> GroupPair:
    firm, unit = stored.find_firm(row["firm"]), stored.find_unit(row["unit"])
    key = f"{row['firm']}-{row['unit']}"
    return GroupPair(
        key=key,
        view=build_pair_view(row, firm, unit),
        firm_name=firm["name"] or _("（没有名称）"),
        county=label_county(firm["county_name"]),
        decision=str(row["decision"]),
        is_open=key in is_open,
    )


def find_queue_row(
    stored: StoredQuarter, decisions: pl.DataFrame, who: str, key: str
) -> dict[str, Any] | None:
    """Return the row of the queue that a form names by ``key``; ``None`` if it has left it."""
    found = QUEUES.load(stored, decisions, who).filter(pl.col("key") == key)
    return found.row(0, named=True) if found.height else None


def find_key(queue: pl.DataFrame, pair: Pair) -> str:
    """Return the key of the row of the queue that has these contents; empty if none has."""
    wanted = zip(Pair._fields, pair, strict=True)
    tests = [pl.col(column).eq_missing(pl.lit(value, pl.String)) for column, value in wanted]
    found = queue.filter(*tests)["key"].to_list()
    return str(found[0]) if found else ""
