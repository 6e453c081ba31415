"""What the page of one firm shows: status, candidates, rank, visits, history; plain values."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import polars as pl

from gapmatch.desk.pair_view import PairView, build_pair_view
from gapmatch.desk.results_model import STATUS_TONES
from gapmatch.desk.stored_quarter import StoredQuarter
from gapmatch.desk.value_formats import format_number
from gapmatch.errors import InputError
from gapmatch.explanation.firm import build_firm_section, build_rank_sections, find_row
from gapmatch.i18n import _, get_language
from gapmatch.ledger.case_states import FINISHED_STATES, derive_current_state
from gapmatch.ledger.decisions import resolve_decisions
from gapmatch.ledger.entries import STANDING_VISITS, load_decisions, query_frame
from gapmatch.ledger.identity import locate
from gapmatch.privacy import mask_person, mask_text
from gapmatch.store.runs import Store
from gapmatch.vocabulary.labels import (
    label_county,
    list_labels,
    list_meanings,
    list_status_labels,
    list_status_meanings,
)
from gapmatch.vocabulary.outcomes import load_outcomes
from gapmatch.wording.ledger_words import describe_voices

_MAX_CANDIDATES = 6

_POINTS_OF_TEN = 1000.0
"""So many points of the priority are a factor of ten."""

Row = Mapping[str, Any]


class RankPart(NamedTuple):
    """A part of the priority; ``effect``: what it makes of the persons that are counted."""

    label: str
    meaning: str
    effect: str
    points: float


class Candidate(NamedTuple):
    """A unit that may be the firm's; ``decided``: what reviewers entered since."""

    pair: PairView
    decision: str
    tone: str
    is_review: bool
    lost_to: int | None
    lost_to_name: str
    decided: str


def build_firm_page(stored: StoredQuarter, store: Store, firm: int) -> Row:
    """Return the page of ``firm`` (its number in the quarter).

    A further row of a firm that is listed several times leads to the firm. Raises ``InputError`` if
    there is no such firm.
    """
    row = _find_firm(stored, firm)
    own = int(row["firm"])
    gap, target, case = (
        find_row(frame, own)
        for frame in (stored.results.gaps, stored.results.targets, stored.case_numbers)
    )
    status = str(gap["status"])
    candidates = _build_candidates(stored, row, load_decisions(store.db))
    contested = [c for c in candidates[:1] if c.lost_to is not None and c.pair.is_likely_alone]
    return {
        "quarter": stored.quarter,
        "firm": own,
        "name": row["name"] or _("（没有名称）"),
        "code": row["code_text"] or "",
        "place": " ".join(filter(None, (label_county(row["county_name"]), row["town"]))),
        "case_number": case.get("case_number") or "",
        "case": _describe_case(store, case.get("case_id")),
        "status": list_status_labels()[status],
        "tone": STATUS_TONES.get(status, ""),
        "meaning": list_status_meanings()[status],
        "reason": gap.get("status_reason") or "",
        "target": target,
        "gain": _describe_gain(gap, target),
        "facts": [build_firm_section(row, gap), *list(build_rank_sections(target))[:1]],
        "rank_parts": _list_rank_parts(target),
        "candidates": candidates,
        "contested": contested[0] if status == "uninsured" and contested else None,
        "repeats": _list_repeats(stored, own),
        "visits": _list_visits(store, case.get("case_id"), stored.counties),
        "history": list_history(store, row, case.get("case_id")),
    }


def _list_rank_parts(target: Row) -> list[RankPart]:
    """Return the parts of the priority in words, each with what its points stand for."""
    labels, meanings = list_labels("rank_part"), list_meanings("rank_part")
    parts = []
    for name, label in labels.items():
        if (points := target.get(name)) is None:
            continue
        factor = 10 ** (points / _POINTS_OF_TEN)
        effect = (
            _("{n} 人").format(n=format_number(factor, 1))
            if name == "priority_headcount"
            else _("× {share}").format(share=f"{factor:.0%}")
        )
        parts.append(RankPart(label, meanings[name], effect, float(points)))
    return parts


def _describe_case(store: Store, case: int | None) -> str:
    """Return the last outcome of an unfinished case and the next step; empty if nothing waits."""
    visit = f"""SELECT outcome, visited_on, quarter FROM {STANDING_VISITS} WHERE case_id = ?
                ORDER BY day DESC, id DESC LIMIT 1"""
    # Next to max(), SQLite takes the other columns from the row that has the maximum.
    state = "SELECT state, max(quarter) FROM case_quarters WHERE case_id = ?"
    last = store.db.execute(visit, [case]).fetchone()
    outcome = load_outcomes().get(last[0]) if last else None
    if outcome is None:
        return ""
    names = dict.fromkeys(("state", "quarter", "closing", "visit_quarter"), pl.String())
    schema = pl.Schema({**names, "closing": pl.Boolean()})
    held = (*store.db.execute(state, [case]).fetchone(), outcome.closes_case, last[2])
    row = pl.DataFrame([held], schema=schema, orient="row")
    now = row.select(derive_current_state(store.find_latest_quarter() or "")).item()
    if now in FINISHED_STATES:
        return ""
    begun = _("{outcome}（{day}），还没有办结").format(
        outcome=outcome.label, day=last[1] or _("日期不详")
    )
    due = last[1] and outcome.days and date.fromisoformat(last[1]) + timedelta(days=outcome.days)
    until = _("，{day} 前").format(day=due) if due else ""
    step = outcome.next_step or _("再次走访")
    return _("{begun}；下一步：{step}{until}").format(begun=begun, step=step, until=until)


def _describe_gain(gap: Row, target: Row) -> str:
    """Return what the expected gain of a firm that insures somebody is reckoned from."""
    if target.get("kind") == "lines_missing":
        words = _("按已参保的 {n} 人补上{lines}折算")
        lines = gap.get("lines_missing") or _("缺的险种")
        return words.format(n=format_number(gap.get("insured_count")), lines=lines)
    if target.get("kind") == "headcount_short":
        insured, estimate = gap.get("insured_count"), gap.get("headcount")
        shown = {"n": format_number(insured), "estimate": format_number(estimate)}
        if insured is not None and estimate is not None and estimate <= insured:
            return _("估计在岗 {estimate} 人，不多于已参保的 {n} 人，请先核对申报人数").format(
                **shown
            )
        return _("按估计在岗的 {estimate} 人比已参保的 {n} 人多出的算").format(**shown)
    return ""


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
        decision=list_labels("decision")[link["decision"]],
        tone={"match": "good", "review": "warn"}.get(link["decision"], ""),
        is_review=link["decision"] == "review",
        lost_to=link["lost_to"],
        lost_to_name=winner.get("name") or "",
        decided=decided,
    )


def _list_visits(store: Store, case: int | None, counties: Sequence[str]) -> Sequence[Row]:
    """Return the visits of a case that stand, newest first; a person who visited is masked."""
    if case is None:
        return []
    names = ("visited_on", "quarter", "outcome", "persons", "who", "remark")
    schema = pl.Schema({n: pl.Int64() if n == "persons" else pl.String() for n in names})
    sql = f"""SELECT {", ".join(names)} FROM {STANDING_VISITS} WHERE case_id = ?
              ORDER BY day DESC, id DESC"""
    visits = query_frame(store.db, sql, schema, (case,)).with_columns(
        pl.col("outcome").replace({code: o.label for code, o in load_outcomes().items()}),
        pl.when(pl.col("who").is_in(counties)).then("who").otherwise(mask_person("who")),
        mask_text("remark"),
    )
    return visits.to_dicts()


def list_history(store: Store, firm: Row, case: int | None) -> list[Row]:
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


def _read_quarter(store: Store, quarter: str, firm: int, case: int | None) -> Row:
    sql = f"""
        SELECT f.name, f.code, f.status, f.headcount, f.tier, f.rank, u.name AS unit,
          c.state, EXISTS (
            SELECT 1 FROM {STANDING_VISITS} v
            WHERE v.case_id = c.case_id AND v.quarter = f.quarter) AS visited
        FROM firms f LEFT JOIN units u ON u.quarter = f.quarter AND u.unit = f.unit
        LEFT JOIN case_quarters c ON c.quarter = f.quarter AND c.case_id = ?
        WHERE f.quarter = ? AND f.firm = ?"""
    cursor = store.db.execute(sql, [case, quarter, firm])
    names = [column[0] for column in cursor.description]
    row = dict(zip(names, cursor.fetchone(), strict=True))
    status, state = row["status"], row["state"]
    label = list_labels("case_state").get(state, "") if state else ""
    # Run again after the visit, a quarter does not list the firm any more.
    is_visited = row.pop("visited") and state == "off_list"
    return {
        **row,
        "quarter": quarter,
        "firm": firm,
        "status": list_status_labels()[status],
        "tone": STATUS_TONES.get(status, ""),
        "state": _("已走访") if is_visited else label,
    }
