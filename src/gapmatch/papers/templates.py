"""Paths of the Word templates: the workspace's own, else those that came with gapmatch."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from gapmatch.i18n import _, get_language
from gapmatch.resources import find_config_file


def list_template_files() -> Mapping[str, str]:
    """Return template to the name of its file in a workspace, in the current language."""
    return {
        "reply": _("复函.docx"),
        "slip": _("走访单.docx"),
        "notice": _("告知书.docx"),
        "unit_letter": _("参保提示函.docx"),
    }


def find_template(name: str, workspace: Path | None) -> Path:
    """Return the workspace's own template if it has one, else the one that came with gapmatch."""
    if workspace is None:
        return _find_shipped(name)
    own = find_templates_folder(workspace) / list_template_files()[name]
    return own if own.is_file() else _find_shipped(name)


def copy_templates(workspace: Path) -> list[Path]:
    """Copy the templates that are not there yet into the workspace; return the new files."""
    folder = find_templates_folder(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, file in list_template_files().items():
        if not (folder / file).exists():
            shutil.copyfile(_find_shipped(name), folder / file)
            written.append(folder / file)
    return written


def find_templates_folder(workspace: Path) -> Path:
    """Return the folder of the workspace's own templates, in the current language."""
    return workspace / _("模板")


def _find_shipped(name: str) -> Path:
    return find_config_file(f"papers/{name}.{get_language()}.docx")
