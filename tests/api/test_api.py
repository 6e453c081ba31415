"""The public API: what an analyst gets from a workspace, and from two frames."""

import subprocess
import sys

import polars as pl
import pytest

import gapmatch
from gapmatch.errors import InputError, StoreError
from gapmatch.schemas import DEFECTS, FIRMS, STATUSES, UNITS, load_tables
from gapmatch.store.runs import Store

FRAMES = ("gaps", "targets", "links", "cases", "changes", "totals", "expected_errors", "weights")


def test_importing_loads_nothing_heavy():
    heavy = "polars", "altair", "scipy", "xlsxwriter"
    code = f"import gapmatch, sys; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_every_public_name_is_there_and_no_other_one_is():
    assert all(getattr(gapmatch, name) is not None for name in gapmatch.__all__)
    assert set(gapmatch.__all__) <= set(dir(gapmatch))
    with pytest.raises(AttributeError, match="nonsense"):
        gapmatch.nonsense  # noqa: B018


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_has_the_documented_columns(sample, name):
    frame = getattr(sample, name)()
    load_tables()[name].check(frame)
    assert frame.height


def test_firms_units_and_defects_have_the_columns_of_the_stages(sample):
    for frame, table in (
        (sample.firms(), FIRMS),
        (sample.units(), UNITS),
        (sample.defects(), DEFECTS),
    ):
        assert frame.select(list(table)).schema == table.schema


def test_every_row_of_the_tax_list_has_one_status(sample):
    gaps = sample.gaps("2022Q3")
    assert gaps["firm"].n_unique() == gaps.height
    assert set(gaps["status"]) <= set(STATUSES)


def test_the_latest_quarter_is_the_default(sample):
    assert sample.quarters() == ["2022Q3", "2022Q4"]
    assert sample.gaps().equals(sample.gaps("2022Q4"))


@pytest.mark.parametrize("ask", ["quarters", "persons", "cases", "gaps"])
def test_a_workspace_named_by_a_text_is_one_and_an_empty_folder_stays_empty(sample, tmp_path, ask):
    assert gapmatch.Workspace(str(sample.path)).quarters() == sample.quarters()
    with pytest.raises(gapmatch.GapmatchError, match="还没有运行过"):
        getattr(gapmatch.Workspace(str(tmp_path)), ask)()
    assert not list(tmp_path.iterdir())


def test_persons_and_phones_are_masked(sample):
    for frame in (sample.firms(), sample.units()):
        for column in ("legal_rep", "person"):
            assert frame[column].drop_nulls().str.slice(1).str.contains(r"^\*{0,2}$").all()
        assert not frame["phone"].drop_nulls().str.contains(r"[0-9]{8}").any()


def test_showing_persons_is_noted_in_the_export_log(sample):
    persons = sample.persons()
    assert persons["phone"].drop_nulls().str.contains(r"[0-9]{7}").any()
    with Store.open(sample.path) as store:
        assert store.frame("SELECT rows FROM exports ORDER BY id DESC").row(0) == (persons.height,)


def test_a_workspace_that_cannot_be_written_is_read_all_the_same(sample, monkeypatch):
    for module in ("runs", "database"):
        monkeypatch.setattr(f"gapmatch.store.{module}.is_writable", lambda _path: False)
    monkeypatch.setattr("gapmatch.store.runs.connect", lambda path: pytest.fail(f"writes {path}"))
    assert gapmatch.open(sample.path).gaps().height


def test_the_parts_of_a_pair_add_up_to_its_weight(sample):
    link = sample.links().filter(pl.col("decision") == "match").row(0, named=True)
    parts = sample.parts(link["firm"], link["unit"])
    assert parts["weight"].sum() == pytest.approx(link["weight"], abs=0.1)


def test_the_way_from_quarter_to_quarter_adds_up(sample):
    firms = sample.totals()["firms"].to_list()
    assert sum(firms[:-1]) == firms[-1]


def test_links_name_the_firm_and_the_unit(sample):
    matches = sample.links().filter(pl.col("decision") == "match")
    assert matches.select("name", "unit_name", "unit_id").null_count().sum_horizontal().item() == 0


def test_a_firm_without_that_candidate_is_refused_in_words(sample):
    with pytest.raises(InputError, match="links"):
        sample.parts(10**6)


def test_a_quarter_that_was_not_run_is_refused_with_those_that_were(sample):
    with pytest.raises(StoreError, match="2022Q3、2022Q4"):
        sample.gaps("1999Q1")


def test_a_first_quarter_cannot_be_compared_with_one_before(sample):
    with pytest.raises(StoreError, match="2022Q3"):
        sample.changes(current="2022Q3")


def test_a_folder_without_a_workspace_is_refused_and_left_empty(tmp_path):
    with pytest.raises(StoreError, match="gapmatch run"):
        gapmatch.open(tmp_path)
    assert not list(tmp_path.iterdir())


def test_frames_in_memory_are_linked_by_name_alone():
    tax = pl.DataFrame({"name": ["贵州甲秀建材有限公司", "安顺晨星餐饮店"]})
    enrollment = pl.DataFrame({"name": ["晨光小学", "贵州甲秀建材有限责任公司"]})
    links = gapmatch.link(tax, enrollment)
    best = links.select("tax_row", "enrollment_row", "unit_name").row(0)
    assert best == (1, 2, "贵州甲秀建材有限责任公司")
    assert set(links["tax_row"]) == {1, 2}


def test_a_shared_code_raises_the_probability():
    name = "贵州甲秀建材有限公司", "甲秀建材经营部"
    code = "91520402MA6DERMP44"
    plain = gapmatch.link(pl.DataFrame({"name": [name[0]]}), pl.DataFrame({"name": [name[1]]}))
    coded = gapmatch.link(
        pl.DataFrame({"name": [name[0]], "code": [code]}),
        pl.DataFrame({"name": [name[1]], "code": [code]}),
    )
    assert coded["probability"][0] > (plain["probability"][0] or 0)


def test_a_frame_without_names_is_refused_in_words():
    with pytest.raises(InputError, match="name"):
        gapmatch.link(pl.DataFrame({"名称": ["甲"]}), pl.DataFrame({"name": ["乙"]}))
