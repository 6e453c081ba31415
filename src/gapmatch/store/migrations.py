"""The database's schema, as the migrations that lead to it.

The comments inside the ``CREATE TABLE`` statements are kept by SQLite, so an analyst who opens the
database with any tool sees what each column means, and ``docs/store.md`` is generated from them.
A migration that has been released is never edited; a change is a new one at the end.
"""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from gapmatch.errors import StoreError
from gapmatch.language import _

MIGRATIONS = Migrations("gapmatch")


def migrate(database: Database) -> None:
    """Bring ``database`` up to date; raise ``StoreError`` where a newer gapmatch wrote it."""
    known = {migration.name for migration in MIGRATIONS.pending(database)}
    known |= (applied := {m.name for m in MIGRATIONS.applied(database)}) & _names()
    if unknown := sorted(applied - known):
        raise StoreError(
            _("数据库由更新版本的 gapmatch 写成（含未知的结构：{names}）").format(
                names="、".join(unknown)
            ),
            _("请安装更新版本的 gapmatch 再打开；本版本没有改动该数据库。"),
        )
    if MIGRATIONS.pending(database):
        MIGRATIONS.apply(database)


def _names() -> set[str]:
    return {migration.name for migration in MIGRATIONS._migrations}


def _statements(database: Database, *statements: str) -> None:
    for statement in statements:
        database.execute(statement.strip())


@MIGRATIONS(name="0001_quarters")
def quarters(database: Database) -> None:
    """Runs, their inputs, and each quarter's results."""
    _statements(
        database,
        """
CREATE TABLE runs ( -- One row per finished run; also of runs whose quarter was run again later.
  id INTEGER PRIMARY KEY, -- in the order in which the runs were written
  quarter TEXT NOT NULL, -- for example 2022Q4
  started_at TEXT NOT NULL, -- UTC, ISO 8601
  finished_at TEXT NOT NULL, -- UTC, ISO 8601
  version TEXT NOT NULL, -- version of gapmatch
  run_by TEXT, -- account that ran it
  settings TEXT NOT NULL, -- JSON: every setting of the run
  counts TEXT NOT NULL, -- JSON: rows read, refused, linked, and firms by status
  timings TEXT NOT NULL -- JSON: seconds by stage
)""",
        """
CREATE TABLE inputs ( -- The files that a run read.
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, -- runs.id
  side TEXT NOT NULL, -- tax, enrollment or registry
  file TEXT NOT NULL, -- path as given on the command line
  sha256 TEXT NOT NULL, -- of the file's bytes
  bytes INTEGER NOT NULL, -- size of the file
  PRIMARY KEY (run, side, file)
) WITHOUT ROWID""",
        """
CREATE TABLE quarters ( -- The quarters that the store holds, each with the run whose results stand.
  quarter TEXT PRIMARY KEY, -- for example 2022Q4
  run INTEGER NOT NULL REFERENCES runs(id) -- runs.id
) WITHOUT ROWID""",
        """
CREATE TABLE frames ( -- A quarter's frames, whole, with the evidence that explain and diff need.
  quarter TEXT NOT NULL REFERENCES quarters(quarter) ON DELETE CASCADE, -- quarters.quarter
  name TEXT NOT NULL, -- firms, units, links, gaps, targets, defects or persons
  rows INTEGER NOT NULL, -- rows of the frame
  parquet BLOB NOT NULL, -- the frame as a Parquet file
  PRIMARY KEY (quarter, name)
)""",
        """
CREATE TABLE firms ( -- Each row of a quarter's tax list with its status and, for a target, its rank.
  quarter TEXT NOT NULL REFERENCES quarters(quarter) ON DELETE CASCADE, -- quarters.quarter
  firm INTEGER NOT NULL, -- number of the firm within the quarter
  code TEXT, -- code in use, cleaned
  name TEXT, -- taxpayer name as given
  county TEXT, -- county; 未知 where unknown
  status TEXT NOT NULL, -- the one status of the firm, for example uninsured
  unit INTEGER, -- unit that the status rests on
  probability_uninsured REAL, -- that no unit of the list is this firm's
  probability_operates REAL, -- that the firm really operates
  headcount REAL, -- estimated persons at work
  rank INTEGER, -- over all counties, 1 is first; null: no target
  county_rank INTEGER, -- in its county
  tier TEXT, -- A this quarter, B next, C later
  kind TEXT, -- new_enrollment, lines_missing, headcount_short or lapsed
  priority REAL, -- sum of the parts of the priority
  expected_new_enrollees REAL, -- persons that a visit is expected to insure
  PRIMARY KEY (quarter, firm)
) WITHOUT ROWID""",
        """
CREATE TABLE units ( -- The enrolled units of a quarter.
  quarter TEXT NOT NULL REFERENCES quarters(quarter) ON DELETE CASCADE, -- quarters.quarter
  unit INTEGER NOT NULL, -- number of the unit within the quarter
  unit_id TEXT, -- 单位编号
  code TEXT, -- code in use, cleaned
  name TEXT, -- unit name as given
  county TEXT, -- county; 未知 where unknown
  PRIMARY KEY (quarter, unit)
) WITHOUT ROWID""",
        """
CREATE TABLE links ( -- Every match and review; further candidates lie in the frame "links".
  quarter TEXT NOT NULL REFERENCES quarters(quarter) ON DELETE CASCADE, -- quarters.quarter
  firm INTEGER NOT NULL, -- firms.firm
  unit INTEGER NOT NULL, -- units.unit
  weight REAL, -- match weight, log2 of the odds
  probability REAL, -- that both are the same firm
  decision TEXT, -- match or review
  relation TEXT, -- same or head_office
  PRIMARY KEY (quarter, firm, unit)
) WITHOUT ROWID""",
        "CREATE INDEX runs_quarter ON runs(quarter)",
        """
CREATE VIEW current_gaps AS -- Firms of the newest quarter that are not simply insured, best rank first.
  SELECT f.quarter, f.county, f.status, f.rank, f.county_rank, f.tier, f.code, f.name,
         f.probability_uninsured, f.probability_operates, f.headcount, f.expected_new_enrollees,
         u.unit_id, u.name AS unit_name
  FROM firms f LEFT JOIN units u ON u.quarter = f.quarter AND u.unit = f.unit
  WHERE f.quarter = (SELECT max(quarter) FROM quarters) AND f.status <> 'insured'
  ORDER BY f.rank IS NULL, f.rank, f.firm""",
    )
