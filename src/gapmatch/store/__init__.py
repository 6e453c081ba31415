"""The ledger of a workspace: runs, decisions, visits and cases in one SQLite database."""

from gapmatch.store.cases import CasePlan
from gapmatch.store.compare import changes_since_last, diff_quarters
from gapmatch.store.diff import Difference, change_words
from gapmatch.store.effects import effects_for
from gapmatch.store.import_reviews import import_reviews
from gapmatch.store.import_visits import import_visits
from gapmatch.store.imports import ImportReport
from gapmatch.store.ledger import Pair, Said
from gapmatch.store.lock import Holder, writer
from gapmatch.store.progress import CaseFilter, county_progress, list_cases
from gapmatch.store.purge import Purged, purge
from gapmatch.store.resolve import aliases_for, decisions_for
from gapmatch.store.review import names_of, pair_of, review_queue, say, take_back
from gapmatch.store.runs import InputFile, RunRecord, Store, utc_now
from gapmatch.store.safety import Finding, backup, doctor, restore

__all__ = [
    "CaseFilter",
    "CasePlan",
    "Difference",
    "Finding",
    "Holder",
    "ImportReport",
    "InputFile",
    "Pair",
    "Purged",
    "RunRecord",
    "Said",
    "Store",
    "aliases_for",
    "backup",
    "change_words",
    "changes_since_last",
    "county_progress",
    "decisions_for",
    "diff_quarters",
    "doctor",
    "effects_for",
    "import_reviews",
    "import_visits",
    "list_cases",
    "names_of",
    "pair_of",
    "purge",
    "restore",
    "review_queue",
    "say",
    "take_back",
    "utc_now",
    "writer",
]
