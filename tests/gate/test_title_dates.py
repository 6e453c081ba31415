"""Quarters in titles: those of another quarter are stopped, days of printing are not."""

import pytest

from gapmatch.gate.findings import STOP, WARNING
from gapmatch.gate.title_dates import Title, find_other_quarters

RUN = "2022Q4"


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("2022年第四季度正常纳税企业清册", None, "the quarter itself"),
        ("2022年第三季度正常纳税企业清册", STOP, "the quarter before"),
        ("２０２２年３季度参保单位", STOP, "in wide digits"),
        ("二〇二二年第三季度", STOP, "in Chinese numerals"),
        ("2021年四季度", STOP, "the same quarter of another year"),
        ("清册_2022Q3.xlsx", STOP, "as the program writes it"),
        ("清册 Q3-2022.csv", STOP, "the year behind it"),
        ("2022年1-4季度", None, "a range that ends with it"),
        ("2022年前三季度", STOP, "a range that ends before it"),
        ("2022年下半年", None, "a half that ends with it"),
        ("2022年1-12月累计", None, "the year so far"),
        ("2022年1月至9月累计", STOP, "the year so far, last quarter"),
        ("2022年9月", STOP, "a month before"),
        ("2023年1月", STOP, "a month after"),
        ("截至2022年12月31日", None, "the last day"),
        ("截至2022年9月30日", STOP, "the last day of the quarter before"),
        ("参保单位20230105.csv", None, "a day soon after, of the export"),
        ("参保单位20220930.csv", STOP, "a day before"),
        ("参保单位202209.csv", STOP, "a month without marks"),
        ("导出日期：2023-07-01", None, "exported later"),
        ("打印时间 2022/9/30", STOP, "printed before the quarter began"),
        ("第三季度对应口径，2022年第四季度", None, "one of two is the quarter"),
        ("2022年10月以来新登记企业 2021年9月30日", None, "days of other things"),
        ("根据2019年9月修订的办法填报", None, "the day of a law"),
        ("2021年度纳税企业", WARNING, "another year"),
        ("2022年度纳税企业", None, "the year"),
        ("组织机构代码202209301", None, "digits of something else"),
        ("正常纳税企业清册", None, "no period at all"),
    ],
)
def test_a_title_of_another_quarter_is_found(text, expected, why):
    found = list(find_other_quarters([Title("a.xlsx", text)], RUN))
    assert [f.severity for f in found] == ([expected] if expected else []), why


def test_a_title_that_names_the_quarter_speaks_for_its_file():
    titles = [Title("2022Q3.xlsx", "2022年第四季度"), Title("2022Q3.xlsx", "2022Q3.xlsx")]
    assert list(find_other_quarters(titles, RUN)) == []


def test_files_of_two_quarters_are_told_from_each_other():
    titles = [Title("a.xlsx", "2022年第四季度"), Title("b.xlsx", "2022年第三季度")]
    (finding,) = find_other_quarters(titles, RUN)
    assert finding.values["file"] == "b.xlsx"
