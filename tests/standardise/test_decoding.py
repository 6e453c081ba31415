"""Texts that a program wrote or read in another encoding."""

from urllib.parse import quote

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapmatch.standardise.decoding import decode_text, decode_texts

NAMES = [
    "湖南砚田商贸有限公司",
    "黄平县砚田（集团）有限公司",
    "AB&C餐饮店",
    "内蒙古砚田乳业股份有限公司",
]
CODINGS = {
    "decimal entities": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "hexadecimal entities": lambda text: "".join(f"&#x{ord(c):X};" for c in text),
    "entities of entities": lambda text: "".join(f"&amp;#{ord(c)};" for c in text),
    "an address bar": quote,
    "an address bar in GBK": lambda text: quote(text.encode("gbk")),
    "a script": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "an old script": lambda text: "".join(f"%u{ord(c):04X}" for c in text),
    "UTF-8 read as Latin-1": lambda text: text.encode().decode("latin-1"),
    "GBK read as Latin-1": lambda text: text.encode("gbk").decode("latin-1"),
}


@pytest.mark.parametrize("text", NAMES)
@pytest.mark.parametrize("coding", CODINGS)
def test_what_a_program_wrote_otherwise_is_read_as_it_was_meant(text, coding):
    assert decode_text(CODINGS[coding](text)) == text


@pytest.mark.parametrize(
    ("given_text", "meant", "why"),
    [
        (
            "瀹夐『甯傚晢璐告湁闄愬叕鍙�",
            "安顺市商贸有限公",
            "UTF-8 read as GBK; the last byte was lost",
        ),
        ("AB&amp;C公司", "AB&C公司", "one entity in a plain text"),
        ("砚田&nbsp;商贸", "砚田\xa0商贸", "a named entity"),
        (
            "<b>砚田</b>商贸&lt;br/&gt;有限公司",
            "砚田商贸有限公司",
            "tags of a web page, one of them escaped",
        ),
        ("砚田<KTV>", "砚田<KTV>", "a word in angle brackets"),
    ],
)
def test_texts_in_part_otherwise_are_read_too(given_text, meant, why):
    assert decode_text(given_text) == meant, why


@pytest.mark.parametrize(
    "text",
    ["联通", "砚田商贸有限公司", "100%纯棉店", "A&B", "砚田·买买提", "é", "%E5", "&nosuch;", ""],
)
def test_other_texts_stay(text):
    assert decode_texts(pl.Series([text])).to_list() == [text]


def test_a_null_stays():
    assert decode_texts(pl.Series([None, "&#23433;"], dtype=pl.String)).to_list() == [None, "安"]


@given(st.text(max_size=30))
def test_no_text_is_too_strange_to_be_read(text):
    assert isinstance(decode_text(text), str)
