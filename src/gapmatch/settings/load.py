"""Settings: the knowledge in ``config/*.toml`` overlaid by a workspace's ``gapmatch.toml``.

Read once into frozen objects and passed as arguments. Each section of the settings is a model here;
``config/linkage.toml`` fills ``[linkage]``, ``config/ranking.toml`` fills ``[ranking]``, and so on,
and a workspace overrides single values under the same names.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

from gapmatch.errors import SettingsError
from gapmatch.i18n import _
from gapmatch.resources import find_config_file
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

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


SIDES = ("tax", "enrollment", "registry")


class LinkageSettings(SettingsSection):
    """Prices and budgets that the linkage's thresholds follow from."""

    price_false_gap: float = Field(default=3.0, gt=0)
    price_missed_gap: float = Field(default=1.0, gt=0)
    price_review: float = Field(default=0.1, gt=0)
    review_budget: int = Field(default=300, ge=0)
    candidates_per_unit: int = Field(default=12, ge=1)
    batch_pairs: int = Field(default=500_000, ge=1_000)
    """Pairs compared at once: less takes less memory."""
    model: str | None = None
    """Path of a model file made by ``gapmatch train``; null: the shipped model."""


class RunSettings(SettingsSection):
    """Checkpoints of long runs."""

    checkpoint_firms: int = Field(default=200_000, ge=0)
    """From so many rows of the tax list on, a run stores its finished stages until it ends."""


class SparkSettings(SettingsSection):
    """How ``run --engine spark`` uses a cluster."""

    rows_a_task: int = Field(default=50_000, ge=1_000)
    """Rows that a task works on at once: less takes less memory of each worker."""
    store_firms: int = Field(default=2_000_000, ge=0)
    """Up to so many rows of the tax list, results go into the store and workbooks too, not to Parquet alone."""
    conf: Mapping[str, str] = {}
    """Settings of Spark's own, such as ``"spark.executor.memory" = "8g"``."""


class Settings(SettingsSection):
    """Everything that can be set; ``gapmatch init`` writes a commented file of it."""

    language: Literal["zh", "en"] = "zh"
    tax_list: Literal["discover", "verify"] = "discover"
    read: ReadSettings = ReadSettings()
    linkage: LinkageSettings = LinkageSettings()
    run: RunSettings = RunSettings()
    spark: SparkSettings = SparkSettings()
    statuses: StatusWords = StatusWords()
    gap: GapSettings = GapSettings()
    gate: GateSettings = GateSettings()
    activity: ActivitySettings = ActivitySettings()
    ranking: RankingSettings = RankingSettings()
    capacity: Capacity = Field(default={"default": 40})
    policies: PoliciesSettings = PoliciesSettings()
    columns: Mapping[str, Mapping[str, list[str]]] = {}
    """Extra headers: ``[columns.tax]``, ``name = ["我的列名"]``."""

    def apply_missed_share(self, share: float) -> "Settings":
        """Return the settings with ``share`` of enrolled firms missed, if it exceeds the one set."""
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


SETTINGS_NAME = "gapmatch.toml"


def load_workspace_settings(workspace: Path) -> Settings:
    """Return the settings that hold in ``workspace``.

    Raises ``SettingsError`` as ``load_settings``.
    """
    return load_settings(workspace / SETTINGS_NAME)


def load_settings(workspace_file: Path | None = None) -> Settings:
    """Return the shipped settings, overlaid by ``workspace_file`` if it exists.

    Raises ``SettingsError`` with the file, the name and the nearest right names.
    """
    shipped = {
        section: _read_toml(find_config_file(f"{section}.toml"))
        for section in ("linkage", "statuses", "policies")
        if find_config_file(f"{section}.toml").exists()
    } | _read_toml(find_config_file("ranking.toml"))
    own = _read_toml(workspace_file) if workspace_file and workspace_file.exists() else {}
    try:
        return Settings.model_validate(_merge_settings(shipped, own))
    except ValidationError as error:
        raise SettingsError(*_explain(error, workspace_file)) from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(
            _("设置文件不是 UTF-8 编码：{path}").format(path=path),
            _("请在记事本里另存为，编码选 UTF-8，再重新运行。"),
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            _("设置文件无法读取：{path}：{error}").format(path=path, error=error),
            _("请按 TOML 语法修改该处，或删除该文件后运行 gapmatch init 重新生成。"),
        ) from error


def _merge_settings(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        nested = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[name] = _merge_settings(below, value) if nested else value  # type: ignore[arg-type]
    return merged


def _explain(error: ValidationError, file: Path | None) -> tuple[str, str]:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    message = _("设置有误（{file}）：{where}：{what}").format(
        file=file or "config", where=where, what=_describe_fault(first)
    )
    misspelt = str(first["loc"][-1]) if first["type"] == "extra_forbidden" else ""
    close = get_close_matches(misspelt, sorted(set(_list_names(Settings))), n=3)
    hint = (
        _("是不是：{names}？").format(names=_("、").join(close))
        if close
        else _("请改正后重新运行。")
    )
    return message, hint


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
        "string_": _("应为引号中的文字"),
        "date_": _("应为日期，如 2022-12-31"),
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
