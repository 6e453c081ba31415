"""Statuses of firms: codes of the market registration, and abnormal statuses that were lifted."""

import pytest
from invented_extracts import write_csv

from gapmatch.read import Side, read_extract
from gapmatch.read.firm_statuses import is_lifted


@pytest.mark.parametrize(
    ("text", "lifted", "why"),
    [
        ("解除非正常", True, "lifted"),
        ("非正常户（已解除）", True, "behind"),
        ("非正常2019-01-02解除", True, "with a day"),
        ("停业后恢复营业", True, "of another kind"),
        ("由非正常转为正常", True, "it became normal"),
        ("非正常", False, "not lifted"),
        ("未解除非正常", False, "said not to be"),
        ("解除非正常后注销", False, "over since"),
        ("申请取消注销", False, "only asked for"),
        ("正常", False, "never over"),
    ],
)
def test_a_status_that_was_lifted_is_over_no_more(text, lifted, why):
    assert is_lifted(text) == lifted, why


@pytest.mark.parametrize(
    ("header", "texts", "statuses", "why"),
    [
        ("REGSTATE", ("2", "1", "1"), ["吊销", "存续", "存续"], "codes"),
        ("登记状态", ("03", "01", "01"), ["注销", "存续", "存续"], "with zeros"),
        ("状态", ("9", "1", "1"), ["9", "存续", "存续"], "a code of no known meaning"),
        ("登记状态", ("1", "2", "2"), ["1", "2", "2"], "other codes: most firms would be gone"),
        ("登记状态", ("1", "存续", "注销"), ["1", "存续", "注销"], "words"),
    ],
)
def test_codes_of_the_registration_are_read_if_most_firms_exist(
    tmp_path, header, texts, statuses, why
):
    rows = [("统一社会信用代码", "企业名称", header)]
    rows += [(f"91520102MA6TE{n:05}", f"第{n}商贸有限公司", text) for n, text in enumerate(texts)]
    extract = read_extract(Side.REGISTRY, [write_csv(tmp_path / "a.csv", rows)], {})
    assert extract.rows["status"].to_list() == statuses, why
