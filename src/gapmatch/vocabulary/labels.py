"""What machine names are called in the sheets and the report."""

import csv
from collections.abc import Iterable
from functools import cache

from gapmatch.i18n import _, get_language
from gapmatch.resources import find_config_file
from gapmatch.schemas import UNKNOWN_COUNTY


def list_status_labels() -> dict[str, str]:
    """Return status to words, in the order in which tables show them."""
    return {
        "insured": _("已参保"),
        "covered_by_parent": _("总公司参保"),
        "lines_missing": _("险种不全"),
        "under_enrolled": _("人数不足"),
        "lapsed": _("已断缴"),
        "review": _("待核实"),
        "uninsured": _("疑似未参保"),
        "dormant": _("疑似未经营"),
        "out_of_scope": _("不在范围"),
    }


def label_county(county: str) -> str:
    """Return the label of a county; firms without one are for the prefecture to assign."""
    return _("县区未填（待分派）") if county == UNKNOWN_COUNTY else county


def list_status_meanings() -> dict[str, str]:
    """Return status to one sentence that an official can act on."""
    return {
        "insured": _("在参保单位中找到，险种和人数未见缺口"),
        "covered_by_parent": _("分支机构，职工由总公司参保"),
        "lines_missing": _("已参保，但养老、失业、工伤三险不全"),
        "under_enrolled": _("已参保，但申报用工人数明显多于参保人数"),
        "lapsed": _("曾经参保，现已停缴"),
        "review": _("与某参保单位可能是同一家，须人工认定；认定前不算未参保"),
        "uninsured": _("有经营迹象，未找到对应的参保单位"),
        "dormant": _("未找到参保单位，也看不出在经营；列入复查"),
        "out_of_scope": _("注销、迁出、机关事业单位、无雇工个体等"),
    }


def list_kind_labels() -> dict[str, str]:
    """Return kind of target to words."""
    return {
        "new_enrollment": _("新参保"),
        "lines_missing": _("补险种"),
        "headcount_short": _("补人数"),
        "lapsed": _("续缴"),
    }


def list_case_state_labels() -> dict[str, str]:
    """Return state of a case to words, in the order in which lists count them."""
    return {
        "new": _("新增"),
        "carried": _("结转"),
        "reopened": _("重新列入"),
        "visited": _("名单外走访"),
        "closed": _("已办结"),
        "settled": _("已核实"),
        "off_list": _("本季未列入"),
        "gone": _("不再纳税"),
    }


def list_relation_labels() -> dict[str, str]:
    """Return relation of a pair to words."""
    return {
        "same": _("同一单位"),
        "second_account": _("第二账户"),
        "head_office": _("总公司"),
    }


def list_decision_labels() -> dict[str, str]:
    """Return decision on a pair to words."""
    return {"match": _("认定"), "review": _("待核实"), "non_match": _("不是")}


def list_section_labels() -> dict[str, str]:
    """Return section letter of GB/T 4754 to its name, from ``config/industry_sections.csv``."""
    return _read_sections(_translate_column("label"))


@cache
def _read_sections(label: str) -> dict[str, str]:
    return {row["section"]: row[label] for row in _read_rows("industry_sections.csv")}


def _translate_column(column: str) -> str:
    return f"{column}_en" if get_language() == "en" else column


def _read_rows(name: str) -> Iterable[dict[str, str]]:
    text = find_config_file(name).read_text(encoding="utf-8-sig")
    return csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
