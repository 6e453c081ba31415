"""A new linkage model from what a workspace holds: its latest extracts and people's decisions."""

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from gapmatch.errors import StoreError
from gapmatch.i18n import _
from gapmatch.ledger.decisions import resolve_decisions
from gapmatch.ledger.entries import load_decisions, load_visits
from gapmatch.linkage import Linkage, Model, link
from gapmatch.linkage.levels import LADDERS
from gapmatch.pipeline import Memory, Rows, standardise
from gapmatch.schemas import ENROLLMENT_ROWS, TAX_ROWS
from gapmatch.settings.load import Settings
from gapmatch.standardise import add_aliases, find_home_division
from gapmatch.store.runs import Store


@dataclass(frozen=True)
class Trained:
    """A new model next to the one in use, and what each makes of the same extracts.

    ``decided``: decision (``same``, ``different``, …) to number of pairs that the model learned
    from.
    """

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
    settled = resolve_decisions(firms, units, memory.decisions)
    with_used = link(firms, units, used, settings.linkage, settled)
    version = f"{quarter}, {settled.height}"
    model = replace(with_used.model, version=version)
    with_new = link(firms, units, model, settings.linkage, settled)
    decided = {
        str(d): int(n) for d, n in settled.group_by("decision").len().sort("decision").rows()
    }
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
