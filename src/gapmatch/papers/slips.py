"""Visit slips, notices and letters: a DOCX per county, one page a firm."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from gapmatch.errors import InputError
from gapmatch.forms.file_names import make_file_stem, make_file_stems
from gapmatch.i18n import _
from gapmatch.papers.firm_pages import PAGE_WORDS, PageUse, make_pages, select_firms
from gapmatch.papers.templates import find_template
from gapmatch.papers.word_template import WordTemplate
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.settings.load import Settings
from gapmatch.vocabulary.labels import label_county


@dataclass(frozen=True)
class SlipOptions:
    """Which firms get a page, and what is made of it. ``None`` means all counties."""

    county: str | None = None
    tiers: tuple[str, ...] = ("A",)
    letters: bool = False
    """Notices and letters to be sent, instead of slips for the visitor."""
    with_contacts: bool = False
    firm: int | None = None
    """The one firm to make it for, whatever its county and tier."""
    day: date | None = None
    """Day on which the papers are used: offers that have ended by then are left out."""


@dataclass(frozen=True)
class Paper:
    """One file to write: path, contents, number of firms with a page in it."""

    path: str
    content: bytes
    firms: int


def make_slips(
    results: PublishInput, settings: Settings, workspace: Path, options: SlipOptions
) -> Iterator[Paper]:
    """Yield a file per county and kind of paper; raise ``InputError`` without such a firm."""
    shown = PublishOptions(with_contacts=options.with_contacts)
    use = PageUse(options.letters, options.day)
    firms = select_firms(results, shown, "ABC" if options.firm is not None else options.tiers)
    chosen = _select_own(firms, options)
    stems = make_file_stems(label_county(c) for c in firms["county"].unique().to_list())
    for template, folder, kinds in _list_papers(letters=options.letters):
        word_template = WordTemplate.from_file(find_template(template, workspace), PAGE_WORDS)
        own = chosen.filter(pl.col("kind_code").is_in(kinds))
        for (county,), part in own.partition_by(
            "county", as_dict=True, maintain_order=True
        ).items():
            pages = list(make_pages(part, results.quarter, settings.policies, use))
            stem = stems[label_county(str(county))]
            if options.firm is not None:
                stem = make_file_stem(f"{stem}_{part['name'][0]}")
            yield Paper(f"{folder}/{stem}.docx", word_template.fill(pages), part.height)


def _list_papers(*, letters: bool) -> tuple[tuple[str, str, Sequence[str]], ...]:
    """Return template, folder, and the kinds of targets that it is for."""
    new, others = ("new_enrollment",), ("lines_missing", "headcount_short", "lapsed")
    if not letters:
        return (("slip", _("走访单"), (*new, *others)),)
    return (("notice", _("告知书"), new), ("unit_letter", _("参保提示函"), others))


def _select_own(firms: pl.DataFrame, options: SlipOptions) -> pl.DataFrame:
    if options.firm is not None:
        own = firms.filter(pl.col("firm") == options.firm)
        if own.is_empty():
            raise InputError(
                _("这家企业不是走访目标，没有走访单"), _("请在“结果”页选一家走访目标。")
            )
        return own
    county = options.county
    if county is None:
        return firms
    labels = {name: label_county(name) for name in firms["county"].unique().sort().to_list()}
    wanted = [name for name, label in labels.items() if county in (name, label)]
    own = firms.filter(pl.col("county").is_in(wanted))
    if own.is_empty():
        raise InputError(
            _("{county} 没有这一层级的走访目标").format(county=county),
            _("有走访目标的县区：{names}").format(
                names=_("、").join(labels.values()) or _("（无）")
            ),
        )
    return own
