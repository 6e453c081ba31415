"""Characters: traditional forms, homophones and look-alikes."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmatch.standardise.characters import Characters

CHARACTERS = Characters.load()

hanzi = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=8)


@pytest.mark.parametrize(
    ("text", "simplified", "why"),
    [
        ("貴州國際貿易", "贵州国际贸易", "traditional"),
        ("乾坤", "乾坤", "a traditional form that is a simplified character as well stays"),
        ("贵州12号ABC", "贵州12号ABC", "nothing to do"),
        ("", "", "empty"),
    ],
)
def test_traditional_characters_become_simplified(text, simplified, why):
    assert CHARACTERS.simplify(pl.Series([text]))[0] == simplified, why


@pytest.mark.parametrize(
    ("a", "b", "same", "why"),
    [
        ("业", "叶", True, "ye"),
        ("商", "尚", True, "shang"),
        ("怀桥", "怀谯", True, "qiao inside a text"),
        ("A1", "A1", True, "no readings: itself"),
        ("南", "兰", False, "n and l are kept apart"),
        ("金", "京", False, "n and ng are kept apart"),
        ("业", "业业", False, "another length"),
        ("1", "2", False, "no readings"),
    ],
)
def test_texts_that_are_read_alike_have_one_key(a, b, same, why):
    keys = CHARACTERS.build_sound_keys(pl.Series([a, b]))
    assert (keys[0] == keys[1]) is same, why


@pytest.mark.parametrize(
    ("a", "b", "similar", "why"),
    [
        ("未", "末", True, "longer stroke"),
        ("己", "已", True, "closed or open"),
        ("已", "巳", True, "closed or open"),
        ("土", "士", True, "longer stroke"),
        ("人", "入", True, "mirrored"),
        ("日", "曰", True, "narrow or wide"),
        ("晴", "睛", True, "日 and 目 as parts"),
        ("第", "笫", True, "one stroke"),
        ("治", "冶", True, "氵 and 冫"),
        ("日", "目", False, "alone they are told apart"),
        ("竹", "行", False, "different"),
    ],
)
def test_characters_that_look_alike_are_known(a, b, similar, why):
    keys = CHARACTERS.build_shape_keys(pl.Series([a, b]))
    assert (keys[0] == keys[1]) is similar, why


@settings(max_examples=20, deadline=None)  # a column costs the same, however short
@given(texts=st.lists(st.none() | hanzi, max_size=5))
def test_keys_keep_length_and_nulls_and_are_their_own_keys(texts):
    column = pl.Series(texts, dtype=pl.String)
    for build in (CHARACTERS.simplify, CHARACTERS.build_sound_keys, CHARACTERS.build_shape_keys):
        keys = build(column)
        assert keys.str.len_chars().equals(column.str.len_chars())
        assert build(keys).equals(keys)
