"""Industry texts in the forms that extracts use."""

import pytest

from gapmatch.activity import classify_industries

CASES = [
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


@pytest.mark.parametrize(("text", "section", "division", "why"), CASES)
def test_a_text_finds_its_section_and_division(text, section, division, why):
    row = classify_industries([text]).row(0, named=True)
    assert (row["section"], row["division"]) == (section, division), why


def test_every_name_of_the_table_finds_itself():
    from gapmatch.activity.industry import _load_index

    rows = _load_index().rows
    found = classify_industries([row["name"] for row in rows.values()])
    sections = dict(found.select("industry", "section").iter_rows())
    assert all(sections[row["name"]] == row["section"] for row in rows.values())


def test_every_division_has_a_work_injury_class():
    from gapmatch.activity.industry import _load_index

    assert all(1 <= int(row["injury_class"]) <= 8 for row in _load_index().rows.values())


def test_missing_texts_are_left_out():
    assert classify_industries([None, ""]).height == 0
