"""Size classes by the standard of 2017."""

import polars as pl
import pytest

from gapmatch.activity.size_class import classify_sizes

CASES = [
    ("F52", 60, 6_000_000, "medium", "retail: 50 persons and 5 million"),
    ("F52", 60, 4_000_000, "small", "both limits must be reached"),
    ("F52", 9, 6_000_000, "micro", "ten persons for small"),
    ("F52", 60, None, "medium", "an unknown turnover does not decide"),
    ("B-D", 1000, 400_000_000, "large", "industry: 1,000 persons and 400 million"),
    ("A", 3, 600_000, "small", "farming is sized by turnover alone"),
    ("L", 12, 100, "small", "leasing: assets are not known, so persons decide"),
    (None, 12, 100, None, "the standard does not size it"),
]


@pytest.mark.parametrize(("sme", "persons", "yuan", "size", "why"), CASES)
def test_a_firm_has_the_largest_class_whose_limits_it_reaches(sme, persons, yuan, size, why):
    frame = pl.DataFrame(
        {"firm": [0], "sme": [sme], "headcount": [float(persons)], "turnover": [yuan]},
        schema={
            "firm": pl.UInt32,
            "sme": pl.String,
            "headcount": pl.Float64,
            "turnover": pl.Float64,
        },
    )
    assert classify_sizes(frame)["size_class"][0] == size, why
