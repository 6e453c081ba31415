"""Status texts of the lists that no known word explains: they decide nothing, and are named."""

import polars as pl

from gapmatch.schemas import LINES
from gapmatch.settings.ranking import StatusWords
from gapmatch.vocabulary.notes import Note
from gapmatch.vocabulary.status_words import match_meaning

_MAX_TEXTS = 3


def find_unknown_statuses(
    firms: pl.DataFrame, units: pl.DataFrame, words: StatusWords
) -> list[Note]:
    """Return a note per list with texts of no known meaning: the most frequent, and their rows.

    ``firms`` is FIRMS, ``units`` UNITS; a column that a list lacks counts as blank.
    """
    payment = [f"{line}_status" for line in LINES]
    lists = (
        ("unknown_firm_statuses", firms, "firm", ["status", "registry_status"], words.words),
        ("unknown_unit_statuses", units, "unit", payment, words.payment),
    )
    notes = []
    for code, frame, key, columns, known in lists:
        texts = frame.unpivot(
            [c for c in columns if c in frame.columns], index=key, value_name="text"
        ).drop_nulls("text")
        unknown = texts.filter(match_meaning("text", known).is_null())
        if unknown.is_empty():
            continue
        by_text = unknown.group_by("text").agg(pl.col(key).n_unique().alias("rows"))
        most = by_text.sort("rows", "text", descending=[True, False]).head(_MAX_TEXTS)
        facts = {"count": unknown[key].n_unique(), "texts": most["text"].to_list()}
        notes.append(Note(code, facts))
    return notes
