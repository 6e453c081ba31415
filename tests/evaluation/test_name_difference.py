"""How the names of one firm differ between two lists."""

import polars as pl
import pytest
from invented_rows import enrollment_rows, standardised, tax_rows

from gapmatch.evaluation.name_difference import KINDS, classify_differences

PAIRS = [
    ("云州县青石商贸有限公司", "云州县青石商贸有限公司", "same"),
    ("云州县青石商贸有限公司", "云州县青石商贸有限公司 ", "same"),
    (
        "云州县碧水物流有限公司（原：云州县青石商贸有限公司）",
        "云州县青石商贸有限公司",
        "former_name",
    ),
    ("贵州（遵义）青石商贸有限公司", "贵州遵义青石商贸有限公司", "brackets"),
    ("遵义青石（集团）商贸有限公司", "遵义青石商贸有限公司", "brackets"),
    ("遵义青石商贸有限公司", "遵义青石商贸有限责任公司", "legal_form"),
    ("遵义青石商贸有限公司", "遵义青石商贸公司", "legal_form"),
    ("遵义青石商贸有限公司", "青石商贸有限公司", "region"),
    ("遵义青石商贸有限公司", "贵州青石商贸有限公司", "region"),
    ("遵义青石石油有限公司第二加油站", "遵义青石石油有限公司第三加油站", "number"),
    ("遵义青石商贸有限公司", "遵义青石商贸有限公司桐梓分公司", "branch"),
    ("遵义轩业商贸有限公司", "遵义轩叶商贸有限公司", "sound"),
    ("遵义青石商贸有限公司", "遵义青石", "truncated"),
    ("遵义青石商贸有限公司", "遵义青石矿业有限公司", "trade_word"),
    ("遵义青石岭养殖场", "遵义青柏岭养殖场", "one_character"),
    ("遵义青柏石岭商贸有限公司", "遵义青岭商贸有限公司", "words_in_or_out"),
    ("遵义青石商贸有限公司", "遵义碧水商贸有限公司", "trade_name"),
    ("遵义青石商贸有限公司", "桐梓县墨池小学", "other"),
]


@pytest.fixture(scope="module")
def kinds() -> list[str]:
    """The kind of each pair, all of them in two lists."""
    firms, units = standardised(
        tax_rows([{"seq": str(n), "name": tax} for n, (tax, *_) in enumerate(PAIRS)]),
        enrollment_rows(
            [{"unit_id": str(n), "name": unit} for n, (_, unit, _) in enumerate(PAIRS)]
        ),
    )
    in_order = pl.DataFrame({"number": [str(n) for n in range(len(PAIRS))]})
    sides = [
        in_order.join(frame, left_on="number", right_on=key, maintain_order="left")
        for frame, key in ((firms, "seq"), (units, "unit_id"))
    ]
    return classify_differences(*sides).to_list()


@pytest.mark.parametrize("number", range(len(PAIRS)))
def test_names_differ_by_the_first_rule_that_holds(kinds, number):
    tax, unit, kind = PAIRS[number]
    assert kinds[number] == kind, (tax, unit)
    assert kind in KINDS
