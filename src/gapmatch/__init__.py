"""Find the firms that pay tax but insure no one, and rank them for visits.

For analysts: ``gapmatch.open("workspace")`` gives a quarter's results as polars frames,
``gapmatch.api.charts`` draws them, ``gapmatch.link`` links two frames in memory. ``docs/api.md``
describes every name and column. The names below are loaded when first used, so that importing stays
fast.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gapmatch.api import charts
    from gapmatch.api.extract_recognition import recognise
    from gapmatch.api.frame_linkage import link
    from gapmatch.api.operations import (
        check,
        check_quarter,
        compare,
        evaluate,
        explain,
        run_quarter,
        withdraw,
    )
    from gapmatch.api.papers import copy_templates, write_cases, write_slips
    from gapmatch.api.quarter_files import list_quarter_files, log_file_export, write_table_books
    from gapmatch.api.returns import (
        find_corrections,
        import_reviews,
        import_visits,
        list_imports,
        undo_import,
    )
    from gapmatch.api.reviews import (
        find_last_decision,
        load_review_queue,
        record_decision,
        retract_decision,
    )
    from gapmatch.api.setting_changes import assign_entry_words, assign_headers, set_prices
    from gapmatch.api.what_if import estimate_settings
    from gapmatch.api.workspace import Workspace, sample_workspace
    from gapmatch.api.workspace import open_workspace as open
    from gapmatch.errors import GapmatchError

__version__ = "0.1.0"

__all__ = [
    "GapmatchError",
    "Workspace",
    "__version__",
    "assign_entry_words",
    "assign_headers",
    "charts",
    "check",
    "check_quarter",
    "compare",
    "copy_templates",
    "estimate_settings",
    "evaluate",
    "explain",
    "find_corrections",
    "find_last_decision",
    "import_reviews",
    "import_visits",
    "link",
    "list_imports",
    "list_quarter_files",
    "load_review_queue",
    "log_file_export",
    "open",
    "recognise",
    "record_decision",
    "retract_decision",
    "run_quarter",
    "sample_workspace",
    "set_prices",
    "undo_import",
    "withdraw",
    "write_cases",
    "write_slips",
    "write_table_books",
]

_HOME = {
    "GapmatchError": ("gapmatch.errors", "GapmatchError"),
    "Workspace": ("gapmatch.api.workspace", "Workspace"),
    "charts": ("gapmatch.api.charts", ""),
    **{
        name: ("gapmatch.api.operations", name)
        for name in (
            *("check", "check_quarter", "compare", "evaluate", "explain"),
            *("run_quarter", "withdraw"),
        )
    },
    **{
        name: ("gapmatch.api.papers", name)
        for name in ("copy_templates", "write_cases", "write_slips")
    },
    **{
        name: ("gapmatch.api.returns", name)
        for name in (
            *("find_corrections", "import_reviews", "import_visits", "list_imports"),
            "undo_import",
        )
    },
    **{
        name: ("gapmatch.api.reviews", name)
        for name in (
            *("find_last_decision", "load_review_queue", "record_decision", "retract_decision"),
        )
    },
    **{
        name: ("gapmatch.api.quarter_files", name)
        for name in ("list_quarter_files", "log_file_export", "write_table_books")
    },
    **{
        name: ("gapmatch.api.setting_changes", name)
        for name in ("assign_entry_words", "assign_headers", "set_prices")
    },
    "recognise": ("gapmatch.api.extract_recognition", "recognise"),
    "estimate_settings": ("gapmatch.api.what_if", "estimate_settings"),
    "link": ("gapmatch.api.frame_linkage", "link"),
    "open": ("gapmatch.api.workspace", "open_workspace"),
    "sample_workspace": ("gapmatch.api.workspace", "sample_workspace"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME:
        raise AttributeError(f"module 'gapmatch' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _HOME[name]
    home = import_module(module)
    return getattr(home, attribute) if attribute else home


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
