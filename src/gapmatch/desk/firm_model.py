"""What the page of one firm shows: status, candidates, rank, visits, history; plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from gapmatch.desk.pair_view import PairView, build_pair_view
from gapmatch.desk.results_model import STATUS_TONES
from gapmatch.desk.stored_quarter import StoredQuarter
from gapmatch.errors import InputError
from gapmatch.explanation.firm import build_firm_section, build_rank_sections
from gapmatch.i18n import _, get_language
from gapmatch.ledger.decisions import resolve_decisions
from gapmatch.ledger.entries import load_decisions
from gapmatch.ledger.identity import locate
from gapmatch.privacy import mask_person, mask_text
from gapmatch.reports import Section
from gapmatch.store.runs import Store
from gapmatch.vocabulary.labels import (
    label_county,
    list_case_state_labels,
    list_decision_labels,
    list_relation_labels,
    list_status_labels,
    list_status_meanings,
)
from gapmatch.vocabulary.outcomes import load_outcomes
from gapmatch.wording.ledger_words import describe_voices

_MAX_CANDIDATES = 6

Row = Mapping[str, Any]


class FirmVisit(NamedTuple):
    """A visit to the firm; who made it is masked."""

    visited_on: str
    quarter: str
    outcome: str
    persons: int | None
    who: str
    remark: str


class FirmQuarter(NamedTuple):
    """The firm in one quarter of the store."""

    quarter: str
    firm: int
    name: str
    code: str
    status: str
    tone: str
    unit_name: str
    headcount: float | None
    tier: str
    rank: int | None
    case_state: str


class Candidate(NamedTuple):
    """A unit that may be the firm's; ``decided``: what reviewers entered since."""

    pair: PairView
    decision: str
    is_review: bool
    relation: str
    lost_to: int | None
    lost_to_name: str
    decided: str


@dataclass(frozen=True)
class FirmPage:
    """All that is known of a firm."""

    quarter: str
    firm: int
    name: str
    code: str
    county: str
    case_number: str
    status: str
    tone: str
    meaning: str
    reason: str
    rank: int | None
    tier: str
    facts: Sequence[Section]
    candidates: Sequence[Candidate]
    repeats: Sequence[str]
    visits: Sequence[FirmVisit]
    history: Sequence[FirmQuarter]


def build_firm_page(stored: StoredQuarter, store: Store, firm: int) -> FirmPage:
    """Return the page of ``firm`` (its number in the quarter).

    A further row of a firm that is listed several times leads to the firm. Raises ``InputError`` if
    there is no such firm.
    """
    row = _find_firm(stored, firm)
    own = int(row["firm"])
    gap, target, case = (
        _find_row(frame, own)
        for frame in (stored.results.gaps, stored.results.targets, stored.case_numbers)
    )
    status = str(gap["status"])
    return FirmPage(
        quarter=stored.quarter,
        firm=own,
        name=row["name"] or _("（没有名称）"),
        code=row["code_text"] or "",
        county=label_county(row["county_name"]),
        case_number=case.get("case_number") or "",
        status=list_status_labels()[status],
        tone=STATUS_TONES.get(status, ""),
        meaning=list_status_meanings()[status],
        reason=gap.get("status_reason") or "",
        rank=target.get("rank"),
        tier=target.get("tier") or "",
        facts=[build_firm_section(row, gap), *build_rank_sections(target)],
        candidates=_build_candidates(stored, row, load_decisions(store.db)),
        repeats=_list_repeats(stored, own),
        visits=_list_visits(store, case.get("case_id")),
        history=list_history(store, row, case.get("case_id")),
    )


def _find_firm(stored: StoredQuarter, firm: int) -> Row:
    """Return the row of FIRMS that stands for ``firm``, persons masked."""
    row = stored.find_firm(firm)
    if row and row["duplicate_of"] is not None:
        row = stored.find_firm(row["duplicate_of"])
    if not row:
        raise InputError(
            _("{quarter} 的税务清册里没有第 {firm} 号企业").format(
                quarter=stored.quarter, firm=firm
            ),
            _("请在“结果”页按名称或代码搜索。"),
        )
    return row


def _find_row(frame: pl.DataFrame, firm: int) -> Row:
    found = frame.filter(pl.col("firm") == firm)
    return found.row(0, named=True) if found.height else {}


def _list_repeats(stored: StoredQuarter, firm: int) -> list[str]:
    rows = stored.results.firms.filter(pl.col("duplicate_of") == firm)
    places = rows.select("source_file", "source_row").rows()
    return [_("{file} 第{row}行").format(file=file, row=row) for file, row in places]


def _build_candidates(stored: StoredQuarter, firm: Row, decisions: pl.DataFrame) -> list[Candidate]:
    own = pl.col("firm") == firm["firm"]
    links = stored.results.links.filter(own, pl.col("unit").is_not_null())
    ordered = links.sort("probability", "unit", descending=[True, False]).head(_MAX_CANDIDATES)
    decided = {}
    if decisions.height and ordered.height:
        resolved = resolve_decisions(stored.results.firms, stored.results.units, decisions)
        own_voices = resolved.filter(own).select("unit", "voices").iter_rows()
        decided = {unit: describe_voices(voices, get_language()) for unit, voices in own_voices}
    return [
        _build_candidate(link, firm, stored, decided.get(link["unit"]) or "")
        for link in ordered.iter_rows(named=True)
    ]


def _build_candidate(link: Row, firm: Row, stored: StoredQuarter, decided: str) -> Candidate:
    unit = stored.find_unit(link["unit"])
    winner = stored.find_firm(link["lost_to"]) if link["lost_to"] is not None else {}
    return Candidate(
        pair=build_pair_view(link, firm, unit),
        decision=list_decision_labels()[link["decision"]],
        is_review=link["decision"] == "review",
        relation=list_relation_labels().get(str(link["relation"]), ""),
        lost_to=link["lost_to"],
        lost_to_name=winner.get("name") or "",
        decided=decided,
    )


def _list_visits(store: Store, case: int | None) -> list[FirmVisit]:
    """Return the visits of a case that stand, newest first."""
    if case is None:
        return []
    sql = """
        SELECT visited_on, quarter, outcome, persons, who, remark FROM visits
        WHERE case_id = ? AND outcome <> 'retracted' AND id NOT IN
          (SELECT takes_back FROM visits WHERE takes_back IS NOT NULL) ORDER BY id DESC"""
    names = ("visited_on", "quarter", "outcome", "persons", "who", "remark")
    schema = {name: pl.Int64 if name == "persons" else pl.String for name in names}
    rows = store.db.execute(sql, [case]).fetchall()
    visits = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("outcome").replace({code: o.label for code, o in load_outcomes().items()}),
        pl.col("visited_on").fill_null(""),
        mask_person("who"),
        mask_text("remark").fill_null(""),
    )
    return [FirmVisit(*row) for row in visits.rows()]


def list_history(store: Store, firm: Row, case: int | None) -> list[FirmQuarter]:
    """Return the firm in every quarter of the store in which it is found, newest first.

    By its case if it has one, else by code and name as the ledger finds firms again.
    """
    places = _locate_in_quarters(store, firm) | _locate_by_case(store, case)
    return [
        _read_quarter(store, quarter, place, case) for quarter, place in sorted(places.items())
    ][::-1]


def _locate_by_case(store: Store, case: int | None) -> dict[str, int]:
    sql = "SELECT quarter, firm FROM case_quarters WHERE case_id = ? AND firm IS NOT NULL"
    return dict(store.db.execute(sql, [case]).fetchall())


def _locate_in_quarters(store: Store, firm: Row) -> dict[str, int]:
    code, name = firm["code_text"], firm["name"]
    sql = "SELECT quarter, firm, code, name FROM firms WHERE code = ? OR name = ?"
    rows = store.db.execute(sql, [code, name]).fetchall()
    schema = {"quarter": pl.String, "firm": pl.Int64, "code": pl.String, "name": pl.String}
    entry = pl.DataFrame(
        {"entry": [0], "code": [code], "name": [name]},
        schema={"entry": pl.Int64, "code": pl.String, "name": pl.String},
    )
    present = pl.DataFrame(rows, schema=schema, orient="row")
    return {
        str(quarter): int(found["firm"][0])
        for (quarter,), own in present.partition_by("quarter", as_dict=True).items()
        if (found := locate(entry, own.drop("quarter"))).height
    }


def _read_quarter(store: Store, quarter: str, firm: int, case: int | None) -> FirmQuarter:
    sql = """
        SELECT f.name, f.code, f.status, f.headcount, f.tier, f.rank, u.name, c.state
        FROM firms f LEFT JOIN units u ON u.quarter = f.quarter AND u.unit = f.unit
        LEFT JOIN case_quarters c ON c.quarter = f.quarter AND c.case_id = ?
        WHERE f.quarter = ? AND f.firm = ?"""
    row = store.db.execute(sql, [case, quarter, firm]).fetchone()
    name, code, status, headcount, tier, rank, unit, state = row
    return FirmQuarter(
        quarter=quarter,
        firm=firm,
        name=name or "",
        code=code or "",
        status=list_status_labels()[status],
        tone=STATUS_TONES.get(status, ""),
        unit_name=unit or "",
        headcount=headcount,
        tier=tier or "",
        rank=rank,
        case_state=list_case_state_labels().get(state, "") if state else "",
    )
