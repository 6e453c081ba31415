"""Codes as the insurance system holds them: missing, mistyped, of another kind or firm."""

from collections.abc import Callable

import numpy as np
import polars as pl

from gapmatch.synth.cast import Cast, Kind
from gapmatch.synth.draws import Flags, Rng, make_stream, pick
from gapmatch.synth.invented_codes import build_registration_number
from gapmatch.synth.particulars import Register
from gapmatch.synth.word_lists import NoiseWords

_CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def draw_unit_codes(
    register: Register, cast: Cast, noise: NoiseWords, level: str, seed: int
) -> pl.DataFrame:
    """Return ``code`` in the insurance system and ``code_kind``: exact, missing, or a noise."""
    rng = make_stream(seed, "unit codes")
    rates = noise.levels[level]
    count = len(cast)
    missing = rng.random(count) < np.where(
        cast.kind == Kind.PUBLIC, 2 * rates.code_missing, rates.code_missing
    )
    wrong = (rng.random(count) < rates.code_wrong / (1 - rates.code_missing)) & ~missing
    names = list(noise.wrong_codes)
    kind = np.where(wrong, pick(rng, list(noise.wrong_codes.values()), count) + 2, missing * 1)
    frame = pl.DataFrame(
        {
            "clean": register.frame["code"],
            "kind": pl.Series(["exact", "missing", *names]).gather(pl.Series(kind)),
            "other": _choose_other_codes(register, cast, rng),
        }
    )
    return _spoil(frame, wrong, noise, rng)


def _choose_other_codes(register: Register, cast: Cast, rng: Rng) -> pl.Series:
    """Return the code of the head office, else of some other entity."""
    neighbour = rng.permutation(len(cast))
    other = np.where(cast.parent >= 0, cast.parent, neighbour)
    return register.frame["code"].gather(pl.Series(other))


def _spoil(frame: pl.DataFrame, wrong: Flags, noise: NoiseWords, rng: Rng) -> pl.DataFrame:
    rows = np.flatnonzero(wrong)
    dice = rng.random((len(rows), 2))
    hit = frame[rows]
    spoiled = [
        _WAYS[kind](clean, other, noise, dice[i])
        for i, (clean, kind, other) in enumerate(hit.iter_rows())
    ]
    code = frame["clean"].set(frame["kind"] == "missing", None)
    code = code.scatter(pl.Series(rows), pl.Series(spoiled, dtype=pl.String))
    return pl.DataFrame({"code": code, "code_kind": frame["kind"]})


_Dice = np.ndarray[tuple[int], np.dtype[np.float64]]
_Way = Callable[[str, str, NoiseWords, _Dice], str]


def _write_organisation(clean: str, _other: str, _noise: NoiseWords, dice: _Dice) -> str:
    return f"{clean[8:16]}-{clean[16]}" if dice[0] < 0.55 else clean[8:17]


def _write_old_tax_number(clean: str, _other: str, _noise: NoiseWords, _dice: _Dice) -> str:
    return clean[2:17]


def _write_registration(clean: str, _other: str, _noise: NoiseWords, dice: _Dice) -> str:
    return build_registration_number(f"{clean[2:8]}{int(dice[0] * 10**8):08d}")


def _mistype(clean: str, _other: str, _noise: NoiseWords, dice: _Dice) -> str:
    at = 2 + int(dice[0] * 16)
    choices = [c for c in _CODE_CHARACTERS if c != clean[at]]
    return clean[:at] + choices[int(dice[1] * len(choices))] + clean[at + 1 :]


def _look_alike(clean: str, other: str, noise: NoiseWords, dice: _Dice) -> str:
    swaps = {pair[i]: pair[1 - i] for pair in noise.tables.code_looks for i in (0, 1)}
    places = [at for at in range(2, 18) if clean[at] in swaps]
    if not places:
        return _mistype(clean, other, noise, dice)
    at = places[int(dice[0] * len(places))]
    return clean[:at] + swaps[clean[at]] + clean[at + 1 :]


def _swap(clean: str, other: str, noise: NoiseWords, dice: _Dice) -> str:
    places = [at for at in range(2, 17) if clean[at] != clean[at + 1]]
    if not places:
        return _mistype(clean, other, noise, dice)
    at = places[int(dice[0] * len(places))]
    return clean[:at] + clean[at + 1] + clean[at] + clean[at + 2 :]


def _lose_character(clean: str, _other: str, _noise: NoiseWords, dice: _Dice) -> str:
    at = 2 + int(dice[0] * 16)
    return clean[:at] + clean[at + 1 :] if dice[1] < 0.7 else clean[:at] + clean[at] + clean[at:]


def _take_other(_clean: str, other: str, _noise: NoiseWords, _dice: _Dice) -> str:
    return other


def _write_lower(clean: str, _other: str, _noise: NoiseWords, _dice: _Dice) -> str:
    return clean.lower()


def _insert_blank(clean: str, _other: str, noise: NoiseWords, dice: _Dice) -> str:
    blank = noise.tables.blanks[int(dice[1] * len(noise.tables.blanks))]
    at = int(dice[0] * 19)
    return clean[:at] + blank + clean[at:]


def _write_float(clean: str, other: str, noise: NoiseWords, dice: _Dice) -> str:
    """Codes of digits alone lose their tail in Excel; others survive and are spaced instead."""
    if not clean.isdigit():
        return _insert_blank(clean, other, noise, dice)
    return f"{float(clean):.5E}" if dice[0] < 0.4 else f"{clean[:15]}000"


def _write_placeholder(_clean: str, _other: str, noise: NoiseWords, dice: _Dice) -> str:
    return noise.tables.placeholders[int(dice[0] * len(noise.tables.placeholders))]


_WAYS: dict[str, _Way] = {
    "org_code": _write_organisation,
    "old_tax_number": _write_old_tax_number,
    "registration_number": _write_registration,
    "typo": _mistype,
    "look_alike": _look_alike,
    "swap": _swap,
    "lost_character": _lose_character,
    "neighbour": _take_other,
    "head_office": _take_other,
    "lower_case": _write_lower,
    "spaces": _insert_blank,
    "float": _write_float,
    "placeholder": _write_placeholder,
}
