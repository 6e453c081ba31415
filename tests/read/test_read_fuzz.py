"""Mutated files of each kind that is read: rows, or a refusal in words. ``make fuzz`` tries many more."""

import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_read_damage import CHECKED, KINDS, read

from gapmatch.errors import InputError
from gapmatch.read import Side

EXAMPLES = int(os.environ.get("GAPMATCH_FUZZ", "15"))
TEXT = '纳税人名称,税号,从业人数\n甲商贸有限公司,91520001,3\n"乙",91520002,4\n'
CORPUS = {
    **{kind: make() for kind, make in KINDS.items()},
    "csv": TEXT.encode(),
    "txt": TEXT.replace(",", "\t").encode("gb18030"),
    "tsv": TEXT.replace(",", "\t").encode("utf-16"),
}
TOKENS = st.sampled_from(
    [b"\x00", b"\xff", b'"', b'"' * 40, b",", b"\t" * 300, b"\n", b"\x1b[2J", b"PK\x03\x04", b"PAR1", b"<?xml"]
) | st.binary(max_size=8)  # fmt: skip
MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "repeat"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 200),
        TOKENS,
    ),
    min_size=1,
    max_size=4,
)


def mutate(data, mutations):
    """Return ``data`` after each mutation in turn."""
    for kind, share, length, token in mutations:
        place = int(share * len(data))
        before, piece, after = data[:place], data[place : place + length], data[place + length :]
        data = {
            "flip": before
            + bytes(byte ^ 1 << length % 8 for byte in piece[:1])
            + data[place + 1 :],
            "cut": before + after,
            "insert": before + token + data[place:],
            "repeat": before + piece * 3 + after,
        }[kind]
    return data


@cache
def read_right(folder: Path, kind: str):
    """Return the rows of a file that nothing was done to."""
    return read(folder / f"right.{kind}", CORPUS[kind]).drop("source_file")


@pytest.mark.parametrize("kind", CORPUS)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(mutations=MUTATIONS)
def test_a_mutated_file_is_read_or_refused_in_words(tmp_path, trials, kind, mutations):
    right = read_right(tmp_path, kind)
    with trials.trial(f"{kind}, {mutations}"):
        try:
            rows = read(tmp_path / f"a.{kind}", mutate(CORPUS[kind], mutations))
        except InputError as error:
            trials.refuse(error)
            return
        Side.TAX.table.check(rows)
        if kind in CHECKED:
            assert rows.drop("source_file").equals(right), "an archive was read as something else"
        trials.count("read")
