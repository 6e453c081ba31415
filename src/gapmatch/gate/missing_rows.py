"""Lists that say themselves how long they are: by a total above or below, or by their numbers."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gapmatch.gate.findings import STOP, WARNING, GateFinding, Value
from gapmatch.settings.gate_thresholds import GateSettings

_TOTAL = re.compile(
    r"(?:共|总计|合计|总数|总户数)[^\d,，。;；]{0,6}?(?P<rows>\d[\d,]*)"
    r"(?:户|家|条|个单位|个参保单位|行|个企业)"
)
_MAX_TOTALS = 5
"""Of the wrong totals of a sheet so many are named; all are among the defects."""
_MIN_MISSING = 5
"""So few rows may be lost to a slip of the pen."""


@dataclass(frozen=True)
class SheetLength:
    """A sheet: its data rows, the lines around its table, and its highest 序号 (0: none)."""

    side: str
    file: str
    rows: int
    texts: Sequence[str]
    highest_number: int = 0
    wrong_totals: Sequence[tuple[str, int, float, float]] = ()
    """Header (none: the number of rows), row, total and sum that disagree."""


def find_missing_rows(sheets: Sequence[SheetLength], gate: GateSettings) -> Iterator[GateFinding]:
    """Find sheets with fewer rows than they declare, and sides whose numbers go further.

    Numbers are judged over all sheets of a side: its counties may be numbered through. Gaps in
    those of the tax list are a warning: it is filtered (正常户) as a rule, and accuses no firm.
    """
    for sheet in sheets:
        declared = max(map(_find_total, sheet.texts), default=0)
        short = list(_compare("fewer_rows_than_declared", sheet, sheet.rows, declared, gate))
        yield from short or _find_wrong_totals(sheet, gate)
    for side in dict.fromkeys(sheet.side for sheet in sheets):
        own = [sheet for sheet in sheets if sheet.side == side]
        if all(sheet.highest_number for sheet in own):
            last = max(own, key=lambda sheet: sheet.highest_number)
            rows = sum(sheet.rows for sheet in own)
            for finding in _compare("numbers_missing", last, rows, last.highest_number, gate):
                yield replace(finding, severity=WARNING) if side == "tax" else finding


def _find_wrong_totals(sheet: SheetLength, gate: GateSettings) -> Iterator[GateFinding]:
    """Find totals that disagree with the rows; if much is missing from the rows, it is a stop."""
    for header, row, stated, found in sheet.wrong_totals[:_MAX_TOTALS]:
        is_part = stated - found > gate.max_missing_rows * stated and sheet.rows >= gate.min_firms
        values: dict[str, Value] = {
            **{"side": sheet.side, "file": sheet.file, "header": header, "row": row},
            **{"stated": stated, "found": found},
        }
        code = "total_disagrees" if header else "total_of_rows_disagrees"
        yield GateFinding(code, STOP if is_part else WARNING, values)


def _find_total(text: str) -> int:
    """Return the largest number of rows that a line names; 0 if it names none."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return max((int(m["rows"].replace(",", "")) for m in _TOTAL.finditer(plain)), default=0)


def _compare(
    code: str, sheet: SheetLength, rows: int, expected: int, gate: GateSettings
) -> Iterator[GateFinding]:
    missing = expected - rows
    if missing < max(_MIN_MISSING, gate.max_missing_rows * expected / 5):
        return
    is_part = missing > gate.max_missing_rows * expected and expected >= gate.min_firms
    values: dict[str, Value] = {
        "side": sheet.side,
        "file": sheet.file,
        "rows": rows,
        "expected": expected,
    }
    yield GateFinding(code, STOP if is_part else WARNING, values)
