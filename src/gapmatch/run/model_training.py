"""Models learned from a workspace: the linkage from decisions, the ranking from visits.

``linkage`` and ``rank/training.py`` fit; here past quarters are put together, and the ranking's
file is written and read.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from gapmatch.activity.amounts import scale_amounts
from gapmatch.activity.estimate import estimate_activity
from gapmatch.activity.operates import build_operates_features
from gapmatch.errors import GapmatchError, SettingsError, StoreError
from gapmatch.i18n import _
from gapmatch.ledger.decisions import resolve_decisions
from gapmatch.ledger.entries import load_decisions, load_visits
from gapmatch.ledger.visit_effects import resolve_visit_effects, select_last_outcomes
from gapmatch.linkage import Linkage, Model, link
from gapmatch.linkage.levels import LADDERS
from gapmatch.pipeline import Memory, Rows, standardise
from gapmatch.private_files import replace_private_file
from gapmatch.rank.expected import add_factors, build_enrolls_features
from gapmatch.rank.targets import select_candidates
from gapmatch.rank.training import TrainedRanking, train
from gapmatch.schemas import ENROLLMENT_ROWS, TAX_ROWS
from gapmatch.settings.load import Settings
from gapmatch.settings.ranking import EnrollsScorecard, OperatesScorecard
from gapmatch.standardise.sides_of_extracts import add_aliases, find_home_division
from gapmatch.store.runs import Store


@dataclass(frozen=True)
class Trained:
    """A new model next to the one in use; ``decided``: pairs by decision that it learned from."""

    quarter: str
    model: Model
    used: Model
    with_new: Linkage
    with_used: Linkage
    firms: int
    decided: dict[str, int]

    def differences(self) -> pl.DataFrame:
        """Return match weights in bits: comparison, level, before, now; most changed first."""
        rows = [
            (comparison, level, float(old), float(new))
            for comparison, levels in LADDERS.items()
            for level, old, new in zip(
                levels,
                self.used.weights(comparison, self.firms),
                self.model.weights(comparison, self.firms),
                strict=True,
            )
        ]
        frame = pl.DataFrame(rows, schema=["comparison", "level", "before", "now"], orient="row")
        change = (pl.col("now") - pl.col("before")).abs().round(6)
        return frame.sort(change, "comparison", "level", descending=[True, False, False])


def train_linkage(store: Store, settings: Settings, used: Model) -> Trained:
    """Refine ``used`` on the latest quarter's extracts and all decisions.

    The extracts are taken from the store, so that their files may be gone. Raises ``StoreError``
    if no quarter is held. The same store gives the same model.
    """
    quarter = store.find_latest_quarter()
    if quarter is None:
        raise StoreError(_("库中还没有任何季度的结果。"), _("请先运行 gapmatch run。"))
    frames = store.results(quarter)
    memory = Memory(load_decisions(store.db), load_visits(store.db))
    firms, units = _standardise_sides(frames["firms"], frames["units"], memory)
    manual = resolve_decisions(firms, units, memory.decisions)
    with_used = link(firms, units, used, settings.linkage, manual)
    version = f"{quarter}, {manual.height}"
    model = replace(with_used.model, version=version)
    with_new = link(firms, units, model, settings.linkage, manual)
    decided = {str(d): int(n) for d, n in manual.group_by("decision").len().sort("decision").rows()}
    return Trained(quarter, model, used, with_new, with_used, firms.height, decided)


def _standardise_sides(
    firms: pl.DataFrame, units: pl.DataFrame, memory: Memory
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Standardise the stored rows anew: what only the linkage works with is not stored."""
    rows = Rows(firms.select(*TAX_ROWS.columns), units.select(*ENROLLMENT_ROWS.columns))
    fresh, unit_side = standardise(rows, memory)
    known = firms.select("firm", pl.col("aliases").alias("alias")).explode("alias")
    # The names that the registration knows are among them.
    home = find_home_division(rows.tax)
    firm_side = add_aliases(fresh, known.drop_nulls("alias"), home)
    return firm_side.filter(pl.col("duplicate_of").is_null()), unit_side


def build_model_path(workspace: Path, quarter: str) -> Path:
    """Return the default path of the model of ``quarter``."""
    return workspace / "models" / f"linkage-{quarter}.json"


FORMAT_VERSION = 1


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
    """Return what visits teach, compared with the scorecards; raise if they are too few."""
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
    replace_private_file(path, (text + "\n").encode())


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
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
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


def load_visited_quarters(store: Store, settings: Settings) -> Iterator[PastQuarter]:
    """Yield every quarter held whose list was visited, oldest first."""
    visits = load_visits(store.db)
    for quarter in store.quarters():
        own = visits.filter(pl.col("quarter") == quarter)
        if own.is_empty():
            continue
        frames = store.results(quarter)
        firms = frames["firms"]
        before = visits.filter(pl.col("quarter") < quarter)
        earlier = resolve_visit_effects(firms, before, quarter, settings.ranking.recheck_quarters)
        activity = estimate_activity(firms, quarter, settings, earlier)
        yield PastQuarter(
            quarter, firms, activity, frames["gaps"], earlier, select_last_outcomes(firms, own)
        )
