"""The page ``docs/store.md``, written from the schema itself: ``python docs/generate/store_page.py``."""

import re
import sys
from pathlib import Path

from sqlite_utils import Database

from gapmatch.store.migrations import MIGRATIONS, migrate

_HEAD = """\
# The store

<!-- Written from the schema by `python docs/generate/store_page.py docs/store.md`; edit the comments in
`src/gapmatch/store/migrations.py`, not this page. -->

A workspace keeps everything in one SQLite file, `gapmatch.db` (WAL mode, foreign keys on, readable by its
owner alone). It can be opened with any SQLite tool while gapmatch runs; open it read-only. Times are UTC.
Quarters are texts such as `2022Q4`, so their order is the order of the texts.

- What runs wrote (`quarters`, `frames`, `firms`, `units`, `links`, `case_quarters`) belongs to a quarter and
  is replaced, in one transaction, when that quarter is run again. `runs` and `inputs` remember every run.
- What people entered (`said`, `visits`, `imports`, `exports`, `acceptances`, `withdrawals`) is append-only: triggers refuse changes, and
  taking back is a new row. Only `gapmatch purge` blanks old remarks, because they may name persons.
- Each frame is kept whole as a Parquet file (`frames`), with the columns of `config/frames.csv`; the columns that one
  filters by are rows of `firms`, `units` and `links` as well. Persons are split off into the frame `persons`.
  In the file, a text that another column of the row ends with is `=` and the number of characters before it, and numbers that
  count up are steps (`store/packing.py`); `Workspace.results` and its relatives return frames as they were.
- Every transaction ends with the digests of what it wrote (`checksums`, `ledger_checksums`): `gapmatch doctor` finds
  what is no longer as it was written, and a damaged frame is named when it is read.
- `_sqlite_migrations` lists the migrations that were applied. A database of an older version is brought up to
  date when it is opened; one of a newer version is left alone and refused.
"""


def page() -> str:
    """Return the page as Markdown, tables first, then views, in the order of the migrations."""
    database = Database(memory=True)
    migrate(database)
    rows = database.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY rowid"
    ).fetchall()
    database.close()
    own = [row for row in rows if not row[1].startswith(("sqlite_", "_sqlite"))]
    tables = [_table(name, sql) for kind, name, sql in own if kind == "table"]
    views = [_view(name, sql) for kind, name, sql in own if kind == "view"]
    versions = "\n".join(
        f"- `{m.name}`: {_first_line(m.fn.__doc__)}" for m in MIGRATIONS._migrations
    )
    parts = [_HEAD, "## Tables", *tables, "## Views", *views, "## Migrations", versions]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n", maxsplit=1)[0]


def _table(name: str, sql: str) -> str:
    rows = [
        f"| `{match[1]}` | {match[2]} | {_required(match[3])} | {match[4].replace('|', chr(92) + '|')} |"
        for match in re.finditer(
            r"^  (\w+) (TEXT|INTEGER|REAL|BLOB)\b(.*?),? -- (.*)$", sql, re.MULTILINE
        )
    ]
    head = "| column | type | required | meaning |\n|---|---|---|---|"
    return f"### {name}\n\n{_meaning(sql)}\n\n{head}\n" + "\n".join(rows)


def _required(constraints: str) -> str:
    return "yes" if "NOT NULL" in constraints or "PRIMARY KEY" in constraints else ""


def _view(name: str, sql: str) -> str:
    return f"### {name}\n\n{_meaning(sql)}\n\n```sql\n{sql}\n```"


def _meaning(sql: str) -> str:
    return sql.split("\n", maxsplit=1)[0].partition("-- ")[2]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8", newline="\n")
