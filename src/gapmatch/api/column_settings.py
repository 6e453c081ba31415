"""Headers of a workspace's own, written into its ``gapmatch.toml``.

The file is a person's: comments, order and line ends stay as they are. One setting is changed in
its text, and the text is put in place only if it then reads as intended.
"""

import codecs
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gapmatch.errors import InputError, SettingsError, wrap_os_errors
from gapmatch.i18n import _
from gapmatch.private_files import make_private_file
from gapmatch.workspace_files import SETTINGS_NAME

MAX_HEADER_CHARACTERS = 200
_NEW_FILE = codecs.BOM_UTF8 + b"\r\n"
"""What a file that is not there yet begins with and ends its lines with, as by ``init``."""


def assign_headers(
    side: str, columns: Mapping[str, str], *, workspace: str | Path = "."
) -> dict[str, list[str]]:
    """Have the settings read headers as columns: ``{"我的列": "name"}``, or as ``"ignored"``.

    ``side``: tax, enrollment or registry. Written to ``[columns.<side>]`` of ``gapmatch.toml``,
    whole or not at all. Returns what stands there then. Raises ``InputError`` for a header that
    cannot be one, ``SettingsError`` for an unknown column and for a file that a program cannot
    change safely.
    """
    from gapmatch.read import Side  # noqa: PLC0415 - pages open quickly
    from gapmatch.read.knowledge import load_aliases  # noqa: PLC0415
    from gapmatch.settings.load import load_settings  # noqa: PLC0415

    path = Path(workspace) / SETTINGS_NAME
    load_settings(path)  # a file that is wrong already is not written to
    with wrap_os_errors(path, SettingsError):
        before = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    current = tomllib.loads(before)
    wanted = _merge_headers(current.get("columns", {}).get(side, {}), columns)
    load_aliases(Side(side), wanted)
    after = before
    for column in wanted:
        after = _set_headers(after, side, column, wanted[column])
    after = _drop_columns(after, side, set(current.get("columns", {}).get(side, {})) - set(wanted))
    _check_edit(current, after, side, wanted, path)
    _replace(path, after)
    return wanted


def _merge_headers(
    current: Mapping[str, list[str]], columns: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return column → headers; each assigned header stands under its new column alone, first."""
    from gapmatch.read.knowledge import normalise_header  # noqa: PLC0415 - as above

    assigned = {normalise_header(header) for header in columns}
    merged = {
        column: [header for header in headers if normalise_header(header) not in assigned]
        for column, headers in current.items()
    }
    for header, column in columns.items():
        if not normalise_header(header) or len(header) > MAX_HEADER_CHARACTERS:
            raise InputError(
                _("不能作为表头：{header}").format(header=header[:MAX_HEADER_CHARACTERS]),
                _("请在原表中改正表头。"),
            )
        merged[column] = [header, *merged.get(column, [])]
    return {column: headers for column, headers in merged.items() if headers}


def _set_headers(text: str, side: str, column: str, headers: list[str]) -> str:
    """Return the text with one setting replaced, or added at the beginning of its section."""
    line = f"{column} = {json.dumps(headers, ensure_ascii=False)}"
    section = _find_section(text, side)
    if section is None:
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}[columns.{side}]\n{line}\n"
    begin, end = section
    setting = _find_setting(text, begin, end, column)
    if setting is None:
        return f"{text[:begin]}{line}\n{text[begin:]}"
    return text[: setting.start()] + line + text[setting.end() :]


def _drop_columns(text: str, side: str, columns: set[str]) -> str:
    for column in sorted(columns):
        section = _find_section(text, side)
        setting = section and _find_setting(text, *section, column)
        if setting:
            text = text[: setting.start()] + text[setting.end() :].removeprefix("\n")
    return text


def _find_section(text: str, side: str) -> tuple[int, int] | None:
    """Return where the lines of ``[columns.<side>]`` begin and end."""
    header = re.search(rf"^[ \t]*\[columns\.{side}\][^\n]*(\n|\Z)", text, re.MULTILINE)
    if header is None:
        return None
    following = re.compile(r"""^[ \t]*\[+[\w. "'-]+\]+[ \t]*(#.*)?$""", re.MULTILINE)
    found = following.search(text, header.end())
    return header.end(), found.start() if found else len(text)


def _find_setting(text: str, begin: int, end: int, column: str) -> re.Match[str] | None:
    pattern = (
        rf"""^[ \t]*["']?{column}["']?[ \t]*=[ \t]*\[(?:"[^"\n]*"|'[^'\n]*'|[^\]"'])*\][^\n]*"""
    )
    return re.compile(pattern, re.MULTILINE).search(text, begin, end)


def _check_edit(
    current: Mapping[str, Any], after: str, side: str, wanted: Mapping[str, Any], path: Path
) -> None:
    """Raise ``SettingsError`` if the new text does not read as the old one with ``wanted``."""
    columns = {**current.get("columns", {}), side: dict(wanted)}
    try:
        is_as_intended = tomllib.loads(after) == {**current, "columns": columns}
    except tomllib.TOMLDecodeError:
        is_as_intended = False
    if not is_as_intended:
        lines = "\n".join(
            f"{column} = {json.dumps(headers, ensure_ascii=False)}"
            for column, headers in wanted.items()
        )
        raise SettingsError(
            _("设置文件的写法特殊，程序没有改动它：{path}").format(path=path),
            _("请自己写进去：\n\n[columns.{side}]\n{lines}").format(side=side, lines=lines),
        )


def _replace(path: Path, text: str) -> None:
    """Put the text in place at once, with the line ends and the byte order mark of the old one."""
    from gapmatch.settings.load import load_settings  # noqa: PLC0415 - as above

    new = path.with_name(f".{path.name}.new")
    with wrap_os_errors(path, SettingsError):
        old = path.read_bytes() if path.exists() else _NEW_FILE
        ends = "\r\n" if b"\r\n" in old else "\n"
        mark = codecs.BOM_UTF8 if old.startswith(codecs.BOM_UTF8) else b""
        make_private_file(new)
        try:
            new.write_bytes(mark + text.replace("\n", ends).encode())
            load_settings(new)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
