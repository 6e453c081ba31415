"""Firm names: cleaning, other names and remarks, the parts of a name, numerals."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmatch.standardise.characters import Characters
from gapmatch.standardise.name_cells import read_cells
from gapmatch.standardise.name_rules import NameRules
from gapmatch.standardise.names import NAME_PARTS, clean_names, parse_names
from gapmatch.standardise.numerals import parse_numeral

RULES = NameRules.load()
CHARACTERS = Characters.load()
ZUNYI = "520300"

texts = st.text(
    st.one_of(
        st.sampled_from("遵义市汇川区贵州云岭蓝山商贸有限公司分第一二十店部合作社集团()-·原:民办"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)


def clean(*names):
    return clean_names(pl.Series("name", names, dtype=pl.String), CHARACTERS)


def parse(*names, home=ZUNYI):
    cells = read_cells(pl.Series("name", names, dtype=pl.String), CHARACTERS, RULES)
    return parse_names(cells["clean_name"], home, RULES)


def parts_of(name, home=ZUNYI):
    return parse(name, home=home).row(0, named=True)


# -- numerals


@pytest.mark.parametrize(
    ("numeral", "value", "why"),
    [
        ("十二", 12, "ten and two"),
        ("拾贰", 12, "financial numerals"),
        ("12", 12, "digits"),
        ("1二", 12, "typed half and half"),
        ("一二", 12, "digit by digit"),
        ("十", 10, "ten alone"),
        ("二十", 20, "tens"),
        ("一百一十二", 112, "hundreds"),
        ("一百零二", 102, "a zero is spoken in between"),
        ("壹佰贰拾", 120, "financial hundreds"),
        ("二〇八", 208, "digit by digit with a round zero"),
        ("廿三", 23, "廿 is twenty"),
        ("卅", 30, "卅 is thirty"),
        ("一千零一", 1001, "thousands"),
        ("两百", 200, "两 is two"),
        ("007", 7, "leading zeros say nothing"),
        ("IV", 4, "Roman, one before five"),
        ("XIX", 19, "Roman, two signs that stand before larger ones"),
        ("VIII", 8, "Roman, added up"),
        ("〇", 0, "zero"),
    ],
)
def test_a_numeral_is_a_value_however_it_is_written(numeral, value, why):
    assert parse_numeral(numeral) == value, why


@given(st.integers(min_value=0, max_value=9999))
def test_every_number_below_ten_thousand_is_read_back(number):
    assert parse_numeral(spoken(number)) == number


def spoken(number):
    digits = "零一二三四五六七八九"
    text, skipped = "", False
    for scale, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // scale % 10
        if digit:
            text += ("零" if skipped and text else "") + digits[digit] + word
        skipped = digit == 0
    return text or "零"


# -- cleaning


@pytest.mark.parametrize(
    ("given_name", "cleaned", "why"),
    [
        ("砚田 商贸　有限公司\n", "砚田商贸有限公司", "blanks of all widths and line breaks"),
        ("砚\u200b田\ufeff商\u2060贸", "砚田商贸", "characters of no width"),
        ("砚田（集团）【甲】〔乙〕", "砚田(集团)(甲)(乙)", "brackets of all kinds"),
        ("砚田—商贸–部－丙─丁", "砚田-商贸-部-丙-丁", "dashes of all kinds"),
        ("ＡＢｃ砚田１２店", "ABC砚田12店", "full width and lower case"),
        ("硯田國際貿易", "砚田国际贸易", "traditional characters"),
        ("阿依·买买提•店.。*", "阿依买买提店", "dots of names and marks of clerks"),
        ("⻓沙", "长沙", "a radical instead of the character"),
        (None, "", "nothing"),
        (" ", "", "a blank only"),
    ],
)
def test_cleaning_leaves_what_is_said_and_drops_how_it_was_typed(given_name, cleaned, why):
    assert clean(given_name).to_list() == [cleaned], why


@given(st.lists(texts, min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_cleaning_twice_changes_nothing(names):
    once = clean(*names)
    assert clean_names(once, CHARACTERS).to_list() == once.to_list()


# -- parts


@pytest.mark.parametrize(
    ("name", "expected", "why"),
    [
        (
            "贵州省遵义市汇川区砚田商贸有限责任公司",
            {"region_code": "520303", "core": "砚田商贸", "trade_name": "砚田", "trade_industry": "商贸", "legal_form": "有限公司"},
            "the full grammar",
        ),
        ("砚田（遵义）商贸有限公司", {"region_code": "520300", "core": "砚田商贸"}, "region in brackets"),
        ("砚田商贸（深圳）有限公司", {"region_code": "440300", "core": "砚田商贸"}, "region in brackets before the form"),
        ("云岭（砚田）商贸有限公司", {"region": None, "core": "云岭砚田商贸"}, "no region in the brackets"),
        ("遵义云岭（深圳）商贸有限公司", {"region_code": "520300", "core": "云岭深圳商贸"}, "one region already stands in front"),
        ("江西省赣州市砚田农机厂", {"region_code": "360700", "core": "砚田农机厂", "legal_form": ""}, "another province; 厂 says what it is"),
        ("松桃苗族自治砚田矿业有限公司", {"region_code": "520628", "core": "砚田矿业"}, "an autonomous county cut short"),
        ("松桃苗族自治松桃砚田矿业有限公司", {"region_code": "520628", "core": "砚田矿业"}, "and written twice"),
        ("湘西土家族苗族自治州砚田矿业有限公司", {"region_code": "433100", "core": "砚田矿业"}, "autonomous prefecture"),
        ("内蒙古砚田乳业股份有限公司", {"region_code": "150000", "legal_form": "股份有限公司"}, "autonomous region, stock company"),
        ("砚田集团有限公司", {"core": "砚田", "legal_form": "有限公司"}, "group mark without brackets"),
        ("砚田（集团）有限公司", {"core": "砚田", "legal_form": "有限公司"}, "group mark in brackets"),
        ("桐梓县砚田种植农民专业合作社", {"core": "砚田种植", "legal_form": "合作社"}, "co-operative"),
        ("桐梓县砚田种植专业合作社联合社", {"legal_form": "联社"}, "a union of co-operatives is of its own kind"),
        ("桐梓县王砚生五金经营部（个体工商户）", {"core": "王砚生五金经营部", "branch": ""}, "sole trader"),
        ("砚田会计师事务所（普通合伙）", {"core": "砚田会计师事务所"}, "partnership in brackets"),
        (
            "砚田股份有限公司遵义分公司桐梓支公司",
            {"branch": "遵义分公司桐梓支公司", "parent_core": "砚田", "parent_name": "砚田股份有限公司"},
            "branch of a branch",
        ),
        (
            "砚田大药房连锁有限公司第一百零二店",
            {"branch": "102店", "numbers": "102", "parent_core": "砚田大药房连锁"},
            "shop with a number",
        ),
        ("砚田有限公司韶山分公司9人", {"branch": "韶山分公司", "numbers": "9"}, "a remark behind a branch"),
        ("砚田有限公司韶山分公司吕某某", {"branch": "韶山分公司", "core": "砚田韶山分公司"}, "a person behind a branch"),
        ("砚田有限公司韶山店停保", {"branch": "韶山店"}, "a known remark behind a shop"),
        ("砚田有限公司韶山分公", {"branch": "韶山分公司"}, "cut off by one"),
        ("砚田有限公司第", {"branch": "分公司"}, "cut off behind 第: one of its branches"),
        ("砚田有限公司韶山分司", {"branch": "韶山分公司"}, "a character is missing"),
        ("砚田有限公司沿江路门", {"branch": "沿江路门市部"}, "cut off by two"),
        ("砚田有限公司韶山分", {"branch": "韶山分公司"}, "cut off by two"),
        ("砚田有限公司韶山", {"branch": "韶山分公司"}, "cut off by three: a place alone"),
        ("砚田有限公司青石镇", {"branch": "青石镇分公司"}, "a town alone"),
        ("砚田有限公司第一营业", {"branch": "1营业部"}, "another word cut off"),
        ("砚田有限公司第二账户", {"branch": "", "core": "砚田"}, "an account is no branch"),
        ("砚田有限公司二户", {"branch": "", "core": "砚田"}, "an account, shorter"),
        ("桐梓县砚田养殖农民专业合作社联合社", {"core": "砚田养殖", "legal_form": "联社", "form_class": "联社"}, "a union, with 农民"),
        ("桐梓县砚田专业合作联社", {"core": "砚田", "form_class": "联社"}, "a union in short"),
        ("桐梓县砚田村股份经济合作社", {"core": "砚田村", "form_class": "合作社"}, "a village's co-operative"),
        ("桐梓县青石镇砚田砖厂", {"name_town": "青石镇", "townless": "砚田砖厂"}, "a town behind the county"),
        ("桐梓县青石街道办事处砚田餐馆", {"name_town": "青石街道办事处", "townless": "砚田餐馆"}, "a street office"),
        ("桐梓县青石镇大坝村砚田养殖场", {"name_town": "青石镇", "townless": "砚田养殖场"}, "a village behind the town"),
        ("桐梓县青石镇中心小学", {"name_town": "青石镇", "townless": None}, "nothing is left without the town"),
        ("桐梓县青石乡第二幼儿园", {"name_town": "青石乡", "townless": None}, "a number and a common word"),
        ("桐梓县城镇建设投资有限公司", {"name_town": "", "townless": None}, "城镇 is no town"),
        ("砚田商贸有限公司合同制", {"branch": "", "core": "砚田商贸"}, "a remark behind the form is no branch"),
        ("砚田商贸有限公同", {"core": "砚田商贸", "legal_form": "有限公司"}, "a slip in the form"),
        ("砚田商贸有限责公司", {"core": "砚田商贸", "legal_form": "有限公司"}, "a gap in the form"),
        ("砚田商贸有限", {"core": "砚田商贸", "legal_form": "有限公司"}, "cut off in the form"),
        ("砚田股份有限", {"core": "砚田", "legal_form": "股份有限公司"}, "cut off in the longer form"),
        ("遵义市民办砚田小学", {"core": "砚田小学"}, "民办 is left out by other lists"),
        ("三七种植有限公司", {"numbers": "", "trade_name": "三七"}, "a herb is no number"),
        ("百货公司", {"numbers": "", "core": "百货"}, "百 in a word is no number"),
        ("VELTRIX (QINGDAO) CO., LTD.", {"core": "VELTRIXQINGDAOCOLTD", "region": None}, "Latin"),
        ("喀什市阿依砚古丽·买买提干果店", {"region_code": "653101", "core": "阿依砚古丽买买提干果店"}, "Uyghur name"),
        ("ئۇيغۇر砚田餐厅", {"region": None, "core": "ئۇيغۇر砚田餐厅"}, "Uyghur script"),
        ("有限公司", {"core": "有限公司", "legal_form": "有限公司"}, "a form alone still has a core"),
        ("遵义市", {"core": "遵义市", "region": None}, "a region alone is no prefix"),
        ("", {"core": "", "legal_form": "", "region": None}, "nothing"),
    ],
)  # fmt: skip
def test_a_name_is_split_by_the_grammar_of_the_naming_regulation(name, expected, why):
    found = parts_of(name)
    assert {part: found[part] for part in expected} == expected, why


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        ("砚田商贸有限公司", "砚田商贸有限责任公司", "two words for one form"),
        ("砚田（遵义）商贸有限公司", "遵义砚田商贸有限公司", "region in brackets"),
        ("砚田（大连）重工有限公司", "大连砚田重工有限公司", "a region far from home in brackets"),
        ("砚田国际（大连保税区）有限公司", "大连保税区砚田国际有限公司", "a zone in brackets"),
        ("铜仁地区砚田商行", "铜仁市砚田商行", "former name of the region"),
        ("砚田有限公司十二门市部", "砚田有限公司第12门市部", "numerals"),
        ("硯田（集團）有限公司", "砚田集团有限责任公司", "several at once"),
        ("砚田大药房二店", "砚田大药房Ⅱ店", "a Roman numeral in one sign"),
        ("砚田大药房三店", "砚田大药房III店", "a Roman numeral in letters"),
        ("砚田大药房二店", "砚田大药房②店", "a circled digit"),
        ("砚田大药房二店", "砚田大药房❷店", "a filled circle"),
        ("砚田大药房12店", "砚田大药房⑿店", "a number in one bracketed sign"),
        ("砚田大药房二店", "砚田大药房２号店", "full width, with 号"),
        ("砚田大药房二店", "砚田大药房店（2）", "behind the word, in brackets"),
        ("砚田大药房二店", "砚田大药房店二", "behind the word"),
        ("砚田有限公司第二分店", "砚田有限公司分店（二）", "behind a longer word"),
        ("砚田有限公司第二分店", "砚田有限公司分店Ⅱ", "behind the word, Roman"),
        ("砚田有限公司第十一门市部", "砚田有限公司门市部11", "behind the word, digits"),
        ("三六五便利有限公司", "365便利有限公司", "a trade name in digits"),
        ("二十一世纪教育有限公司", "21世纪教育有限公司", "a trade name with a ten"),
        ("十里香茶业有限公司", "10里香茶业有限公司", "ten alone"),
        ("砚田二商贸有限公司", "砚田Ⅱ商贸有限公司", "a Roman numeral in a trade name"),
        ("壹品砚田商贸有限公司", "一品砚田商贸有限公司", "a financial numeral"),
        ("五八砚田商贸有限公司", "５８砚田商贸有限公司", "full-width digits"),
    ],
)
def test_two_ways_to_write_a_name_have_one_standard_form(a, b, why):
    first, second = parse(a, b)["standard_name"].to_list()
    assert first == second, why


@pytest.mark.parametrize(
    "name",
    ["长" * 300, "有限公司" * 75, "(" * 150 + ")" * 150, "1" * 299 + "店", "一" * 299 + "店"],
)
def test_a_name_of_three_hundred_characters_is_parsed_like_any_other(name):
    assert parse(name).height == 1


@given(st.lists(texts, min_size=1, max_size=30))
@settings(max_examples=10, deadline=None)
def test_any_text_has_parts_and_the_parts_do_not_depend_on_the_other_rows(names):
    together = parse(*names)
    assert together.schema.names() == NAME_PARTS.names()
    assert together.height == len(names)
    assert together.drop("region", "region_code", "townless").null_count().sum_horizontal()[0] == 0
    assert parse(names[-1]).equals(together.tail(1))


@given(st.lists(texts, min_size=20, max_size=60))
@settings(max_examples=5, deadline=None)
def test_only_a_name_without_any_sign_has_no_core(names):
    for found in parse(*names).iter_rows(named=True):
        assert (found["core"] == "") == (found["clean_name"].strip("()") == "")
