"""Metadata for Datasette: what it shows of a workspace.

Titles, units of columns, facets and ready queries in Chinese. A column without words of its own is
explained by the comment in the database's schema.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from gapmatch.i18n import _
from gapmatch.sqlite import Database
from gapmatch.vocabulary.labels import list_kind_labels, list_status_labels


def list_table_texts() -> dict[str, str]:
    """Return table or view to its title; ``title`` and ``description`` are the page's own."""
    return {
        "title": _("参保扩面：查看工作区"),
        "description": _("只读，只在本机；不含联系人、电话和备注。"),
        "database": _("参保扩面"),
        "firms": _("纳税户及其状态"),
        "units": _("参保单位"),
        "links": _("认定与待核实的配对"),
        "current_gaps": _("最近一季有缺口的纳税户"),
        "cases": _("走访对象（一户一号）"),
        "case_quarters": _("走访对象各季的情形"),
        "visits": _("走访结果"),
        "outcomes": _("走访结果的代码"),
        "quarters": _("已有的季度"),
        "runs": _("历次运行"),
        "verdicts": _("名单核查的结论"),
    }


def list_column_texts() -> dict[str, str]:
    """Return column to what it means, with its unit if it has one."""
    return {
        "quarter": _("季度，如 2022Q4"),
        "firm": _("本季内的企业编号"),
        "unit": _("本季内的参保单位编号"),
        "unit_id": _("单位编号（社保系统）"),
        "unit_name": _("参保单位名称"),
        "code": _("在用的代码（已整理）"),
        "name": _("名称"),
        "county": _("县（市、区）"),
        "status": _("参保状态（每户一种）"),
        "probability": _("是同一家的概率，0～1"),
        "probability_uninsured": _("未参保的概率，0～1"),
        "probability_operates": _("在经营的概率，0～1"),
        "headcount": _("估计用工（人）"),
        "rank": _("全市（州）名次；空：不是走访目标"),
        "county_rank": _("本县名次"),
        "tier": _("层级：A 本季走访，B 下季，C 以后"),
        "kind": _("类别：新参保、补险种、补人数、续缴"),
        "priority": _("优先分"),
        "expected_new_enrollees": _("预计新增参保（人）"),
        "weight": _("配对得分（比特）"),
        "decision": _("认定：match 同一家，review 待核实"),
        "relation": _("关系：同一单位、第二账户、总公司"),
        "state": _("情形：新增、结转、重新列入、已了结……"),
        "outcome": _("走访结果的代码"),
        "visited_on": _("走访日期"),
        "persons": _("新增参保（人）"),
        "opened_quarter": _("立案的季度"),
        "number": _("案号，永不改变"),
        "started_at": _("开始（世界时）"),
        "finished_at": _("结束（世界时）"),
        "version": _("gapmatch 版本"),
    }


_LATEST = "(SELECT max(quarter) FROM quarters)"
_BEFORE = f"(SELECT max(quarter) FROM quarters WHERE quarter < {_LATEST})"


def list_queries() -> dict[str, dict[str, str]]:
    """Return the ready queries: name to title and SQL; their columns are named for officials."""
    return {
        name: {"title": title, "sql": _fill_in_columns(sql)}
        for name, (title, sql) in _list_raw_queries().items()
    }


def _fill_in_columns(sql: str) -> str:
    """Fill in the names of columns: ``{county}`` becomes ``"县（市、区）"``."""
    names = {
        "county": _("县（市、区）"),
        "firms": _("纳税户"),
        "uninsured": _("疑似未参保"),
        "share": _("占比"),
        "tier_a": _("A 层"),
        "quarter": _("季度"),
        "status": _("状态"),
        "number": _("户数"),
        "place": _("名次"),
        "name": _("名称"),
        "code": _("代码"),
        "kind": _("类别"),
        "persons": _("用工人数"),
        "expected": _("预计新增参保"),
        "firm": _("企业"),
        "unit": _("参保单位"),
        "unit_id": _("单位编号"),
        "chance": _("可能性"),
        "outcome": _("走访结果"),
        "visits": _("走访户数"),
        "gained": _("新增参保人数"),
    }
    quoted = {key: f'"{word}"' for key, word in names.items()}
    labels = {"status_words": _label_code("status", list_status_labels())}
    labels["status_words_now"] = _label_code("now.status", list_status_labels())
    labels["kind_words"] = _label_code("kind", list_kind_labels())
    return sql.format(latest=_LATEST, before=_BEFORE, **quoted, **labels)


def _label_code(column: str, words: Mapping[str, str]) -> str:
    """Return SQL that translates a machine name into words."""
    cases = " ".join(f"WHEN '{name}' THEN '{word}'" for name, word in words.items())
    return f"CASE {column} {cases} END"


def _list_raw_queries() -> dict[str, tuple[str, str]]:
    return {
        "by_county": (
            _("各县（市、区）疑似未参保户数"),
            """SELECT county AS {county}, count(*) AS {firms},
  sum(status = 'uninsured') AS {uninsured},
  round(100.0 * sum(status = 'uninsured') / count(*), 1) || '%' AS {share},
  sum(tier = 'A') AS {tier_a}
FROM firms WHERE quarter = {latest}
GROUP BY county ORDER BY {uninsured} DESC, county""",
        ),
        "by_quarter": (
            _("各季度各状态的户数"),
            """SELECT quarter AS {quarter}, {status_words} AS {status}, count(*) AS {number}
FROM firms
GROUP BY quarter, status ORDER BY quarter, {number} DESC, status""",
        ),
        "first_targets": (
            _("一个县排在最前的走访目标"),
            """SELECT county_rank AS {place}, name AS {name}, code AS {code},
  CAST(round(headcount) AS INTEGER) AS {persons},
  round(expected_new_enrollees, 1) AS {expected}, {kind_words} AS {kind}
FROM firms WHERE quarter = {latest} AND county = :county AND rank IS NOT NULL
ORDER BY county_rank LIMIT 100""",
        ),
        "doubtful_pairs": (
            _("待核实的配对，把握最大的在前"),
            """SELECT f.county AS {county}, f.name AS {firm}, u.name AS {unit},
  u.unit_id AS {unit_id},
  round(100 * l.probability, 1) || '%' AS {chance}
FROM links l JOIN firms f USING (quarter, firm) JOIN units u USING (quarter, unit)
WHERE l.decision = 'review' AND l.quarter = {latest}
ORDER BY l.probability DESC, f.name""",
        ),
        "newly_insured": (
            _("上季疑似未参保、本季已参保的企业"),
            """SELECT now.county AS {county}, now.name AS {name}, now.code AS {code},
  {status_words_now} AS {status}
FROM firms now JOIN firms old ON old.code = now.code AND old.status = 'uninsured'
  AND old.quarter = {before}
WHERE now.quarter = {latest}
  AND now.status IN ('insured', 'lines_missing', 'under_enrolled', 'covered_by_parent')
ORDER BY now.county, now.name""",
        ),
        "visit_results": (
            _("走访结果按县和结果汇总"),
            """SELECT c.county AS {county}, o.label AS {outcome}, count(*) AS {visits},
  sum(v.persons) AS {gained}
FROM visits v JOIN cases c ON c.id = v.case_id LEFT JOIN outcomes o ON o.code = v.outcome
WHERE v.outcome <> 'retracted'
GROUP BY c.county, o.label ORDER BY c.county, {visits} DESC, {outcome}""",
        ),
    }


DATABASE = "gapmatch"

_FACETS: Mapping[str, tuple[str, ...]] = {
    "firms": ("quarter", "county", "status", "tier", "kind"),
    "units": ("quarter", "county"),
    "links": ("quarter", "decision", "relation"),
    "current_gaps": ("county", "status", "tier"),
    "cases": ("county", "opened_quarter"),
    "case_quarters": ("quarter", "state", "tier"),
    "visits": ("quarter", "outcome"),
    "outcomes": ("stage", "effect"),
    "runs": ("quarter", "version"),
    "verdicts": ("quarter", "verdict"),
}
_LARGEST_FIRST = {"firms": "priority", "current_gaps": "expected_new_enrollees", "links": "weight"}
"""SQLite puts what is missing last in this order only."""


def explore_metadata(database: Database) -> dict[str, Any]:
    """Return Datasette's metadata for the tables and views that ``database`` holds."""
    shown = {*database.table_names(), *database.view_names()}
    return {
        "title": list_table_texts()["title"],
        "description": list_table_texts()["description"],
        "extra_css_urls": ["/look/explore.css"],
        "databases": {
            DATABASE: {
                "title": list_table_texts()["database"],
                "description_html": _render_contents(shown),
                "tables": {name: _describe_table(database, name) for name in sorted(shown)},
                "queries": list_queries(),
            }
        },
    }


def _render_contents(shown: set[str]) -> str:
    """Return the tables by their titles, as links: Datasette's own list knows their names only."""
    titles = [(name, title) for name, title in list_table_texts().items() if name in shown]
    links = (f'<li><a href="/{DATABASE}/{name}">{escape(title)}</a></li>' for name, title in titles)
    return f'<ul class="contents">{"".join(links)}</ul>'


def _describe_table(database: Database, name: str) -> dict[str, Any]:
    sql = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()[0]
    columns = [column.name for column in database[name].columns]
    comments = {
        **dict(re.findall(r"^  (\w+) .*?-- (.*)$", sql, re.MULTILINE)),
        **list_column_texts(),
    }
    facts: dict[str, Any] = {
        "title": list_table_texts().get(name, name),
        "columns": {column: comments[column] for column in columns if column in comments},
        "facets": [facet for facet in _FACETS.get(name, ()) if facet in columns],
        "size": 50,
    }
    if (sort := _LARGEST_FIRST.get(name)) in columns:
        facts["sort_desc"] = sort
    return facts
