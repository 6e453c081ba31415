"""Results of a run as they are published: plain frames and dicts, which know no stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from gapmatch.results.listed_rows import ListedRows


@dataclass(frozen=True)
class PublishInput:
    """Results of one run. Frames have the columns of ``gapmatch.schemas``; more are welcome.

    ``links`` may carry ``part_…`` columns (parts of the match weight) and ``targets`` may carry
    ``priority_…`` columns: both go into the CSV files, the former into the review sheets too.

    ``run_info`` becomes ``run.json``. These keys are shown to readers if present:
    ``run_id``, ``version``, ``finished`` (texts); ``inputs`` (list of dicts with ``side``,
    ``file``, ``sha256``, ``rows``); ``settings``; ``timings`` (stage to seconds); ``counts`` (per
    side a dict with ``read``, ``duplicates``, ``refused``); ``warnings`` (list of Chinese
    sentences); ``quality`` (``false_gaps`` and ``missed_gaps``, each a dict with ``value``,
    ``low``, ``high``); ``profile`` (side → a list of dicts as of ``run.column_profile``).

    ``changes`` has the changes since the last quarter: columns ``kind``, ``change`` (String, for
    officials) and ``firms`` (integer), in the order to show. ``totals`` is the way from its
    uninsured firms to this quarter's: ``line``, ``status``, ``firms`` (signed), which add up.

    ``progress`` has the progress of visits: one row per ``county`` with ``targets``, ``visited``,
    ``closed``, ``enrolled`` (firms), ``persons`` (newly insured), ``refused``, ``overdue``.

    ``part_labels`` names the parts of the match weight for officials: ``{"name": "名称"}`` for a
    column ``part_name``.
    """

    quarter: str
    firms: pl.DataFrame
    units: pl.DataFrame
    links: pl.DataFrame
    gaps: pl.DataFrame
    targets: pl.DataFrame
    defects: pl.DataFrame
    run_info: Mapping[str, Any] = field(default_factory=dict)
    changes: pl.DataFrame | None = None
    totals: pl.DataFrame | None = None
    progress: pl.DataFrame | None = None
    part_labels: Mapping[str, str] = field(default_factory=dict)
    unfinished: pl.DataFrame | None = None
    """The ledger's cases that are neither closed nor found insured (UNFINISHED)."""
    figures: pl.DataFrame | None = None
    """FIGURES of the quarter (``quarter_figures``), as its store and ``run.json`` have them."""
    figures_before: pl.DataFrame | None = None
    """FIGURES of the quarter before, as they were when it was run."""
    drawn_rates: tuple[str, pl.DataFrame] | None = None
    """The newest earlier quarter whose firms drawn by lot were visited, and the rates they give."""
    listed: ListedRows | None = None
    """The tax list as it stands in its files, if it is one to verify."""

    @classmethod
    def from_frames(
        cls,
        quarter: str,
        frames: Mapping[str, pl.DataFrame],
        **more: Any,  # noqa: ANN401 - the other fields
    ) -> PublishInput:
        """Return the results whose frames have the names that the store knows them by."""
        names = ("firms", "units", "links", "gaps", "targets", "defects")
        given: dict[str, Any] = {name: frames[name] for name in names}
        return cls(quarter, **given, **more)

    def complete_frames(self) -> PublishInput:
        """Return the same results with every promised column present and of its type."""
        from gapmatch.schemas import DEFECTS, FIRMS, GAPS, LINKS, TARGETS, UNITS

        return replace(
            self,
            firms=FIRMS.complete(self.firms),
            units=UNITS.complete(self.units),
            links=LINKS.complete(self.links),
            gaps=GAPS.complete(self.gaps),
            targets=TARGETS.complete(self.targets),
            defects=DEFECTS.complete(self.defects),
        )


@dataclass(frozen=True)
class PublishOptions:
    """How to publish."""

    with_contacts: bool = False
    """County workbooks show phones and persons in full; everywhere else they stay masked."""

    with_table_books: bool = False
    """Write ``gaps``, ``links`` and ``targets`` as workbooks too, in which Excel cuts no codes."""

    processes: int | None = None
    """Processes that write workbooks; None: as many as pay."""
