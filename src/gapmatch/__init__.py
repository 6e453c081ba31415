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
        import_returns,
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
    "import_returns",
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

_MODULES = {
    "api.extract_recognition": "recognise",
    "api.frame_linkage": "link",
    "api.operations": "check check_quarter compare evaluate explain run_quarter withdraw",
    "api.papers": "copy_templates write_cases write_slips",
    "api.quarter_files": "list_quarter_files log_file_export write_table_books",
    "api.returns": "find_corrections import_returns import_reviews import_visits list_imports"
    " undo_import",
    "api.reviews": "find_last_decision load_review_queue record_decision retract_decision",
    "api.setting_changes": "assign_entry_words assign_headers set_prices",
    "api.what_if": "estimate_settings",
    "api.workspace": "Workspace open_workspace sample_workspace",
    "errors": "GapmatchError",
}
"""Module to the public names that it has; ``open`` and ``charts`` are named otherwise there."""


def __getattr__(name: str) -> Any:  # noqa: ANN401
    from importlib import import_module

    if name == "charts":
        return import_module("gapmatch.api.charts")
    wanted = "open_workspace" if name == "open" else name
    for module, names in _MODULES.items():
        if wanted in names.split():
            return getattr(import_module(f"gapmatch.{module}"), wanted)
    raise AttributeError(f"module 'gapmatch' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
