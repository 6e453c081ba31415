"""The prefectures that are shown: the demonstration's, and the small one in ``data/sample``."""

from pathlib import Path

from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import make_prefecture
from gapmatch.synth.write import QuarterFiles, write_extracts

SAMPLE_PLAN = Plan(seed=13, firms=300, prefectures=("520400",), public_share=0.12)
"""What ``data/sample`` holds."""


def write_demo(folder: Path, firms: int = 23_500, seed: int = 1) -> dict[str, QuarterFiles]:
    """Invent a prefecture with two quarters, write it in the standard layout, return the paths."""
    return write_extracts(make_prefecture(Plan(seed=seed, firms=firms)), folder)


def write_sample(folder: Path) -> dict[str, QuarterFiles]:
    """Write what ``data/sample`` holds into ``folder`` and return the paths."""
    return write_extracts(make_prefecture(SAMPLE_PLAN), folder)
