"""The quarters that a column of periods puts the rows in."""

import pytest
from invented_extracts import write_csv

from gapmatch.read import Side, read_extract
from gapmatch.read.periods import is_period_of_row


@pytest.mark.parametrize(
    ("header", "texts", "quarters", "why"),
    [
        ("所属期", ("202209", "202212"), {"2022Q3": 6, "2022Q4": 6}, "months"),
        (
            "税款所属期止",
            ("2022-09-30", "2022-12-31"),
            {"2022Q3": 6, "2022Q4": 6},
            "ends of quarters",
        ),
        ("季度", ("2022年第三季度", "2022年第四季度"), {"2022Q3": 6, "2022Q4": 6}, "words"),
        ("季度", ("3", "4"), {"Q3": 6, "Q4": 6}, "numbers are no months below 季度"),
        ("税款所属期起", ("2022-01-01", "2022-10-01"), {}, "where a period begins"),
        ("季度销售额", ("3", "4"), {}, "an amount"),
    ],
)
def test_rows_are_counted_by_the_quarter_that_they_name(tmp_path, header, texts, quarters, why):
    rows = [("纳税人识别号", "纳税人名称", header)]
    rows += [(f"91520102MA6TE{n:05}", f"第{n}食品有限公司", texts[n % 2]) for n in range(12)]
    extract = read_extract(Side.TAX, [write_csv(tmp_path / "a.csv", rows)], {})
    assert extract.files[0].sheets[0].quarters == quarters, why


@pytest.mark.parametrize(
    ("header", "is_period", "why"),
    [
        ("所属期", True, "of the row"),
        ("季度", True, "of the row"),
        ("费款所属期", False, "paid up to"),
        ("最近缴费年月", False, "paid up to"),
    ],
)
def test_a_period_of_the_row_is_not_the_last_one_paid(header, is_period, why):
    assert is_period_of_row(header) == is_period, why
