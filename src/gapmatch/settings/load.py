"""Settings: the knowledge in ``config/*.toml`` overlaid by a workspace's ``gapmatch.toml``.

Read once into frozen objects and passed as arguments. Each section of the settings is a model, with
the values of ``config/ranking.toml``, ``statuses.toml`` and ``policies.toml`` or its own; a
workspace overrides single values under the same names.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

from gapmatch.errors import SettingsError, describe_os_error
from gapmatch.i18n import _
from gapmatch.resources import load_toml
from gapmatch.settings.base import SettingsSection
from gapmatch.settings.gate_thresholds import GateSettings
from gapmatch.settings.ranking import (
    ActivitySettings,
    Capacity,
    GapSettings,
    PoliciesSettings,
    RankingSettings,
    StatusWords,
    check_counties,
)
from gapmatch.settings.reading import ReadSettings
from gapmatch.workspace_files import SETTINGS_NAME

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


MAX_NAME_PARTS = 200
"""Maximum number of points in a line; a name of 50,000 parts took a minute and a half."""
SIDES = ("tax", "enrollment", "registry")


PRICES = ("price_false_gap", "price_missed_gap", "price_review", "review_budget")
"""The settings of ``[linkage]`` that decide between match, review and none."""


class LinkageSettings(SettingsSection):
    """Prices and budgets that the linkage's thresholds follow from."""

    price_false_gap: float = Field(default=3.0, gt=0)
    price_missed_gap: float = Field(default=1.0, gt=0)
    price_review: float = Field(default=0.1, gt=0)
    review_budget: int = Field(default=300, ge=0, le=10_000_000)
    candidates_per_unit: int = Field(default=12, ge=1, le=1_000)
    batch_pairs: int = Field(default=100_000, ge=1_000, le=200_000_000)
    """Pairs compared at once: less takes less memory."""
    model: str | None = Field(default=None, min_length=1, pattern=r"^[^\x00-\x1f]+$")
    """Path of a model file made by ``gapmatch train``; null: the shipped model."""


class RunSettings(SettingsSection):
    """Checkpoints and files of long runs."""

    checkpoint_firms: int = Field(default=200_000, ge=0)
    """From so many rows of the tax list on, a run stores its finished stages until it ends."""
    max_csv_rows: int = Field(default=300_000, ge=1)
    """Tables of more rows are written as Parquet, with a CSV for every county."""


class SparkSettings(SettingsSection):
    """How ``run --engine spark`` uses a cluster."""

    rows_a_task: int = Field(default=50_000, ge=1_000, le=200_000_000)
    """Rows that a task works on at once: less takes less memory of each worker."""
    store_firms: int = Field(default=2_000_000, ge=0)
    """Maximum rows of the tax list for store and workbooks; beyond, results are Parquet only."""
    conf: Mapping[str, str] = {}
    """Settings of Spark's own, such as ``"spark.executor.memory" = "8g"``."""


class DeskSettings(SettingsSection):
    """What ``gapmatch desk`` accepts from the browser."""

    max_upload_mb: int = Field(default=500, ge=1, le=100_000)
    """Megabytes (of 1,000,000 bytes) of one file."""


class Settings(SettingsSection):
    """Everything that can be set; ``gapmatch init`` writes a commented file of it."""

    language: Literal["zh", "en"] = "zh"
    tax_list: Literal["discover", "verify"] = "discover"
    read: ReadSettings = ReadSettings()
    linkage: LinkageSettings = LinkageSettings()
    run: RunSettings = RunSettings()
    spark: SparkSettings = SparkSettings()
    desk: DeskSettings = DeskSettings()
    statuses: StatusWords = StatusWords()
    gap: GapSettings = GapSettings()
    gate: GateSettings = GateSettings()
    activity: ActivitySettings = ActivitySettings()
    ranking: RankingSettings = RankingSettings()
    capacity: Capacity = Field(default={"default": 40})
    policies: PoliciesSettings = PoliciesSettings()
    columns: Mapping[str, Mapping[str, list[str]]] = {}
    """Extra headers: ``[columns.tax]``, ``name = ["我的列名"]``."""
    entry_words: Mapping[Literal["outcome", "verdict"], Mapping[str, list[str]]] = {}
    """Extra words in returned workbooks: ``[entry_words.outcome]``, ``enrolled = ["办好了"]``."""

    def apply_missed_share(self, share: float) -> "Settings":
        """Return the settings with ``share`` of missed firms, if it exceeds the set one."""
        gap = self.gap.model_copy(
            update={"missed_link_share": max(self.gap.missed_link_share, share)}
        )
        return self.model_copy(update={"gap": gap})

    @field_validator("columns")
    @classmethod
    def _check_sides(
        cls, columns: Mapping[str, Mapping[str, list[str]]]
    ) -> Mapping[str, Mapping[str, list[str]]]:
        for side in columns:
            if side not in SIDES:
                raise ValueError(
                    _("没有这一来源：{side}，只有 {sides}").format(
                        side=side, sides=_("、").join(SIDES)
                    )
                )
        return columns

    @field_validator("capacity")
    @classmethod
    def _check_counties(cls, capacity: Capacity) -> Capacity:
        return check_counties(capacity)


def load_workspace_settings(workspace: Path) -> Settings:
    """Return the settings that hold in ``workspace``; raise as ``load_settings``."""
    return load_settings(workspace / SETTINGS_NAME)


def load_settings(workspace_file: Path | None = None) -> Settings:
    """Return the shipped settings under ``workspace_file``; raise ``SettingsError`` for faults."""
    sections = {name: load_toml(f"{name}.toml") for name in ("statuses", "policies")}
    shipped = load_toml("ranking.toml") | sections
    overrides = _read_toml(workspace_file) if workspace_file and workspace_file.exists() else {}
    try:
        return Settings.model_validate(
            _merge_settings(shipped, _add_words(overrides, sections["statuses"]))
        )
    except ValidationError as error:
        from gapmatch.privacy import mask_numbers  # slow, and rarely wanted

        raise SettingsError(*map(mask_numbers, _explain(error, workspace_file))) from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        text = drop_empty_repeats(path.read_text(encoding="utf-8-sig"))
        _refuse_deep_keys(text)
        return tomllib.loads(text)
    except OSError as error:
        raise describe_os_error(error, path, SettingsError) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            _("设置文件不是 UTF-8 编码：{path}").format(path=path),
            _("请在记事本里另存为，编码选 UTF-8，再重新运行。"),
        ) from error
    except (ValueError, RecursionError) as error:
        _refuse_repeats(text, path)
        raise SettingsError(
            _("设置文件无法读取：{path}：{error}").format(path=path, error=error),
            _("请按 TOML 语法修改该处，或把该文件改名后运行 gapmatch init 重新生成。"),
        ) from error


def _refuse_deep_keys(text: str) -> None:
    """Raise ``ValueError`` for a name of very many parts: reading it takes their square."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > MAX_NAME_PARTS and not line.lstrip().startswith("#"):
            raise ValueError(_("第 {line} 行的名称太长").format(line=number))


def drop_empty_repeats(text: str) -> str:
    """Return ``text`` with the headers of empty sections as comments if they stand elsewhere too.

    ``init`` writes empty sections; one that is pasted from a message or a page is the one that
    counts. Lines keep their numbers; a text that is right as it is stays.
    """
    lines = text.splitlines(keepends=True)
    repeats = [n for name, n in _locate_lines(lines).items() if name[0] == "[" and len(n) > 1]
    if not repeats or _is_toml(text):
        return text
    for numbers in repeats:
        filled = [n for n in numbers if _is_filled(lines[n:])]
        for number in set(numbers) - set(filled or numbers[-1:]):
            lines[number - 1] = f"# {lines[number - 1]}"
    return "".join(lines)


def _is_toml(text: str) -> bool:
    try:
        _refuse_deep_keys(text)
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _locate_lines(lines: Sequence[str]) -> dict[str, list[int]]:
    """Return the lines of each section, ``[columns.tax]``, and setting, ``columns.tax.name``."""
    section: tuple[str, ...] = ()
    places: dict[str, list[int]] = {}
    for number, line in enumerate(lines, 1):
        if header := _SECTION.match(line):
            section = _split_name(header[1])
            places.setdefault(f"[{'.'.join(section)}]", []).append(number)
        elif setting := _SETTING.match(line):
            name = ".".join((*section, *_split_name(setting[1])))
            places.setdefault(name, []).append(number)
    return places


def _is_filled(below: Sequence[str]) -> bool:
    """Whether the first line below a header that is neither blank nor a comment is a setting."""
    first = next((line for line in map(str.strip, below) if line and line[0] != "#"), "[")
    return not first.startswith("[")


def _refuse_repeats(text: str, path: Path) -> None:
    """Raise ``SettingsError`` for the first section or setting of a broken file that repeats."""
    for name, numbers in _locate_lines(text.splitlines()).items():
        if len(numbers) > 1:
            first, again = numbers[:2]
            remedy = (
                _("请把第 {again} 行下面的设置移到第 {first} 行下面，再删去第 {again} 行。")
                if name.startswith("[")
                else _("两行只留一行：第 {first} 行或第 {again} 行。")
            )
            raise SettingsError(
                _("设置文件里 {name} 写了两次，在第 {first} 行和第 {again} 行：{path}").format(
                    name=name, first=first, again=again, path=path
                ),
                remedy.format(first=first, again=again),
            )


def _add_words(overrides: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``overrides`` with the ``known`` status words behind its own, which come first.

    A word that the workspace gives a meaning has no other.
    """
    given = overrides.get("statuses")
    if not isinstance(given, Mapping):
        return overrides
    statuses = dict(given)
    for section, shipped in known.items():
        own = given.get(section)
        if section == "scope" or not isinstance(own, Mapping):
            continue
        listed = {meaning: words for meaning, words in own.items() if isinstance(words, list)}
        taken = [word for words in listed.values() for word in words]
        rest = {m: [w for w in words if w not in taken] for m, words in shipped.items()}
        added = {m: [*words, *rest.get(m, ())] for m, words in listed.items()}
        statuses[section] = {**rest, **own, **added}
    return {**overrides, "statuses": statuses}


def _merge_settings(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        nested = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[name] = _merge_settings(below, value) if nested else value  # type: ignore[arg-type]
    return merged


def _explain(error: ValidationError, file: Path | None) -> tuple[str, str]:
    """Return all that is wrong, each fault with its line, and what was probably meant."""
    lines = _locate_settings(file) if file and file.exists() else {}
    faults = [_word_fault(fault, lines) for fault in error.errors()]
    names = sorted(set(_list_names(Settings)))
    misspelt = [str(f["loc"][-1]) for f in error.errors() if f["type"] == "extra_forbidden"]
    close = [name for word in misspelt for name in get_close_matches(word, names, n=3)]
    hint = (
        _("是不是：{names}？").format(names=_("、").join(dict.fromkeys(close)))
        if close
        else _("请改正后重新运行。")
    )
    place = file or "config"
    if len(faults) == 1:
        return _("设置有误（{file}）：{what}").format(file=place, what=faults[0]), hint
    message = _("设置有 {count} 处错误（{file}）：").format(count=len(faults), file=place)
    return "\n".join([message, *(f"- {fault}" for fault in faults)]), hint


def _word_fault(fault: "ErrorDetails", lines: Mapping[tuple[str, ...], int]) -> str:
    path = tuple(str(part) for part in fault["loc"])
    where, what = ".".join(path), _describe_fault(fault)
    for length in range(len(path), 0, -1):
        if line := lines.get(path[:length]):
            return _("第 {line} 行 {where}：{what}").format(line=line, where=where, what=what)
    return _("{where}：{what}").format(where=where, what=what)


def _locate_settings(file: Path) -> dict[tuple[str, ...], int]:
    """Return the first line of each section and setting of a TOML file."""
    section: tuple[str, ...] = ()
    lines: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1):
        if header := _SECTION.match(line):
            section = _split_name(header[1])
            lines.setdefault(section, number)
        elif setting := _SETTING.match(line):
            path = (*section, *_split_name(setting[1]))
            for end in range(1, len(path) + 1):  # ``ranking.lines.pension = 1`` opens two sections
                lines.setdefault(path[:end], number)
    return lines


def _split_name(name: str) -> tuple[str, ...]:
    return tuple(part.strip(" \t\"'") for part in name.split("."))


_SECTION = re.compile(r"^\s*\[+([^\[\]]+)\]+")
_SETTING = re.compile(
    r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)


def _describe_fault(fault: "ErrorDetails") -> str:
    """Return pydantic's message in plain words; its own if there are none."""
    kind, limits = fault["type"], {k: str(v) for k, v in fault.get("ctx", {}).items()}
    if kind == "value_error":
        return fault["msg"].removeprefix("Value error, ")
    if kind == "literal_error":
        choices = limits["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return _("只能是 {choices}").format(choices=_("、").join(choices))
    for start, text in _list_fault_messages().items():
        if kind.startswith(start):
            return text.format(**limits)
    return fault["msg"]


def _list_fault_messages() -> dict[str, str]:
    """Return the beginning of a kind of fault to its words, the longer ones first."""
    return {
        "greater_than_equal": _("不能小于 {ge}"),
        "greater_than": _("应大于 {gt}"),
        "less_than_equal": _("不能大于 {le}"),
        "less_than": _("应小于 {lt}"),
        "int_": _("应为整数"),
        "float_": _("应为数字"),
        "bool_": _("应为 true 或 false"),
        "date_": _("应为日期，如 2022-12-31"),
        "string_too": _("文字太短或太长"),
        "string_pattern": _("文字中有不能用的字符"),
        "string_": _("应为引号中的文字"),
        "too_": _("个数不对"),
        "finite_": _("应为数字"),
        "tuple_": _('应为方括号中的列表，如 ["名称"]'),
        "list_": _('应为方括号中的列表，如 ["名称"]'),
        "dict_": _("应为一节，如 [linkage]"),
        "mapping_": _("应为一节，如 [linkage]"),
        "model_": _("应为一节，如 [linkage]"),
        "missing": _("缺少这一设置"),
        "extra_forbidden": _("没有这一设置"),
    }


def _list_names(model: type[BaseModel]) -> list[str]:
    names: list[str] = []
    for name, field in model.model_fields.items():
        names.append(name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names += _list_names(field.annotation)
    return names
