"""Growth is measured as said: the fit, the limits, the processes, and what stands in for a missing figure."""

import json
import sys
from pathlib import Path
from time import monotonic, sleep

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

if sys.platform != "linux":
    pytest.skip("processes are watched in /proc", allow_module_level=True)

import scale
import scale_picture
import scale_task

TOLD = {
    "firms": 10_000,
    "units": 4000,
    "candidate_pairs": 40_000,
    "seconds": 1.0,
    "stages": {"read": 0.25, "link": 0.75},
    "precision": 0.99,
    "recall": 0.98,
    "f1": 0.985,
}


def run(size: int, **changes: object) -> scale.Run:
    told = TOLD | {"firms": size, "candidate_pairs": 4 * size}
    figures = {"wall": size / 1e4, "cpu": 2.0, "peak_gb": 0.5, "told": told} | changes
    return scale.Run("synthetic", "local", size, **{"state": "done"} | figures)


def test_the_fit_finds_the_exponent_of_a_power() -> None:
    sizes = [10_000, 30_000, 100_000, 1_000_000]
    grown = scale.growth(sizes, [3e-5 * size**1.15 for size in sizes])
    assert grown is not None
    assert grown.exponent == pytest.approx(1.15)
    assert grown.last == pytest.approx(1.15)
    assert grown.sizes == tuple(sizes)


def test_a_constant_start_shows_in_the_fit_but_hardly_in_the_last_step() -> None:
    sizes = [1000, 10_000, 100_000, 1_000_000]
    grown = scale.growth(sizes, [1 + 1e-4 * size for size in sizes])
    assert grown is not None
    assert grown.exponent < 0.75
    assert grown.last > 0.9


def test_one_size_has_no_growth() -> None:
    assert scale.growth([10_000], [1.0]) is None


def test_growth_rests_on_finished_runs_alone() -> None:
    runs = [run(10_000), run(100_000), run(1_000_000, state="over 5 s", told={})]
    grown = scale.growths("synthetic", runs)["local"]
    assert grown["wall"].sizes == grown["candidate_pairs"].sizes == (10_000, 100_000)
    assert grown["candidate_pairs"].exponent == pytest.approx(1)


def test_a_tool_that_passed_a_limit_is_not_tried_on_larger_lists() -> None:
    runs = [run(10_000), run(100_000, state="over 5 s", told={})]
    assert scale.why_not("synthetic", "local", runs) == "over 5 s at 100,000"
    assert scale.why_not("registry", "local", runs) is None


def test_a_tool_that_is_not_installed_is_skipped_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(scale.NEEDS, "spark", "no_such_package")
    assert scale.why_not("synthetic", "spark", []) == "no_such_package is not installed"


def test_figures_name_the_machine_and_every_run(tmp_path: Path) -> None:
    runs = [run(10_000), run(100_000), run(1_000_000, state="over 5 s", told={})]
    scale.write(runs, scale.Limits(5, 20), tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert {"cores", "memory_gb", "python", "packages"} <= set(figures["machine"])
    assert [r["state"] for r in figures["runs"]] == ["done", "done", "over 5 s"]
    assert figures["growth"]["synthetic"]["local"]["wall"]["exponent"] == pytest.approx(1)


def test_the_table_says_why_a_figure_is_missing() -> None:
    runs = [run(10_000), run(1_000_000, state="over 5 s", told={})]
    assert scale.table("synthetic", runs).row_count == 2
    assert scale._cells(runs[1])[-1] == "over 5 s"
    assert scale._cells(runs[0])[-1] == "read 0.2, link 0.8"


def test_the_picture_holds_every_tool_that_finished(tmp_path: Path) -> None:
    runs = [run(10_000), run(100_000), run(1_000_000, state="over 5 s", told={})]
    scale_picture.draw([r.as_dict() for r in runs], tmp_path / "curves.svg")
    text = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert "gapmatch, local engine" in text
    assert "synthetic prefectures" in text
    assert "registered firms" not in text


def test_a_command_is_measured_with_its_children() -> None:
    child = "b = bytearray(300_000_000); import time; time.sleep(1.2)"
    code = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print('said')"
    )
    watched = scale.watch([sys.executable, "-c", code], scale.Limits(60, 20))
    assert (watched.state, watched.output) == ("done", "said\n")
    assert 0.3 < watched.peak_gb < 0.4
    assert watched.cpu > 0
    assert watched.wall > 1


@pytest.mark.parametrize(
    ("code", "limits", "state"),
    [
        ("import time; time.sleep(60)", scale.Limits(0.5, 20), "over 0.5 s"),
        (
            "b = bytearray(300_000_000); import time; time.sleep(60)",
            scale.Limits(60, 0.1),
            "over 0.1 GB",
        ),
        (
            "print('so far'); raise SystemExit('no memory')",
            scale.Limits(60, 20),
            "failed: no memory",
        ),
    ],
)
def test_a_command_ends_at_its_first_limit(code: str, limits: scale.Limits, state: str) -> None:
    assert scale.watch([sys.executable, "-c", code], limits).state == state


def test_nothing_of_a_command_is_left_behind(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    child = f"import time, pathlib; time.sleep(1.5); pathlib.Path({str(mark)!r}).touch()"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}])"
    scale.watch([sys.executable, "-c", code], scale.Limits(60, 20))
    until = monotonic() + 1
    while command_lines_with(str(mark)) and monotonic() < until:
        sleep(0.05)
    assert not command_lines_with(str(mark))


def command_lines_with(word: str) -> list[str]:
    """Return the command lines that hold ``word``."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return [line for line in lines if word in line]


def test_a_tool_is_measured_on_a_data_set(tmp_path: Path) -> None:
    bench = scale.Bench(tmp_path, scale.Limits(300, 20))
    measured = scale.measure("synthetic", "local", 1000, bench)
    assert measured.state == "done"
    assert measured.told["firms"] == 1000
    assert measured.told["f1"] > 0.9
    assert measured.told["candidate_pairs"] > 300
    assert set(measured.told["stages"]) == {"read", "standardise", "link"}


def test_the_figures_are_found_among_what_a_tool_says() -> None:
    said = 'starting\n{"tool": "local", "firms": 3}\ngoodbye\n'
    assert scale._told(said) == {"firms": 3}


def test_the_truth_must_cover_every_firm_that_was_read(tmp_path: Path) -> None:
    truth = pl.DataFrame(
        {"tax_seq": ["1", "2"], "taxpayer_code": ["a", "b"], "unit_id": ["u", None]}
    )
    truth.write_parquet(tmp_path / "truth.parquet")
    firms = pl.DataFrame({"firm": [0, 1], "seq": ["2", "1"]})
    assert scale_task._truth(firms, tmp_path).sort("firm").rows() == [(0, None), (1, "u")]
    with pytest.raises(RuntimeError, match="1 firms of the truth"):
        scale_task._truth(firms.head(1), tmp_path)
