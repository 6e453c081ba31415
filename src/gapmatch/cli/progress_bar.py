"""The bar on the terminal: the stage at work, how much is done, how much time is left."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn
from rich.text import Text

from gapmatch.api.stage_durations import (
    estimate_total,
    format_duration,
    stage_labels,
    sum_earlier_shares,
)
from gapmatch.i18n import _


class TimeLeft(ProgressColumn):
    """The time that is left, counted down between stages; at first the time elapsed."""

    def render(self, task: Task) -> Text:
        """Return the words for ``task``."""
        end = task.fields.get("end")
        if end is None:
            return Text(_("已用 {time}").format(time=format_duration(task.elapsed or 0.0)))
        return Text(_("约剩 {time}").format(time=format_duration(end - time.monotonic())))


class StageBar:
    """An observer that moves a bar as stages begin; gone from the screen when the work is over."""

    def __init__(self, console: Console) -> None:
        self._labels = stage_labels()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30, complete_style="cyan", finished_style="cyan"),
            TaskProgressColumn(markup=False, text_format="{task.percentage:>3.0f}%"),
            TimeLeft(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task(_("准备"), total=1.0)
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def begin(self, stage: str) -> None:
        """Move the bar to the beginning of ``stage``."""
        share = sum_earlier_shares(stage)
        if share == 0:
            self._started = time.monotonic()  # earlier progress does not predict the rest
        total = estimate_total(time.monotonic() - self._started, share)
        self._progress.update(
            self._task,
            completed=share,
            description=self._labels.get(stage, stage),
            end=None if total is None else self._started + total,
        )
