"""Metadata for Datasette: what ``config/explore.toml`` says of a workspace's database."""

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any

from gapmatch.i18n import get_language
from gapmatch.resources import load_toml
from gapmatch.schemas import INSURED_STATUSES
from gapmatch.sqlite import Database
from gapmatch.vocabulary.labels import list_labels, list_status_labels

DATABASE = "gapmatch"

_LATEST = "(SELECT max(quarter) FROM quarters)"
_BEFORE = f"(SELECT max(quarter) FROM quarters WHERE quarter < {_LATEST})"
_INSURED = ", ".join(f"'{status}'" for status in INSURED_STATUSES if status != "lapsed")

_load_texts = cache(lambda: load_toml("explore.toml"))


def list_queries() -> dict[str, dict[str, str]]:
    """Return the ready queries: name to title and SQL; their columns are named for officials."""
    words = {code: f'"{word}"' for code, word in list_labels("query_column").items()}
    words |= {
        "latest": _LATEST,
        "before": _BEFORE,
        "insured": _INSURED,
        "status_words": _label_code("status", list_status_labels()),
        "status_words_now": _label_code("now.status", list_status_labels()),
        "kind_words": _label_code("kind", list_labels("kind")),
    }
    return {
        name: {"title": _get_text(query), "sql": query["sql"].format(**words)}
        for name, query in _load_texts()["queries"].items()
    }


def _label_code(column: str, words: Mapping[str, str]) -> str:
    """Return SQL that translates a machine name into words."""
    cases = " ".join(f"WHEN '{name}' THEN '{word}'" for name, word in words.items())
    return f"CASE {column} {cases} END"


def _get_text(entry: Mapping[str, Any], key: str = "title") -> str:
    return str(entry[f"{key}_en" if get_language() == "en" else key])


def explore_metadata(database: Database) -> dict[str, Any]:
    """Return Datasette's metadata for the tables and views that ``database`` holds."""
    shown = {*database.table_names(), *database.view_names()}
    return {
        "title": _get_text(_load_texts()),
        "description": _get_text(_load_texts(), "description"),
        "extra_css_urls": ["/look/explore.css"],
        "databases": {
            DATABASE: {
                "title": _get_text(_load_texts(), "database"),
                "description_html": _render_contents(shown),
                "tables": {name: _describe_table(database, name) for name in sorted(shown)},
                "queries": list_queries(),
            }
        },
    }


def _render_contents(shown: set[str]) -> str:
    """Return the tables by their titles, as links: Datasette's own list knows their names only."""
    links = (
        f'<li><a href="/{DATABASE}/{name}">{escape(_get_text(table))}</a></li>'
        for name, table in _load_texts()["tables"].items()
        if name in shown
    )
    return f'<ul class="contents">{"".join(links)}</ul>'


def _describe_table(database: Database, name: str) -> dict[str, Any]:
    sql = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()[0]
    columns = [column.name for column in database[name].columns]
    comments = {
        **dict(re.findall(r"^  (\w+) .*?-- (.*)$", sql, re.MULTILINE)),
        **list_labels("explored_column"),
    }
    table = _load_texts()["tables"].get(name, {"title": name, "title_en": name})
    facts: dict[str, Any] = {
        "title": _get_text(table),
        "columns": {column: comments[column] for column in columns if column in comments},
        "facets": [facet for facet in table.get("facets", ()) if facet in columns],
        "size": 50,
    }
    if (sort := table.get("largest_first")) in columns:
        facts["sort_desc"] = sort
    return facts
