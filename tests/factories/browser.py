"""A real Chromium without a window and without a network, for looking at pages as a reader would."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--virtual-time-budget=6000",
    "--allow-file-access-from-files",
)


def find_browser() -> str | None:
    """Return the path of a Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass(frozen=True)
class Seen:
    """What the browser made of a page: its document without scripts, and what it said meanwhile."""

    document: str
    console: list[str]


@dataclass(frozen=True)
class Browser:
    """A browser with a profile of its own in ``folder``."""

    path: str
    folder: Path

    def look(self, page: Path, width: int = 1200) -> Seen:
        """Return ``page`` as it stands when its scripts have run."""
        done = self._run(page, f"--window-size={width},2000", "--dump-dom")
        document = re.sub(r"<script.*?</script>", "", done.stdout, flags=re.DOTALL)
        return Seen(document, re.findall(r"CONSOLE[^\]]*\] (.*)", done.stderr))

    def print(self, page: Path) -> bytes:
        """Return ``page`` as a PDF file."""
        target = self.folder / "page.pdf"
        self._run(page, f"--print-to-pdf={target}", "--no-pdf-header-footer")
        return target.read_bytes()

    def _run(self, page: Path, *flags: str) -> subprocess.CompletedProcess[str]:
        command = [self.path, *FLAGS, f"--user-data-dir={self.folder}", *flags, page.as_uri()]
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=60, check=True
        )
