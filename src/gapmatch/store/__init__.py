"""The ledger of a workspace: runs, decisions, visits and cases in one SQLite database."""

from gapmatch.store.runs import InputFile, RunRecord, Store, utc_now

__all__ = ["InputFile", "RunRecord", "Store", "utc_now"]
