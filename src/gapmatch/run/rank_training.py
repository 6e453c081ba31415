"""From visits in the ledger to a model of the ranking, and from its file back into settings.

``rank/train.py`` fits; here past quarters are put together and the model's file is written and
read.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from gapmatch.activity import build_operates_features
from gapmatch.activity.amounts import scale_amounts
from gapmatch.errors import GapmatchError, SettingsError
from gapmatch.i18n import _
from gapmatch.private_files import write_private_file
from gapmatch.rank.expected import add_factors, build_enrolls_features
from gapmatch.rank.targets import select_candidates
from gapmatch.rank.training import TrainedRanking, train
from gapmatch.settings.load import Settings
from gapmatch.settings.ranking import EnrollsScorecard, OperatesScorecard

FORMAT_VERSION = 1
FILE_NAME = "ranking_model.json"


@dataclass(frozen=True)
class PastQuarter:
    """A quarter as the store holds it.

    ``firms``, ``activity``, ``gaps`` as the stages returned them; ``earlier``: the last visits
    known then (as ``estimate_activity`` takes them, or None); ``visits``: what visits of this
    quarter's list found: firm, outcome, new_insured (persons; the column may be missing).
    """

    quarter: str
    firms: pl.DataFrame
    activity: pl.DataFrame
    gaps: pl.DataFrame
    earlier: pl.DataFrame | None
    visits: pl.DataFrame


def learn_ranking(quarters: Iterable[PastQuarter], settings: Settings) -> TrainedRanking:
    """Return what the visits of ``quarters`` teach, compared with the scorecards of ``settings``.

    Raises ``GapmatchError`` if scikit-learn is missing or the visits are too few.
    """
    rows = [select_visited_rows(quarter, settings) for quarter in quarters]
    if not rows:
        raise GapmatchError(_("还没有走访结果"), _("请先导入走访表：gapmatch visits import"))
    cards = {"operates": settings.activity.operates, "enrolls": settings.ranking.enrolls}
    try:
        return train(pl.concat(rows), cards)
    except ModuleNotFoundError as error:
        raise GapmatchError(
            _("学习排序需要 scikit-learn，本机没有安装"),
            _("请安装附加组件 gapmatch[learn]；在仓库里：pip install -r requirements/learn.txt"),
        ) from error


def select_visited_rows(past: PastQuarter, settings: Settings) -> pl.DataFrame:
    """Return a row per visited target: outcome, features and expected headcount (see ``train``)."""
    amounts = scale_amounts(past.firms, past.quarter)
    operates = build_operates_features(past.firms, amounts, past.earlier, settings)
    targets = add_factors(select_candidates(past.firms, past.gaps, past.activity), settings.ranking)
    visits = (
        past.visits
        if "new_insured" in past.visits.columns
        else past.visits.with_columns(new_insured=pl.lit(None, pl.Float64))
    )
    return (
        visits.select("firm", "outcome", pl.col("new_insured").cast(pl.Float64))
        .join(targets.select("firm", "factor_headcount"), on="firm")
        .join(operates.rename(lambda c: c if c == "firm" else f"operates:{c}"), on="firm")
        .join(
            build_enrolls_features(targets).rename(lambda c: c if c == "firm" else f"enrolls:{c}"),
            on="firm",
        )
        .with_columns(quarter=pl.lit(past.quarter))
        .sort("firm")
    )


def write_model(path: Path, learned: TrainedRanking) -> None:
    """Write the model as JSON: the same visits give the same bytes."""
    content: dict[str, Any] = {
        "format": FORMAT_VERSION,
        "adopted": learned.adopted,
        "figures": dict(learned.figures),
        **{part: card.model_dump() for part, card in learned.cards.items()},
    }
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
    write_private_file(path, (text + "\n").encode())


def replace_scorecards(settings: Settings, path: Path) -> Settings:
    """Return ``settings`` with the model of ``path`` in the place of the scorecards.

    Unchanged if there is no file, if the model was not adopted or if ``[ranking] model``
    is ``scorecard``. Raises ``SettingsError`` for a file that is damaged or of another version.
    """
    if settings.ranking.model == "scorecard" or not path.is_file():
        return settings
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT_VERSION:
            raise ValueError(
                _("版本为 {found}，应为 {format}").format(
                    found=content["format"], format=FORMAT_VERSION
                )
            )
        operates = OperatesScorecard.model_validate(content["operates"])
        enrolls = EnrollsScorecard.model_validate(content["enrolls"])
        adopted = bool(content["adopted"])
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise SettingsError(
            _("排序模型文件无法使用：{path}：{error}").format(path=path, error=error),
            _("请重新运行 gapmatch rank train，或删除该文件，改用评分卡。"),
        ) from error
    if not adopted:
        return settings
    return settings.model_copy(
        update={
            "activity": settings.activity.model_copy(update={"operates": operates}),
            "ranking": settings.ranking.model_copy(update={"enrolls": enrolls}),
        }
    )
