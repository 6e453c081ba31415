"""The pairs that a reviewer has still to decide, and what is in doubt about each."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

import polars as pl

from gapmatch.desk.stored_quarter import StoredQuarter
from gapmatch.i18n import _, get_language
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.review_queue import build_review_queue
from gapmatch.privacy import mask_persons
from gapmatch.wording.ledger_words import add_decision_words

Row = Mapping[str, Any]

MAX_REVIEWERS = 8
"""The queues of so many reviewers stay in memory."""
_CODE_DOUBTS = ("near", "prefix", "same_of_parent", "different", "conflict", "other_firm")
_EQUAL_NAMES = ("exact", "standard")


def build_queue(stored: StoredQuarter, decisions: pl.DataFrame, who: str) -> pl.DataFrame:
    """Return ``build_review_queue``, firms whose status waits for a decision first. With ``doubts``
    (names), ``key``, ``is_waiting``.
    """
    frames = narrow_frames(stored, decisions)
    worded = add_decision_words(build_review_queue(frames, decisions, who), get_language())
    queue = mask_persons(worded)
    rivals = stored.results.links.filter(pl.col("decision") != "non_match")
    claims = dict(rivals.drop_nulls("unit").group_by("unit").len().rows())
    lost = stored.results.links.select("firm", "unit", "lost_to").drop_nulls("unit")
    joined = queue.join(lost, on=["firm", "unit"], how="left", maintain_order="left")
    rows = joined.iter_rows(named=True)
    doubts = [list_doubts(row, claims.get(row["unit"], 0)) for row in rows]
    full = joined.with_columns(
        pl.Series("doubts", doubts, pl.List(pl.String)),
        pl.format("{}-{}", "firm", "unit").alias("key"),
    )
    return mark_waiting(full, stored).sort("is_waiting", descending=True, maintain_order=True)


def mark_waiting(pairs: pl.DataFrame, stored: StoredQuarter) -> pl.DataFrame:
    """Return ``pairs`` with ``is_waiting``: whether the firm has no status until it is decided."""
    gaps = stored.results.gaps
    waiting = gaps.filter(pl.col("status") == "review")["firm"].implode()
    return pairs.with_columns(pl.col("firm").is_in(waiting).alias("is_waiting"))


class QueueCache:
    """The queues of the last reviewers: a decision of one's own only takes its pair away."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[StoredQuarter, tuple[int, int], pl.DataFrame]]
        self._held = OrderedDict()
        self._lock = Lock()

    def load(self, stored: StoredQuarter, decisions: pl.DataFrame, who: str) -> pl.DataFrame:
        """Return ``build_queue``."""
        last = int(decisions["id"].max() or 0)  # type: ignore[arg-type]
        with self._lock:
            queue = self._update(stored, decisions, who)
            if queue is None:
                queue = build_queue(stored, decisions, who)
            self._held[who] = (stored, (last, decisions.height), queue)
            self._held.move_to_end(who)
            while len(self._held) > MAX_REVIEWERS:
                self._held.popitem(last=False)
        return queue

    def _update(
        self, stored: StoredQuarter, decisions: pl.DataFrame, who: str
    ) -> pl.DataFrame | None:
        """Return the queue that is held without the pairs decided since; ``None``: build it."""
        of, (last, known), queue = self._held.get(who, (None, (0, 0), None))
        if of is not stored or queue is None:
            return None
        new = decisions.filter(pl.col("id") > last)
        if decisions.height - new.height != known:  # with others' decisions, or without
            return None
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
        "disputed": _("认定人意见不一，或无法判断"),
        "competing": _("几家争同一单位"),
        "head_office": _("可能是总公司"),
        "code": _("代码不一致"),
        "name": _("名称不一致"),
        "no_code": _("没有代码可比"),
        "person": _("法定代表人不同"),
    }


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
