"""Word templates that a bureau changes in Word or WPS: ``{{word}}`` is replaced, the rest stays.

A DOCX is a ZIP of XML parts; only the text of its main part is touched, so that fonts, seals and
margins come out as they were put in. What is filled in is decided by three rules: a paragraph or a
row of a table whose words are all empty is left out; a row with words such as ``{{counties.name}}``
is repeated for each item of that list; one body may be repeated, each on a page of its own.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.archives import ARCHIVE_ERRORS

Item = Mapping[str, str]
Values = Mapping[str, str | Sequence[Item]]
"""What is filled in: a text by word, or the items of a list by its name."""

_MAIN = "word/document.xml"
_DAY_ZERO = (1980, 1, 1, 0, 0, 0)
"""The date of every part, so that the same values give the same bytes."""
_WORD = re.compile(r"\{\{\s*([^{}<>]*?)\s*\}\}")
_MAX_UNPACKED_BYTES = 50_000_000
# Word cuts a text into runs as it was typed; between two braces such a cut is closed and opened
# again.
_CUT_BRACES = re.compile(
    r"(?<=[{｛])(?:<(?!/w:p>)[^>]*>)+(?=[{｛])|(?<=[}｝])(?:<(?!/w:p>)[^>]*>)+(?=[}｝])"
)
_CUT_WORD = re.compile(r"\{\{(?:(?!</w:p>|\{\{).)*?\}\}", re.DOTALL)
_TAGS = re.compile(r"<[^>]*>")
# Ids of editing sessions would be repeated with every page.
_EDITING_IDS = re.compile(r' (?:w14:paraId|w14:textId|w:rsid\w*)="[^"]*"')
_EMPTY_PARAGRAPH = re.compile(r"<w:p((?: [^>]*)?)/>")
_UNIT = re.compile(r"<w:tr[ >].*?</w:tr>|<w:p[ >].*?</w:p>", re.DOTALL)
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LINE_BREAK = '</w:t><w:br/><w:t xml:space="preserve">'
_TAB = '</w:t><w:tab/><w:t xml:space="preserve">'
_FIRST_PARAGRAPH = re.compile(
    r"^(<w:p(?: [^>]*)?>)"
    r"(<w:pPr>(?:<w:pStyle [^>]*/>)?(?:<w:keepNext[^>]*/>)?(?:<w:keepLines[^>]*/>)?)?"
)


@dataclass(frozen=True)
class _Piece:
    """A stretch of XML: texts with a word between each two of them."""

    texts: tuple[str, ...]
    words: tuple[str, ...]
    is_unit: bool
    """Whether it is a whole paragraph or row, which may be left out or repeated."""

    @property
    def list_name(self) -> str:
        """The list whose items the row is repeated for; empty if it is no such row."""
        names = {word.partition(".")[0] for word in self.words if "." in word}
        return names.pop() if self.is_unit and len(names) == 1 else ""

    def fill(self, values: Values) -> str:
        """Return the XML with the words replaced."""
        if self.list_name:
            return "".join(
                self._join(_add_item(values, self.list_name, i)) for i in self._items(values)
            )
        return self._join(values)

    def _items(self, values: Values) -> Sequence[Item]:
        items = values[self.list_name]
        return () if isinstance(items, str) else items

    def _join(self, values: Values) -> str:
        if not self.words:
            return self.texts[0]
        filled = [_to_xml(values[word]) for word in self.words]
        if self.is_unit and not any(filled):
            return ""
        parts = [part for pair in zip(self.texts, filled, strict=False) for part in pair]
        return "".join((*parts, self.texts[-1]))


@dataclass(frozen=True)
class WordTemplate:
    """A template, read and taken apart."""

    parts: tuple[tuple[str, bytes], ...]
    head: str
    pieces: tuple[_Piece, ...]
    tail: str

    @classmethod
    def from_file(cls, path: Path, words: Iterable[str]) -> "WordTemplate":
        """Read a template in which ``words`` may stand.

        Raises ``InputError`` if the file is no DOCX, unpacks to more than a template ever has, or
        has unknown placeholders.
        """
        try:
            with zipfile.ZipFile(path) as package:
                if sum(part.file_size for part in package.infolist()) > _MAX_UNPACKED_BYTES:
                    raise _describe_unreadable(path)
                parts = tuple((name, package.read(name)) for name in package.namelist())
            xml = dict(parts)[_MAIN].decode("utf-8")
        except ARCHIVE_ERRORS as error:
            raise _describe_unreadable(path) from error
        head, body, tail = _cut_body(_join_runs(xml), path)
        template = cls(parts, head, tuple(_split_body(body)), tail)
        template._refuse_unknown(path, frozenset(words))
        return template

    def _refuse_unknown(self, path: Path, words: frozenset[str]) -> None:
        texts = (text for piece in self.pieces for text in piece.texts)
        if any("{{" in text or "}}" in text for text in texts):
            raise InputError(
                _("模板 {path} 中有占位符的括号不成对").format(path=path),
                _("请检查每个占位符前后是否各有两个花括号，并且写在同一段内，如 {{name}}。"),
                file=path,
            )
        used = {word for piece in self.pieces for word in piece.words}
        if unknown := sorted(used - words):
            raise InputError(
                _("模板 {path} 中有不认识的占位符：{words}").format(
                    path=path, words=_("、").join(f"{{{{{word}}}}}" for word in unknown)
                ),
                _("可用的占位符：{words}").format(words=_("、").join(sorted(words))),
                file=path,
            )

    def fill(self, pages: Sequence[Values]) -> bytes:
        """Return a DOCX in which the body stands once for each of ``pages``, each on a new page."""
        bodies = ["".join(piece.fill(values) for piece in self.pieces) for values in pages]
        xml = "".join((self.head, *_break_pages(bodies), self.tail)).encode("utf-8")
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
            for name, content in self.parts:
                package.writestr(_make_part_info(name), xml if name == _MAIN else content)
        return buffer.getvalue()


def _make_part_info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DAY_ZERO)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    info.create_system = 3  # Unix everywhere: the same bytes on Windows
    return info


def _describe_unreadable(path: Path) -> InputError:
    return InputError(
        _("不是可用的 Word 模板：{path}").format(path=path),
        _("请在 Word 或 WPS 中另存为 .docx；或删除该文件，改用自带的模板。"),
        file=path,
    )


def _join_runs(xml: str) -> str:
    """Put every word that is cut into runs together, so that it stands in one text."""
    plain = _CUT_BRACES.sub("", _EDITING_IDS.sub("", xml))
    # As a Chinese input method types them.
    plain = re.sub("[{｛]{2}", "{{", re.sub("[}｝]{2}", "}}", plain))
    plain = _EMPTY_PARAGRAPH.sub(r"<w:p\1></w:p>", plain)
    return _CUT_WORD.sub(lambda found: _TAGS.sub("", found[0]), plain)


def _cut_body(xml: str, path: Path) -> tuple[str, str, str]:
    """Return what stands before the body, the body, and its page settings with all behind them."""
    begin = re.search(r"<w:body(?: [^>]*)?>", xml)
    settings = xml.rfind("<w:sectPr")
    if begin is None or settings < begin.end():
        raise _describe_unreadable(path)
    return xml[: begin.end()], xml[begin.end() : settings], xml[settings:]


def _split_body(body: str) -> Iterator[_Piece]:
    """Yield the units of the body and what stands between them, in order."""
    place = 0
    for unit in _UNIT.finditer(body):
        yield _make_piece(body[place : unit.start()], is_unit=False)
        yield _make_piece(unit[0], is_unit=_is_balanced(unit[0]))
        place = unit.end()
    yield _make_piece(body[place:], is_unit=False)


def _is_balanced(xml: str) -> bool:
    """Whether a unit holds no other one that is cut off, as a paragraph with a text box does."""
    return all(
        len(re.findall(rf"<{tag}[ >]", xml)) == xml.count(f"</{tag}>") for tag in ("w:p", "w:tr")
    )


def _make_piece(xml: str, *, is_unit: bool) -> _Piece:
    texts = _WORD.split(xml)
    return _Piece(tuple(texts[::2]), tuple(texts[1::2]), is_unit)


def _add_item(values: Values, name: str, item: Item) -> Values:
    return {**values, **{f"{name}.{key}": text for key, text in item.items()}}


def _to_xml(value: object) -> str:
    text = _NOT_IN_XML.sub("", value) if isinstance(value, str) else ""
    return escape(text).replace("\n", _LINE_BREAK).replace("\t", _TAB)


def _break_pages(bodies: Sequence[str]) -> Iterator[str]:
    """Yield the bodies; each but the first begins on a new page."""
    yield from bodies[:1]
    for body in bodies[1:]:
        found = _FIRST_PARAGRAPH.match(body)
        if found is None:  # it begins with a table
            yield '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
            yield body
            continue
        properties = (
            f"{found[2]}<w:pageBreakBefore/>" if found[2] else "<w:pPr><w:pageBreakBefore/></w:pPr>"
        )
        yield found[1] + properties + body[found.end() :]
