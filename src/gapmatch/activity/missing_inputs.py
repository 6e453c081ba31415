"""What statuses and ranking have to do without, because an extract does not have it."""

import polars as pl

from gapmatch.i18n import N_, Said


def describe_losses(firms: pl.DataFrame, units: pl.DataFrame | None = None) -> list[Said]:
    """Return one sentence for officials per column that is empty throughout, and what that costs."""
    told = {
        "declared_headcount": N_(
            "排序未使用个税申报人数：本次税务清册没有该列，人数按工资、销售和税款估计"
        ),
        "declared_wages": N_("排序未使用工资总额：本次税务清册没有该列，挂名人员难以识别"),
        "sales": N_("排序未使用销售额：本次税务清册没有该列，以税款代替经营规模"),
        "tax_paid": N_("排序未使用入库税额：本次税务清册没有该列"),
        "zero_filing_months": N_("是否经营未参考零申报月数：本次税务清册没有该列，停业户可能漏判"),
        "open_date": N_("是否经营未参考成立日期：本次税务清册和市场主体登记都没有该列"),
        "industry": N_("人数估计未区分行业：本次税务清册没有行业列"),
    }
    found = [Said(text) for column, text in told.items() if _empty(firms, column)]
    lines = ("pension_insured", "unemployment_insured", "injury_insured")
    if units is not None and all(_empty(units, column) for column in lines):
        found.append(
            Said(N_("未判断险种缺失：本次参保单位没有分险种参保人数"))
            if not _empty(units, "insured_total")
            else Said(N_("未判断险种缺失和少报人数：本次参保单位没有参保人数"))
        )
    return found


def _empty(frame: pl.DataFrame, column: str) -> bool:
    if column == "open_date" and "registry_open_date" in frame.columns:
        return _empty(frame.drop("registry_open_date"), column) and _empty(
            frame.select(pl.col("registry_open_date")).rename({"registry_open_date": "other"}),
            "other",
        )
    return frame.height > 0 and (
        column not in frame.columns or frame[column].null_count() == frame.height
    )
