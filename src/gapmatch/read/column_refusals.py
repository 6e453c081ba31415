"""Sheets that cannot be read, by their columns, with what to do about them."""

from collections.abc import Sequence

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import _, get_language
from gapmatch.privacy import mask_numbers
from gapmatch.read.column_contents import (
    CREDIT_CODE,
    compute_name_share,
    compute_word_share,
    get_texts,
)
from gapmatch.read.header_words import Aliases, find_nearest
from gapmatch.read.headers import Header
from gapmatch.read.knowledge import (
    is_known_header,
    join_lines,
    load_knowledge,
    normalise_header,
    strip_brackets,
)
from gapmatch.read.read_model import ColumnMap, Grid, Match, SheetPlace, Side
from gapmatch.read.recognise import describe_garbled, describe_persons_remedy, find_person_header


def refuse_side_by_side(header: Header, place: SheetPlace) -> None:
    """Raise ``InputError`` if the headers come again further right: a list set in two columns."""
    starts = [m.index for m in header.matches if m.canonical == "name"]
    texts = [join_lines(text) for text in header.texts]
    for start in starts[1:]:
        step = start - starts[0]
        own = {i: t for i, t in enumerate(texts[:step]) if t}
        again = [i for i, t in own.items() if texts[i + step : i + step + 1] == [t]]
        if step > 1 and len(again) == len(own):
            raise InputError(
                _("表中并排放了几份清册，第 {n} 列起表头又从头开始：{place}").format(
                    n=again[0] + step + 1, place=place
                ),
                _("请把右边的各列剪切到左边数据的下面（表头只留一行），保存后重试。"),
                file=place.path,
                row=place.row,
            )


def refuse_nested(columns: ColumnMap, grid: Grid, place: SheetPlace) -> None:
    """Raise ``InputError`` if a column that is read holds lists or structures (Parquet)."""
    for match in columns.matches:
        if match.index in grid.nested:
            raise InputError(
                _(
                    "“{header}”一列是嵌套类型（列表或结构），一格里不止一个值，读不出来：{path}"
                ).format(header=match.header, path=place.path),
                _(
                    "请在导出时把它展开为普通的文字列（结构取其中一个字段，列表用“；”连成一段文字）；"
                    "用不着这一列的，请从文件中删去。"
                ),
                file=place.path,
                row=place.row,
                column=match.header,
            )


def refuse_no_names(columns: ColumnMap, body: pl.DataFrame, place: SheetPlace) -> None:
    """Raise ``InputError`` if the column of names holds numbers, codes or dates."""
    matches = columns.columns["name"]
    texts = pl.concat([get_texts(body, m.index) for m in matches])
    is_code = texts.str.to_uppercase().str.contains(CREDIT_CODE)
    named = texts.str.contains(r"\p{L}.*\p{L}") & ~is_code
    # Where each firm has a card of its own, headers stand between the names.
    headers = sum(map(is_known_header, texts.filter(texts.str.len_chars() <= _MAX_HEADER)))
    if len(texts) < _MIN_NAMES or (
        int(named.sum()) * 2 > len(texts) and headers < _MAX_HEADERS_SHARE * len(texts)
    ):
        return
    header = join_lines(matches[0].header)
    raise InputError(
        _("“{header}”一列读作“{column}”，但内容不像名称（如“{value}”）：{place}").format(
            header=header, column=get_label(place.side, "name"), value=texts[0][:20], place=place
        ),
        _(
            "请在 gapmatch.toml 的 [columns.{side}] 中把 name 改为真正的名称列，"
            "或在原表中改正表头。"
        ).format(side=place.side.value),
        file=place.path,
        row=place.row,
        column=matches[0].header,
    )


def refuse_two_lines(header: Header, columns: ColumnMap, grid: Grid, place: SheetPlace) -> None:
    """Raise ``InputError`` for a list of two lines a firm: below 名称 stands the header 地址."""
    aliases = load_knowledge().aliases[place.side]
    below_header = grid.cells.slice(header.last + 1, 1).to_dicts()
    texts = {c: str(t) for c, t in below_header[0].items() if t} if below_header else {}
    found = {c: aliases.get(normalise_header(t)) for c, t in texts.items()}
    known = {c: alias.canonical for c, alias in found.items() if alias}
    below = known.get(f"c{columns.columns['name'][0].index}", "name")
    if below == "name" or len(known) * 2 <= len(found):
        return
    raise InputError(
        _("每户占上下两行，各列会混在一起：{place}").format(place=place),
        _(
            "请从原系统导出每户一行的清册；只有这份的，把每户的下一行剪切到上一行右边（表头也是），"
            "保存后重试。"
        ),
        file=place.path,
        row=place.row,
    )


def refuse_persons(
    header: Header, columns: ColumnMap, body: pl.DataFrame, place: SheetPlace
) -> None:
    """Raise ``InputError`` for a list of persons: several rows a firm, each of another person."""
    layout = load_knowledge().layout
    headers = [normalise_header(strip_brackets(text)) for text in header.texts]
    names = [i for i, text in enumerate(headers) if text in layout["person_names"]]
    numbers = [i for i, text in enumerate(headers) if text in layout["person_numbers"]]
    persons = names or numbers
    name = columns.columns["name"][0]
    if not persons or persons[0] == name.index or f"c{persons[0]}" not in body.columns:
        return
    pairs = body.select(firm=f"c{name.index}", person=f"c{persons[0]}").drop_nulls()
    if names:
        pairs = pairs.filter(pl.col("person").cast(pl.String).str.contains(r"^\s*\p{L}"))
    firms = pairs["firm"].n_unique()
    if pairs.height < _MIN_NAMES or pairs.n_unique() < _MIN_PERSONS_A_FIRM * firms:
        return
    raise InputError(
        _("这是人员明细（每人一行，{rows} 行、{firms} 个单位），不是单位清册：{place}").format(
            rows=pairs.height, firms=firms, place=place
        ),
        _(
            "请改用每个单位一行、写有人数的清册；没有的，请在 Excel 中用“数据透视表”"
            "按单位代码和名称数出人数，另存后再给出。"
        ),
        file=place.path,
        row=place.row,
        column=join_lines(header.texts[persons[0]]),
    )


_MIN_NAMES = 3

_MIN_PERSONS_A_FIRM = 1.5

_MAX_HEADER = 10

_MAX_HEADERS_SHARE = 0.3

# Chinese text whose bytes were read in another encoding and saved so: 有限, 公司, 市, 县, 区 as
# they then look, replaced bytes, and UTF-8 as Latin.
_GARBLED = (
    "鏈夐檺|鍏.{0,2}徃|甯傚|鍘.{0,1}�|锟斤拷|�|\\?{3}"
    "|ï¿½|[ÃÂÐ][\\x{80}-\\x{BF}]|[\\x{C0}-\\x{FF}]{4}"
)


def refuse_garbled_names(columns: ColumnMap, body: pl.DataFrame, place: SheetPlace) -> None:
    """Raise ``InputError`` if most names were read in another encoding and saved so."""
    match = columns.columns["name"][0]
    texts = get_texts(body, match.index)
    garbled = texts.str.contains(_GARBLED)
    if len(texts) < _MIN_NAMES or int(garbled.sum()) * 2 <= len(texts):
        return
    raise InputError(
        _("名称是乱码（如“{value}”）：{place}").format(
            value=texts.filter(garbled)[0][:20], place=place
        ),
        describe_garbled(),
        file=place.path,
        row=place.row,
        column=match.header,
    )


def _format_toml(side: Side, canonical: str, header: str) -> str:
    return f'[columns.{side.value}]\n{canonical} = ["{header}"]'


def _describe_remedy(side: Side, canonical: str, header: str) -> str:
    return _(
        "请在工作区的 gapmatch.toml 中写明这一列（引号内换成正确的表头），然后重新运行：\n\n{toml}"
    ).format(toml=_format_toml(side, canonical, header))


def build_equal_claims_error(
    canonical: str, matches: Sequence[Match], place: SheetPlace
) -> InputError:
    """Return the error for two columns that claim the same and differ."""
    listed = _("、").join(
        _("第 {n} 列“{header}”").format(n=m.index + 1, header=join_lines(m.header)) for m in matches
    )
    message = _("有两列都像是“{column}”，内容又不一致，无法取舍：{columns}\n文件：{place}").format(
        column=get_label(place.side, canonical), columns=listed, place=place
    )
    headers = {m.header for m in matches}
    if len(headers) > 1:
        remedy = _describe_remedy(place.side, canonical, join_lines(matches[0].header))
    else:
        remedy = _(
            "请在表格中给这两列写上不同的表头（例如在不用的一列表头后加“备用”），保存后重试。"
        )
    return InputError(message, remedy, file=place.path, row=place.row, column=matches[0].header)


def build_no_name_error(
    header: Header, body: pl.DataFrame, aliases: Aliases, place: SheetPlace
) -> InputError:
    """Return the error for a list without names; only columns that hold names are proposed."""
    seen = [join_lines(t) for t in header.texts if t]
    person = find_person_header(header.texts)
    if person is not None:
        return _build_persons_error(person, body.height, place)
    candidates = _find_name_candidates(header, body, aliases)
    message = _("找不到必需的列“{column}”。\n文件：{place}\n表头：{seen}").format(
        column=get_label(place.side, "name"), place=place, seen=mask_numbers(_("、").join(seen))
    )
    if not candidates:
        remedy = _(
            "没有一列的内容像单位名称：请确认给对了文件和工作表，或请来件单位补上名称后重试。"
        )
        return InputError(message, remedy, file=place.path, row=place.row)
    message += _("\n最接近的列：{close}").format(close=_("、").join(candidates))
    return InputError(
        message, _describe_remedy(place.side, "name", candidates[0]), file=place.path, row=place.row
    )


def _build_persons_error(person: str, rows: int, place: SheetPlace) -> InputError:
    return InputError(
        _("这是个人名单（每人一行，{rows} 行，没有单位名称），不是单位清册：{place}").format(
            rows=rows, place=place
        ),
        describe_persons_remedy(),
        file=place.path,
        row=place.row,
        column=person,
    )


def _find_name_candidates(header: Header, body: pl.DataFrame, aliases: Aliases) -> list[str]:
    """Return the headers of columns that could hold names, the likeliest first.

    A column that is known for another, such as one of places, is none unless firms stand in it.
    """
    found = []
    known = {match.index for match in header.matches if match.canonical != "name"}
    for index, text in enumerate(header.texts):
        if not text or f"c{index}" not in body.columns or compute_word_share(body, index) * 2 < 1:
            continue
        if index in known and compute_name_share(body, index) * 2 < 1:
            continue
        alike = [
            score for alias, score in find_nearest(text, aliases, 20) if alias.canonical == "name"
        ]
        likeness = max(alike, default=0.0)
        if likeness > 0 or compute_name_share(body, index) > 0:
            found.append((compute_name_share(body, index), likeness, join_lines(text)))
    return [text for _share, _likeness, text in sorted(found, reverse=True)][:3]


def get_label(side: Side, canonical: str) -> str:
    """Return the first header of a column's list, as officials call it; in English its own name."""
    if get_language() == "en":
        return canonical
    return load_knowledge().labels[side].get(canonical, canonical)
