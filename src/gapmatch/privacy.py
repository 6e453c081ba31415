"""Personal data is masked before it is shown: ``138****1234``, ``张*``."""

import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import polars as pl

MASK = "*"
PERSON_COLUMNS = ("legal_rep", "person", "contact")
PHONE_COLUMNS = ("phone", "phone_digits")
PERSONAL = (*PERSON_COLUMNS, *PHONE_COLUMNS)
"""Columns of frames that hold nothing but persons: stored apart, and shown masked."""


def mask_persons(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with its ``PERSONAL`` masked, also as ``tax_…``, ``enrollment_…``."""
    bare_names = {c: c.removeprefix("tax_").removeprefix("enrollment_") for c in frame.columns}
    return frame.with_columns(
        *(mask_person(column) for column, name in bare_names.items() if name in PERSON_COLUMNS),
        *(mask_phone(column) for column, name in bare_names.items() if name in PHONE_COLUMNS),
    )


def mask_phone(column: str) -> pl.Expr:
    """Return the column with the middle digits of each phone replaced; other text becomes ``*``.

    The first three and last four of at least nine digits stay, so that a visitor can distinguish
    two phones; of shorter ones only the last two digits do.
    """
    digits = pl.col(column).str.replace_all(r"[^0-9]", "")
    length = digits.str.len_chars()
    return (
        pl.when(length >= 9)
        .then(digits.str.head(3) + "****" + digits.str.tail(4))
        .when(length >= 5)
        .then("****" + digits.str.tail(2))
        .when(pl.col(column).str.strip_chars().str.len_chars() > 0)
        .then(pl.lit(MASK))
        .alias(column)
    )


def mask_person(column: str) -> pl.Expr:
    """Return the column with all but the first character of each name replaced by ``*``."""
    name = pl.col(column).str.strip_chars()
    return (
        pl.when(name.str.len_chars() > 0)
        .then(name.str.head(1) + pl.lit(MASK).repeat_by(_make_stars(name)).list.join(""))
        .alias(column)
    )


def _make_stars(name: pl.Expr) -> pl.Expr:
    """At most two stars: the length of a long name would identify it."""
    return (name.str.len_chars().cast(pl.Int64) - 1).clip(0, 2).fill_null(0)


def mask_text(column: str) -> pl.Expr:
    """Return free text with personal numbers in it masked, see ``mask_numbers``."""
    return pl.col(column).map_batches(mask_texts, return_dtype=pl.String)


def mask_texts(texts: pl.Series) -> pl.Series:
    """Return ``texts`` masked by ``mask_numbers``; only texts with many digits are looked at."""
    return mask_columns(texts.to_frame()).to_series()


def mask_columns(texts: pl.DataFrame, *, phones: bool = True) -> pl.DataFrame:
    """Return columns of texts masked as by ``mask_texts``, all searched at once."""
    pattern = _MANY_DIGITS if phones else _MORE_THAN_A_PHONE
    suspects = texts.select(pl.all().filter(pl.all().str.contains(pattern)).unique().implode())
    shown = {
        column.name: {text: mask_numbers(text, phones=phones) for text in column.item()}
        for column in suspects
    }
    return texts.with_columns(pl.col(c).replace(masked) for c, masked in shown.items() if masked)


def mask_numbers(text: str, *, phones: bool = True) -> str:
    """Return ``text`` with identity numbers, bank accounts and, if wanted, ``phones`` masked.

    An identity number has eighteen characters with a date of birth (GB 11643), or fifteen digits
    (before 1999); the tax number made of one has two digits more. Eighteen digits that can be
    either an identity number or a credit code (GB 32100) are masked as a person's; a credit code
    stays. A mobile phone has eleven digits and begins with 13–19; a landline has its area code, or
    a word for a phone before it. A bank account has 16 to 19 digits, or a word for an account
    before it; the moment that an export is named after (20221231235959123) is none.
    """
    if not _HAS_MANY_DIGITS(text):
        return text
    narrow = masked = text.translate(_NARROW)
    for pattern, first, last in _NUMBERS if phones else _IDENTITIES_AND_ACCOUNTS:
        masked = pattern.sub(partial(_hide_digits, first=first, last=last), masked)
    return text if masked == narrow else masked


def mask_values(value: Any) -> Any:  # noqa: ANN401 - as JSON has it
    """Return ``value`` with the numbers in its texts masked, names of its parts too.

    Names that are alike once masked get a star more, so that each part is there.
    """
    if isinstance(value, dict):
        masked: dict[str, Any] = {}
        for name, part in value.items():
            shown = mask_numbers(name)
            while shown in masked or (shown != name and shown in value):
                shown += MASK
            masked[shown] = mask_values(part)
        return masked
    if isinstance(value, list):
        return [mask_values(part) for part in value]
    return mask_numbers(value) if isinstance(value, str) else value


WORDS = r"[^0-9A-Za-z \-—－·*]"
"""What no code has; with it, a code is a text with a code in it."""

CODE_COLUMNS = ("credit_code", "taxpayer_code", "org_code", "registration_no", "code_text", "uscc")
"""Columns of codes of firms, in which a sole trader's may be the owner's identity number."""


def mask_codes(codes: pl.Series) -> pl.Series:
    """Return codes of firms, of which those that are numbers of persons are masked.

    An identity number has the date of birth in it (GB 11643); phones and bank accounts have other
    lengths than codes. Credit codes (GB 32100) stay: a firm's code is public. Of fifteen digits,
    one in six is right as a code of a firm by chance, so the check digit proves nothing: those with
    the birthday of somebody who may be alive are a person's, the others are a firm's if they are
    right (GB 11714, GS 15).
    """
    return codes.replace(_map_person_codes([codes]))


def _map_person_codes(columns: Sequence[pl.Series]) -> dict[str, str]:
    """Return the codes in ``columns`` that are numbers of persons, each as it is shown."""
    suspects = {c for codes in columns for c in codes.filter(codes.str.contains(_MAY_BE_PERSON))}
    shown = {code: mask_code(code) for code in suspects}
    return {code: text for code, text in shown.items() if text != code}


def mask_person_codes(frame: pl.DataFrame) -> pl.DataFrame:
    """Return FIRMS or UNITS to write, after the linkage: no column holds an identity number."""
    texts = [c for c in CODE_COLUMNS if c in frame.columns]
    # The columns hold much the same codes: each is looked at once.
    shown = _map_person_codes([frame[c] for c in texts])
    masked = frame.with_columns(frame[c].replace(shown) for c in texts)
    if "other_codes" not in masked.columns:
        return masked
    is_person = pl.element().struct.field("code_text").str.contains(_SUSPECT_CODE)
    others = pl.col("other_codes").list.eval(pl.element().filter(~is_person.fill_null(value=False)))
    return masked.with_columns(others)


@lru_cache(maxsize=1 << 17)  # A run asks several times about the same codes.
def mask_code(code: str) -> str:
    """Return one code as ``mask_codes`` does; it may be written in full-width characters."""
    narrow = code.translate(_NARROW)
    shown = _mask_narrow_code(narrow)
    return code if shown == narrow else shown


def _mask_narrow_code(code: str) -> str:
    if re.match(_PERSON_CODE, code) is None:
        is_other = re.match(_OTHER_NUMBER, code) or re.search(WORDS, code)
        is_right = len(code) == 18 and code.isdecimal() and _is_credit_code(code)
        return mask_numbers(code) if is_other and not is_right else code
    digits = code.upper().removeprefix("L")
    if len(digits) == 18 and _is_credit_code(digits):
        return code
    is_old = len(digits) == 15 and digits[6:8] < _FIRST_BIRTH_YEAR
    if is_old and (_is_organisation(digits[6:]) or _is_registration(digits)):
        return code
    return code[: len(code) - len(digits) + 6] + MASK * (len(digits) - 7) + code[-1]


def _is_credit_code(code: str) -> bool:
    """Whether the last character is right by GB 32100; digits alone, as in identity numbers."""
    rest = -sum(int(mark) * w for mark, w in zip(code, _CREDIT_WEIGHTS, strict=False)) % 31
    return code[17] == "0123456789ABCDEFGHJKLMNPQRTUWXY"[rest]


_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def _is_organisation(code: str) -> bool:
    """Whether the last digit of nine is right by GB 11714."""
    rest = -sum(int(mark) * w for mark, w in zip(code, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
    return code[8] == "0123456789X"[rest % 11]


def _is_registration(number: str) -> bool:
    """Whether the last digit of fifteen is right by GS 15 (ISO 7064, MOD 11,10)."""
    product = 10
    for mark in number[:14]:
        product = ((product + int(mark)) % 10 or 10) * 2 % 11
    return (product + int(number[14])) % 10 == 1


def _hide_digits(found: re.Match[str], first: int, last: int) -> str:
    """Return the match, with all but the ``first`` and ``last`` digits as stars."""
    number = found["number"]
    places = [place for place, character in enumerate(number) if character in _DIGITS]
    digits = "".join(number[place] for place in places)
    if _CREDIT_CODE.fullmatch(digits) and not _IDENTITY.fullmatch(digits):
        return found[0]
    if _MOMENT.fullmatch(digits):
        return found[0]
    hidden = set(places[first : len(places) - last])
    shown = "".join(MASK if place in hidden else c for place, c in enumerate(number))
    return found[0].replace(number, shown)


_FIRST_BIRTH_YEAR = "30"
"""Of owners that may be alive; numbers of fifteen digits were given out until 1999."""
_DIGITS = frozenset("0123456789Xx")
_NARROW = {
    ord(mark) + 0xFEE0: mark
    for mark in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
}
"""Full-width digits and letters, as lists are typed with an input method."""
_GAP = r"[ \-—－·]{0,2}"
_BIRTH = rf"(?:19|20)\d{{2}}{_GAP}(?:0[1-9]|1[0-2]){_GAP}(?:0[1-9]|[12]\d|3[01])"
_DOT = r"[.．]"
"""Between groups of digits on both sides, or it is a decimal point."""
_MANY_DIGITS = r"\d(?:[ \-—－·.．()（）]{0,3}\d){6}"
_MORE_THAN_A_PHONE = r"\d(?:[ \-—－·.．]{0,2}\d){13}|[账帐卡]"
_HAS_MANY_DIGITS = re.compile(_MANY_DIGITS).search
_CREDIT_CODE = re.compile(r"[159][1-9]\d{16}")
_MOMENT = re.compile(
    r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d\d{3}"
)
_IDENTITY = re.compile(rf"[1-8]\d{{5}}{_BIRTH}\d{{3}}[\dXx]")
# An identity number of eighteen characters, with the two digits of a tax number, or of fifteen.
_PERSON_CODE = (
    r"(?i)^L?[1-8]\d{5}(?:(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?:\d\d)?"
    r"|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})$"
)
# A phone, or a bank account, of a length that no code of a firm has.
_OTHER_NUMBER = (
    r"^(?:1[3-9]\d[ \-]?\d{4}[ \-]?\d{4}|0\d{2,3}-?\d{7,8}"
    r"|\d{4}(?:[ \-]?\d{4}){3}(?:[ \-]?\d{3})?|\d{18})$"
)
_SUSPECT_CODE = f"{_PERSON_CODE}|{_OTHER_NUMBER}"
_MAY_BE_PERSON = f"{_SUSPECT_CODE}|[０-９]"
_IDENTITIES_AND_ACCOUNTS = tuple(
    (re.compile(pattern, re.ASCII), first, last)
    for pattern, first, last in (
        # Identity numbers, of eighteen characters and of fifteen.
        (
            rf"(?<!\d)(?P<number>[1-8]\d{{5}}(?:{_GAP}{_BIRTH}{_GAP}|{_DOT}{_BIRTH}{_DOT})\d{{3}}[\dXx]"
            r"(?:\d\d)?)(?!\d)",
            *(6, 1),
        ),
        (
            r"(?<!\d)(?P<number>[1-8]\d{5}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})(?!\d)",
            *(6, 1),
        ),
        # Bank accounts, by a word and by their length.
        (
            r"(?:账号|帐号|账户|帐户|卡号)[^0-9A-Za-z*]{0,6}(?P<number>\d(?:[ \-]?\d){7,31})(?!\d)",
            *(4, 4),
        ),
        (
            r"(?<![\dA-Za-z])"
            r"(?P<number>\d{16,19}|\d{4}(?:[ \-]\d{4}){3}(?:[ \-]\d{1,3})?)"
            r"(?![\dA-Za-z])",
            4,
            4,
        ),
    )
)
_PHONES = tuple(
    (re.compile(pattern, re.ASCII), first, last)
    for pattern, first, last in (
        # Mobile phones, landlines with their area code, and with a word before them.
        (
            rf"(?:(?<!\d)|(?<=86))(?P<number>1[3-9]\d(?:{_GAP}\d{{4}}{_GAP}|{_DOT}\d{{4}}{_DOT})\d{{4}})(?!\d)",
            *(3, 4),
        ),
        (rf"(?<!\d)(?P<number>0\d{{2,3}}[)）]?{_GAP}\d{{7,8}})(?!\d)", 4, 2),
        (
            rf"(?:电话|手机|座机|联系方式|[Tt][Ee][Ll])[^\d*]{{0,4}}(?P<number>[1-9]\d{{2,3}}{_GAP}\d{{4}})(?!\d)",
            *(0, 2),
        ),
    )
)
_NUMBERS = (*_IDENTITIES_AND_ACCOUNTS, *_PHONES)
"""Pattern of a kind of number, and how many of its first and last characters stay to be seen."""
