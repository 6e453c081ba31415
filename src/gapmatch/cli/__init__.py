"""The command line: parse, call one function, turn its error into words and an ``ExitCode``."""

import atexit
import gc
import os
import sys
from collections.abc import Sequence

from gapmatch.errors import ExitCode
from gapmatch.i18n import _, detect_language, set_language
from gapmatch.interruptions import note_interruptions, was_interrupted

_OBJECTS = 100_000
"""New objects before a garbage collection; a command creates hardly any cycles."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; ``arguments`` default to the process's own."""
    with note_interruptions():
        try:
            return _run(list(sys.argv[1:] if arguments is None else arguments))
        except (Exception, KeyboardInterrupt):
            # Struck while the program itself was loaded, or its last words were written.
            if not was_interrupted():
                raise
            sys.stderr.write(_("已中断。") + "\n")
            return ExitCode.INTERRUPTED


def _run(given: Sequence[str]) -> int:
    gc.set_threshold(_OBJECTS)
    # At the end all memory goes back at once, without a last search for cycles in it.
    atexit.register(gc.freeze)
    from gapmatch.cli.oom_guard import follow_parent
    from gapmatch.cli.terminal import can_write_chinese, open_missing_streams, prepare_streams

    open_missing_streams()
    follow_parent()
    asked = detect_language()
    set_language(asked if "GAPMATCH_LANG" in os.environ or can_write_chinese() else "en")
    prepare_streams()

    # Imported after the language is set: help texts are translated on import.
    from gapmatch.cli.app import run
    from gapmatch.cli.error_report import run_guarded

    return run_guarded(run, given)
