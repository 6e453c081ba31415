"""Metadata for Datasette: what it shows of a workspace.

Titles, units of columns, facets and ready queries in Chinese. A column without words of its own is
explained by the comment in the database's schema.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from gapmatch.explore.table_texts import list_column_texts, list_queries, list_table_texts
from gapmatch.sqlite import Database

DATABASE = "gapmatch"

_FACETS: Mapping[str, tuple[str, ...]] = {
    "firms": ("quarter", "county", "status", "tier", "kind"),
    "units": ("quarter", "county"),
    "links": ("quarter", "decision", "relation"),
    "current_gaps": ("county", "status", "tier"),
    "cases": ("county", "opened_quarter"),
    "case_quarters": ("quarter", "state", "tier"),
    "visits": ("quarter", "outcome"),
    "outcomes": ("stage", "effect"),
    "runs": ("quarter", "version"),
    "verdicts": ("quarter", "verdict"),
}
_LARGEST_FIRST = {"firms": "priority", "current_gaps": "expected_new_enrollees", "links": "weight"}
"""SQLite puts what is missing last in this order only."""


def explore_metadata(database: Database) -> dict[str, Any]:
    """Return Datasette's metadata for the tables and views that ``database`` holds."""
    shown = {*database.table_names(), *database.view_names()}
    return {
        "title": list_table_texts()["title"],
        "description": list_table_texts()["description"],
        "extra_css_urls": ["/look/explore.css"],
        "databases": {
            DATABASE: {
                "title": list_table_texts()["database"],
                "description_html": _render_contents(shown),
                "tables": {name: _describe_table(database, name) for name in sorted(shown)},
                "queries": list_queries(),
            }
        },
    }


def _render_contents(shown: set[str]) -> str:
    """Return the tables by their titles, as links: Datasette's own list knows their names only."""
    titles = [(name, title) for name, title in list_table_texts().items() if name in shown]
    links = (f'<li><a href="/{DATABASE}/{name}">{escape(title)}</a></li>' for name, title in titles)
    return f'<ul class="contents">{"".join(links)}</ul>'


def _describe_table(database: Database, name: str) -> dict[str, Any]:
    sql = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()[0]
    columns = [column.name for column in database[name].columns]
    comments = {**_parse_comments(sql), **list_column_texts()}
    facts: dict[str, Any] = {
        "title": list_table_texts().get(name, name),
        "columns": {column: comments[column] for column in columns if column in comments},
        "facets": [facet for facet in _FACETS.get(name, ()) if facet in columns],
        "size": 50,
    }
    if (sort := _LARGEST_FIRST.get(name)) in columns:
        facts["sort_desc"] = sort
    return facts


def _parse_comments(sql: str) -> dict[str, str]:
    """Return column to the comment behind it in a ``CREATE TABLE`` statement."""
    return dict(re.findall(r"^  (\w+) .*?-- (.*)$", sql, re.MULTILINE))
