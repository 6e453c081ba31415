"""How the kinds of ``name_kinds.py`` come out in an invented prefecture of some 3,000 firms.

    python benchmarks/measure_kinds.py [--kinds WORD …] [--layouts NAME …] [--units NUMBER] [--examples]

Each kind of edit stands there alone, names and counties only: a pair is lost if it is neither linked
nor in review. Each kind of pair that is not one firm stands there 400 times, in several layouts: how
many of them are linked. Prints the kinds that are beyond what is promised, or all of a few.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))

from gapmatch.linkage import load_shipped_model
from gapmatch.pipeline import Basis, Rows, assess
from gapmatch.settings.load import load_settings
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import convert_to_rows, make_prefecture
from name_kinds import COUNTIES, EDITS, LAYOUTS, OTHERS, Firm, draw_firm

QUARTER = "2022Q4"
HOME = "450300"
PAIRS_OF_EDIT, PAIRS_OF_OTHERS = 9, 400
MAX_LINKED, MAX_LOST = 0.05, 0.10
REVIEWS = 30
"""One in a hundred firms."""
_TAX = {"code": "credit_code", "person": "legal_rep", "phone": "phone", "address": "address"}
_ALSO_HIDDEN = {"code": ("taxpayer_code", "org_code", "registration_no"), "person": ("contact",)}


@dataclass(frozen=True)
class Found:
    """What became of the pairs of a kind."""

    kind: str
    pairs: int
    linked: int
    lost: int
    examples: Sequence[str] = field(default=())

    @property
    def is_recognised(self) -> bool:
        """Whether hardly any pair is lost."""
        return self.lost <= MAX_LOST * self.pairs

    @property
    def is_told_apart(self) -> bool:
        """Whether hardly any pair is linked."""
        return self.linked <= MAX_LINKED * self.pairs


@cache
def background(size: int = 3_000) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the tax list and the enrollment list of an invented prefecture."""
    plan = Plan(seed=7, firms=size, prefectures=(HOME,), quarters=(QUARTER,), noise="normal")
    tax, enrollment, _registry = convert_to_rows(make_prefecture(plan).quarters[QUARTER])
    return tax, enrollment


def draw_edits(
    kinds: Sequence[str], pairs: int = PAIRS_OF_EDIT
) -> Iterator[tuple[str, Firm, Firm]]:
    """Yield kind, firm and unit: one firm, whose name is written in two ways."""
    for place, kind in enumerate(kinds):
        for number in range(place * pairs, (place + 1) * pairs):
            firm = draw_firm(number)
            own, other = EDITS[kind](firm)
            yield kind, replace(firm, written=own), replace(firm, written=other)


def draw_others(
    kinds: Sequence[str], pairs: int = PAIRS_OF_OTHERS
) -> Iterator[tuple[str, Firm, Firm]]:
    """Yield kind, firm and unit: two firms."""
    for place, kind in enumerate(kinds):
        for number in range(place * pairs, (place + 1) * pairs):
            yield kind, *OTHERS[kind](draw_firm(2 * number), draw_firm(2 * number + 1))


def judge(pairs: Sequence[tuple[str, Firm, Firm]], layout: str, reviews: int) -> list[Found]:
    """Link the background with ``pairs`` in it, and return what became of each kind of them."""
    tax, enrollment = background()
    lacks = LAYOUTS[layout]
    firms = _extend(tax, "seq", [firm for _kind, firm, _unit in pairs], lacks[0])
    units = _extend(enrollment, "unit_id", [unit for _kind, _firm, unit in pairs], lacks[1])
    settings = load_settings()
    linkage = settings.linkage.model_copy(update={"review_budget": reviews})
    basis = Basis(settings.model_copy(update={"linkage": linkage}), load_shipped_model())
    found = assess(Rows(firms, units, None), QUARTER, basis)
    decided = _read_decisions(found.links, found.firms, found.units)
    return _count(pairs, decided)


def _extend(
    rows: pl.DataFrame, key: str, firms: Sequence[Firm], lacks: Sequence[str]
) -> pl.DataFrame:
    own = [_as_row(key, number, firm) for number, firm in enumerate(firms)]
    schema = {c: rows.schema[c] for c in own[0]}
    every = pl.concat([rows, pl.DataFrame(own, schema=schema)], how="diagonal")
    places = pl.int_range(pl.len(), dtype=pl.UInt32)
    hidden = {c for part in lacks for c in (_TAX[part], *_ALSO_HIDDEN.get(part, ()))}
    return every.with_columns(
        pl.col("source_file").fill_null("x"),
        *(pl.lit(None, every.schema[c]).alias(c) for c in hidden if c in every.columns),
        *(pl.col(c).fill_null(value=False) for c in ("is_duplicate", "code_precision_lost")),
        source_row=places + 2,
        data_row=places + 1,
    )


def _as_row(key: str, number: int, firm: Firm) -> dict[str, Any]:
    known = {column: getattr(firm, part) or None for part, column in _TAX.items()}
    place = {"county": firm.county, "division_code": COUNTIES[firm.county]}
    return {key: f"kind-{number}", "name": firm.name, **known, **place}


def _read_decisions(
    links: pl.DataFrame, firms: pl.DataFrame, units: pl.DataFrame
) -> Mapping[tuple[str, str], str]:
    """Return the decision on each pair of rows of the kinds."""
    named = links.join(firms.select("firm", "seq"), on="firm").join(
        units.select("unit", "unit_id"), on="unit"
    )
    own = named.filter(pl.col("seq").str.starts_with("kind") & (pl.col("relation") == "same"))
    rows = own.select("seq", "unit_id", "decision").iter_rows()
    return {(seq, unit): decision for seq, unit, decision in rows}


def _count(
    pairs: Sequence[tuple[str, Firm, Firm]], decided: Mapping[tuple[str, str], str]
) -> list[Found]:
    outcomes: dict[str, list[tuple[str, str]]] = {}
    for number, (kind, firm, unit) in enumerate(pairs):
        key = f"kind-{number}"
        decision = decided.get((key, key), "non_match")
        outcomes.setdefault(kind, []).append((decision, f"{firm.name} | {unit.name}"))
    return [
        Found(
            kind,
            len(of_kind),
            sum(decision == "match" for decision, _names in of_kind),
            sum(decision == "non_match" for decision, _names in of_kind),
            [f"{decision}: {names}" for decision, names in of_kind],
        )
        for kind, of_kind in outcomes.items()
    ]


def main() -> None:
    """Print a table of the edits, and one of the pairs that are not one firm."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kinds", nargs="+", default=[""], help="words of the kinds to run")
    parser.add_argument("--layouts", nargs="+", choices=list(LAYOUTS), default=list(LAYOUTS))
    parser.add_argument("--units", type=int, default=PAIRS_OF_OTHERS)
    parser.add_argument("--examples", action="store_true", help="show the pairs that go wrong")
    given = parser.parse_args()
    edits, others = (_select(kinds, given.kinds) for kinds in (EDITS, OTHERS))
    wrong = [f for f in map(measure_edit, edits) if not f.is_recognised]
    table = Table("edit of a name", "linked", "lost", title="neither linked nor in review")
    for found in wrong:
        table.add_row(found.kind, *(f"{n} of {found.pairs}" for n in (found.linked, found.lost)))
    Console(width=100).print(table)
    print(f"{len(edits)} kinds, {len(edits) - len(wrong)} recognised")
    table = Table("two firms", *given.layouts, title=f"linked of {given.units} pairs")
    for kind in others:
        counts = [measure_others(kind, layout, given.units) for layout in given.layouts]
        if not all(found.is_told_apart for found in counts):
            table.add_row(kind, *(str(found.linked) for found in counts))
        wrong += [found for found in counts if not found.is_told_apart]
    Console(width=140).print(table)
    for found in wrong if given.examples else ():
        print(found.kind, *found.examples[:9], sep="\n    ")


def measure_edit(kind: str) -> Found:
    """Return what becomes of pairs of one kind of edit."""
    return judge([*draw_edits([kind])], "names and counties", REVIEWS)[0]


def measure_others(kind: str, layout: str, units: int) -> Found:
    """Return what becomes of ``units`` pairs of one kind that are not one firm."""
    return judge([*draw_others([kind], units)], layout, REVIEWS)[0]


def _select(kinds: Iterable[str], words: Sequence[str]) -> list[str]:
    return [kind for kind in kinds if any(word in kind for word in words)]


if __name__ == "__main__":
    main()
