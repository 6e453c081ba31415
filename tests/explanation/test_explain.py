import polars as pl
import pytest
from invented_quarter import FIRMS as INVENTED
from invented_quarter import quarter_frames, record, write_run

from gapmatch.api.operations import explain
from gapmatch.errors import InputError
from gapmatch.explanation.firm import explain_firm, find_firms
from gapmatch.schemas import FIRMS, GAPS, LINKS, TARGETS, UNITS
from gapmatch.store.runs import Store

NAMES = ("东山县青禾商贸有限公司", "东山县青禾商贸有限公司城北店", "云岭建材厂")


def table(promise, **columns) -> pl.DataFrame:
    return promise.complete(pl.DataFrame(columns))


@pytest.fixture
def frames():
    firms = table(
        FIRMS,
        firm=[0, 1, 2],
        name=NAMES,
        clean_name=NAMES,
        code_text=["91522200MA00000A10", "91522200MA00000B17", None],
        data_row=[1, 2, 3],
        source_file=["税.csv"] * 3,
        source_row=[4, 5, 6],
        county_name=["东山县"] * 3,
        legal_rep=["赵小明", "钱二", "孙三"],
        phone=["13800001234", None, None],
    )
    units = table(
        UNITS,
        unit=[0],
        unit_id=["52001"],
        name=[NAMES[0]],
        legal_rep=["赵小明"],
        county_name=["东山县"],
    )
    links = table(
        LINKS,
        firm=[0],
        unit=[0],
        weight=[12.5],
        probability=[0.999],
        decision=["match"],
        relation=["same"],
    ).with_columns(
        part_name=pl.lit(9.0),
        part_person=pl.lit(3.5),
        level_name=pl.lit("exact"),
        level_person=pl.lit("same"),
    )
    gaps = table(
        GAPS, firm=[0, 1, 2], status=["insured", "uninsured", "dormant"], headcount=[3.0, 5.0, 0.0]
    )
    targets = table(
        TARGETS,
        firm=[1],
        rank=[1],
        county_rank=[1],
        tier=["A"],
        kind=["new_enrollment"],
        priority=[2.5],
        reason=["有人"],
    ).with_columns(priority_operates=pl.lit(2.5))
    return {"firms": firms, "units": units, "links": links, "gaps": gaps, "targets": targets}


def cells(page) -> str:
    return "\n".join(str(cell) for section in page.sections for row in section.rows for cell in row)


@pytest.mark.parametrize(
    ("wanted", "firms", "why"),
    [
        ("91522200MA00000A10", [0], "a code"),
        ("91522200ma00 000b17", [1], "a code as people type it"),
        (NAMES[0], [0], "a whole name, though another begins with it"),
        ("青禾", [0, 1], "a part of a name"),
        ("3", [2], "a data row"),
        (" 云岭建材厂 ", [2], "blanks around it"),
        ("(没有", [], "nothing; brackets are characters"),
    ],
)
def test_a_firm_is_found_by_what_people_know_of_it(frames, wanted, firms, why):
    assert find_firms(frames["firms"], wanted)["firm"].to_list() == firms, why


def test_the_page_of_a_linked_firm_shows_its_unit_and_the_parts_of_the_weight(frames):
    page = explain_firm("1", frames)
    assert "已参保" in cells(page)
    assert "52001" in cells(page)
    (parts,) = [section for section in page.sections if section.title.startswith("得分")]
    *each, total = (row[-1] for row in parts.rows)
    assert sum(each) == pytest.approx(total)


def test_the_page_of_a_target_shows_why_it_is_where_it_is(frames):
    page = explain_firm("2", frames)
    assert "有人" in cells(page)
    assert page.facts["target"]["rank"] == 1


def test_persons_and_phones_are_masked(frames):
    page = explain_firm("1", frames)
    shown = cells(page) + str(page.facts)
    assert "赵小明" not in shown
    assert "13800001234" not in shown
    assert "赵" in shown


def test_several_firms_are_listed_to_choose_from(frames):
    page = explain_firm("青禾", frames)
    assert len(page.facts["candidates"]) == 2


def test_an_unknown_firm_is_answered_with_the_nearest(frames):
    with pytest.raises(InputError) as caught:
        explain_firm("云岭建筑厂", frames)
    assert "云岭建材厂" in caught.value.remedy


@pytest.mark.parametrize(
    ("wanted", "firm", "why"),
    [
        ("9901-000001", INVENTED[0][1], "the number of a case"),
        (" ９９０１－000001 ", INVENTED[0][1], "as an input method types it"),
        ("9901—000002", INVENTED[3][1], "with another dash; a firm without a code"),
        ("99010002", INVENTED[2][1], "the number of its unit"),
        (INVENTED[1][0].lower(), INVENTED[1][1], "a code"),
        ("520300000012345", INVENTED[4][1], "a registration number"),
        ("沙洲区明月餐饮店", INVENTED[3][1], "a name"),
        ("2", INVENTED[1][1], "a data row"),
    ],
)
def test_a_firm_is_explained_by_any_number_of_it(workspace, wanted, firm, why):
    assert explain(wanted, workspace=workspace).facts["firm"]["name"] == firm, why


@pytest.mark.parametrize(
    ("wanted", "words", "why"),
    [
        ("9901-000999", ["案件编号", "单位编号", "登记注册号"], "no such case: all that was tried"),
        ("99010003", ["青禾建材厂", "没有企业"], "a unit without a firm"),
        ("9901-000003", ["9901-000003", "gapmatch cases"], "a case whose firm is in no list now"),
    ],
)
def test_what_is_not_found_says_what_was_tried(workspace, wanted, words, why):
    with pytest.raises(InputError) as caught:
        explain(wanted, workspace=workspace)
    said = caught.value.message + caught.value.remedy
    assert [word for word in words if word not in said] == [], why


@pytest.fixture
def workspace(tmp_path):
    """Return a workspace with two quarters: a third case whose firm is gone, a registration number."""
    gone = ("91990100MA00000098", "云岭县后来有限公司", "云岭县", "uninsured", None, None)
    with Store.open(tmp_path) as store:
        write_run(store, record("2022Q3"), quarter_frames((*INVENTED, gone)))
        frames = quarter_frames()
        numbers = pl.Series("registration_no", [None] * 4 + ["520300000012345"], pl.String)
        frames["firms"] = frames["firms"].with_columns(numbers)
        frames["links"] = frames["links"].drop("part_name")  # invented without its level
        write_run(store, record("2022Q4"), frames)
    return tmp_path
