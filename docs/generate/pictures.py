"""The pictures of the documents, made from the sample: ``make pictures``.

Needs LibreOffice, Chromium and poppler (``soffice``, ``chromium``, ``pdftoppm``, ``pdftotext``) and Chinese fonts. Every picture
is of what a command printed or wrote in a workspace with the sample, so that documents show what
is there. Pages come as PDF, are drawn by poppler and written as PNG with a small palette.
"""

import argparse
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openpyxl
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
COUNTY = "平坝区"
MAX_BYTES = 60_000
MAX_COLOURS = 28
TERMINAL_COLUMNS = 96
_FIRST, _SECOND = "2022年三季度", "2022年四季度"
_LINE_PIXELS = 21
_PAGE_STYLE = """\
@page {{ size: {width}px {height}px; margin: 0 }}
html {{ background: #f6f7f9 }}
body {{ margin: 0; width: {width}px; height: {height}px }}
pre {{ margin: 0; padding: 14px 18px; color: #1f2630;
  font: 14px/{line}px "Noto Sans Mono CJK SC", monospace }}
i {{ font-style: normal; font-feature-settings: "halt" }}
"""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Page:
    """A page of a document: the first one that holds ``text``, drawn with ``dots`` to the inch."""

    document: str
    text: str
    dots: int = 96
    part: float = 1.0
    """How much of the page's height is shown, from the top."""


@dataclass(frozen=True)
class Screen:
    """A command, as typed, and how many lines of its answer are shown."""

    command: str
    lines: int | None = None


FIRST_RUN = (
    f"gapmatch run 2022Q3 --tax {_FIRST}/正常纳税企业清册.xlsx "
    f"--enrollment {_FIRST}/参保单位.csv --registry {_FIRST}/市场主体登记.csv"
)
SECOND_RUN = FIRST_RUN.replace("2022Q3", "2022Q4").replace(_FIRST, _SECOND)
VERIFY_RUN = (
    f"gapmatch run 2022Q4 --verify {_SECOND}/正常纳税企业清册.xlsx "
    f"--enrollment {_SECOND}/参保单位.csv -w ../核查"
)
IMPORT = f"gapmatch visits import 交回/{COUNTY}.xlsx"

STEPS: Sequence[tuple[str | None, Screen | Page]] = (
    ("check", Screen(f"gapmatch check {_FIRST}/正常纳税企业清册.xlsx --as tax", 28)),
    ("run", Screen(FIRST_RUN)),
    ("report", Page("out/2022Q3/report.html", "")),
    ("visits", Page(f"out/2022Q3/counties/{COUNTY}.xlsx", "走访名单\n", part=0.62)),
    ("guide", Page(f"out/2022Q3/counties/{COUNTY}.xlsx", "怎么看、怎么填", dots=80, part=0.6)),
    ("review", Page(f"out/2022Q3/counties/{COUNTY}.xlsx", "可能是同一家的单位", 140, 0.4)),
    ("prefecture", Page("out/2022Q3/汇总.xlsx", "各县区汇总", part=0.5)),
    ("explain", Screen("gapmatch explain 平坝区兴涛土石方工程有限公司", 24)),
    (None, Screen("gapmatch slips 2022Q3")),
    ("slip", Page(f"out/2022Q3-走访单/{COUNTY}.docx", "", dots=72)),
    ("import", Screen(IMPORT)),
    (None, Screen(IMPORT.replace("visits", "review"))),
    ("cases", Screen("gapmatch cases --by-county")),
    (None, Screen(SECOND_RUN)),
    ("diff", Screen("gapmatch diff 2022Q3 2022Q4")),
    ("followed", Page(f"out/2022Q4/counties/{COUNTY}.xlsx", "走访名单\n", part=0.45)),
    ("verify", Screen(VERIFY_RUN)),
    ("verdicts", Page("../核查/out/2022Q4/核查结果.xlsx", "结论", 80, 0.5)),
    ("reply", Page("../核查/out/2022Q4/复函.docx", "", dots=72)),
)
"""What is done, in order; a step with a name gives a picture."""

VISITED = (
    ("已参保缴费", date(2022, 11, 8), 7, None),
    ("已走访未办结", date(2022, 11, 9), None, "负责人外出，约下周再去"),
    ("停业未经营", date(2022, 11, 9), None, None),
    ("原已参保", date(2022, 11, 10), None, "以总公司名义参保"),
)
"""What is filled in on the first rows of the county's sheet."""

VERDICT = "同一单位"
"""What is filled in on the first pair to settle."""


def make_pictures(wanted: Sequence[str]) -> None:
    """Do all steps in a new workspace and write the pictures that are ``wanted`` (all if empty)."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        workspace = prepare_workspace(Path(scratch))
        for name, shown in STEPS:
            if isinstance(shown, Screen) and shown.command == IMPORT:
                fill_in(workspace)
            if isinstance(shown, Screen):
                answer = run_command(shown.command, workspace)
                document = draw_screen(shown, answer, workspace)
                page = Page("", "")
            elif not wanted or name in wanted:
                page, document = shown, convert(workspace / shown.document)
            if name is not None and (not wanted or name in wanted):
                path = PICTURES / f"{name}.png"
                path.write_bytes(encode_png(crop(draw_page(document, page))))
                print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB")


def prepare_workspace(scratch: Path) -> Path:
    """Return a workspace with the sample's extracts laid out as an official has them."""
    workspace = scratch / "安顺"
    for quarter, folder in (("2022Q3", _FIRST), ("2022Q4", _SECOND)):
        shutil.copytree(ROOT / "data" / "sample" / quarter, workspace / folder)
        (workspace / folder / "truth.csv").unlink()
    for settings in (workspace, scratch / "核查"):
        settings.mkdir(exist_ok=True)
        (settings / "gapmatch.toml").write_text('language = "zh"\n', encoding="utf-8")
    return workspace


def fill_in(workspace: Path) -> None:
    """Fill in the county's workbook as its staff would."""
    book = openpyxl.load_workbook(workspace / "out" / "2022Q3" / "counties" / f"{COUNTY}.xlsx")
    sheet = book["走访名单"]
    columns = {cell.value: cell.column for cell in sheet[3]}
    for row, entries in enumerate(VISITED, start=5):
        for name, value in zip(("outcome", "date", "persons", "remark"), entries, strict=True):
            sheet.cell(row, columns[name]).value = value
    pairs = book["待核实"]
    verdict = next(cell.column for cell in pairs[3] if cell.value == "verdict")
    pairs.cell(5, verdict).value = VERDICT
    (workspace / "交回").mkdir()
    book.save(workspace / "交回" / f"{COUNTY}.xlsx")


def run_command(command: str, workspace: Path) -> str:
    """Return what the command prints, notes too, with its colours."""
    environment = {
        **os.environ,
        "GAPMATCH_LANG": "zh",
        "FORCE_COLOR": "1",
        "COLUMNS": str(TERMINAL_COLUMNS),
    }
    program = [sys.executable, "-m", *command.split()]
    done = subprocess.run(
        program, cwd=workspace, env=environment, check=False, capture_output=True, encoding="utf-8"
    )
    if done.returncode not in (0, 3):
        raise SystemExit(f"{command}\n{done.stdout}\n{done.stderr}")
    notes = re.sub(r"\x1b\[\??\d*[AKhl]", "", done.stderr).splitlines()
    is_progress = re.compile("━|^\\s*$")
    return done.stdout + "\n".join(note for note in notes if not is_progress.search(note))


def draw_screen(screen: Screen, answer: str, workspace: Path) -> Path:
    """Return a PDF of the command and its answer; the folder that it ran in is the user's own."""
    lines = answer.replace(str(workspace.parent), "~").splitlines()[: screen.lines]
    console = Console(record=True, width=TERMINAL_COLUMNS, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(Text("$ " + screen.command, style="bold"))
    for line in lines:
        console.print(Text.from_ansi(line))
    body = console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")
    body = re.sub(
        "([“”‘’…·])", "<i>\\1</i>", body
    )  # one column wide in the terminal, two in the font
    count = body.count("\n") + 1
    style = _PAGE_STYLE.format(
        width=TERMINAL_COLUMNS * 7 + 40, height=count * _LINE_PIXELS + 28, line=_LINE_PIXELS
    )
    page = workspace.parent / "screen.html"
    page.write_text(
        f"<meta charset=utf-8><title>{escape(screen.command)}</title><style>{style}</style>{body}",
        encoding="utf-8",
    )
    return convert(page)


def convert(document: Path) -> Path:
    """Return the document as PDF."""
    folder = Path(tempfile.mkdtemp(dir=document.parent))
    target = folder / f"{document.stem}.pdf"
    if document.suffix == ".html":
        command = ["chromium", "--headless", "--no-sandbox", "--no-pdf-header-footer"]
        command += [f"--print-to-pdf={target}", document.as_uri()]
    else:
        command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}"]
        command += ["--headless", "--convert-to", "pdf", "--outdir", str(folder), str(document)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def draw_page(document: Path, page: Page) -> Pixels:
    """Return the pixels of the page of ``document``, rows × columns × colours."""
    number = find_page(document, page.text)
    command = [
        "pdftoppm",
        "-r",
        str(page.dots),
        "-f",
        str(number),
        "-l",
        str(number),
        str(document),
    ]
    drawn = subprocess.run(command, check=True, capture_output=True).stdout
    header = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", drawn)
    assert header is not None
    width, height = int(header[1]), int(header[2])
    pixels = np.frombuffer(drawn, np.uint8, offset=header.end()).reshape(height, width, 3)
    return pixels[: int(height * page.part)]


def find_page(document: Path, text: str) -> int:
    """Return the number of the first page that holds ``text``."""
    command = ["pdftotext", "-layout", str(document), "-"]
    pages = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    for number, page in enumerate(pages.split("\f"), start=1):
        if text in page:
            return number
    raise SystemExit(f"{document.name} has no page with {text!r}")


def crop(pixels: Pixels, margin: int = 12) -> Pixels:
    """Return the pixels without the empty edges of the page, except for a narrow one."""
    used = (pixels != pixels[2, 2]).any(axis=2)
    used[-2:] = used[:, -2:] = False  # a page is rarely a whole number of pixels
    (rows,), (columns,) = used.any(axis=1).nonzero(), used.any(axis=0).nonzero()
    top, left = max(rows[0] - margin, 0), max(columns[0] - margin, 0)
    return pixels[top : rows[-1] + margin + 1, left : columns[-1] + margin + 1]


def encode_png(pixels: Pixels) -> bytes:
    """Return the pixels as a PNG with the colours that are seen most; others become the nearest."""
    height, width, _colours = pixels.shape
    packed = pixels.reshape(-1, 3).astype(np.int64) @ (1 << 16, 1 << 8, 1)
    found, place, counts = np.unique(packed, return_inverse=True, return_counts=True)
    every = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    palette = every[choose_colours(every, counts)]
    nearest = np.abs(every[:, None] - palette[None]).sum(axis=2).argmin(axis=1)
    indices = nearest[place].astype(np.uint8).reshape(height, width)
    rows = np.concatenate([np.zeros((height, 1), np.uint8), indices], axis=1)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", palette.astype(np.uint8).tobytes()),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def choose_colours(
    colours: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the places of frequent colours that differ from each other."""
    chosen: list[int] = []
    for place in np.argsort(-counts, kind="stable"):
        far = np.abs(colours[chosen] - colours[place]).sum(axis=1) if chosen else np.array([999])
        if far.min() >= 36:
            chosen.append(int(place))
        if len(chosen) == MAX_COLOURS:
            break
    return np.array(chosen)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="pictures to write (default: all)")
    make_pictures(parser.parse_args().names)
