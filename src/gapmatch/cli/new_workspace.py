"""A run in a folder without a ledger: meant, or a misspelt ``--workspace``?"""

import re
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from gapmatch.errors import StoreError
from gapmatch.i18n import _
from gapmatch.workspace_files import DATABASE_NAME, SETTINGS_NAME

_DIGITS = re.compile(r"\d+")
MIN_LIKENESS = 0.75
"""Likeness (difflib's ratio) of a name and its misspelling: two letters of nine swapped."""


def refuse_misspelt_workspace(workspace: Path) -> None:
    """Raise ``StoreError`` if a folder that is not there is probably a misspelt workspace.

    It lies inside a workspace, or next to one whose name is nearly its own. Other names are made by
    a run, with ``find_new_ledger_warning``: a second ledger is seldom meant, but it may be.
    """
    if workspace.exists():
        return
    place = workspace.absolute()
    near = [
        folder
        for folder in _list_near_workspaces(workspace)
        if folder in place.parents or _is_nearly(place.name, folder.name)
    ]
    if near:
        names = _("、").join(folder.name for folder in near)
        raise StoreError(
            _("没有这个工作区：{path}；旁边已有工作区：{names}").format(path=place, names=names),
            _("确实要另建一个台账的，请先运行 gapmatch init {path}").format(path=workspace),
        )


def _is_nearly(name: str, other: str) -> bool:
    """Whether ``name`` may be ``other`` misspelt; names that differ in numbers only are not."""
    if _DIGITS.sub("", name) == _DIGITS.sub("", other):
        return False
    return bool(get_close_matches(name, [other], cutoff=MIN_LIKENESS))


def find_new_ledger_warning(workspace: Path) -> str | None:
    """Return a warning if a ledger begins, without settings, next to one or inside one."""
    if any((workspace / name).exists() for name in (DATABASE_NAME, SETTINGS_NAME)):
        return None
    near = _list_near_workspaces(workspace)
    if not near:
        return None
    text = _("{path} 里还没有台账，将新建一个；旁边已有工作区：{names}，以往的走访和认定都在那里")
    names = _("、").join(folder.name for folder in near)
    return text.format(path=workspace.absolute(), names=names)


def _list_near_workspaces(workspace: Path) -> list[Path]:
    """Return the folders with a ledger above ``workspace``, then those next to it, by name."""
    place = workspace.absolute()
    siblings: list[Path] = []
    with suppress(OSError):
        siblings = sorted(place.parent.iterdir())
    candidates = (*place.parents, *(folder for folder in siblings if folder != place))
    return [folder for folder in candidates if _has_ledger(folder)]


def _has_ledger(folder: Path) -> bool:
    """Whether a quarter was run in ``folder``; one that may not be looked into has none."""
    try:
        return (folder / DATABASE_NAME).is_file()
    except OSError:
        return False
