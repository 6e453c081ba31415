"""A newly trained model on the terminal: from what, how it differs, how to switch it on."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from gapmatch.explanation.link_parts import describe_level, list_part_labels
from gapmatch.i18n import _
from gapmatch.reports import Page, Section
from gapmatch.run.model_training import Trained

if TYPE_CHECKING:
    from gapmatch.rank.more_visits import MoreVisits
    from gapmatch.rank.training import TrainedRanking

MAX_LEVELS = 15


def build_linkage_page(trained: Trained, path: Path) -> Page:
    """Return what ``trained`` was learned from and how it differs from the model in use."""
    change = (pl.col("now") - pl.col("before")).abs()
    changed = trained.differences().filter(change >= 0.1).head(MAX_LEVELS)
    labels = list_part_labels()
    rows = [
        (labels[c], describe_level(c, level), f"{before:+.1f}", f"{now:+.1f}")
        for c, level, before, now in changed.rows()
    ]
    headings = (_("比对项"), _("情形"), _("现用模型"), _("新模型"))
    sections = [
        Section("", _list_basis(trained), ("", _("现用模型"), _("新模型"))),
        Section(_("分值变化最大的情形"), rows, headings),
    ]
    facts = {
        "model": path,
        "version": trained.model.version,
        "used_version": trained.used.version,
        "quarter": trained.quarter,
        "decisions": trained.decided,
        "used": dict(trained.with_used.summary),
        "new": dict(trained.with_new.summary),
        "weights": trained.differences().to_dicts(),
    }
    return Page([section for section in sections if section.rows], facts)


def _list_basis(trained: Trained) -> list[tuple[str, str, str]]:
    decision_counts = _("相同 {same}，不同 {different}").format(
        same=trained.decided.get("same", 0), different=trained.decided.get("different", 0)
    )
    used, new = trained.with_used.summary, trained.with_new.summary
    figures = (("matches", _("认定的链接")), ("reviews", _("待核实")))
    return [
        (_("版本"), trained.used.version, trained.model.version),
        (_("依据的季度"), "", trained.quarter),
        (_("依据的人工认定"), "", decision_counts),
        *((words, f"{used[name]:,}", f"{new[name]:,}") for name, words in figures),
    ]


def switch_on(path: Path, workspace: Path) -> list[str]:
    """Return how to use the model of ``path`` from the next run on."""
    try:
        named = path.resolve().relative_to(workspace.resolve()).as_posix()
    except ValueError:
        named = path.resolve().as_posix()
    return [
        _("新模型已写出：{path}（没有启用）").format(path=path.absolute()),
        _("要启用，请在 gapmatch.toml 中写：") + f'  [linkage]  model = "{named}"',
    ]


def build_ranking_page(learned: "TrainedRanking", path: Path) -> Page:
    """Return the comparison of a learned ranking with the scorecard on held-out quarters."""
    figures = learned.figures
    pairs = (
        ("captured", _("前三分之一走访触及的新增参保")),
        ("operates_log_loss", _("“在经营”的对数损失")),
        ("enrolls_log_loss", _("“会参保”的对数损失")),
        ("operates_calibration_error", _("“在经营”的概率误差")),
        ("enrolls_calibration_error", _("“会参保”的概率误差")),
    )
    rows = [
        (words, f"{figures[f'{name}_scorecard']:.3f}", f"{figures[name]:.3f}")
        for name, words in pairs
    ]
    basis = _("{visits} 次走访，其中 {held} 次用于检验（{quarters}）").format(
        visits=figures["visits"],
        held=figures["held_out_visits"],
        quarters=_("、").join(figures["held_out_quarters"]),
    )
    headings = (_("检验季度上的表现"), _("评分卡"), _("新模型"))
    facts = {"model": path, "adopted": learned.adopted, "figures": dict(figures)}
    return Page([Section("", [(_("依据"), basis)]), Section("", rows, headings)], facts)


def build_more_visits_page(more: "MoreVisits") -> Page:
    """Return what the planned and the added visits are expected to bring, in all and by county."""
    rows = [
        (words, visits, f"{persons:,.0f}", f"{persons / max(1, visits):.1f}")
        for words, visits, persons in (
            (_("本季走访名单"), more.planned, more.planned_persons),
            (_("再多走访"), more.added, more.added_persons),
        )
    ]
    headings = ("", _("走访家数"), _("预计新增参保人数"), _("每次走访"))
    counties = [
        (county, planned, added, f"{persons:,.0f}")
        for county, planned, added, persons in more.counties.rows()
    ]
    county_headings = (_("县区"), _("本季走访"), _("再多走访"), _("预计新增参保人数"))
    sections = [
        Section(_("多走访能多带来多少"), rows, headings),
        Section(_("多出的走访用在哪里最有成效"), counties, county_headings),
    ]
    return Page(sections, more.as_dict())
