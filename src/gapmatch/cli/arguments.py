"""Values as users type them: quarters, and files by name, pattern or folder."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from gapmatch.cli.usage_messages import UsageError, suggest_names
from gapmatch.errors import InputError
from gapmatch.i18n import _

_QUARTER = re.compile(
    r"((?:19|2\d)\d\d)\s*[-/.年]?\s*第?\s*(?:Q\s*([1-4])|([1-4一二三四])\s*季度?|([1-4]))"
)
_CHINESE = {"一": "1", "二": "2", "三": "3", "四": "4"}


def find_quarter(text: str) -> str | None:
    """Return the quarter that ``text`` names in any usual spelling as ``2022Q4``, or ``None``."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    match = _QUARTER.fullmatch(plain)
    if match is None:
        return None
    number = match[2] or match[3] or match[4]
    return f"{match[1]}Q{_CHINESE.get(number, number)}"


def parse_quarter(text: str) -> str:
    """Return the quarter that ``text`` names; raise ``UsageError`` with what may be meant."""
    quarter = find_quarter(text)
    if quarter is not None:
        return quarter
    year = re.search(r"(?:19|20)\d\d", unicodedata.normalize("NFKC", text))
    four = _("、").join(f"{year[0]}Q{number}" for number in range(1, 5)) if year else ""
    raise UsageError(
        _("看不懂季度：{text}").format(text=text),
        _("是不是：{names}？").format(names=four)
        if four
        else _("请写成 2022Q4 的样子（也可写 2022年第4季度）。"),
    )


ENGINES = ("local", "spark")


def parse_engine(text: str) -> Literal["local", "spark"]:
    """Return the engine that ``text`` names; raises ``UsageError`` with those that there are."""
    plain = text.strip().lower()
    if plain == "local":
        return "local"
    if plain == "spark":
        return "spark"
    raise UsageError(
        _("没有这种引擎：{text}").format(text=text),
        suggest_names(plain, ENGINES) or _("可以是 local 或 spark。"),
    )


def expand_files(given: Sequence[str]) -> list[Path]:
    """Return the files that ``given`` names, each once; raise ``InputError`` if there is none."""
    from gapmatch.read.files import find_files

    return list(dict.fromkeys(find_files(expand_sources(given))))


def expand_sources(given: Sequence[str]) -> list[Path]:
    """Return the files and folders that ``given`` names, patterns spelt out."""
    return list(dict.fromkeys(path for text in given for path in _expand(text)))


def parse_tiers(text: str) -> str:
    """Return the tiers that ``text`` names, ``AB`` for ``a、b``; raise ``UsageError`` if none."""
    tiers = "".join(dict.fromkeys(re.sub(r"[\s,，、]", "", text).upper()))
    if not tiers or set(tiers) - set("ABC"):
        raise UsageError(
            _("没有这一层级：{text}").format(text=text),
            _("层级是 A、B、C，可写几个，如 AB。见 gapmatch slips --help"),
        )
    return tiers


def choose_list(tax: Sequence[str] | None, verify: Sequence[str] | None) -> Sequence[str]:
    """Return the files of ``--tax`` or of ``--verify``; raise ``UsageError`` unless of one."""
    if tax and verify:
        raise UsageError(
            _("--tax 和 --verify 只能给一个"),
            _(
                "核查上级下发的名单用 --verify，找未参保企业用 --tax；两件事请用两个工作区。见 "
                "gapmatch run --help"
            ),
        )
    if not (chosen := tax or verify):
        raise UsageError(
            _("没有给出税务清册"),
            _("请用 --tax 指明文件；核查上级下发的名单用 --verify。见 gapmatch run --help"),
        )
    return chosen


def _expand(text: str) -> list[Path]:
    path = Path(text).expanduser()
    files = [path] if path.exists() else _expand_pattern(path)
    if not files:
        raise _build_not_found_error(path)
    return files


def _expand_pattern(pattern: Path) -> list[Path]:
    """Return what a pattern matches; the Windows shell leaves patterns to the program."""
    from gapmatch.read.files import is_temporary_file

    if not set("*?[") & set(str(pattern)):
        return []
    paths = sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))
    return [path for path in paths if path.is_file() and not is_temporary_file(path)]


def _build_not_found_error(path: Path) -> InputError:
    siblings = sorted(file.name for file in path.parent.iterdir()) if path.parent.is_dir() else None
    if siblings is None:
        remedy = _("文件夹也不存在：{folder}").format(folder=path.parent)
    else:
        remedy = suggest_names(path.name, siblings, cutoff=0.6) or _("请检查文件名和所在文件夹。")
    return InputError(_("找不到文件：{path}").format(path=path), remedy, file=path)
