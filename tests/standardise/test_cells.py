"""What a cell for names holds: other names, remarks, accounts, notes in front, numbers, broken encodings."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmatch.standardise.characters import Characters
from gapmatch.standardise.name_cells import read_cells, split_listed_names
from gapmatch.standardise.name_rules import NameRules

RULES = NameRules.load()
CHARACTERS = Characters.load()

texts = st.text(
    st.one_of(
        st.sampled_from(
            "遵义市贵州砚田青石商贸有限公司分第一二十店部社()（-/、|· \n原现更名为:0123ABⅡ②"
        ),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)


def read(*names):
    return read_cells(pl.Series("name", names, dtype=pl.String), CHARACTERS, RULES)


def cell(name):
    return read(name).row(0)


@pytest.mark.parametrize(
    ("name", "own", "aliases", "why"),
    [
        ("砚田商贸有限公司", "砚田商贸有限公司", [], "nothing to split"),
        ("砚田商贸有限公司（原：青石商行）", "砚田商贸有限公司", ["青石商行"], "former name"),
        ("砚田商贸有限公司(曾用名青石商行)", "砚田商贸有限公司", ["青石商行"], "without colon"),
        ("砚田商行（现更名为青石商行）", "砚田商行", ["青石商行"], "new name"),
        ("砚田商贸有限公司，原名：青石商行", "砚田商贸有限公司", ["青石商行"], "behind a comma"),
        ("长沙市砚田商贸有限公司", "长沙市砚田商贸有限公司", [], "a region is no note"),
        (
            "A001 长沙市砚田商贸有限公司",
            "长沙市砚田商贸有限公司",
            ["A001长沙市砚田商贸有限公司"],
            "its number in a list",
        ),
        ("K11砚田商贸有限公司", "K11砚田商贸有限公司", [], "letters and digits of a trade name"),
        ("砚田二○二○商行", "砚田二零二零商行", [], "circles behind digits"),
        ("○砚田商行", "砚田商行", [], "a circle as an ornament"),
        ("（）", "", [], "empty brackets"),
        ("砚田，青石", "砚田青石", [], "punctuation goes"),
        (None, "", [], "nothing"),
    ],
)
def test_simple_cells_are_read(name, own, aliases, why):
    assert cell(name) == (own, aliases), why


RENAMED = [
    ("湖南砚田商贸有限公司（已改为湖南青石建材有限公司）", "已改为"),
    ("湖南砚田商贸有限公司（已更名：湖南青石建材有限公司）", "a colon"),
    ("湖南砚田商贸有限公司(2019年3月变更为湖南青石建材有限公司)", "a date"),
    ("湖南砚田商贸有限公司(于2019.3起改称湖南青石建材有限公司)", "a date in digits"),
    ("湖南砚田商贸有限公司（新：湖南青石建材有限公司）", "新 and a colon"),
    ("湖南砚田商贸有限公司（现湖南青石建材有限公司）", "现 alone"),
    ("湖南砚田商贸有限公司（现名称为湖南青石建材有限公司）", "现名称为"),
    (
        "湖南砚田商贸有限公司（2020年由湖南青石建材有限公司改名）",
        "a year in front, the word behind",
    ),
    ("湖南砚田商贸有限公司（系由湖南青石建材有限公司变更）", "系由"),
    ("湖南砚田商贸有限公司 原营业执照名称：湖南青石建材有限公司", "the name of a document"),
    ("湖南砚田商贸有限公司（前身为湖南青石建材有限公司）", "前身为"),
    ("湖南砚田商贸有限公司（由湖南青石建材有限公司更名而来）", "the words stand behind"),
    ("湖南砚田商贸有限公司（湖南青石建材有限公司改制）", "a tail alone"),
    ("湖南砚田商贸有限公司（又名湖南青石建材有限公司）", "又名"),
    ("湖南砚田商贸有限公司（湖南青石建材有限公司）", "a whole name in brackets, without a word"),
    ("湖南砚田商贸有限公司（原湖南青石建材有限公司", "the bracket was cut off"),
    ("湖南砚田商贸有限公司更名为湖南青石建材有限公司", "no brackets"),
    ("湖南砚田商贸有限公司原名湖南青石建材有限公司", "原名, no brackets"),
    ("湖南砚田商贸有限公司并入湖南青石建材有限公司", "并入"),
    ("湖南砚田商贸有限公司→湖南青石建材有限公司", "an arrow"),
    ("湖南砚田商贸有限公司/湖南青石建材有限公司", "a slash"),
    ("湖南砚田商贸有限公司、湖南青石建材有限公司", "an enumeration comma"),
    ("湖南砚田商贸有限公司 湖南青石建材有限公司", "a blank"),
    ("湖南砚田商贸有限公司\r\n湖南青石建材有限公司", "a line break"),
    ("湖南砚田商贸有限公司|湖南青石建材有限公司", "a bar"),
    ("湖南砚田商贸有限公司+湖南青石建材有限公司", "a plus"),
]


@pytest.mark.parametrize(("name", "why"), RENAMED)
def test_two_names_in_a_cell_are_two_names_however_they_are_joined(name, why):
    assert cell(name) == ("湖南砚田商贸有限公司", ["湖南青石建材有限公司"]), why


@pytest.mark.parametrize(
    ("name", "own", "other", "why"),
    [
        ("湖南砚田商贸有限公司湖南青石建材有限公司", "湖南砚田商贸有限公司", "湖南青石建材有限公司", "nothing between them"),
        ("湖南砚田商贸有限公司原湖南青石建材有限公司", "湖南砚田商贸有限公司", "湖南青石建材有限公司", "one character between them"),
        ("韶山市砚田超市/韶山市青石药店", "韶山市砚田超市", "韶山市青石药店", "shops"),
        ("原韶山市砚田饲料有限公司", "原韶山市砚田饲料有限公司", "韶山市砚田饲料有限公司", "former name alone"),
    ],
)  # fmt: skip
def test_an_unsure_second_name_stands_beside_the_first_reading(name, own, other, why):
    read_name, others = cell(name)
    assert read_name == own, why
    assert other in others, why


@pytest.mark.parametrize(
    ("name", "own", "why"),
    [
        ("湖南砚田商贸有限公司湖南砚田商贸有限公司", "湖南砚田商贸有限公司", "pasted twice"),
        ("湖南砚田商贸有限公司 湖南砚田商贸有限公司", "湖南砚田商贸有限公司", "twice with a blank"),
        ("砚田 商贸 有限公司", "砚田商贸有限公司", "blanks inside a name"),
        (
            "湖南砚田银行股 份有限公司韶山支行",
            "湖南砚田银行股份有限公司韶山支行",
            "a blank inside a legal form",
        ),
        ("韶山市砚田五金、建材经营部", "韶山市砚田五金建材经营部", "an enumeration inside a name"),
        ("韶山市砚田烟酒/副食店", "韶山市砚田烟酒副食店", "a slash inside a name"),
        ("砚田（集团）有限公司", "砚田(集团)有限公司", "a group mark is no other firm"),
        ("砚田-青石律师事务所", "砚田青石律师事务所", "a dash inside a name"),
        ("韶山市原味餐饮有限公司", "韶山市原味餐饮有限公司", "原 in a trade name"),
        ("砚田商店前进路店", "砚田商店前进路店", "前 in a road"),
        (
            "砚田餐饮有限公司（前进路店）",
            "砚田餐饮有限公司(前进路店)",
            "a shop in brackets is a part",
        ),
        ("砚田商贸有限公司现代城店", "砚田商贸有限公司现代城店", "现 in a place"),
        ("新更新轮胎店", "新更新轮胎店", "更 in a trade name"),
    ],
)
def test_one_name_stays_one_name(name, own, why):
    assert cell(name) == (own, []), why


REMARKS = [
    ("（停保）", "known remark"),
    ("-工伤", "behind a dash"),
    ("（本部）（筹）", "two remarks"),
    ("（6人）", "how many persons"),
    ("(共12人)", "how many, in other words"),
    ("（2022年新参保）", "a year and a remark"),
    ("（2021-05-01停保）", "a date and a remark"),
    ("（工伤、养老）", "two in one bracket"),
    ("★", "a sign"),
    (" 工伤", "behind a blank"),
    ("/工伤保险", "behind a slash"),
    ("—单工伤", "behind a long dash"),
    ("13800000000", "a mobile phone"),
    ("(0730-8000000)", "a phone of a town"),
    ("（联系人：吕某）", "whom to call"),
    ("（第二户）", "second account"),
    ("（二分户）", "an account in other words"),
    ("(第3户)", "an account in digits"),
    ("（单位2）", "a number behind"),
    ("（账户Ⅱ）", "a Roman number"),
    ("(工伤户)", "an account for one line"),
    ("-2", "a bare number behind a dash"),
]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["湖南砚田商贸有限公司", "湖南砚田商贸有限公司韶山分公司", "韶山市砚田大药房三店"]
)
@pytest.mark.parametrize(("remark", "why"), REMARKS)
def test_what_clerks_write_behind_a_name_is_no_part_of_it(name, remark, why):
    plain = name.replace("三店", "三店")
    assert cell(name + remark) == (plain, []), why


@pytest.mark.parametrize(
    ("remark", "why"),
    [("（季节用工）", "an unknown remark in brackets"), ("-褚某某", "a person behind a dash"), ("/褚某", "behind a slash")],
)  # fmt: skip
def test_an_unknown_remark_leaves_both_readings(remark, why):
    own, others = cell("砚田商贸有限公司" + remark)
    assert "砚田商贸有限公司" in (own, *others), why
    assert any(len(name) > len("砚田商贸有限公司") for name in (own, *others)), why


@pytest.mark.parametrize(
    ("name", "readings", "why"),
    [
        ("砚田商贸有限公司（一部）", {"砚田商贸有限公司", "砚田商贸有限公司一部"}, "an account, or a department"),
        ("砚田商贸有限公司韶山分公司2", {"砚田商贸有限公司韶山分公司2", "砚田商贸有限公司韶山分公司"}, "an account, or the second branch"),
        ("砚田商贸有限公司（二）", {"砚田商贸有限公司(二)", "砚田商贸有限公司"}, "an account, or another firm"),
        ("砚田商贸有限公司A", {"砚田商贸有限公司A", "砚田商贸有限公司"}, "a letter"),
        ("砚田大药房店（2）", {"砚田大药房店(2)", "砚田大药房店"}, "another shop, or an account"),
    ],
)  # fmt: skip
def test_what_may_be_an_account_or_a_branch_has_both_readings(name, readings, why):
    own, others = cell(name)
    assert {own, *others} == readings, why


@pytest.mark.parametrize(
    ("front", "why"),
    [
        ("1、", "number and comma"), ("12.", "number and dot"), ("(3)", "number in brackets"), ("序号5：", "labelled number"), ("③、", "circled number"),
        ("单位名称：", "a label"), ("新增：", "a note"), ("【工伤】", "a note in brackets"), ("NO.7 ", "No."), (" ", "a blank"), ("★", "a sign"),
    ],
)  # fmt: skip
def test_numbers_labels_and_notes_in_front_are_no_part_of_the_name(front, why):
    assert cell(front + "湖南砚田商贸有限公司") == ("湖南砚田商贸有限公司", []), why


@pytest.mark.parametrize("name", ["360网络科技有限公司", "7天连锁酒店", "99便利店"])
def test_a_trade_name_may_begin_with_digits(name):
    assert cell(name)[0] == name


def test_a_number_pasted_in_front_of_a_region_is_none_of_the_name():
    assert cell("17湖南砚田商贸有限公司") == ("湖南砚田商贸有限公司", ["17湖南砚田商贸有限公司"])


@given(st.lists(texts, min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_any_cell_is_read_whatever_stands_in_the_others(names):
    together = read(*names)
    assert together.height == len(names)
    assert together["clean_name"].null_count() == 0
    assert read(names[-1]).equals(together.tail(1))


@pytest.mark.parametrize(
    ("listed", "names", "why"),
    [
        ("青石商行、砚田商行", ["青石商行", "砚田商行"], "enumeration comma"),
        ("青石商行|砚田商行；云岭商行", ["青石商行", "砚田商行", "云岭商行"], "several marks"),
        ("青石商行查看更多", ["青石商行"], "a button of a web page"),
        ("青石商行查看更多砚田商行", ["青石商行", "砚田商行"], "a button between"),
        ("青石商行（2010-01-02至2015-03-04）", ["青石商行"], "since when and until when"),
        ("青石商行（2011-2019）", ["青石商行"], "from which year to which"),
        ("2010-01-02至2015-03-04 青石商行", ["青石商行"], "the time in front"),
        ("变更前：青石商行 变更后：砚田商行", ["青石商行", "砚田商行"], "labels between"),
        ("青石商贸有限公司变更为砚田商行", ["青石商贸有限公司", "砚田商行"], "what became of it"),
        ("2019年5月由青石商行变更", ["青石商行"], "when, and from which name"),
        ("1.青石商行 2.砚田商行", ["青石商行", "砚田商行"], "numbered"),
        ("青石商贸有限公司 砚田商贸有限公司", ["青石商贸有限公司", "砚田商贸有限公司"], "a blank"),
        ("青石 商贸有限公司", ["青石商贸有限公司"], "a blank within"),
        ("从江县青石商行", ["从江县青石商行"], "a county whose name begins like a note"),
        ("曾用名：青石商行", ["青石商行"], "a label"),
        ("-", [], "nothing"),
        ("无", [], "too short for a name"),
        (None, [], "blank"),
        ("", [], "empty"),
    ],
)
def test_a_column_of_former_names_is_split(listed, names, why):
    column = pl.Series("former_names", [listed], dtype=pl.String)
    assert split_listed_names(column, CHARACTERS, RULES).to_list() == [names], why


@pytest.mark.parametrize(
    "note", ["【重点】", "投保单位：", "2022年"], ids=["bracket", "label", "year"]
)
def test_a_note_in_front_is_no_part_of_a_name_whatever_it_says(note):
    assert cell(f"{note}韶山市砚田商贸有限公司")[0] == "韶山市砚田商贸有限公司"


@pytest.mark.parametrize("words", ["工商变更为：", "名称已变，新名", "请改用"])
def test_a_name_in_brackets_is_found_behind_any_words(words):
    found = cell(f"湖南砚田商贸有限公司（{words}韶山市青石建材有限公司）")
    assert "韶山市青石建材有限公司" in found[1]
