"""``Database`` of sqlite-utils, loaded without pandas.

It imports pandas if that is installed, to write numpy's types, which nothing here does: 0.4 s of
every command for those who have the notebooks' extra.
"""

import sys

_PANDAS = "pandas"

_is_free = _PANDAS not in sys.modules
if _is_free:
    sys.modules[_PANDAS] = None  # type: ignore[assignment]  # an import of it fails, as if absent
try:
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations
finally:
    if _is_free:
        del sys.modules[_PANDAS]

__all__ = ["Database", "Migrations"]
