"""Two quarters of a store, compared."""

from gapmatch.ledger.decisions import decisions_for
from gapmatch.ledger.quarter_diff import Difference, Frames, Side, diff
from gapmatch.store.runs import Store


def diff_quarters(store: Store, previous: str, current: str) -> Difference:
    """Compare two quarters that ``store`` holds. Raises ``StoreError`` where it does not."""
    return diff(_side(store, previous), _side(store, current))


def changes_since_last(store: Store, quarter: str, frames: Frames) -> Difference | None:
    """Compare ``quarter``, whose ``frames`` were just written, with the one held before it, if any."""
    previous = store.latest_quarter(before=quarter)
    return diff(_side(store, previous), _told(store, quarter, frames)) if previous else None


def _side(store: Store, quarter: str) -> Side:
    frames = {name: store.result(quarter, name) for name in ("firms", "units", "gaps")}
    return _told(store, quarter, frames)


def _told(store: Store, quarter: str, frames: Frames) -> Side:
    sql = "SELECT r.settings FROM quarters q JOIN runs r ON r.id = q.run WHERE q.quarter = ?"
    settings = str(store.db.execute(sql, [quarter]).fetchone()[0])
    decisions = decisions_for(frames["firms"], frames["units"], store.decisions())
    return Side(frames, settings, decisions)
