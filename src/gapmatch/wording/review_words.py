"""Who decides on pairs in review: one rule for report, workbook, desk and command line."""

from gapmatch.i18n import get_translator


def describe_review_duty(language: str) -> str:
    """Return who decides first and who checks what is left, as a clause without a full stop."""
    _ = get_translator(language)
    return _("先由市（州）局逐对认定，定不了的由县（市、区）核实后填回工作簿的“待核实”表")
