"""Which workspace this is: the workbooks carry it, and an import takes its own only.

The identity follows from the prefecture and from what the first run of the workspace read (its
quarter and numbers of rows): the same inputs give the same one in whatever order their rows stand,
and it stays for good, because runs are never deleted.
"""

import hashlib

from gapmatch.store.runs import Store


def read_workspace_identity(store: Store) -> str | None:
    """Return the identity, for example ``5226-9f3c0a1b``; ``None`` before the first case."""
    run = store.db.execute("SELECT quarter, counts FROM runs ORDER BY id LIMIT 1").fetchone()
    case = store.db.execute("SELECT number FROM cases ORDER BY id LIMIT 1").fetchone()
    if run is None or case is None:
        return None
    prefecture = str(case[0]).split("-", maxsplit=1)[0]
    digest = hashlib.sha256(f"{prefecture} {run[0]} {run[1]}".encode()).hexdigest()
    return f"{prefecture}-{digest[:8]}"
