"""Why a case is in its state (``ledger.cases``), in sentences for officials."""

import polars as pl

from gapmatch.i18n import get_translator
from gapmatch.vocabulary.outcomes import load_outcomes


def build_case_note(language: str) -> pl.Expr:
    """Return the sentence of ``note`` (a code) and ``outcome`` in ``language``."""
    _ = get_translator(language)
    labels = {code: outcome.get_label(language) for code, outcome in load_outcomes().items()}
    sentences = {
        "enrolled_not_found": _("走访结果为“参保”，但本季参保名单中仍未找到"),
        "closed_listed_again": _("曾以“{}”办结，本季再次列入"),
        "insured_listed_again": _("上次已核实参保，本季再次列入"),
        "found_insured": _("本季参保名单中已找到"),
    }
    outcome = pl.col("outcome").replace(labels).fill_null("")
    return pl.col("note").replace(sentences).str.replace("{}", outcome, literal=True)
