"""Industries and size classes of the national standards."""

import polars as pl
import pytest

from gapmatch.activity.industry import classify_industries, classify_sizes
from gapmatch.resources import read_csv_rows

INDUSTRIES = [
    ("批发和零售业", "F", None, "a section by its name"),
    ("零售业", "F", "52", "a division by its name"),
    ("5212超级市场零售", "F", "52", "class digits come first"),
    ("E50 建筑装饰、装修和其他建筑业", "E", "50", "section letter and digits"),
    ("建筑装饰和其他建筑业", "E", "50", "the name of 2011, by keyword"),
    ("农、林、牧、渔服务业", "A", "05", "the name of 2002"),
    ("软件开发", "I", "65", "a group by a keyword"),
    ("正餐服务", "H", "62", "a group by a keyword"),
    ("其他制造业", "C", "41", "a division that contains a section's word"),
    ("制造业", "C", None, "only the section"),
    ("保险业", "J", "68", "insurance, not social security"),
    ("未知行业", None, None, "nothing that the table knows"),
]


@pytest.mark.parametrize(("text", "section", "division", "why"), INDUSTRIES)
def test_a_text_finds_its_section_and_division(text, section, division, why):
    row = classify_industries([text]).row(0, named=True)
    assert (row["section"], row["division"]) == (section, division), why


def test_every_name_of_the_table_finds_itself():
    rows = read_csv_rows("industries.csv")
    found = classify_industries([row["name"] for row in rows])
    sections = dict(found.select("industry", "section").iter_rows())
    assert sections == {row["name"]: row["section"] for row in rows}


def test_every_division_has_a_work_injury_class():
    classes = {int(row["injury_class"]) for row in read_csv_rows("industries.csv")}
    assert classes <= set(range(1, 9))


def test_missing_texts_are_left_out():
    assert classify_industries([None, ""]).height == 0


SIZES = [
    ("F52", 60, 6_000_000, "medium", "retail: 50 persons and 5 million"),
    ("F52", 60, 4_000_000, "small", "both limits must be reached"),
    ("F52", 9, 6_000_000, "micro", "ten persons for small"),
    ("F52", 60, None, "medium", "an unknown turnover does not decide"),
    ("B-D", 1000, 400_000_000, "large", "industry: 1,000 persons and 400 million"),
    ("A", 3, 600_000, "small", "farming is sized by turnover alone"),
    ("L", 12, 100, "small", "leasing: assets are not known, so persons decide"),
    (None, 12, 100, None, "the standard does not size it"),
]


@pytest.mark.parametrize(("sme", "persons", "yuan", "size", "why"), SIZES)
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
