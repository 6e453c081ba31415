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
    assert CHARACTERS.simplify_text(text) == simplified, why
    assert CHARACTERS.simplify(pl.Series([text]))[0] == simplified, why


@pytest.mark.parametrize(
    ("a", "b", "same", "why"),
    [
        ("业", "叶", True, "ye"),
        ("商", "尚", True, "shang"),
        ("销", "消", True, "xiao"),
        ("多", "朵", True, "duo"),
        ("场", "厂", True, "chang"),
        ("怀桥", "怀谯", True, "qiao inside a text"),
        ("重", "虫", True, "a second reading is shared"),
        ("南", "兰", False, "n and l are kept apart"),
        ("金", "京", False, "n and ng are kept apart"),
        ("业", "业业", False, "another length"),
        ("1", "2", False, "no readings"),
    ],
)
def test_texts_that_can_be_read_alike_sound_the_same(a, b, same, why):
    assert CHARACTERS.has_same_sound(a, b) is same, why
    assert CHARACTERS.has_same_sound(b, a) is same, why


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
    assert CHARACTERS.is_similar_shape(a, b) is similar, why
    assert CHARACTERS.is_similar_shape(b, a) is similar, why


def test_equal_keys_mean_equal_sound_or_shape():
    assert CHARACTERS.build_sound_key("怀桥") == CHARACTERS.build_sound_key("怀谯")
    assert CHARACTERS.build_shape_key("未来") == CHARACTERS.build_shape_key("末来")
    assert CHARACTERS.build_sound_key("A1") == "A1"


@settings(max_examples=10, deadline=None)  # a column costs the same, however short
@given(texts=st.lists(st.none() | hanzi, max_size=5))
def test_columns_say_the_same_as_single_texts(texts):
    column = pl.Series(texts, dtype=pl.String)
    for whole, single in (
        (CHARACTERS.simplify, CHARACTERS.simplify_text),
        (CHARACTERS.build_sound_keys, CHARACTERS.build_sound_key),
        (CHARACTERS.build_shape_keys, CHARACTERS.build_shape_key),
    ):
        assert whole(column).to_list() == [None if t is None else single(t) for t in texts]


@given(text=hanzi)
def test_keys_keep_the_length_and_are_their_own_keys(text):
    for key in (CHARACTERS.simplify_text, CHARACTERS.build_sound_key, CHARACTERS.build_shape_key):
        assert len(key(text)) == len(text)
        assert key(key(text)) == key(text)
