"""Two quarters of a store, compared."""

from gapmatch.store.diff import Difference, Side, diff
from gapmatch.store.resolve import decisions_for
from gapmatch.store.runs import Store


def diff_quarters(store: Store, previous: str, current: str) -> Difference:
    """Compare two quarters that ``store`` holds. Raises ``StoreError`` where it does not."""
    return diff(_side(store, previous), _side(store, current))


def _side(store: Store, quarter: str) -> Side:
    frames = store.results(quarter)
    sql = "SELECT r.settings FROM quarters q JOIN runs r ON r.id = q.run WHERE q.quarter = ?"
    settings = str(store.db.execute(sql, [quarter]).fetchone()[0])
    decisions = decisions_for(frames["firms"], frames["units"], store.decisions())
    return Side(frames, settings, decisions)
