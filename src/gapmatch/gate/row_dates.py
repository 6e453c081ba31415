"""The dates in the rows of a list: are they of another time than the quarter?"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import polars as pl

from gapmatch.gate.findings import STOP, WARNING, GateFinding, QuarterLists, Value
from gapmatch.quarters import Quarter
from gapmatch.settings.gate_thresholds import GateSettings
from gapmatch.vocabulary.arrears import Arrears

_NEWEST_SHARE = 0.01
"""So many of the rows may have a later date than the newest: slips of the pen."""

_NO_ENROLLMENT = timedelta(days=365)
"""Where hardly anybody enrolls, one unit in a hundred does so within a year."""


def find_other_months(
    lists: QuarterLists, quarter: str, gate: GateSettings
) -> Iterator[GateFinding]:
    """Find units whose newest month of payment lies long before the quarter, or behind it."""
    month = pl.col("last_paid_month").str.to_date("%Y%m", strict=False)
    newest = _find_newest(lists.units.select(month).to_series(), gate)
    if newest is None:
        return
    days = timedelta(days=gate.max_days_off)
    now = Quarter.parse(quarter)
    if not now.first_day - days <= newest <= now.last_day + days:
        values: dict[str, Value] = {"month": f"{newest:%Y-%m}", "quarter": quarter}
        yield GateFinding("other_months_paid", STOP, values)


def find_no_new_units(
    lists: QuarterLists, quarter: str, gate: GateSettings
) -> Iterator[GateFinding]:
    """Find units of which the last enrolled more than a year before the quarter's end.

    Units enroll every week; a list that was cut in the order of enrollment lacks the last of them.
    """
    if "enroll_date" not in lists.units.columns:
        return
    newest = _find_newest(lists.units["enroll_date"], gate)
    if newest is not None and newest < Quarter.parse(quarter).last_day - _NO_ENROLLMENT:
        values: dict[str, Value] = {"newest": str(newest), "quarter": quarter}
        yield GateFinding("no_new_units", WARNING, values)


def find_units_in_arrears(arrears: Arrears, gate: GateSettings) -> Iterator[GateFinding]:
    """Find units whose last paid month is long past, although no status says that they stopped."""
    if arrears.overdue <= gate.max_arrears_share * arrears.units:
        return
    values: dict[str, Value] = {
        "units": arrears.overdue,
        "known": arrears.units,
        "month": f"{arrears.month[:4]}-{arrears.month[4:]}",
    }
    believed = arrears.paid_since is not None
    yield GateFinding("units_in_arrears" if believed else "months_not_believed", WARNING, values)


def find_other_periods(periods: Mapping[str, str], quarter: str) -> Iterator[GateFinding]:
    """Find files whose newest period (所属期, YYYYMM by file) is of another quarter.

    Next to the quarter it may be the delay of a declaration.
    """
    own = Quarter.parse(quarter)
    for file, month in periods.items():
        named = Quarter.from_day(date(int(month[:4]), int(month[4:]), 1))
        if named != own:
            severity = WARNING if own in (named.next(), named.next(-1)) else STOP
            values: dict[str, Value] = {"file": file, "month": month, "quarter": quarter}
            yield GateFinding("other_period_in_rows", severity, values)


def find_several_quarters(
    rows: Mapping[str, Mapping[str, int]], most: float
) -> Iterator[GateFinding]:
    """Find files of which more than ``most`` of the rows are of other quarters than their newest.

    ``rows``: by file, and by the quarter that a column names. A fifth of that is a warning: late
    declarations, and units that stopped in the meantime.
    """
    for file, counts in rows.items():
        newest = max(counts, default="")
        total = sum(counts.values())
        others = total - counts.get(newest, 0)
        if others > most * total / 5:
            values: dict[str, Value] = {
                "file": file,
                "rows": total,
                "others": others,
                "quarters": sorted(counts),
            }
            severity = STOP if others > most * total else WARNING
            yield GateFinding("several_quarters_in_rows", severity, values)


def find_older_firms(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find a tax list whose newest firms are older than the newest units: it may be an old one."""
    if lists.verify or not (
        "open_date" in lists.firms.columns and "enroll_date" in lists.units.columns
    ):
        return
    firms = _find_newest(lists.firms["open_date"], gate)
    units = _find_newest(lists.units["enroll_date"], gate)
    if firms and units and firms < units - timedelta(days=gate.max_days_off):
        values: dict[str, Value] = {"firms": str(firms), "units": str(units)}
        yield GateFinding("firms_older_than_units", WARNING, values)


def find_older_lists(
    now: QuarterLists, before: QuarterLists, gate: GateSettings
) -> Iterator[GateFinding]:
    """Find lists whose newest firms or units are older than those of last quarter's list."""
    for side, column in (("tax", "open_date"), ("enrollment", "enroll_date")):
        if side == "tax" and (now.verify or before.verify):
            continue  # such a list is drawn up anew every time
        frames = [x.firms if side == "tax" else x.units for x in (now, before)]
        if not all(column in frame.columns for frame in frames):
            continue
        newest, newest_before = (_find_newest(frame[column], gate) for frame in frames)
        if newest is None or newest_before is None:
            continue
        if newest < newest_before - timedelta(days=gate.max_days_older):
            values: dict[str, Value] = {
                "side": side,
                "now": str(newest),
                "before": str(newest_before),
            }
            yield GateFinding("list_older_than_last", STOP, values)


def _find_newest(days: pl.Series, gate: GateSettings) -> date | None:
    """Return the newest day but for slips; null if few are known."""
    known = days.drop_nulls().sort(descending=True)
    if len(known) < gate.min_firms:
        return None
    found = known[int(_NEWEST_SHARE * len(known))]
    return found if isinstance(found, date) else None
