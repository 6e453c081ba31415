"""Cells for names: the name, other names, remarks, and which account of the firm it is.

Clerks write 甲公司/乙公司, 甲公司（已改为乙公司）, 甲公司 工伤, 甲公司（第二户）, 1、甲公司. A mark
separates names only if what stands on either side of it is a whole name; else it is punctuation
(五金、建材经营部). If a cell can be read in two ways, the likelier reading is the name and the
other one stands next to it.
"""

import re
from collections.abc import Sequence
from functools import cache, cached_property
from typing import NamedTuple

import polars as pl

from gapmatch.standardise.characters import Characters
from gapmatch.standardise.decoding import decode_texts
from gapmatch.standardise.divisions import Gazetteer
from gapmatch.standardise.name_rules import NameRules, match_any
from gapmatch.standardise.names import PLAIN, clean_names, normalise_names
from gapmatch.standardise.numerals import NUMERALS, ROMAN

SEPARATOR = "|"
"""What stands for blanks and line breaks inside a cell until it is read."""
_HARD = r"[/;,、，；+&→]"
"""Marks between names; blanks and dashes also stand inside a name."""
_MARKS = re.compile(rf"({_HARD}|[{SEPARATOR}]|-)+")
_PUNCTUATION = re.compile(r"[-,，、;；:：/+&|=>→]")
_BRACKET = re.compile(r"\(([^()]*)\)")
_NUMBER = re.compile(f"第?(?:[{NUMERALS}]{{1,3}}|{ROMAN})号?")
_DIGITS = re.compile(r"(?<=\D)(?:1[3-9][0-9]{9}|[0-9]{7,})")
_FRONT_NOTE = re.compile(
    r"\([^()]{1,6}\)|[^:：()]{2,6}[:：]|(?:19|20)[0-9]{2}年(?:[0-9]{1,2}月)?(?:[0-9]{1,2}日)?"
    r"|[0-9A-Z]*[0-9][0-9A-Z]*\|"
)
_OWNER = re.compile("(?:个体(?:工商)?户)?[\u4e00-\u9fff]{2,4}")
"""What stands before a shop in brackets: 张三（城关镇张三副食店）."""
_ORIGIN = re.compile("^(?:[0-9]{4}年?(?:[0-9]{1,2}月)?(?:[0-9]{1,2}日)?)?(?:系|是)?由")
_MAX_LEAD = 14
"""Characters of other words before a name in brackets, at most."""
_OWN_COMPANY = "有限责任公司|有限公司|股份公司|专业合作社"
"""Forms that stand once in a name; a second one belongs to another name."""

_BRANCH = re.compile(f".{{2,}}(?:{_OWN_COMPANY})(.{{2,}}[店站行院校园场])")
"""A company's branch that is called a shop, a station and the like."""
_SHOP_NUMBER = re.compile(f"{_NUMBER.pattern}|[A-Z甲乙丙丁]")
_SHOP_END = "(?:[店站行院校园场馆部所处厂厅铺坊吧房]|超市)"
_UNNUMBERED_SHOP = re.compile(f"[^{NUMERALS}号]{_SHOP_END}$")
"""A shop that has no number yet: behind one that has, a number is an account's."""
_BEHIND_SHOP = re.compile(f"(.{{2,}}{_SHOP_END})(?:{_SHOP_NUMBER.pattern})")


class Cell(NamedTuple):
    """A name and the other contents of its cell: further names, and other readings of the name."""

    name: str
    others: tuple[str, ...]


def read_cells(names: pl.Series, characters: Characters, rules: NameRules) -> pl.DataFrame:
    """Return ``clean_name`` (String) and ``aliases`` (List[String]: other names, unparsed)."""
    given = decode_texts(names.fill_null(""))
    dressed = (~given.str.contains(PLAIN)).arg_true()
    plain = characters.simplify(given.scatter(dressed, normalise_names(given.gather(dressed))))
    plain = _write_in_full(plain, rules)
    reader = CellReader.load(rules)
    odd = (~plain.str.contains(PLAIN)) | plain.str.contains(reader.suspect) | _is_twice(plain)
    texts = plain.filter(odd).unique(maintain_order=True)
    cells = [reader.read(text) for text in texts.to_list()]
    read = pl.DataFrame(
        {
            "given": texts,
            "clean": pl.Series([cell.name for cell in cells], dtype=pl.String),
            "aliases": pl.Series([cell.others for cell in cells], dtype=pl.List(pl.String)),
        }
    )
    joined = plain.to_frame("given").join(read, on="given", how="left", maintain_order="left")
    return joined.select(
        pl.coalesce("clean", "given").alias("clean_name"), pl.col("aliases").fill_null([])
    )


def _write_in_full(texts: pl.Series, rules: NameRules) -> pl.Series:
    """Return texts with short forms written in full; few have one."""
    short = texts.str.contains("|".join(pattern for pattern, _full in rules.short_forms))
    written = texts.filter(short)
    for pattern, full in rules.short_forms:
        written = written.str.replace(pattern, full)
    return texts.scatter(short.arg_true(), written)


def _is_twice(texts: pl.Series) -> pl.Series:
    """Return which texts are the same half twice."""
    half = pl.col("t").str.len_chars() // 2
    twice = (half >= 4) & (pl.col("t").str.head(half) == pl.col("t").str.tail(half))
    return texts.to_frame("t").select(twice).to_series()


def split_listed_names(texts: pl.Series, characters: Characters, rules: NameRules) -> pl.Series:
    """Split a column of other names into List[String] of clean names; blank is an empty list."""
    parts = (
        decode_texts(texts.fill_null(""))
        .str.replace_all(rules.listed_separators, SEPARATOR)
        .str.replace_all(rules.listed_ends, f"${{1}}{SEPARATOR}")
        .str.split(SEPARATOR)
    )
    flat = parts.to_frame("name").with_row_index("row").explode("name").drop_nulls("name")
    bare = flat["name"].str.strip_chars()
    for leftover in rules.listed_leftovers:
        bare = bare.str.replace_all(leftover, "")
    clean = clean_names(bare, characters).str.replace_all(r"[-()]", "")
    selection = flat.with_columns(clean.alias("name")).filter(pl.col("name").str.len_chars() >= 3)
    lists = selection.group_by("row", maintain_order=True).agg("name")
    rows = pl.DataFrame({"row": range(len(texts))}, schema={"row": pl.UInt32})
    joined = rows.join(lists, on="row", how="left", maintain_order="left")
    return joined.select(pl.col("name").fill_null([])).to_series()


class CellReader:
    """Reads cells by the rules; pure, ``load`` once and share."""

    def __init__(self, rules: NameRules) -> None:
        """Prepare the patterns of the rules."""
        self.rules = rules
        ends = [*rules.written_forms, *rules.branch_endings]
        self._form = re.compile(rf".{{2,}}?(?:{match_any(rules.written_forms)})")
        self._forms = re.compile(match_any(rules.written_forms))
        self._end = re.compile(rf"(?:{match_any(ends)}|\))$")
        self._strong = re.compile(rf".{{2,}}(?:{match_any(rules.strong_endings)})$")
        self._trailing = re.compile(rf"(?:{match_any(rules.trailing)})$")
        self._company = re.compile(rf"^(.{{2,}}?(?:{_OWN_COMPANY}))(.{{2,}}(?:{_OWN_COMPANY}))$")
        self._renamed = re.compile(
            rf"^(.{{2,}}?(?:{match_any(ends)}))(?P<lead>{rules.lead.pattern})(?P<name>.{{4,}})$"
        )
        self._generic = re.compile(rules.common_pattern)
        words = match_any([*rules.written_forms, *rules.strong_endings])
        self._counted = re.compile(rf"^(.{{2,}}(?:{words}))(?:{_NUMBER.pattern}|[A-Z])$")
        remarks = match_any(rules.bare_remarks)
        self._remarked = re.compile(rf"^(.{{2,}}(?:{words}|店|部|厂|校|院))(?:{remarks})$")

    @staticmethod
    @cache
    def load(rules: NameRules) -> "CellReader":
        """Return the reader of some rules; it is prepared once."""
        return CellReader(rules)

    @cached_property
    def suspect(self) -> str:
        """Signs of more than a name in a plain text (for polars, which has no look-around)."""
        words = match_any([*self.rules.written_forms, *self.rules.strong_endings])
        renamed = (
            "原|曾|现|今|前身|旧|又名|别名|也叫|亦|即|更|改|变|并入|转|划归|合并|整合|简称|全称|升"
            "级"
        )
        return "|".join(
            [
                rf"^.*(?:公司|社|厂|店|部|行|院|校|所|场|站|处|中心)(?:{renamed}).{{4,}}$",
                rf"^.+(?:{_OWN_COMPANY}).{{2,}}(?:{_OWN_COMPANY})$",
                rf"(?:{words})[0-9A-Z〇零○一二三四五六七八九十]{{1,3}}$",
                rf"(?:{words}|店|部|厂|校|院)(?:{match_any(self.rules.bare_remarks)})$",
                rf"{_SHOP_END}[0-9A-Z〇零○一二三四五六七八九十甲乙丙丁]{{1,3}}$",
                r"[0-9]{7,}",
                r"^[0-9]{1,4}\p{Han}{6,}",
                r"^原\p{Han}{6,}",
                r"^NO",
                r"^[A-Z]\p{Han}{6,}",
            ]
        )

    def read(self, text: str) -> Cell:
        """Return the contents of a cell; ``text`` as ``normalise_names`` leaves it."""
        others: list[str] = []
        text = self._strip_front(text, others)
        text = self._strip_brackets(_balance_brackets(text), others)
        text = _DIGITS.sub("", text) or text
        text = self._pick_first_piece(text, others)
        text = self._pick_first_name(text, others)
        self._read_counted(text, others)
        name = _strip_punctuation(text)
        distinct = dict.fromkeys(_strip_punctuation(other) for other in others)
        return Cell(name, tuple(o for o in distinct if len(o) >= 3 and o != name))

    # -- what a piece of text is

    def _has_form(self, text: str) -> bool:
        return bool(self._form.search(text)) and len(text) >= 5

    def _is_complete(self, text: str) -> bool:
        """A whole name by its length and its end."""
        return len(text) >= 5 and bool(self._end.search(text))

    def _is_continued(self, name: str, piece: str) -> bool:
        """Whether a blank stands in a form (股 份有限公司) or before a branch."""
        words = self._forms.finditer(name + piece)
        is_torn = any(word.start() < len(name) < word.end() for word in words)
        is_branch = self._strong.fullmatch(piece) and not re.search(_OWN_COMPANY, piece)
        return is_torn or (bool(is_branch) and not self._extract_other_name(piece))

    def _is_remark(self, text: str) -> bool:
        return bool(
            self.rules.remark.fullmatch(text)
            or self.rules.account.fullmatch(text)
            or _NUMBER.fullmatch(text)
        )

    def _extract_other_name(self, text: str) -> str | None:
        """Return the name in 原甲公司, 已改为甲公司, 由甲公司更名; else None."""
        lead = self.rules.lead.match(text)
        name = text[lead.end() :] if lead else _ORIGIN.sub("", text)
        tail = self.rules.tail.search(name)
        name = name[: tail.start()] if tail else name
        if not (lead or tail):
            return None
        weak = lead is not None and not tail and len(lead[0]) == 1 and lead[0] != "原"
        if weak and not self._has_form(name):
            return None
        return name if len(name) >= 3 else None

    # -- steps

    def _strip_front(self, text: str, others: list[str]) -> str:
        """Drop numbers, labels and notes in front of the name."""
        text = text.strip(SEPARATOR)
        match = self.rules.front.match(text)
        if match and match.end() < len(text):
            text = text[match.end() :].strip(SEPARATOR)
        text = self._strip_note_in_front(text, others)
        if re.match(r"[A-Z](?=[\u4e00-\u9fff]{6})", text) and Gazetteer.load().split_prefix(
            text[1:]
        ):
            others.append(text)
            text = text[1:]
        digits = re.match(r"[0-9]{1,4}(?=[\u4e00-\u9fff]{6})", text)
        if digits and Gazetteer.load().split_prefix(text[digits.end() :]):
            others.append(text)
            text = text[digits.end() :]
        if (
            text.startswith("原")
            and self._is_complete(text)
            and Gazetteer.load().split_prefix(text[1:])
        ):
            others.append(text[1:])
        return text

    def _strip_note_in_front(self, text: str, others: list[str]) -> str:
        """Drop a short note of any wording before a whole name that begins with its region.
        (重点)韶山市…, 投保单位:韶山市…, 2022年韶山市….
        """
        note = _FRONT_NOTE.match(text)
        if note is None:
            return text
        rest = text[note.end() :]
        if not (self._is_complete(rest) and Gazetteer.load().split_prefix(rest)):
            return text
        if not self._is_remark(note.group().strip("()")):
            others.append(text)
        return rest

    def _strip_brackets(self, text: str, others: list[str]) -> str:
        """Take other names and remarks in brackets out; leave what may be part of the name."""
        start = 0
        while match := _BRACKET.search(text, start):
            inside = match[1].strip("|-:,、;/")
            rest = text[: match.start()] + text[match.end() :]
            name = self._extract_other_name(inside)
            if self.rules.remark.fullmatch(inside):
                text = rest
            elif self.rules.account.fullmatch(inside):
                # (一部) may be a branch as well; (二户) is nothing else.
                if inside.endswith(("部", "组")):
                    others.append(text[: match.start()] + inside + text[match.end() :])
                text = rest
            elif name or (self._is_other_firm(inside) and len(rest) >= 4):
                others.append(name or inside)
                others.extend(() if name else self._find_name_inside(inside))
                text = rest
            else:
                if match.end() == len(text):
                    self._read_unknown(text, match, others)
                if _OWNER.fullmatch(text[: match.start()]) and self._is_complete(inside):
                    others.append(inside)
                start = match.end()
        return text

    def _find_name_inside(self, inside: str) -> list[str]:
        """Return the name behind other words, in any wording: 工商变更为:韶山市青石商行."""
        starts = range(1, min(len(inside) - 5, _MAX_LEAD))
        places = (inside[start:] for start in starts)
        named = (text for text in places if Gazetteer.load().split_prefix(text))
        return [next(named, "")]

    def _is_other_firm(self, inside: str) -> bool:
        group = any(inside.startswith(mark.strip("()")) for mark in self.rules.group_marks)
        branch = self._strong.fullmatch(inside) and not re.search(_OWN_COMPANY, inside)
        return self._has_form(inside) and self._is_complete(inside) and not (group or branch)

    def _read_unknown(self, text: str, found: re.Match[str], others: list[str]) -> None:
        """Read a name without an unknown remark in brackets at its end, as one more reading.

        XX有限公司(某某) is most likely XX有限公司, but only most likely. A branch in brackets is
        none; a number is perhaps an account's, behind a shop another shop's (``unnumbered``).
        """
        before, inside = text[: found.start()], found[1]
        if len(before) < 4 or self._trailing.search(text):
            return
        if _NUMBER.fullmatch(inside):
            if "(" not in inside and self._tells_shop(before):
                others.append(before)
        elif len(inside) < 3 or not self._end.search(inside):
            others.append(before)

    def _pick_first_piece(self, text: str, others: list[str]) -> str:
        """Return the first name of a cell with marks; add other names to ``others``."""
        pieces = [p for p in _MARKS.split(text) if p and not _MARKS.fullmatch(p)]
        marks = [m[0] for m in _MARKS.finditer(text)]
        while len(pieces) > 1 and self._is_remark(pieces[0]) and not self._is_complete(pieces[0]):
            pieces, marks = pieces[1:], marks[-len(pieces) + 2 :]
        if len(pieces) < 2:
            return pieces[0] if pieces else text
        name = pieces[0]
        if not self._is_complete(name):
            return self._join_pieces(pieces, others)
        for mark, piece in zip(marks[-len(pieces) + 1 :], pieces[1:], strict=False):
            if not re.search(_HARD, mark) and self._is_continued(name, piece):
                name += piece
            else:
                name = self._append_piece(name, mark, piece, others)
        return name

    def _join_pieces(self, pieces: Sequence[str], others: list[str]) -> str:
        """Marks in a name are punctuation; only a name may follow (甲五金、建材店，原名：乙)."""
        selection = [pieces[0]]
        for piece in pieces[1:]:
            other = self._extract_other_name(piece) if len(piece) > 5 else None
            if other:
                others.append(other)
            elif self._is_remark(piece) and self._is_complete("".join(selection)):
                continue
            else:
                selection.append(piece)
        return "".join(selection)

    def _append_piece(self, name: str, mark: str, piece: str, others: list[str]) -> str:
        """Return the name with what follows a mark, if that is a part of it."""
        soft = not re.search(_HARD, mark)
        other = self._extract_other_name(piece)
        numbered = _SHOP_NUMBER.fullmatch(piece) and _UNNUMBERED_SHOP.search(name)
        if not numbered and (piece == name or self._is_remark(piece)):
            return name
        if other:
            others.append(other)
            return name
        if self._has_form(piece) and self._is_complete(piece):
            others.append(piece)
            return name
        if self._is_complete(piece) and not soft:
            others.extend([piece, name + piece])
            return name
        if numbered or (self._end.search(piece) and len(piece) >= 2):
            # A branch behind its firm; or another shop, if it has the length of a name.
            others.extend([piece] if len(piece) >= 6 else [])
            return name + piece
        others.append(name + piece)
        return name

    def _pick_first_name(self, text: str, others: list[str]) -> str:
        """Return the first of two names without a separator: 甲公司甲公司, 甲公司原乙公司."""
        half = len(text) // 2
        if half >= 4 and text[:half] == text[half:]:
            return text[:half]
        renamed = self._renamed.match(text)
        if renamed and self._is_renamed(renamed):
            others.append(renamed["name"])
            if len(renamed["lead"]) == 1:
                others.append(text)
            return renamed[1]
        two = self._company.match(text)
        if two and len(two[2]) >= 6 and not two[2].startswith(("(", "集团", "控股", "股份")):
            others.extend([two[2], text])
            return two[1]
        return text

    def _is_renamed(self, found: re.Match[str]) -> bool:
        """Both are whole names; behind a single character that others have too, with a form."""
        first, name = found[1], found["name"]
        if not (self._is_complete(first) and self._is_complete(name)):
            return False
        return len(found["lead"]) > 1 or (self._has_form(first) and self._has_form(name))

    def _tells_shop(self, text: str) -> bool:
        """Whether a company's branch has more than a number: 第1分店, 解放路店; not 连锁店."""
        found = _BRANCH.fullmatch(text)
        if not found:
            return True
        is_numbered = bool(re.search(f"[{NUMERALS}]", found[1]))
        return is_numbered or not self._generic.fullmatch(found[1])

    def _read_counted(self, text: str, others: list[str]) -> None:
        """Drop the account number of 分公司2, 有限公司A; behind a shop it may be the shop's."""
        remarked = self._remarked.match(_strip_punctuation(text))
        if remarked:
            others.append(remarked[1])
        match = self._counted.match(_strip_punctuation(text))
        if match and match[1].endswith(("公司", "社", "部", "处", "所", "厂")):
            others.append(match[1])
        behind = _BEHIND_SHOP.fullmatch(_strip_punctuation(text))
        if behind and self._tells_shop(behind[1]):
            others.append(behind[1])


def _balance_brackets(text: str) -> str:
    """Close a bracket that a field of fixed length cut off, and drop one that closes nothing."""
    missing = text.count("(") - text.count(")")
    if missing > 0:
        return text + ")" * missing
    return text if missing == 0 else text[::-1].replace(")", "", -missing)[::-1]


def _strip_punctuation(text: str) -> str:
    """Drop punctuation that is left, but for brackets."""
    return _PUNCTUATION.sub("", text).replace("()", "")
