"""A small invented quarter: firms, units, links, gaps, targets."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from gapmatch import schemas
from gapmatch.run.commit import plan_run_cases, write_rows
from gapmatch.store.runs import InputFile, RunRecord, Store, get_utc_now

FIRMS = (
    # code, name, county, status, unit (index) or None, link decision
    ("91990100MA00000012", "云岭县青禾建材有限公司", "云岭县", "uninsured", None, None),
    ("91990100MA00000020", "云岭县石桥药房", "云岭县", "review", 0, "review"),
    ("91990100MA00000039", "云岭县南坡运输有限公司", "云岭县", "insured", 1, "match"),
    (None, "沙洲区明月餐饮店", "沙洲区", "uninsured", None, None),
    ("91990200MA00000055", "沙洲区东湖电器有限公司", "沙洲区", "dormant", None, None),
)
UNITS = (
    # unit number, code, name
    ("99010001", None, "石桥大药房"),
    ("99010002", "91990100MA00000039", "云岭县南坡运输有限公司"),
    ("99010003", "91990100MA00000012", "青禾建材厂"),
)


def quarter_frames(firms: tuple = FIRMS, units: tuple = UNITS) -> dict[str, pl.DataFrame]:
    """Return the frames of a quarter; uninsured firms are its targets."""
    targets = [i for i, firm in enumerate(firms) if firm[3] == "uninsured"]
    links = [(i, f[4], f[5]) for i, f in enumerate(firms) if f[5]]
    return {
        "firms": _firms(firms),
        "units": _units(units),
        "links": schemas.LINKS.complete(
            pl.DataFrame(
                [(f, u, 3.5, 0.6, d, "same", 1.25) for f, u, d in links],
                schema=[
                    "firm",
                    "unit",
                    "weight",
                    "probability",
                    "decision",
                    "relation",
                    "part_name",
                ],
                orient="row",
                schema_overrides={"firm": pl.UInt32, "unit": pl.UInt32, "part_name": pl.Float64},
            )
        ),
        "gaps": schemas.GAPS.complete(
            pl.DataFrame(
                {
                    "firm": range(len(firms)),
                    "status": [f[3] for f in firms],
                    "unit": [f[4] for f in firms],
                    "status_reason": ["因为"] * len(firms),
                },
                schema_overrides={"unit": pl.UInt32},
            )
        ),
        "targets": schemas.TARGETS.complete(
            pl.DataFrame(
                {
                    "firm": targets,
                    "rank": range(1, len(targets) + 1),
                    "county_rank": [1] * len(targets),
                    "tier": ["A"] * len(targets),
                    "kind": ["new_enrollment"] * len(targets),
                    "priority": [1.0] * len(targets),
                    "expected_new_enrollees": [3.0] * len(targets),
                },
                schema_overrides={"firm": pl.UInt32},
            )
        ),
        "defects": schemas.DEFECTS.empty(),
    }


def _firms(firms: tuple) -> pl.DataFrame:
    codes = [f[0] for f in firms]
    return schemas.FIRMS.complete(
        pl.DataFrame(
            {
                "firm": range(len(firms)),
                "source_file": ["税.xlsx"] * len(firms),
                "data_row": range(1, len(firms) + 1),
                "taxpayer_code": codes,
                "code_text": codes,
                "uscc": codes,
                "uscc_valid": [code and True for code in codes],
                "organisation": [code and code[8:17] for code in codes],
                "name": [f[1] for f in firms],
                "standard_name": [f[1] for f in firms],
                "county_name": [f[2] for f in firms],
                "division": ["990100" if f[2] == "云岭县" else "990200" for f in firms],
                "legal_rep": ["某甲"] * len(firms),
                "phone": ["13000000000"] * len(firms),
                "aliases": [["别名"]] * len(firms),
            },
            schema_overrides={"code_text": pl.String, "uscc_valid": pl.Boolean},
        )
    )


def _units(units: tuple) -> pl.DataFrame:
    codes = [u[1] for u in units]
    return schemas.UNITS.complete(
        pl.DataFrame(
            {
                "unit": range(len(units)),
                "unit_id": [u[0] for u in units],
                "credit_code": codes,
                "code_text": codes,
                "uscc": codes,
                "uscc_valid": [code and True for code in codes],
                "organisation": [code and code[8:17] for code in codes],
                "name": [u[2] for u in units],
                "standard_name": [u[2] for u in units],
            },
            schema_overrides={"code_text": pl.String, "uscc_valid": pl.Boolean},
        )
    )


def record(quarter: str, settings: Mapping[str, object] | None = None) -> RunRecord:
    """Return what is kept of a run beside its frames."""
    files = (InputFile("tax", "税.xlsx", "ab" * 32, 123),)
    return RunRecord(quarter, "0.1.0", get_utc_now(), files, settings or {"a": 1}, {"firms": 5}, {})


def write_run(store: Store, run: RunRecord, frames: Mapping[str, pl.DataFrame]) -> int:
    """Write a run without its files, in one transaction, and return its number."""
    kind = str(run.settings.get("tax_list", "discover"))
    plan = plan_run_cases(store, run.quarter, frames, kind)
    with store.transaction():
        return write_rows(store, run, frames, plan)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a workspace that holds 2022Q3."""
    with Store.open(tmp_path) as store:
        write_run(store, record("2022Q3"), quarter_frames())
    return tmp_path
