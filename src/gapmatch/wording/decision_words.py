"""Who decided a pair, and what has changed since (``ledger.decisions``), in words for officials."""

from collections.abc import Mapping, Sequence

import polars as pl

from gapmatch.i18n import get_translator, use_language
from gapmatch.vocabulary.verdicts import list_verdict_labels


def add_decision_words(pairs: pl.DataFrame, language: str) -> pl.DataFrame:
    """Return ``pairs`` with ``who`` and ``changed`` for ``voices`` and ``changes``."""
    voices, changes = pairs["voices"].to_list(), pairs["changes"].to_list()
    return pairs.drop("voices", "changes").with_columns(
        pl.Series("who", [describe_voices(pair, language) for pair in voices], pl.String),
        pl.Series("changed", [_describe_changes(pair, language) for pair in changes], pl.String),
    )


def describe_voices(voices: Sequence[Mapping[str, str]] | None, language: str) -> str | None:
    """Return who decided what, ``None`` if nobody did."""
    _ = get_translator(language)
    with use_language(language):
        labels = list_verdict_labels()
    words = [_("{}：{}").format(v["who"] or "?", labels[v["verdict"]]) for v in voices or ()]
    return _("；").join(words) or None


def _describe_changes(changes: Sequence[Mapping[str, str]] | None, language: str) -> str | None:
    _ = get_translator(language)
    sentences = {
        "firm_renamed": _("纳税人名称由“{}”变为“{}”"),
        "firm_recoded": _("纳税人代码由“{}”变为“{}”"),
        "unit_renamed": _("参保单位名称由“{}”变为“{}”"),
        "unit_recoded": _("参保单位代码由“{}”变为“{}”"),
        "code_contradicts": _("补充了代码，与原认定不符"),
    }
    words = [sentences[c["code"]].format(c["before"], c["after"]) for c in changes or ()]
    return _("；").join(dict.fromkeys(words)) or None
