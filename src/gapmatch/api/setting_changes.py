"""Settings of a workspace's own, written into its ``gapmatch.toml``.

The file is a person's: comments, order and line ends stay as they are. Single settings are changed
in its text, and the text is put in place only if it then reads as intended.
"""

import codecs
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gapmatch.errors import InputError, SettingsError, wrap_os_errors
from gapmatch.i18n import _
from gapmatch.private_files import make_private_file
from gapmatch.workspace_files import SETTINGS_NAME

MAX_HEADER_CHARACTERS = 200
MAX_ENTRY_CHARACTERS = 60
_NEW_FILE = codecs.BOM_UTF8 + b"\r\n"
"""What a file that is not there yet begins with and ends its lines with, as by ``init``."""

Words = Mapping[str, Sequence[str]]
"""A setting to the texts that stand for it."""


def assign_headers(
    side: str, columns: Mapping[str, str | None], *, workspace: str | Path = "."
) -> dict[str, list[str]]:
    """Have the settings read headers as columns: ``{"我的列": "name"}``, or as ``"ignored"``.

    ``side``: tax, enrollment or registry. ``None``: as the program itself reads the header. Written
    to ``[columns.<side>]`` of ``gapmatch.toml``, whole or not at all. Returns what stands there
    then. Raises ``InputError`` for a header that cannot be one, ``SettingsError`` for an unknown
    column and for a file that a program cannot change safely.
    """
    wanted = plan_headers(side, columns, workspace=workspace)
    _write_section(workspace, ("columns", side), wanted)
    return wanted


def plan_headers(
    side: str, columns: Mapping[str, str | None], *, workspace: str | Path = "."
) -> dict[str, list[str]]:
    """Return what ``assign_headers`` would write; raises as it does."""
    from gapmatch.read import Side
    from gapmatch.read.knowledge import load_aliases, normalise_header

    for header in columns:
        if not normalise_header(header) or len(header) > MAX_HEADER_CHARACTERS:
            raise InputError(
                _("不能作为表头：{header}").format(header=header[:MAX_HEADER_CHARACTERS]),
                _("请在原表中改正表头。"),
            )
    current = _read_section(workspace, ("columns", side))
    wanted = _merge_words(current, columns, normalise_header)
    load_aliases(Side(side), wanted)
    return wanted


def list_own_headers(side: str, *, workspace: str | Path = ".") -> set[str]:
    """Return the headers that the settings themselves give a column of a source."""
    return {h for headers in _read_section(workspace, ("columns", side)).values() for h in headers}


def assign_entry_words(
    entry: str, words: Mapping[str, str], *, workspace: str | Path = "."
) -> dict[str, list[str]]:
    """Have imports read words of returned workbooks as choices: ``{"办好了": "enrolled"}``.

    ``entry``: ``outcome`` of a visit (codes of ``config/outcomes.csv``) or ``verdict`` of a pair
    (same, different, unsure). Written to ``[entry_words.<entry>]`` as ``assign_headers``. Returns
    what stands there then. Raises ``InputError`` for a word that cannot be one or a choice that is
    none, ``SettingsError`` for a file that a program cannot change safely.
    """
    from gapmatch.vocabulary.entry_words import fold_text

    for word in words:
        if not fold_text(word) or len(word) > MAX_ENTRY_CHARACTERS:
            raise InputError(
                _("不能作为填写的词：{word}").format(word=word[:MAX_ENTRY_CHARACTERS]),
                _("请在工作簿里改成可选项中的一个。"),
            )
    wanted = _merge_words(_read_section(workspace, ("entry_words", entry)), words, fold_text)
    check_entry_words({entry: wanted})
    _write_section(workspace, ("entry_words", entry), wanted)
    return wanted


def check_entry_words(words: Mapping[str, Words]) -> None:
    """Raise ``InputError`` if one of ``[entry_words]`` stands for a choice that there is not."""
    from gapmatch.vocabulary.labels import list_labels
    from gapmatch.vocabulary.outcomes import load_outcomes

    known = {"outcome": list(load_outcomes()), "verdict": list(list_labels("review_verdict"))}
    for entry, values in words.items():
        for value in values:
            if value not in known.get(entry, ()):
                raise InputError(
                    _("没有这一选项：[entry_words.{entry}] {value}").format(
                        entry=entry, value=value
                    ),
                    _("可选：{choices}").format(
                        choices=_("、").join(known.get(entry, list(known)))
                    ),
                )


def set_prices(prices: Mapping[str, float], *, workspace: str | Path = ".") -> None:
    """Write prices and the review budget to ``[linkage]``; they hold from the next run on.

    ``prices`` as of ``estimate_settings``. Raises ``InputError`` for a name that is no price,
    ``SettingsError`` for a price that cannot be and for a file that a program cannot change safely.
    """
    from gapmatch.settings.load import PRICES

    for name in prices:
        if name not in PRICES:
            raise InputError(
                _("没有这一项代价：{name}").format(name=name),
                _("可选：{choices}").format(choices=_("、").join(PRICES)),
            )
    typed = {n: int(p) if n == "review_budget" else float(p) for n, p in prices.items()}
    current = _read_section(workspace, ("linkage",))
    _write_section(workspace, ("linkage",), {**current, **typed})


def set_capacity(visits: Mapping[str, int | None], *, workspace: str | Path = ".") -> None:
    """Write visits a quarter to ``[capacity]``; they hold from the next run on.

    ``visits``: by county, ``default`` for those that are not named, ``total`` of all counties;
    ``None`` takes a line out. Raises ``SettingsError`` for a county that there is not, and for a
    file that a program cannot change safely.
    """
    merged = {**_read_section(workspace, ("capacity",)), **visits}
    wanted = {name: count for name, count in merged.items() if count is not None}
    _write_section(workspace, ("capacity",), wanted)


def _merge_words(
    current: Words, assigned: Mapping[str, str | None], fold: Callable[[str], str]
) -> dict[str, list[str]]:
    """Return value → words; each assigned word stands under its new value alone, first."""
    moved = {fold(word) for word in assigned}
    merged = {
        value: [word for word in words if fold(word) not in moved]
        for value, words in current.items()
    }
    for word, value in assigned.items():
        if value is not None:
            merged[value] = [word, *merged.get(value, [])]
    return {value: words for value, words in merged.items() if words}


def _read_section(workspace: str | Path, section: Sequence[str]) -> dict[str, Any]:
    """Return what stands in ``section`` of the file; a file that is wrong is not written to."""
    from gapmatch.settings.load import load_settings

    path = Path(workspace) / SETTINGS_NAME
    load_settings(path)
    held: dict[str, Any] = tomllib.loads(_read_text(path))
    for name in section:
        held = held.get(name, {})
    return held


def _write_section(
    workspace: str | Path, section: Sequence[str], wanted: Mapping[str, Any]
) -> None:
    """Have ``section`` hold the settings that are ``wanted``, and no others."""
    path = Path(workspace) / SETTINGS_NAME
    before = _read_text(path)
    current = _read_section(workspace, section)
    after, title = before, ".".join(section)
    for name, value in wanted.items():
        if current.get(name) != value:
            after = _set_value(after, title, name, value)
    for name in sorted(set(current) - set(wanted)):
        after = _drop_value(after, title, name)
    _check_edit(tomllib.loads(before), after, section, wanted, path)
    _replace(path, after)


def _read_text(path: Path) -> str:
    from gapmatch.settings.load import drop_empty_repeats

    with wrap_os_errors(path, SettingsError):
        return drop_empty_repeats(path.read_text(encoding="utf-8-sig")) if path.exists() else ""


def _set_value(text: str, section: str, name: str, value: Any) -> str:  # noqa: ANN401 - of TOML
    """Return the text with one setting replaced, or added at the beginning of its section."""
    key = name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name, ensure_ascii=False)
    line = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    place = _find_section(text, section)
    if place is None:
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}[{section}]\n{line}\n"
    begin, end = place
    setting = _find_setting(text, begin, end, name)
    if setting is None:
        gap = "" if text[:begin].endswith("\n") else "\n"
        return f"{text[:begin]}{gap}{line}\n{text[begin:]}"
    return text[: setting.start()] + line + text[setting.end() :]


def _drop_value(text: str, section: str, name: str) -> str:
    place = _find_section(text, section)
    setting = place and _find_setting(text, *place, name)
    if setting:
        return text[: setting.start()] + text[setting.end() :].removeprefix("\n")
    return text


def _find_section(text: str, section: str) -> tuple[int, int] | None:
    """Return where the lines of ``[section]`` begin and end."""
    header = re.search(rf"^[ \t]*\[{re.escape(section)}\][^\n]*(\n|\Z)", text, re.MULTILINE)
    if header is None:
        return None
    following = re.compile(r"""^[ \t]*\[+[\w. "'-]+\]+[ \t]*(#.*)?$""", re.MULTILINE)
    next_header = following.search(text, header.end())
    return header.end(), next_header.start() if next_header else len(text)


def _find_setting(text: str, begin: int, end: int, name: str) -> re.Match[str] | None:
    values = r"""(?:\[(?:"[^"\n]*"|'[^'\n]*'|[^\]"'])*\]|[\d.+_eE-]+)"""
    pattern = rf"""^[ \t]*["']?{name}["']?[ \t]*=[ \t]*{values}[^\n]*"""
    return re.compile(pattern, re.MULTILINE).search(text, begin, end)


def _check_edit(
    current: Mapping[str, Any],
    after: str,
    section: Sequence[str],
    wanted: Mapping[str, Any],
    path: Path,
) -> None:
    """Raise ``SettingsError`` if the new text does not read as the old one with ``wanted``."""
    try:
        is_as_intended = tomllib.loads(after) == _put(current, section, wanted)
    except tomllib.TOMLDecodeError:
        is_as_intended = False
    if not is_as_intended:
        lines = "\n".join(
            f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in wanted.items()
        )
        raise SettingsError(
            _("设置文件的写法特殊，程序没有改动它：{path}").format(path=path),
            _("请自己写进去：\n\n[{section}]\n{lines}").format(
                section=".".join(section), lines=lines
            ),
        )


def _put(
    settings: Mapping[str, Any], section: Sequence[str], wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """Return ``settings`` with ``section`` being what is ``wanted``."""
    if not section:
        return dict(wanted)
    name, *below = section
    return {**settings, name: _put(settings.get(name, {}), below, wanted)}


def _replace(path: Path, text: str) -> None:
    """Put the text in place at once, with the line ends and the byte order mark of the old one."""
    from gapmatch.settings.load import load_settings

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
