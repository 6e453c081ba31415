"""Data sets from a county's to a country's size, as Parquet folders with ordinary headers and the truth.

    python benchmarks/scale_data.py KIND FIRMS [--scratch DIR]

Writes ``DIR/KIND-FIRMS/tax/part-*.parquet``, ``enrollment/part-*.parquet`` and ``truth.parquet``
(tax_seq, taxpayer_code, unit_id; one row per firm, null: no unit of its own); units are 40 % of firms.
KIND is ``synthetic`` (the generator, prefecture by prefecture) or ``registry`` (registered firms with noise
of its own, see ``scale_registry.py``; up to a million). A data set that is there already is left alone.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

import scale_registry
from gapmatch.synth.extracts import SyntheticQuarter
from gapmatch.synth.invented_places import list_prefectures
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import make_prefecture
from gapmatch.synth.write import load_layout

RECIPES = {"synthetic": 1, "registry": 3}
"""Kinds of data sets. A number goes up when the same order gives other data: older ones are written again."""
SCRATCH = Path(tempfile.gettempdir()) / "gapmatch-scale"
PER_PREFECTURE = 23_500
"""Firms of a prefecture in real life; a data set has as many prefectures as its size needs."""
SPARE = (0.02, 0.08, 0.32)
"""Firms drawn beyond what is needed: those that bear a name or code of another prefecture are left out.
The more there are of a province, the more of them: the next share is tried where one was too small."""
ENROLLED = 0.24
"""Share of firms with a unit of their own, with which units come to 40 % of firms."""
ROWS_PER_PART = 50_000


@dataclass(frozen=True)
class Part:
    """A piece of a data set: the lists with the headers of their files, and the truth of its firms."""

    tax: pl.DataFrame
    enrollment: pl.DataFrame
    truth: pl.DataFrame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=list(RECIPES))
    parser.add_argument("firms", type=int)
    parser.add_argument("--scratch", type=Path, default=SCRATCH)
    given = parser.parse_args()
    try:
        print(data_set(given.kind, given.firms, given.scratch))
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(str(error)) from None


def data_set(kind: str, firms: int, scratch: Path) -> Path:
    """Return the folder of a data set; written first where it is not there yet.

    Raises ``FileNotFoundError`` where the registered firms are absent and ``ValueError`` where they
    are too few, with a sentence that says so.
    """
    folder = scratch / f"{kind}-{firms}"
    order = {"recipe": RECIPES[kind], "kind": kind, "firms": firms}
    if _order_of(folder) == order:
        return folder
    partial = scratch / f".{folder.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    parts = synthetic_parts(firms) if kind == "synthetic" else registry_parts(firms)
    _write(parts, partial)
    (partial / "order.json").write_text(json.dumps(order) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return folder


def _order_of(folder: Path) -> dict[str, object] | None:
    order = folder / "order.json"
    return json.loads(order.read_text(encoding="utf-8")) if order.is_file() else None


def _write(parts: Iterator[Part], folder: Path) -> None:
    truth = []
    for number, part in enumerate(parts):
        for name, frame in (("tax", part.tax), ("enrollment", part.enrollment)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            frame.write_parquet(folder / name / f"part-{number:05d}.parquet")
        truth.append(part.truth)
    pl.concat(truth).write_parquet(folder / "truth.parquet")


def synthetic_parts(firms: int) -> Iterator[Part]:
    """Yield prefectures with distinct names, organisation codes and unit numbers, one at a time."""
    count = max(1, round(firms / PER_PREFECTURE))
    seen = pl.DataFrame(schema={"names": pl.UInt64, "codes": pl.UInt64})
    written = 0
    for number, code in enumerate(_prefectures()[:count]):
        quota = firms * (number + 1) // count - written
        tax, quarter = _new_firms(code, number + 1, quota, seen)
        seen = pl.concat([seen, _keys(tax)])
        yield _numbered(tax, quarter, written)
        written += quota


def _new_firms(
    code: str, seed: int, quota: int, seen: pl.DataFrame
) -> tuple[pl.DataFrame, SyntheticQuarter]:
    """Return ``quota`` firms of a prefecture of which none is in ``seen``, and its quarter."""
    for spare in SPARE:
        quarter = _quarter(code, seed, quota, spare)
        keys = _keys(quarter.tax)
        known = [keys[name].is_in(seen[name].implode()) for name in seen.columns]
        tax = quarter.tax.filter(~(known[0] | known[1]))
        if tax.height >= quota:
            return tax.head(quota), quarter
    raise RuntimeError(f"prefecture {code} shares too much with those before it")


def _prefectures() -> list[str]:
    """Return the codes of the country's prefectures, those of provinces with many first."""
    codes = list_prefectures(*(f"{province}0000" for province in range(11, 66)))
    by_province: dict[str, list[str]] = {}
    for code in codes:
        by_province.setdefault(code[:2], []).append(code)
    return [code for own in sorted(by_province.values(), key=lambda own: -len(own)) for code in own]


def _quarter(code: str, seed: int, firms: int, spare: float) -> SyntheticQuarter:
    """Return a quarter of one prefecture with firms to spare and the units of ``firms``."""
    quarter = "2022Q4"
    plan = Plan(
        seed=seed,
        firms=firms + round(firms * spare),
        quarters=(quarter,),
        prefectures=(code,),
        enrolled_share=ENROLLED / (1 + spare),
        public_share=Plan.public_share / (1 + spare),
        outside_share=Plan.outside_share / (1 + spare),
    )
    return make_prefecture(plan).quarters[quarter]


def _keys(tax: pl.DataFrame) -> pl.DataFrame:
    organisation = pl.col("taxpayer_code").str.slice(8, 9)
    return tax.select(names=pl.col("name").hash(), codes=organisation.hash())


def _numbered(tax: pl.DataFrame, quarter: SyntheticQuarter, before: int) -> Part:
    """Number the firms over all prefectures and give both lists the headers of their files."""
    layout = load_layout()
    seq = pl.int_range(before + 1, before + pl.len() + 1).cast(pl.String)
    numbered = tax.with_columns(seq=seq)
    units = quarter.truth.select("taxpayer_code", "unit_id")
    return Part(
        layout["tax"].format_frame(numbered),
        layout["enrollment"].format_frame(quarter.enrollment),
        numbered.select("taxpayer_code", tax_seq="seq")
        .join(units, on="taxpayer_code", how="left", maintain_order="left")
        .select("tax_seq", "taxpayer_code", "unit_id"),
    )


def registry_parts(firms: int) -> Iterator[Part]:
    """Yield registered firms and their units in equal pieces."""
    tax, enrollment, truth = scale_registry.make_lists(firms)
    count = -(-tax.height // ROWS_PER_PART)
    for number in range(count):
        yield Part(*(_piece(frame, number, count) for frame in (tax, enrollment, truth)))


def _piece(frame: pl.DataFrame, number: int, count: int) -> pl.DataFrame:
    start, end = (frame.height * n // count for n in (number, number + 1))
    return frame.slice(start, end - start)


if __name__ == "__main__":
    main()
