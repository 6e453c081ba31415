"""The data sets for measuring growth: the truth holds, the noise is there, the same order gives the same bytes."""

import re
import sys
from pathlib import Path

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import numpy as np

import scale_data
import scale_noise
import scale_registry

FIRMS = 3000
registered = pytest.mark.skipif(
    not scale_registry.SOURCE.is_file(), reason="the registered firms are not here"
)
KINDS = ["synthetic", pytest.param("registry", marks=registered)]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scale")


def rows(folder: Path, source: str) -> pl.DataFrame:
    """Read a list with its codes and names under the same headers for both kinds."""
    frame = pl.concat([pl.read_parquet(path) for path in sorted((folder / source).iterdir())])
    usual = {"社会信用代码（纳税人识别号）": "纳税人识别号"}
    return frame.rename({old: new for old, new in usual.items() if old in frame.columns})


@pytest.mark.parametrize("kind", KINDS)
def test_units_are_40_percent_of_firms_and_their_numbers_are_distinct(
    kind: str, scratch: Path
) -> None:
    folder = scale_data.data_set(kind, FIRMS, scratch)
    tax, units = rows(folder, "tax"), rows(folder, "enrollment")
    assert tax.height == FIRMS
    assert units.height == pytest.approx(0.4 * FIRMS, rel=0.01)
    for frame, column in ((units, "单位编号"), (tax, "纳税人名称"), (tax, "纳税人识别号")):
        assert frame[column].n_unique() == frame.height


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_has_every_firm_once_and_points_to_units_that_exist(
    kind: str, scratch: Path
) -> None:
    folder = scale_data.data_set(kind, FIRMS, scratch)
    tax, units = rows(folder, "tax"), rows(folder, "enrollment")
    truth = pl.read_parquet(folder / "truth.parquet")
    assert truth["tax_seq"].to_list() == tax["序号"].to_list()
    assert truth["taxpayer_code"].to_list() == tax["纳税人识别号"].to_list()
    own = truth["unit_id"].drop_nulls()
    assert own.n_unique() == len(own)
    assert 0.2 * FIRMS < len(own) < 0.35 * FIRMS
    assert set(own) < set(units["单位编号"])


@pytest.mark.parametrize("kind", KINDS)
def test_units_spell_their_firms_in_other_ways(kind: str, scratch: Path) -> None:
    folder = scale_data.data_set(kind, FIRMS, scratch)
    tax, units = rows(folder, "tax"), rows(folder, "enrollment")
    pairs = (
        pl.read_parquet(folder / "truth.parquet")
        .join(tax, left_on="tax_seq", right_on="序号")
        .join(units, left_on="unit_id", right_on="单位编号")
    )
    assert 0.2 < (pairs["纳税人名称"] != pairs["单位名称"]).mean() < 0.6
    assert 0.1 < pairs["统一社会信用代码"].is_null().mean() < 0.35
    same = (pairs["统一社会信用代码"] == pairs["taxpayer_code"]).mean()
    assert 0.7 < same < 0.9  # of those that have a code


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_order_gives_the_same_bytes(kind: str, scratch: Path, tmp_path: Path) -> None:
    first = scale_data.data_set(kind, FIRMS, scratch)
    again = scale_data.data_set(kind, FIRMS, tmp_path)
    files = sorted(path.relative_to(first) for path in first.rglob("*.*"))
    assert files == sorted(path.relative_to(again) for path in again.rglob("*.*"))
    for file in files:
        assert (first / file).read_bytes() == (again / file).read_bytes()


def test_a_data_set_that_is_there_is_left_alone_until_its_recipe_changes(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = scale_data.data_set("synthetic", FIRMS, scratch)
    (folder / "mark").touch()
    scale_data.data_set("synthetic", FIRMS, scratch)
    assert (folder / "mark").exists()
    monkeypatch.setitem(scale_data.RECIPES, "synthetic", -1)
    scale_data.data_set("synthetic", FIRMS, scratch)
    assert not (folder / "mark").exists()


def test_prefectures_share_no_name_code_or_unit_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale_data, "PER_PREFECTURE", 1500)
    folder = scale_data.data_set("synthetic", 4500, tmp_path)
    tax, units = rows(folder, "tax"), rows(folder, "enrollment")
    assert len(list((folder / "tax").iterdir())) == 3
    assert tax.height == 4500
    assert units["单位编号"].n_unique() == units.height
    assert tax["纳税人名称"].n_unique() == tax.height
    assert tax["纳税人识别号"].str.slice(8, 9).n_unique() == tax.height


def test_registered_firms_that_are_absent_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale_registry, "SOURCE", tmp_path / "none.parquet")
    with pytest.raises(FileNotFoundError, match="is not here"):
        scale_data.data_set("registry", FIRMS, tmp_path)


@registered
def test_units_of_no_firm_are_not_told_by_a_firms_address(scratch: Path) -> None:
    folder = scale_data.data_set("registry", FIRMS, scratch)
    truth = pl.read_parquet(folder / "truth.parquet")
    own = truth["unit_id"].drop_nulls().implode()
    strangers = rows(folder, "enrollment").filter(~pl.col("单位编号").is_in(own))
    addresses = rows(folder, "tax")["注册地址"].implode()
    assert strangers.height == pytest.approx(0.2 * 0.4 * FIRMS, rel=0.01)
    assert strangers["单位地址"].drop_nulls().is_in(addresses).mean() < 0.2


def invented(count: int) -> pl.DataFrame:
    """Return registered firms that nobody registered."""
    names = [
        "梧桐市砚溪柘商贸有限公司",
        "白藏省霁澜（梧桐）建材有限责任公司",
        "砚县穗禾养殖专业合作社",
    ]
    frame = pl.DataFrame(
        {
            "name": [names[n % 3] for n in range(count)],
            "uscc": [f"91990100MA{n:07d}X" for n in range(count)],
            "prov": "白藏",
            "area": "梧桐",
        }
    )
    return frame.with_columns(scale_noise.split_region())


def test_the_place_is_told_from_the_rest_of_a_name() -> None:
    assert invented(3)["region"].to_list() == ["梧桐市", "白藏省", "砚县"]
    assert invented(3)["rest"].to_list()[0] == "砚溪柘商贸有限公司"


def test_every_kind_of_noise_comes_up_in_names() -> None:
    units = invented(6000)
    noisy = set(scale_noise.noisy_names(units, np.random.default_rng(1)))
    for expected in ("砚溪柘商贸有限公司", "白藏省梧桐市砚溪柘商贸有限公司", "梧桐市砚溪柘商贸有限责任公司",
                     "砚溪柘商贸（梧桐）有限公司", "白藏省霁澜(梧桐)建材有限责任公司", "砚溪柘商公司"):  # fmt: skip
        assert expected in noisy
    assert any(len(name) == len("砚县穗禾养殖专业合作社") - 1 for name in noisy)
    assert any(re.search(r"[\s.*]", name) for name in noisy)


def test_every_kind_of_noise_comes_up_in_codes() -> None:
    units = invented(6000)
    codes = scale_noise.noisy_codes(units, units, np.random.default_rng(1))
    told = pl.DataFrame({"own": units["uscc"], "code": codes})
    length = told["code"].str.len_chars().value_counts().drop_nulls()
    assert set(length["code"]) == {9, 10, 15, 18}
    assert 0.15 < told["code"].is_null().mean() < 0.25
    assert told["code"].str.contains("^9199.*x$").any()
    others = told.filter(
        pl.col("code").is_in(told["own"].implode()) & (pl.col("code") != pl.col("own"))
    )
    assert others.height > 20


def test_a_branch_gets_the_code_of_its_head_office() -> None:
    names = ["砚溪商贸有限公司", "砚溪商贸有限公司梧桐分公司"]
    frame = pl.DataFrame({"name": names, "region": "", "rest": names, "uscc": ["HEAD", "BRANCH"]})
    codes = scale_noise._head_codes(frame, frame, np.random.default_rng(1))
    assert codes[1] == "HEAD"
