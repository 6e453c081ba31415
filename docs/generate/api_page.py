"""The page ``docs/api.md``, written from the code itself: ``python docs/generate/api_page.py``."""

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gapmatch
from gapmatch import __all__ as public_names
from gapmatch import charts
from gapmatch.api.frame_linkage import link
from gapmatch.api.workspace import Workspace, open_workspace, sample_workspace
from gapmatch.schemas import DEFECTS, FIRMS, UNITS, Table, load_tables

OPERATIONS = (
    *("recognise", "assign_headers", "check", "check_quarter"),
    *("run_quarter", "import_returns", "import_visits", "import_reviews"),
    *("undo_import", "assign_entry_words", "set_prices"),
    *("list_imports", "find_corrections"),
    *("load_review_queue", "record_decision", "retract_decision", "find_last_decision"),
    *("compare", "evaluate", "explain", "write_slips", "copy_templates", "write_cases"),
    *("list_quarter_files", "write_table_books", "log_file_export", "estimate_settings"),
    "withdraw",
)
"""What the commands do, in the order of a quarter."""

_HEAD = """\
# The public API

<!-- Written from the code by `python docs/generate/api_page.py docs/api.md`; edit the docstrings and
`config/frames.csv`, not this page. -->

For analysts. Charts need the extra `charts`, notebooks `notebooks`, and `gapmatch explore` needs `explore`:
`pip install -r requirements/notebooks.txt -r requirements/explore.txt`. The five notebooks in `notebooks/` use nothing else than this page.

```python
import gapmatch
from gapmatch import charts

workspace = gapmatch.open("workspace")     # a folder in which `gapmatch run` was run
gaps = workspace.gaps("2022Q4")            # a polars frame; the latest quarter where none is given
charts.gaps_by_county(gaps)                # an Altair chart
```

Frames are polars frames whose columns are listed below; more columns may follow them. Persons and phones
are masked. Errors that a user can put right are `gapmatch.GapmatchError` and say what to do. Public names:
{names}. Everything else may change.
"""


def page() -> str:
    """Return the page as Markdown."""
    functions = [
        _entry("gapmatch.open", open_workspace),
        _entry("gapmatch.link", link),
        _entry("gapmatch.sample_workspace", sample_workspace),
        *(_entry(f"gapmatch.{name}", getattr(gapmatch, name)) for name in OPERATIONS),
    ]
    methods = [
        _entry(f"Workspace.{name}", method)
        for name, method in vars(Workspace).items()
        if inspect.isfunction(method) and not name.startswith("_")
    ]
    drawn = [_entry(f"charts.{name}", getattr(charts, name)) for name in charts.__all__]
    head = _HEAD.format(names=", ".join(f"`{name}`" for name in public_names))
    parts = [head, "## Functions", *functions, "## Workspace", *methods, "## Charts", *drawn]
    public = [t for t in load_tables().values() if t.meaning and t.name.islower()]
    tables = ["## Columns", *map(_table, (*public, DEFECTS, FIRMS, UNITS))]
    return "\n\n".join(part.strip() for part in [*parts, *tables]) + "\n"


def _entry(name: str, function: Callable[..., Any]) -> str:
    signature = str(inspect.signature(function)).replace("'", "").replace("(self, ", "(")
    signature = re.sub(r"\(self\)", "()", signature).replace("polars.dataframe.frame.", "pl.")
    signature = re.sub(r"\b(?:pathlib|gapmatch\.\w+|collections\.abc)\.", "", signature)
    signature = signature.replace(" = .)", ' = ".")')
    text = inspect.getdoc(function) or ""
    return f"### {name}\n\n```python\n{name}{signature}\n```\n\n{text.replace('``', '`')}"


def _table(table: Table) -> str:
    rows = "\n".join(
        f"| `{name}` | {column.dtype} | {column.meaning.replace('|', chr(92) + '|')} |"
        for name, column in table.columns.items()
        if name not in _LONG
    )
    meaning = table.meaning.replace("``", "`")
    return f"### {table.name}\n\n{meaning}\n\n| column | type | meaning |\n|---|---|---|\n{rows}"


_LONG = ("alias_parts", "other_codes")
"""Columns whose type would fill a page, and that only the linkage reads."""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8", newline="\n")
