"""A run in a folder without a ledger: meant, or a misspelt ``--workspace``?"""

from contextlib import suppress
from pathlib import Path

from gapmatch.cli.usage_messages import suggest_names
from gapmatch.errors import StoreError
from gapmatch.i18n import _

_DATABASE, _SETTINGS = "gapmatch.db", "gapmatch.toml"


def refuse_misspelt_workspace(workspace: Path) -> None:
    """Raise ``StoreError`` if a folder that is not there lies next to a workspace or inside one.

    Where there is no workspace near, a run makes its folder: nothing can have been meant instead.
    """
    if workspace.exists():
        return
    near = _list_near_workspaces(workspace)
    if near:
        names = [folder.name for folder in near]
        raise StoreError(
            _("没有这个工作区：{path}；旁边已有工作区：{names}").format(
                path=workspace.absolute(), names=_("、").join(names)
            ),
            "\n".join(
                line
                for line in (
                    suggest_names(workspace.name, names),
                    _("确实要另建一个台账的，请先运行 gapmatch init {path}").format(path=workspace),
                )
                if line
            ),
        )


def find_new_ledger_warning(workspace: Path) -> str | None:
    """Return a warning if a ledger begins in a folder that lies next to one or inside one.

    A folder with settings was made on purpose.
    """
    if any((workspace / name).exists() for name in (_DATABASE, _SETTINGS)):
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
        return (folder / _DATABASE).is_file()
    except OSError:
        return False
