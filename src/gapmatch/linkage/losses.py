"""What the lists did not allow the linkage to do, in sentences for officials."""

import polars as pl

from gapmatch.language import _
from gapmatch.linkage.block import Blocked
from gapmatch.linkage.sides import Side

SHOWN = 3


def describe_losses(firms: Side, units: Side, blocked: Blocked) -> list[str]:
    """Return one sentence per comparison that a list does not allow, and one on keys left unpaired."""
    told = {
        "code_text": _("比对未使用信用代码：{side}没有可用的代码列，同名企业较难区分"),
        "person": _("比对未使用法定代表人：{side}没有该列"),
        "phone_digits": _("比对未使用电话：{side}没有该列"),
        "division": _("比对未使用区县：{side}没有可识别的区县"),
    }
    sides = {_("税务清册"): firms.rows, _("参保单位"): units.rows}
    found = [
        text.format(side=side)
        for column, text in told.items()
        for side, rows in sides.items()
        if rows.height and rows[column].null_count() == rows.height
    ]
    return found + _common_keys(blocked.skipped)


def _common_keys(skipped: pl.DataFrame) -> list[str]:
    exact = skipped.filter(pl.col("rule").is_in(["organisation", "standard_name", "core", "phone"]))
    if exact.is_empty():
        return []
    shown = exact.sort("firms", "key", descending=[True, False]).head(SHOWN)
    keys = "、".join(
        _("{key}（{firms} 户、{units} 个单位）").format(**row)
        for row in shown.select("key", "firms", "units").to_dicts()
    )
    return [_("以下值为太多企业共有，未据此配对，仅凭其他信息比对：{keys}").format(keys=keys)]
