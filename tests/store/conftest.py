"""A workspace that holds one invented quarter."""

from collections.abc import Callable
from pathlib import Path

import pytest
from invented_quarter import workspace  # noqa: F401 - a fixture

from gapmatch.ledger.entries import ReviewDecision, Visit, insert_visits, sync_outcomes
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.review_queue import record_decision
from gapmatch.store.runs import Store


@pytest.fixture
def fill() -> Callable[[Path], None]:
    """Return a function that enters one row into every table that people fill."""

    def enter(folder: Path) -> None:
        with Store.open(folder) as store:
            record_decision(
                store, ReviewDecision(Pair("1", "甲", "2", None, "乙"), "same", "某乙", "2022Q3")
            )
            accepted = {"at": "t", "who": "某乙", "reason": "已核对", "findings": []}
            store.log_acceptance(1, "2022Q3", accepted)
            store.log_export("2022Q3", "云岭县.xlsx", 3)
            with store.transaction():
                sync_outcomes(store.db)
                store.db.execute(
                    "INSERT INTO imports VALUES (1, 't', 'visits', 'x', 'f.xlsx', 'ab', 1, 0)"
                )
                visit = Visit("1", "甲", "visited", "某丙", "2022Q3", remark="电话 13000000000")
                insert_visits(store.db, [(1, visit)], "t")
                store.db.execute("INSERT INTO withdrawals VALUES (1, 't', 'x', '2021Q1', 1, NULL)")

    return enter
