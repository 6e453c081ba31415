"""Known weaknesses of the pinned packages, asked of the OSV database: ``make audit``.

Ends with 0 if none is known, 1 if some are, 2 if the database cannot be reached: then nothing is known.
Nothing but names and versions of public packages is sent. GAPMATCH_AUDIT_URL names a mirror.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

URL = os.environ.get("GAPMATCH_AUDIT_URL", "https://api.osv.dev/v1/querybatch")
SECONDS = 30
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.M)

Pin = tuple[str, str]
Fetch = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def read_pins(folder: Path) -> dict[Pin, list[str]]:
    """Return (name, version) → the files of ``folder`` that pin it."""
    pins: dict[Pin, list[str]] = {}
    for file in sorted(folder.glob("*.txt")):
        for name, version in _PIN.findall(file.read_text(encoding="utf-8")):
            pins.setdefault((name.lower(), version), []).append(file.name)
    return dict(sorted(pins.items()))


def fetch_answers(question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the database answers; raise ``OSError`` or ``ValueError`` if it does not."""
    body = json.dumps(question).encode()
    request = Request(URL, body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=SECONDS) as answer:
        found: Mapping[str, Any] = json.load(answer)
    return found


def find_weaknesses(pins: Sequence[Pin], fetch: Fetch) -> dict[Pin, list[str]]:
    """Return the names of known weaknesses by pin; raise ``ValueError`` for an answer of another form."""
    queries = [
        {"package": {"name": name, "ecosystem": "PyPI"}, "version": version}
        for name, version in pins
    ]
    results = fetch({"queries": queries}).get("results")
    if not isinstance(results, list) or len(results) != len(pins):
        raise ValueError("the answer does not fit the question")
    known = {
        pin: [str(weakness["id"]) for weakness in (result or {}).get("vulns", [])]
        for pin, result in zip(pins, results, strict=True)
    }
    return {pin: weaknesses for pin, weaknesses in known.items() if weaknesses}


def audit(folder: Path, fetch: Fetch = fetch_answers) -> int:
    """Print what is known of the pins in ``folder`` and return the exit code."""
    pins = read_pins(folder)
    try:
        found = find_weaknesses(list(pins), fetch)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"NOT AUDITED: the database of weaknesses gave no answer ({error})", file=sys.stderr)
        print(f"{len(pins)} pins remain unchecked; try again with a network.", file=sys.stderr)
        return 2
    for (name, version), weaknesses in found.items():
        files = ", ".join(pins[name, version])
        print(f"{name} {version} ({files}): {', '.join(weaknesses)}")
    print(f"{len(pins)} pins checked, {len(found)} with known weaknesses")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(audit(Path(__file__).parent))
