"""The real-looking extracts: every row is found again, with its file and number."""

from pathlib import Path

import polars as pl
import pytest
from invented_extracts import balanced

from gapmatch.read import Side, read_extract

DATA = Path(__file__).parents[2].parent / "shared/data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared extracts are not here")


def test_files_of_counties_keep_the_row_numbers_of_the_truth():
    folder = DATA / "extracts_by_county/2022Q4"
    extract = read_extract(Side.TAX, [folder / "税务"], {})
    truth = pl.read_csv(folder / "truth.csv", infer_schema=False).with_columns(
        pl.col("data_row").cast(pl.Int64)
    )
    both = extract.rows.join(truth, on=["source_file", "data_row"], how="full", suffix="_true")
    # Some rows hold an old 15-digit number, which is a part of the code in the truth.
    same = [t.find(c) >= 0 for c, t in both.select("credit_code", "taxpayer_code_true").rows()]
    assert both.height == truth.height == len(same)
    assert all(same)
    assert balanced(extract)


@pytest.mark.parametrize(
    ("side", "file", "rows", "units"),
    [
        (Side.TAX, "extracts/2022Q3/正常纳税企业清册.xlsx", 22146, 22146),
        (Side.TAX, "extracts/2022Q4/正常纳税企业清册.xlsx", 23500, 23500),
        (Side.ENROLLMENT, "extracts/2022Q3/参保单位.csv", 8719, 8719),
        (Side.ENROLLMENT, "extracts/2022Q4/参保单位.csv", 9006, 9006),
        (Side.REGISTRY, "extracts/2022Q4/市场主体登记.csv", 28909, 28909),
        (Side.ENROLLMENT, "extracts_by_county/2022Q4/参保险种明细.csv", 4161, 1500),
    ],
)
def test_every_row_is_accounted_for_and_every_column_known(side, file, rows, units):
    extract = read_extract(side, [DATA / file], {})
    assert (extract.rows_in, extract.rows.height) == (rows, units)
    assert extract.files[0].unmapped == ()
    assert extract.files[0].guessed == {}
    assert balanced(extract)
