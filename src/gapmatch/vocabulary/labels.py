"""Machine names in words for officials: a code has one label in every sheet, page, command."""

from functools import cache

from gapmatch.i18n import _, get_language
from gapmatch.resources import read_csv_rows
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
    return {"same": _("同一单位"), "second_account": _("第二账户"), "head_office": _("总公司")}


def list_decision_labels() -> dict[str, str]:
    """Return decision on a pair to words."""
    return {"match": _("认定"), "review": _("待核实"), "non_match": _("不是")}


def list_section_labels() -> dict[str, str]:
    """Return section letter of GB/T 4754 to its name, from ``config/industry_sections.csv``."""
    return _read_sections("label_en" if get_language() == "en" else "label")


@cache
def _read_sections(label: str) -> dict[str, str]:
    return {row["section"]: row[label] for row in read_csv_rows("industry_sections.csv")}


LISTED_VERDICTS = ("refuted", "outside", "not_operating", "to_settle", "confirmed")
"""In the order in which the bridge subtracts them; the confirmed ones are what remains."""


def label_listed_verdicts() -> dict[str, str]:
    """Return verdict to words, in the order of ``LISTED_VERDICTS``."""
    words = (_("列错"), _("不在范围"), _("未经营"), _("待定"), _("属实"))
    return dict(zip(LISTED_VERDICTS, words, strict=True))


def explain_listed_verdicts() -> dict[str, str]:
    """Return verdict → sentence for the authority that issued the list."""
    return {
        "refuted": _(
            "该户已参保：在参保单位中找到，或由总公司参保。依据是参保单位的名称和编号；"
            "险种不全、人数不足的也算列错，但仍列入走访。"
        ),
        "outside": _("不属于本次核查对象：机关事业单位、已注销或迁出、无雇工的个体工商户等。"),
        "not_operating": _("未找到参保记录，也看不出在经营；列入复查，不计入未参保。"),
        "to_settle": _(
            "现有数据不能断定：可能与某参保单位是同一家，或是否在经营还说不准。核实以前不答复属实，也不答复列错。"
        ),
        "confirmed": _("未见停业迹象，参保单位中没有这一户，或曾参保现已停缴。"),
    }


PROGRESS_FIGURES = ("targets", "visited", "closed", "enrolled", "persons", "refused", "overdue")
"""What is counted of visits in a county, in the order of tables."""

CONFIRMED_PARTS = ("later", "not_listed", "confirmed_tier_a")
"""The confirmed firms: other tiers, no target, this quarter's visits."""


def list_figure_labels() -> dict[str, str]:
    """Return code of a figure to words; firms unless the words name persons."""
    return {
        "firms": _("纳税户"),
        **list_status_labels(),
        "targets": _("走访目标"),
        "tier_a": _("本季走访"),
        "expected": _("预计新增参保人数"),
        "expected_tier_a": _("本季走访预计新增人数"),
        "headcount_uninsured": _("疑似未参保户估计用工人数"),
        "visited": _("已走访"),
        "closed": _("已办结"),
        "enrolled": _("走访后参保"),
        "persons": _("新增参保人数"),
        "refused": _("拒不参保"),
        "overdue": _("逾期未走访"),
    }


def list_progress_labels() -> dict[str, str]:
    """Return what is counted of visits in a county, to words, in the order of tables."""
    labels = list_figure_labels()
    return {name: labels[name] for name in PROGRESS_FIGURES}


def list_drawn_rate_labels() -> dict[str, str]:
    """Return rate of all targets, as visits drawn by lot give it, to words."""
    return {
        "uninsured": _("确实未参保的"),
        "operating": _("在经营的"),
        "enrolled": _("走访后办理参保的"),
    }


def list_verdict_figures() -> dict[str, str]:
    """Return code of a figure of a list to verify to words."""
    return {
        **label_listed_verdicts(),
        "later": _("属实，以后各季走访"),
        "not_listed": _("属实，本季未列入"),
        "confirmed_tier_a": _("属实，本季走访"),
    }


def list_change_labels() -> dict[str, str]:
    """Return kind of change between two quarters to words; firms of either quarter."""
    return {
        "newly_insured": _("疑似未参保转为有参保登记"),
        "newly_uninsured": _("在册企业新出现疑似未参保"),
        "gone": _("不再在纳税名单中"),
        "new": _("新进入纳税名单"),
        "renamed": _("名称变更"),
        "moved": _("县区变更"),
        "status_changed": _("状态变化"),
        "link_changed": _("对应的参保单位变化"),
    }


def describe_fate(line: str, status: str) -> str:
    """Return a line between two quarters' uninsured in words: ``became`` or ``was``, and what."""
    if status == "not_listed":
        gone, new = _("疑似未参保户退出纳税名单"), _("新进名单即疑似未参保")
        return gone if line == "became" else new
    became, was = _("现为“{status}”"), _("原为“{status}”")
    labels = {**list_status_labels(), "repeated": _("与另一行同一户")}
    return (became if line == "became" else was).format(status=labels[status])
