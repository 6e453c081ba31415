"""The extracts of the committed sample."""

from pathlib import Path

from gapmatch.run.quarter_run import Sources

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
REGISTRY = SAMPLE / "2022Q4" / "市场主体登记.csv"


def sources_of(quarter: str) -> Sources:
    """Return both sides of a quarter of the sample, and the registration, which does not change."""
    folder = SAMPLE / quarter
    return Sources([folder / "正常纳税企业清册.xlsx"], [folder / "参保单位.csv"], [REGISTRY])
