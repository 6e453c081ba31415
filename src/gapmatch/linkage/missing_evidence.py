"""What the lists did not allow the linkage to do, in sentences for officials."""

import polars as pl

from gapmatch.i18n import N_, Said
from gapmatch.linkage.block import Blocked
from gapmatch.linkage.sides import Side
from gapmatch.schemas import UNKNOWN_COUNTY

SHOWN = 3


def describe_losses(firms: Side, units: Side, blocked: Blocked) -> list[Said]:
    """Return one sentence per comparison that a list does not allow, and one on keys left unpaired."""
    told = {
        "code_text": N_("比对未使用信用代码：{side}没有可用的代码列，同名企业较难区分"),
        "person": N_("比对未使用法定代表人：{side}没有该列"),
        "phone_digits": N_("比对未使用电话：{side}没有该列"),
    }
    sides = {Said(N_("税务清册")): firms.rows, Said(N_("参保单位")): units.rows}
    found = [
        Said(text, side=side)
        for column, text in told.items()
        for side, rows in sides.items()
        if rows.height and rows[column].null_count() == rows.height
    ]
    found += [
        Said(N_("比对未使用区县：{side}没有可识别的区县"), side=side)
        for side, rows in sides.items()
        if rows.height and (rows["county_name"] == UNKNOWN_COUNTY).all()
    ]
    return found + _common_keys(blocked.skipped)


def _common_keys(skipped: pl.DataFrame) -> list[Said]:
    exact = skipped.filter(pl.col("rule").is_in(["organisation", "standard_name", "core", "phone"]))
    if exact.is_empty():
        return []
    shown = exact.sort("firms", "key", descending=[True, False]).head(SHOWN)
    keys = tuple(
        Said(N_("{key}（{firms} 户、{units} 个单位）"), **row)
        for row in shown.select("key", "firms", "units").to_dicts()
    )
    return [Said(N_("以下值为太多企业共有，未据此配对，仅凭其他信息比对：{keys}"), keys=keys)]
