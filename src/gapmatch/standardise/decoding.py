"""Repair texts that a program wrote or read in the wrong encoding.

A web page leaves tags and character entities (&#23433;), an address bar %E5%AE%89, a script
\\u5b89; UTF-8 read as GBK gives 瀹夐『 for 安顺, read as Latin-1 å®‰é¡º, and GBK read as Latin-1
°²Ë³. All of these can be undone, since only texts of one encoding are by chance well-formed in the
other; what cannot is left as it is.
"""

import html
import re
from urllib.parse import unquote_to_bytes

import polars as pl

_TAG = re.compile(r"</?(?:b|br|i|u|p|em|td|tr|div|span|font|nobr|strong)\s*/?>")
_SIGNS = (
    r"&(?:#[0-9]{2,7}|#[xX][0-9a-fA-F]{2,6}|[A-Za-z]{2,8});"
    r"|(?:%[0-9a-fA-F]{2}){2}|[\\%]u[0-9a-fA-F]{4}"
    rf"|{_TAG.pattern}"
)
"""What shows an escape of any kind, or a tag of a web page."""
_LATIN = r"[\x{00A0}-\x{00FF}][\x{0080}-\x{00FF}\x{0152}-\x{2122}]"
"""Two letters that no Chinese list has side by side."""
_ESCAPE = re.compile(r"[\\%]u([0-9a-fA-F]{4})")
_QUOTED = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MAX_NESTING = 3
"""``&amp;#23433;`` was escaped twice; nothing sensible is escaped more often than this."""
_MIN_BYTES = 6
"""Fewer bytes may be well-formed in the other encoding by chance (联通 in GBK)."""
_MIN_READ_SHARE = 0.7
"""Less than this share of the bytes that can be read is no text of that encoding."""
_MISREADINGS = (("gb18030", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "gbk"))
"""What a text was read as, and what it is."""
_LEADS = range(0xE4, 0xEA)
"""First bytes of Chinese characters in UTF-8."""


def _list_misread_starts() -> str:
    """Return the GBK characters for the first two bytes of a Chinese character in UTF-8."""
    pairs = (bytes((lead, second)) for lead in _LEADS for second in range(0x80, 0xC0))
    return "".join(p.decode("gbk", errors="ignore") for p in pairs)


_MISREAD = f"^[^\\p{{Han}}]{{0,12}}[{re.escape(_list_misread_starts())}]"


def decode_texts(texts: pl.Series) -> pl.Series:
    """Return texts (String) as they were meant; most stay as they are."""
    signs = texts.str.contains(_SIGNS) | texts.str.contains(_LATIN) | texts.str.contains(_MISREAD)
    strange = signs.fill_null(value=False).arg_true()
    if not len(strange):
        return texts
    meant = [decode_text(text) for text in texts.gather(strange).to_list()]
    return texts.scatter(strange, pl.Series(meant, dtype=pl.String))


def decode_text(text: str) -> str:
    """Return one text as it was meant.

    >>> decode_text("&#23433;&#39034;%E5%B8%82"), decode_text("瀹夐『甯傚晢璐�")
    ('安顺市', '安顺市商')
    """
    return _TAG.sub("", _undo_misreading(_unescape(text)))


def _unescape(text: str) -> str:
    for _level in range(_MAX_NESTING):
        plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), html.unescape(text))
        plain = _QUOTED.sub(lambda found: _decode_quoted(found[0]), plain)
        if plain == text:
            break
        text = plain
    return text if text.isprintable() or not _has_surrogates(text) else _join_surrogates(text)


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)


def _join_surrogates(text: str) -> str:
    r"""Put the halves of rare characters together, which \u writes one by one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", errors="replace")


def _decode_quoted(quoted: str) -> str:
    """Read %E5%AE%89 as UTF-8, else as GBK; what is neither stays."""
    given = unquote_to_bytes(quoted)
    for encoding in ("utf-8", "gbk"):
        try:
            return given.decode(encoding)
        except UnicodeDecodeError:
            continue
    return quoted


def _undo_misreading(text: str) -> str:
    """Undo a wrong encoding if the bytes are valid in the right one and give Chinese text."""
    for wrong, right in _MISREADINGS:
        meant = _decode_anew(text, wrong, right)
        if meant is not None:
            return meant
    return text


def _decode_anew(text: str, wrong: str, right: str) -> str | None:
    """Return the text's bytes read in the ``right`` encoding.

    None if they are hardly well-formed there. A byte that had no partner in the wrong encoding was
    lost, and with it a character: the rest is read.
    """
    given = b"".join(_encode_character(character, wrong) for character in text)
    meant = given.decode(right, errors="ignore")
    read = len(meant.encode(right))
    enough = read >= _MIN_READ_SHARE * len(given) and len(given) >= _MIN_READ_SHARE * len(text)
    return meant if enough and read >= _MIN_BYTES and _is_chinese(meant) else None


def _encode_character(character: str, encoding: str) -> bytes:
    """Return the bytes that a program took for a character; none for the sign of a lost byte."""
    if character == "\ufffd":
        return b""
    try:
        return character.encode(encoding)
    except UnicodeEncodeError:
        # Windows leaves five bytes of its Latin code page undefined; browsers pass them through.
        return character.encode("latin-1", errors="ignore") if encoding == "cp1252" else b""


def _is_chinese(text: str) -> bool:
    """All that is not ASCII is Chinese or Chinese punctuation, and there is some."""
    foreign = [c for c in text if not c.isascii()]
    chinese = [c for c in foreign if _HAN.match(c)]
    marks = [
        c for c in foreign if "\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" or c == "·"
    ]
    return bool(chinese) and len(chinese) + len(marks) == len(foreign)
