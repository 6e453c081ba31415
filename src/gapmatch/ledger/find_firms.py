"""Which firm a row that came back means: by its key if it has one, else by what it shows.

The ledger takes only firms that a list of this workspace has, or a case of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl
from rapidfuzz import fuzz

from gapmatch.ledger.cases import read_ledger
from gapmatch.ledger.filled_rows import FilledRow, FirmIdentity, Pair, UnusableRowError
from gapmatch.ledger.identity import select_code_and_name, select_rows_of_firms, strip_code
from gapmatch.store.runs import Store

_SAME_NAME_RATIO = 50.0
"""Names less alike (rapidfuzz ratio, 0–100) are of different firms: 贵州甲建材/乙药房 is 20."""

_CODES = ("code_text", "taxpayer_code", "credit_code", "org_code", "registration_no")


@dataclass(frozen=True)
class FirmIndex:
    """Firms by identity, by every code and by every name that they bear."""

    identities: set[FirmIdentity] = field(default_factory=set)
    by_code: dict[str, set[FirmIdentity]] = field(default_factory=dict)
    by_name: dict[str, set[FirmIdentity]] = field(default_factory=dict)

    def add(self, firm: FirmIdentity, codes: Iterable[str], names: Iterable[str]) -> None:
        """Add a firm with its codes and names."""
        self.identities.add(firm)
        for code in codes:
            self.by_code.setdefault(strip_code(code), set()).add(firm)
        for name in names:
            self.by_name.setdefault(name, set()).add(firm)

    def has(self, firm: FirmIdentity) -> bool:
        """Whether a firm bears this code or this name."""
        known_code = firm.code is not None and strip_code(firm.code) in self.by_code
        known_name = firm.name is not None and firm.name in self.by_name
        return firm in self.identities or known_code or known_name

    def find_all(self, firm: FirmIdentity) -> set[FirmIdentity]:
        """Return ``firm``, or those that bear its code or name if it is known otherwise now."""
        if firm in self.identities:
            return {firm}
        coded = self.by_code.get(strip_code(firm.code or ""), set())
        return coded | self.by_name.get(firm.name or "", set())

    def list_shown(self, cells: Mapping[str, str]) -> tuple[set[FirmIdentity], set[FirmIdentity]]:
        """Return the firms that bear the name of a row, and those that bear its code."""
        named = self.by_name.get(cells.get("name", "").strip(), set())
        return named, self.by_code.get(strip_code(cells.get("code", "")), set())

    def find(self, cells: Mapping[str, str]) -> set[FirmIdentity]:
        """Return the firms that a row shows; both code and name decide if it has both."""
        named, coded = self.list_shown(cells)
        return coded & named or (coded if not named or len(coded) == 1 else named) or named


@dataclass(frozen=True)
class FirmFinder:
    """Finds firms in the quarter of the sheet first, then in the others, the newest first."""

    store: Store
    indexes: dict[str, FirmIndex] = field(default_factory=dict)

    def check(self, row: FilledRow, firm: FirmIdentity, quarter: str | None) -> FirmIdentity:
        """Return the firm of a row with the key of ``firm``: the listed one that the row shows.

        Where only some columns were sorted, name and code of a row may be another firm's than its
        key. Raise ``UnusableRowError`` if they are of several firms, or of none that is known.
        """
        index = next((i for i in self._load_indexes(quarter) if i.has(firm)), None)
        if index is None:
            raise UnusableRowError("shuffled" if _is_shuffled(row, firm) else "unknown_firm")
        keyed, (named, coded) = index.find_all(firm), index.list_shown(row.cells)
        is_keyed = bool(named & keyed) and (len(named) == 1 or not coded or bool(coded & keyed))
        if is_keyed or (not named and not _is_shuffled(row, firm)):
            return firm
        shown = named & coded if coded else named
        if len(shown) != 1:
            raise UnusableRowError("shuffled")
        return next(iter(shown))

    def find(self, row: FilledRow, quarter: str | None) -> FirmIdentity:
        """Return the one firm that a row without a key shows, or raise ``UnusableRowError``."""
        if not row.cells.keys() & {"code", "name"}:
            raise UnusableRowError("nothing_shown")
        for index in self._load_indexes(quarter):
            found = index.find(row.cells)
            if len(found) == 1:
                return next(iter(found))
            if found:
                raise UnusableRowError("several_firms")
        shown = (row.cells.get(entry) for entry in ("name", "code"))
        raise UnusableRowError("no_such_shown_firm", text=" ".join(filter(None, shown)))

    def _load_indexes(self, quarter: str | None) -> Iterator[FirmIndex]:
        held = self.store.quarters()[::-1]
        first = [q for q in held if q == quarter]
        for name in (*first, *(q for q in held if q != quarter)):
            if name not in self.indexes:
                self.indexes[name] = _index_firms(self.store.result(name, "firms"))
            yield self.indexes[name]
        if "" not in self.indexes:
            self.indexes[""] = _index_cases(read_ledger(self.store.db).cases)
        yield self.indexes[""]


def _is_shuffled(row: FilledRow, firm: FirmIdentity) -> bool:
    """Whether the row shows another firm than its hidden key: only some columns were sorted."""
    shown_code, shown_name = row.cells.get("code", ""), row.cells.get("name", "")
    code, name = firm.code or "", firm.name or ""
    if not shown_name or not name or (code and strip_code(shown_code) == strip_code(code)):
        return False
    bare = re.sub("^[0-9]{6}／", "", name).replace("／", "")
    return max(fuzz.ratio(shown_name, bare), fuzz.ratio(shown_name, name)) < _SAME_NAME_RATIO


def _index_firms(firms: pl.DataFrame) -> FirmIndex:
    index = FirmIndex()
    codes = [column for column in _CODES if column in firms.columns]
    rows = select_rows_of_firms(firms)
    identity = rows.select(pl.col("firm").alias("original"), "code", standard="name")
    frame = rows.select("firm", "original").join(identity, on="original")
    shown = frame.join(firms.select("firm", "name", *codes), on="firm").drop("firm", "original")
    for code, standard, name, *more in shown.iter_rows():
        known = {c for c in (code, *more) if c}
        index.add(FirmIdentity(code, standard), known, (n for n in (standard, name) if n))
    return index


def _index_cases(cases: pl.DataFrame) -> FirmIndex:
    index = FirmIndex()
    for code, standard, name in cases.select("code", "standard_name", "name").iter_rows():
        names = (n for n in (standard, name) if n)
        index.add(FirmIdentity(code, standard), (c for c in (code,) if c), names)
    return index


@dataclass(frozen=True)
class PairFinder:
    """Finds the pair that a row without a key shows among the pairs in review."""

    store: Store
    pairs: dict[str, dict[tuple[str, str], set[Pair]]] = field(default_factory=dict)

    def find(self, row: FilledRow, quarter: str | None) -> Pair:
        """Return the one pair in review that the row shows; raise if there is none."""
        wanted = quarter or self.store.find_latest_quarter() or ""
        if wanted not in self.pairs:
            held = wanted in self.store.quarters()
            self.pairs[wanted] = _index_pairs(self.store, wanted) if held else {}
        known = self.pairs[wanted]
        firms = [strip_code(row.cells.get("code", "")), row.cells.get("name", "")]
        units = [row.cells.get("unit_id", ""), row.cells.get("enrollment_name", "")]
        for firm in firms:
            for unit in units:
                found = known.get((firm, unit), set()) if firm and unit else set()
                if len(found) == 1:
                    return next(iter(found))
        raise UnusableRowError("no_such_shown_pair")


def _index_pairs(store: Store, quarter: str) -> dict[tuple[str, str], set[Pair]]:
    frames = store.results(quarter)
    firms = select_code_and_name(frames["firms"], "firm").join(
        frames["firms"].select("firm", pl.col("name").alias("firm_given")), on="firm"
    )
    units = select_code_and_name(frames["units"], "unit").join(
        frames["units"].select("unit", "unit_id", pl.col("name").alias("unit_given")), on="unit"
    )
    review = frames["links"].filter(pl.col("decision") == "review").select("firm", "unit")
    rows = review.join(firms, on="firm").join(units, on="unit")
    known: dict[tuple[str, str], set[Pair]] = {}
    for row in rows.iter_rows(named=True):
        pair = Pair(*(row[name] for name in Pair._fields))
        for firm in {strip_code(row["firm_code"] or ""), row["firm_given"]} - {"", None}:
            for unit in {row["unit_id"], row["unit_given"]} - {"", None}:
                known.setdefault((firm, unit), set()).add(pair)
    return known
