"""Which rows of a list to verify lie in another prefecture, by what they say themselves."""

import polars as pl
import pytest

from gapmatch.standardise.other_places import add_other_places

DALI, CHONGQING, TONGREN, GUIZHOU, SHANGHAI = "532900", "500000", "520600", "520000", "310000"
_TEXTS = (
    *("division_code", "county", "tax_office", "address", "uscc", "code_kind", "code_text"),
    *("region_code", "branch"),
)
KUNMING_CODE = {"uscc": "91530102MA00000000"}
DALI_CODE = {"uscc": "91532901MA00000000"}
CASES = [
    # home, what the row says, other place, basis, why
    (DALI, {"county": "五华区"}, "昆明市", "listed", "a county that only another prefecture has"),
    (DALI, {"county": "昆明市五华区"}, "昆明市", "listed", "a chain of regions"),
    (DALI, {"county": "昆明市"}, "昆明市", "listed", "the prefecture alone"),
    (DALI, {"county": "520303"}, "遵义市", "listed", "a code in the column"),
    (DALI, {"division_code": "530102000000"}, "昆明市", "listed", "a division code of twelve digits"),
    (DALI, {"tax_office": "国家税务总局昆明市五华区税务局"}, "昆明市", "listed", "the tax office"),
    (DALI, {"county": "五华区", **DALI_CODE}, "昆明市", "mixed", "listed there, registered here"),
    (DALI, KUNMING_CODE, "昆明市", "registered", "the credit code alone"),
    (DALI, {"code_kind": "tax_number", "code_text": "530102123456789"}, "昆明市", "registered", "an old tax number"),
    (DALI, {"code_kind": "registration_number", "code_text": "530102123456789"}, "昆明市", "registered", "a licence"),
    (DALI, {"region_code": "440600"}, "佛山市", "registered", "the name alone"),
    (DALI, {"address": "云南省昆明市五华区龙泉路1号"}, "昆明市", "registered", "the address alone"),
    (DALI, {"uscc": "91310101MA00000000"}, "上海市", "registered", "a city without prefectures"),
    (DALI, {"uscc": "91429004MA00000000"}, "仙桃市", "registered", "a city that its province runs"),
    (CHONGQING, {"uscc": "91510101MA00000000"}, "成都市", "registered", "another province"),
    (SHANGHAI, {"uscc": "91110105MA00000000"}, "北京市", "registered", "another city without prefectures"),
    # Against: what is here, what says nothing, and what is known of neither.
    (DALI, DALI_CODE, None, None, "registered here"),
    (DALI, {"county": "大理市", **KUNMING_CODE}, None, None, "registered there, pays here"),
    (DALI, {"tax_office": "国家税务总局大理市税务局第二税务分局", **KUNMING_CODE}, None, None, "the office here"),
    (DALI, {"address": "大理市下关镇1号", **KUNMING_CODE}, None, None, "an address here"),
    (DALI, {"address": "下关镇昆明路3号"}, None, None, "a road called after a city"),
    (DALI, {"county": "大理州"}, None, None, "home as it is called"),
    (DALI, {"county": "云南省"}, None, None, "the province says no prefecture"),
    (DALI, {"uscc": "91530000MA00000000"}, None, None, "registered with the province"),
    (DALI, {"county": "鼓楼区"}, None, None, "a name that several places have"),
    (DALI, {"county": "经开区"}, None, None, "a zone without a name"),
    (DALI, {"county": "五华"}, None, None, "a bare name may be a place here"),
    (DALI, {"tax_office": "第二税务分局"}, None, None, "an office without a place"),
    (DALI, {"region_code": "530100", "branch": "下关店"}, None, None, "a branch is called after its head office"),
    (DALI, {}, None, None, "nothing is said"),
    (None, KUNMING_CODE, None, None, "where the units are is not known"),
    (TONGREN, {"uscc": "91522201MA00000000"}, None, None, "a code from before the prefecture was renumbered"),
    (GUIZHOU, {"uscc": "91522201MA00000000"}, None, None, "units of a whole province"),
    (CHONGQING, {"uscc": "91500241MA00000000"}, None, None, "the counties of a city without prefectures"),
]  # fmt: skip


@pytest.mark.parametrize(("home", "said", "place", "basis", "why"), CASES)
def test_a_row_says_where_it_lies(home, said, place, basis, why):
    firms = pl.DataFrame(
        [{**dict.fromkeys(_TEXTS), **said}], schema=dict.fromkeys(_TEXTS, pl.String)
    )
    found = add_other_places(firms, home)
    assert found.select("other_place", "other_basis").row(0) == (place, basis), why
    assert found.drop("other_place", "other_basis").equals(firms)
