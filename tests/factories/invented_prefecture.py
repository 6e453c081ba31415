"""An invented prefecture: frames as the stages would hand them on, of any size, the same every time."""

import random
from datetime import date

import polars as pl

from gapmatch.results.run_results import PublishInput
from gapmatch.schemas import DEFECTS, FIRMS, GAPS, LINKS, TARGETS, UNITS
from gapmatch.vocabulary.labels import list_labels

COUNTIES = ("云溪区", "东岭县", "白石县", "石桥苗族自治县", "长滩县", "清水开发区")
_TRADES = ("晨光", "鼎盛", "恒泰", "瑞丰", "金穗", "宏图", "嘉禾", "天成", "永兴", "启明")
_INDUSTRIES = ("商贸", "建筑工程", "农业发展", "信息科技", "物流", "餐饮管理", "建材", "劳务服务")
_FORMS = ("有限公司", "有限责任公司", "农民专业合作社", "经营部", "个人独资企业")
_TOWNS = ("城关街道", "河口镇", "马鞍镇", "龙塘乡", "新寨乡", None)
_STATUSES = (
    ("insured", 26),
    ("uninsured", 52),
    ("dormant", 9),
    ("review", 2),
    ("under_enrolled", 3),
    ("lines_missing", 2),
    ("lapsed", 2),
    ("covered_by_parent", 1),
    ("out_of_scope", 3),
)
_KINDS = {
    "uninsured": "new_enrollment",
    "lines_missing": "lines_missing",
    "under_enrolled": "headcount_short",
    "lapsed": "lapsed",
}


def prefecture(
    size: int = 400, counties: tuple[str, ...] = COUNTIES, seed: int = 7
) -> PublishInput:
    """Return results of ``size`` invented firms, spread over ``counties``."""
    draw = random.Random(seed)
    firms = [_firm(number, counties, draw) for number in range(size)]
    statuses = draw.choices([s for s, _ in _STATUSES], [w for _, w in _STATUSES], k=size)
    linked = [
        n for n, s in enumerate(statuses) if s not in ("uninsured", "dormant", "out_of_scope")
    ]
    units = [_unit(place, firms[number], draw) for place, number in enumerate(linked)]
    unit_of = {number: place for place, number in enumerate(linked)}
    gaps = [_gap(number, statuses[number], unit_of.get(number), draw) for number in range(size)]
    return PublishInput(
        quarter="2022Q4",
        firms=FIRMS.complete(pl.DataFrame(firms, infer_schema_length=None)),
        units=UNITS.complete(pl.DataFrame(units, infer_schema_length=None)),
        links=_links(gaps, draw),
        gaps=GAPS.complete(pl.DataFrame(gaps, infer_schema_length=None)),
        targets=_targets(firms, gaps, draw),
        defects=_defects(draw),
        run_info=_run_info(size),
        changes=pl.DataFrame(
            {
                "kind": list(list_labels("change"))[:5],
                "change": list(list_labels("change").values())[:5],
                "firms": [1210, 86, 41, 130, 1213],
            }
        ),
        part_labels={"name": "名称", "code": "代码", "person": "负责人"},
    )


def nothing() -> PublishInput:
    """Return results without a single row."""
    return PublishInput(
        "2022Q4",
        FIRMS.empty(),
        UNITS.empty(),
        LINKS.empty(),
        GAPS.empty(),
        TARGETS.empty(),
        DEFECTS.empty(),
    )


def _firm(number: int, counties: tuple[str, ...], draw: random.Random) -> dict[str, object]:
    county = counties[number % len(counties)]
    trade, industry, form = (draw.choice(words) for words in (_TRADES, _INDUSTRIES, _FORMS))
    name = f"{county}{trade}{draw.choice(_TRADES)}{industry}{form}"
    code = f"9152{number % 90 + 10:02d}00MA{number:06d}{draw.choice('XYTN')}8"
    return {
        "firm": number,
        "source_file": "纳税清册.xlsx",
        "source_row": number + 4,
        "data_row": number + 1,
        "is_duplicate": False,
        "taxpayer_code": code,
        "code_text": code,
        "uscc": code,
        "organisation": code[8:17],
        "name": name,
        "clean_name": name,
        "standard_name": name,
        "trade_name": trade,
        "trade_industry": industry,
        "legal_form": form,
        "county_name": county,
        "division": f"5299{counties.index(county) + 1:02d}" if county != "未知" else None,
        "town": draw.choice(_TOWNS),
        "address": f"{county}人民路{draw.randint(1, 300)}号{draw.choice(('', '2单元301室', '附1号'))}",
        "legal_rep": draw.choice("赵钱孙李周吴郑王") + draw.choice(("明", "小红", "建国")),
        "phone": f"13{draw.randint(0, 9)}{draw.randint(10**7, 10**8 - 1)}",
        "section": draw.choice("ACEFFFGHILMNOOPQR"),
        "open_date": date(draw.randint(2001, 2022), draw.randint(1, 12), draw.randint(1, 28)),
        "declared_headcount": draw.choice((None, 1, 3, 8, 24, 60)),
    }


def _unit(place: int, firm: dict[str, object], draw: random.Random) -> dict[str, object]:
    name = str(firm["name"])
    other = draw.choice(
        (name, name.replace("有限责任公司", "有限公司"), name[2:], name.replace("晨", "辰"))
    )
    insured = draw.randint(1, 40)
    return {
        "unit": place,
        "unit_id": f"5299{place:08d}",
        "name": other,
        "clean_name": other,
        "standard_name": other,
        "trade_name": firm["trade_name"],
        "trade_industry": firm["trade_industry"],
        "credit_code": firm["taxpayer_code"] if draw.random() < 0.7 else None,
        "code_text": firm["taxpayer_code"] if draw.random() < 0.7 else None,
        "division": firm["division"],
        "legal_rep": firm["legal_rep"] if draw.random() < 0.6 else "冯小刚",
        "address": firm["address"],
        "pension_insured": insured,
        "unemployment_insured": insured,
        "injury_insured": insured + 1,
        "last_paid_month": draw.choice(("202212", "202207", None)),
    }


def _gap(number: int, status: str, unit: int | None, draw: random.Random) -> dict[str, object]:
    people = round(draw.lognormvariate(1.6, 1.0), 2)
    operates = round(
        draw.uniform(0.02, 0.2) if status == "dormant" else draw.uniform(0.6, 0.999), 4
    )
    return {
        "firm": number,
        "status": status,
        "probability_uninsured": 0.98 if status == "uninsured" else 0.01,
        "unit": unit,
        "status_reason": f"申报用工 {people:.0f} 人，明显多于参保人数；最近缴费正常。",
        "probability_operates": operates,
        "operates_evidence": "连续 9 个月零申报；全年无工资申报；成立满 2 年；市场监管未列异常",
        "headcount": people,
        "headcount_low": people * 0.6,
        "headcount_high": people * 1.7,
        "headcount_basis": "个税申报人数、工资",
        "insured_count": draw.randint(1, 6) if unit is not None else None,
        "lines_missing": "失业、工伤" if status == "lines_missing" else None,
    }


def _links(gaps: list[dict[str, object]], draw: random.Random) -> pl.DataFrame:
    rows = []
    for gap in gaps:
        parts = {f"part_{p}": round(draw.uniform(-6, 9), 3) for p in ("name", "code", "person")}
        decision = "review" if gap["status"] == "review" else "match"
        rows.append(
            {
                "firm": gap["firm"],
                "unit": gap["unit"],
                "weight": sum(parts.values()),
                "probability": 0.62 if decision == "review" else 0.9991,
                "decision": decision if gap["unit"] is not None else "non_match",
                "relation": "head_office" if gap["status"] == "covered_by_parent" else "same",
                "basis": "name+code",
                **parts,
            }
        )
    return LINKS.complete(pl.DataFrame(rows, infer_schema_length=None))


def _targets(
    firms: list[dict[str, object]], gaps: list[dict[str, object]], draw: random.Random
) -> pl.DataFrame:
    listed = [gap for gap in gaps if gap["status"] in _KINDS]
    listed.sort(key=lambda gap: (-float(str(gap["headcount"])), gap["firm"]))
    seen: dict[object, int] = {}
    rows = []
    for rank, gap in enumerate(listed, start=1):
        county = firms[int(str(gap["firm"]))]["county_name"]
        seen[county] = seen.get(county, 0) + 1
        people = round(float(str(gap["headcount"])), 4)
        rows.append(
            {
                "firm": gap["firm"],
                "rank": rank,
                "county_rank": seen[county],
                "tier": "A" if seen[county] <= 20 else "B" if seen[county] <= 60 else "C",
                "kind": _KINDS[str(gap["status"])],
                "priority": people * 0.8 + 0.1,
                "priority_people": people * 0.8,
                "priority_filing": 0.1,
                "expected_new_enrollees": people * 0.8,
                "drawn_at_random": seen[county] == 19,
                "reason": f"个税申报{people:.0f}人，连续12个月正常申报，未见参保记录，可能性99%",
                "policies": draw.choice(
                    (
                        "稳岗返还：裁员率不高于 5.5%，返还 60%；首次创业补贴 5,000 元",
                        "阶段性降低失业保险费率",
                        None,
                    )
                ),
                "subsidy_estimate": draw.choice((None, 1830.0, 12650.5)),
                "enrolling_cost": people * 11_800,
            }
        )
    return TARGETS.complete(pl.DataFrame(rows, schema_overrides={"drawn_at_random": pl.Boolean}))


def _defects(draw: random.Random) -> pl.DataFrame:
    kinds = (
        ("code_check", "统一社会信用代码校验位不符", "保留原值，比对时降低权重"),
        ("date", "日期无法识别", "按空值处理"),
        ("headcount", "申报人数超出常理", "不用于估计用工"),
    )
    rows = []
    for row in range(60):
        kind, defect, consequence = draw.choice(kinds)
        rows.append(
            {
                "source_file": "纳税清册.xlsx",
                "source_row": row * 7 + 4,
                "column": "联系电话" if row == 0 else "统一社会信用代码",
                "value": "13812345678" if row == 0 else "=9152",
                "defect": defect,
                "consequence": consequence,
                "kind": kind,
                "side": "tax",
            }
        )
    return DEFECTS.complete(pl.DataFrame(rows))


def _run_info(size: int) -> dict[str, object]:
    return {
        "run_id": "2022Q4-0001",
        "version": "0.1.0",
        "finished": "2023-01-18T09:30:12",
        "inputs": [
            {"side": "tax", "file": "纳税清册.xlsx", "rows": size, "sha256": "ab" * 32},
            {"side": "enrollment", "file": "参保单位.csv", "rows": size // 3, "sha256": "cd" * 32},
        ],
        "settings": {"language": "zh"},
        "counts": {"tax": {"read": size + 2, "refused": 2, "duplicates": 0}},
        "timings": {"read": 1.21, "link": 0.87},
        "warnings": ["纳税清册.xlsx 有 214 行没有统一社会信用代码，只能按名称比对，差错会多一些。"],
        "quality": {
            "false_gaps": {"value": 6.2, "low": 2, "high": 13},
            "missed_gaps": {"value": 4.1, "low": 1, "high": 10},
        },
    }
