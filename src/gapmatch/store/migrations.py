"""The database's schema, as the migrations that lead to it.

The comments inside the ``CREATE TABLE`` statements are preserved by SQLite, so an analyst who opens
the database with any tool sees what each column means, and ``docs/store.md`` is generated from
them. A migration that has been released is never edited; a change is a new one at the end.
"""

from gapmatch.errors import StoreError
from gapmatch.i18n import _
from gapmatch.sqlite import Database, Migrations
from gapmatch.store.checksums import record_checksums

MIGRATIONS = Migrations("gapmatch")


def migrate(database: Database) -> None:
    """Bring ``database`` up to date; raise ``StoreError`` if a newer gapmatch wrote it."""
    refuse_newer(database)
    if MIGRATIONS.pending(database):
        # All in one: killed on the way, it is as it was; another first command waits and finds all.
        with database.conn:
            database.execute("BEGIN IMMEDIATE")
            MIGRATIONS.apply(database)


def refuse_newer(database: Database) -> None:
    """Raise ``StoreError`` if a newer gapmatch wrote ``database``."""
    applied = {migration.name for migration in MIGRATIONS.applied(database)}
    if unknown := sorted(applied - _list_names()):
        raise StoreError(
            _("数据库由更新版本的 gapmatch 写成（含未知的结构：{names}）").format(
                names=_("、").join(unknown)
            ),
            _("请安装更新版本的 gapmatch 再打开；本版本没有改动该数据库。"),
        )


def refuse_outdated(database: Database) -> None:
    """Raise ``StoreError`` if ``database`` must be changed before this version can read it."""
    refuse_newer(database)
    if MIGRATIONS.pending(database):
        raise StoreError(
            _("数据库由较早版本的 gapmatch 写成，读取前须先升级，但工作目录只读"),
            _("请把工作目录复制到可以写入的文件夹，再打开。"),
        )


def find_foreign_objects(database: Database) -> list[str]:
    """Return tables, views, triggers and indexes that are missing, added or other than ours."""
    applied = {migration.name for migration in MIGRATIONS.applied(database)}
    reference = Database(memory=True)
    later = [m.name for m in MIGRATIONS.pending(reference) if m.name not in applied]
    MIGRATIONS.apply(reference, stop_before=later[:1] or None)
    ours, theirs = _read_schema(reference), _read_schema(database)
    reference.close()
    # The list of migrations may lack its index: an older version was killed as it began.
    lost = {
        name for _kind, name, table, _sql in ours - theirs if table != MIGRATIONS.migrations_table
    }
    return sorted(lost | {name for _kind, name, _table, _sql in theirs - ours})


def _read_schema(database: Database) -> set[tuple[str, str, str, str]]:
    """Return what is defined, but for SQLite's own tables and the list of migrations itself."""
    rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    own = MIGRATIONS.migrations_table
    return {
        (kind, name, table, sql or "")
        for kind, name, table, sql in rows
        if not (kind in ("table", "index") and (name == own or name.startswith("sqlite_")))
    }


def _list_names() -> set[str]:
    return {migration.name for migration in MIGRATIONS._migrations}


def _execute_statements(database: Database, *statements: str) -> None:
    for statement in statements:
        database.execute(statement.strip())


@MIGRATIONS(name="0001_quarters")
def create_quarters(database: Database) -> None:
    """Runs, their inputs, and each quarter's results."""
    _execute_statements(
        database,
        """
CREATE TABLE runs ( -- One row per finished run; also of runs whose quarter was run again later.
  id INTEGER PRIMARY KEY, -- in the order in which the runs were written; run_id in run.json
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


_ENTERED = ("imports", "said", "visits", "exports")


@MIGRATIONS(name="0002_ledger")
def create_ledger(database: Database) -> None:
    """What people enter (append-only), the cases that follow from it, and the log of exports."""
    _execute_statements(
        database,
        """
CREATE TABLE imports ( -- Each filled workbook that was read in.
  id INTEGER PRIMARY KEY, -- in the order of reading
  at TEXT NOT NULL, -- UTC, ISO 8601
  kind TEXT NOT NULL, -- review or visits: what was taken from it
  read_by TEXT, -- account that read it in
  file TEXT NOT NULL, -- file name
  sha256 TEXT NOT NULL, -- of the file's bytes
  taken INTEGER NOT NULL, -- rows that were new
  left_out INTEGER NOT NULL -- rows left out, with a reason that was shown
)""",
        """
CREATE TABLE said ( -- What reviewers said of a firm and a unit: append-only, by contents, never by row.
  id INTEGER PRIMARY KEY, -- in the order of entering
  at TEXT NOT NULL, -- when it was entered: UTC, ISO 8601
  who TEXT NOT NULL, -- reviewer
  verdict TEXT NOT NULL CHECK (verdict IN ('same', 'different', 'unsure', 'retracted')), -- retracted takes back what the reviewer said of the pair
  remark TEXT, -- in the reviewer's words
  firm_code TEXT, -- code of the firm when it was decided
  firm_name TEXT, -- standard name of the firm when it was decided
  unit_id TEXT, -- 单位编号
  unit_code TEXT, -- code of the unit when it was decided
  unit_name TEXT, -- standard name of the unit when it was decided
  firm_given TEXT, -- name of the firm as given, to read
  unit_given TEXT, -- name of the unit as given, to read and to teach
  quarter TEXT, -- quarter of the sheet or session
  import_id INTEGER REFERENCES imports(id), -- imports.id; null: entered in the terminal
  source_sheet TEXT, -- sheet of the workbook
  source_row INTEGER -- row as Excel shows it
)""",
        """
CREATE TABLE outcomes ( -- What a visit can find, as config/outcomes.csv has it.
  code TEXT PRIMARY KEY, -- for example enrolled
  stage TEXT NOT NULL, -- stage: the case goes on; outcome: what the visit found
  label TEXT NOT NULL, -- words in the workbooks
  closes_case INTEGER NOT NULL, -- 1: the case is closed with it
  effect TEXT NOT NULL -- what the next run does with it
) WITHOUT ROWID""",
        """
CREATE TABLE cases ( -- One per firm that was ever a target or visited; its number never changes.
  id INTEGER PRIMARY KEY, -- running number
  number TEXT NOT NULL UNIQUE, -- prefecture's four digits and the running number, 5226-000123
  opened_quarter TEXT NOT NULL, -- quarter in which it was opened
  code TEXT, -- code of the firm, as last seen
  standard_name TEXT, -- standard name of the firm, as last seen; finds the firm again
  name TEXT, -- name of the firm as given, as last seen
  county TEXT -- county of the firm, as last seen
)""",
        """
CREATE TABLE case_quarters ( -- Where a case stood when a quarter was run; replaced when it is run again.
  quarter TEXT NOT NULL REFERENCES quarters(quarter) ON DELETE CASCADE, -- quarters.quarter
  case_id INTEGER NOT NULL REFERENCES cases(id), -- cases.id
  firm INTEGER, -- firms.firm; null: no longer in the tax list
  state TEXT NOT NULL, -- new, carried or reopened (a target); settled, off_list or gone (none)
  tier TEXT, -- tier of the target
  note TEXT, -- why, for officials
  PRIMARY KEY (case_id, quarter)
) WITHOUT ROWID""",
        """
CREATE TABLE visits ( -- What visitors found: append-only, by contents, never by row.
  id INTEGER PRIMARY KEY, -- in the order of entering
  at TEXT NOT NULL, -- when it was entered: UTC, ISO 8601
  who TEXT NOT NULL, -- visitor or office
  case_id INTEGER NOT NULL REFERENCES cases(id), -- cases.id
  outcome TEXT NOT NULL, -- outcomes.code, or retracted
  takes_back INTEGER REFERENCES visits(id), -- visits.id that a retracted row takes back
  visited_on TEXT, -- date of the visit, YYYY-MM-DD
  persons INTEGER, -- persons newly insured
  remark TEXT, -- in the visitor's words
  firm_code TEXT, -- code of the firm in the sheet's key
  firm_name TEXT, -- standard name of the firm in the sheet's key
  quarter TEXT NOT NULL, -- quarter of the sheet
  import_id INTEGER REFERENCES imports(id), -- imports.id; null: entered in the terminal
  source_sheet TEXT, -- sheet of the workbook
  source_row INTEGER -- row as Excel shows it
)""",
        """
CREATE TABLE exports ( -- Each export that showed persons' data.
  id INTEGER PRIMARY KEY, -- in order
  at TEXT NOT NULL, -- UTC, ISO 8601
  who TEXT, -- account
  what TEXT NOT NULL, -- files
  quarter TEXT NOT NULL, -- quarter of the results
  rows INTEGER NOT NULL -- rows with persons' data
)""",
        "CREATE INDEX said_firm ON said(firm_code, firm_name)",
        "CREATE INDEX visits_case ON visits(case_id)",
        "CREATE INDEX imports_sha256 ON imports(sha256)",
        "CREATE INDEX case_quarters_quarter ON case_quarters(quarter)",
        *(guard for table in _ENTERED for guard in build_guards(table)),
        """
CREATE VIEW decisions AS -- What each reviewer last said of each pair, taken-back words left out.
  SELECT s.at, s.who, s.verdict, s.remark, s.firm_code, s.firm_name, s.firm_given, s.unit_id,
         s.unit_code, s.unit_name, s.unit_given, s.quarter, i.file AS source_file, s.source_sheet, s.source_row
  FROM said s LEFT JOIN imports i ON i.id = s.import_id
  WHERE s.verdict <> 'retracted' AND s.id = (
    SELECT max(t.id) FROM said t
    WHERE t.who = s.who AND t.firm_code IS s.firm_code AND t.firm_name IS s.firm_name
      AND t.unit_id IS s.unit_id AND t.unit_code IS s.unit_code AND t.unit_name IS s.unit_name)
  ORDER BY s.id""",
        """
CREATE VIEW open_cases AS -- Cases to work on: targets of the newest run without a closing outcome.
  SELECT c.number, c.county, c.code, c.name, c.opened_quarter, q.quarter, q.state, q.tier, q.note,
         v.outcome AS last_outcome, v.visited_on, v.who, v.remark
  FROM case_quarters q JOIN cases c ON c.id = q.case_id
  LEFT JOIN visits v ON v.id = (
    SELECT max(w.id) FROM visits w WHERE w.case_id = c.id AND w.outcome <> 'retracted'
      AND w.id NOT IN (SELECT takes_back FROM visits WHERE takes_back IS NOT NULL))
  LEFT JOIN outcomes o ON o.code = v.outcome
  WHERE q.quarter = (SELECT max(quarter) FROM quarters) AND q.state IN ('new', 'carried', 'reopened')
    AND (q.state = 'reopened' AND v.quarter < q.quarter OR coalesce(o.closes_case, 0) = 0)
  ORDER BY c.id""",
    )


@MIGRATIONS(name="0003_verdicts")
def create_verdicts(database: Database) -> None:
    """The conclusion on each row of a list that was handed down to be verified."""
    _execute_statements(
        database,
        """
CREATE TABLE verdicts ( -- The conclusion on each row of a list to verify (tax_list = "verify"); else empty.
  quarter TEXT NOT NULL REFERENCES quarters(quarter) ON DELETE CASCADE, -- quarters.quarter
  firm INTEGER NOT NULL, -- firms.firm
  verdict TEXT NOT NULL, -- refuted, confirmed, not_operating, to_settle or outside
  PRIMARY KEY (quarter, firm)
) WITHOUT ROWID""",
    )


@MIGRATIONS(name="0004_gate")
def gate(database: Database) -> None:
    """Who accepted which doubts of the gate (append-only), and digests of input files."""
    _execute_statements(
        database,
        """
CREATE TABLE contents ( -- What the files that a run read say, whatever their format and the order of rows.
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, -- runs.id
  side TEXT NOT NULL, -- tax or enrollment
  file TEXT NOT NULL, -- name of the file; empty: all files of the side together
  content TEXT NOT NULL, -- hash of names, codes, counts and amounts of its rows
  PRIMARY KEY (run, side, file)
) WITHOUT ROWID""",
        """
CREATE TABLE acceptances ( -- Each quarter that was run although the gate had stopped it: append-only.
  id INTEGER PRIMARY KEY, -- in order
  at TEXT NOT NULL, -- UTC, ISO 8601
  who TEXT, -- account
  quarter TEXT NOT NULL, -- quarter that was run
  run INTEGER NOT NULL, -- runs.id
  reason TEXT NOT NULL, -- why the lists are right, in the words of --accept
  findings TEXT NOT NULL -- JSON: code, severity and values of each finding
)""",
        *build_guards("acceptances"),
    )


@MIGRATIONS(name="0005_checksums")
def checksums(database: Database) -> None:
    """Digests of what was written, and the log of quarters that were withdrawn."""
    _execute_statements(
        database,
        """
CREATE TABLE checksums ( -- Digests of what a run wrote: gapmatch doctor compares them with what is there.
  quarter TEXT NOT NULL REFERENCES quarters(quarter) ON DELETE CASCADE, -- quarters.quarter
  kind TEXT NOT NULL, -- rows (of a table), frame (Parquet) or file (below out/)
  name TEXT NOT NULL, -- table, frame, or path of the file in the quarter's folder
  digest TEXT NOT NULL, -- SHA-256; of rows and frames its first 16 digits
  PRIMARY KEY (quarter, kind, name)
) WITHOUT ROWID""",
        """
CREATE TABLE ledger_checksums ( -- Digests of the rows that people entered, and of runs and cases.
  name TEXT NOT NULL, -- table
  id INTEGER NOT NULL, -- id of the row in the table
  digest TEXT NOT NULL, -- first 16 digits of its SHA-256
  PRIMARY KEY (name, id)
) WITHOUT ROWID""",
        """
CREATE TABLE withdrawals ( -- Each quarter whose results were withdrawn because they were run by mistake.
  id INTEGER PRIMARY KEY, -- in order
  at TEXT NOT NULL, -- UTC, ISO 8601
  who TEXT, -- account
  quarter TEXT NOT NULL, -- the quarter
  run INTEGER NOT NULL REFERENCES runs(id), -- run whose results stood
  reason TEXT -- in the words of who withdrew it
)""",
        *build_guards("withdrawals"),
    )
    record_checksums(database)


@MIGRATIONS(name="0006_one_order_of_case_quarters")
def drop_order_by_quarter(database: Database) -> None:
    """Rows of cases in one order: the other took as much room and served a few scans a run."""
    _execute_statements(database, "DROP INDEX case_quarters_quarter")


@MIGRATIONS(name="0007_last_visit_by_day")
def order_visits_by_day(database: Database) -> None:
    """The last visit to a case is that of the last day, whenever its workbook came in."""
    _execute_statements(
        database,
        "DROP VIEW open_cases",
        """
CREATE VIEW open_cases AS -- Cases to work on: targets of the newest run without a closing outcome.
  SELECT c.number, c.county, c.code, c.name, c.opened_quarter, q.quarter, q.state, q.tier, q.note,
         v.outcome AS last_outcome, v.visited_on, v.who, v.remark
  FROM case_quarters q JOIN cases c ON c.id = q.case_id
  LEFT JOIN (
    SELECT *, row_number() OVER (PARTITION BY case_id ORDER BY day DESC, id DESC) AS place FROM (
      SELECT *, coalesce(visited_on, max(visited_on) OVER (PARTITION BY case_id ORDER BY id)) AS day
      FROM visits WHERE outcome <> 'retracted'
        AND id NOT IN (SELECT takes_back FROM visits WHERE takes_back IS NOT NULL))
  ) v ON v.case_id = c.id AND v.place = 1
  LEFT JOIN outcomes o ON o.code = v.outcome
  WHERE q.quarter = (SELECT max(quarter) FROM quarters) AND q.state IN ('new', 'carried', 'reopened')
    AND (q.state = 'reopened' AND v.quarter < q.quarter OR coalesce(o.closes_case, 0) = 0)
  ORDER BY c.id""",
    )


APPEND_ONLY = ("imports", "said", "visits", "exports", "acceptances", "withdrawals")


def build_guards(table: str) -> tuple[str, str]:
    """Return the triggers that make ``table`` append-only."""
    return (
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
        f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    )
