"""Conclusions on a row of a list to verify: their words, and what each means."""

from gapmatch.i18n import _

LISTED_VERDICTS = ("refuted", "outside", "not_operating", "to_settle", "confirmed")
"""In the order in which the bridge subtracts them; the confirmed ones are what remains."""


def label_listed_verdicts() -> dict[str, str]:
    """Return verdict to words, in the order of ``LISTED_VERDICTS``."""
    words = (_("列错"), _("不在范围"), _("未经营"), _("待定"), _("属实"))
    return dict(zip(LISTED_VERDICTS, words, strict=True))


def explain_listed_verdicts() -> dict[str, str]:
    """Return verdict → sentence for the authority that issued the list."""
    return {
        "refuted": _(
            "该户已参保：在参保单位中找到，或由总公司参保。依据是参保单位的名称和编号；"
            "险种不全、人数不足的也算列错，但仍列入走访。"
        ),
        "outside": _("不属于本次核查对象：机关事业单位、已注销或迁出、无雇工的个体工商户等。"),
        "not_operating": _("未找到参保记录，也看不出在经营；列入复查，不计入未参保。"),
        "to_settle": _(
            "现有数据不能断定：可能与某参保单位是同一家，或是否在经营还说不准。核实以前不答复属实，也不答复列错。"
        ),
        "confirmed": _("未见停业迹象，参保单位中没有这一户，或曾参保现已停缴。"),
    }
