"""Practice with the sample: marked on every page, and set aside before real work begins."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from gapmatch.errors import InputError, StoreError, wrap_os_errors
from gapmatch.i18n import _
from gapmatch.private_files import make_private_folder, write_private_file
from gapmatch.workspace_files import (
    BACKUPS_FOLDER,
    CHECKPOINTS_FOLDER,
    DATABASE_NAME,
    LOG_NAME,
    PARQUET_FOLDER,
    RANKING_MODEL_NAME,
    SET_ASIDE_NAME,
    SETTINGS_NAME,
    UPLOADS_FOLDER,
)

_MARK = "practice.txt"
"""In the folder of the desk's files; it holds the names that were in the workspace before."""
_MADE = (
    *(f"{DATABASE_NAME}*", SET_ASIDE_NAME.format(time="*"), "out", BACKUPS_FOLDER),
    *(PARQUET_FOLDER, "models", RANKING_MODEL_NAME, SETTINGS_NAME, CHECKPOINTS_FOLDER, LOG_NAME),
)
"""What practice makes besides the desk's files: database, results, copies, models, settings."""


def is_practice(workspace: Path) -> bool:
    """Return whether what the workspace holds is the sample's."""
    return (workspace / UPLOADS_FOLDER / _MARK).is_file()


def store_sample(workspace: Path, quarter: str) -> None:
    """Store the extracts of a quarter of the sample: from now on the workspace is practice."""
    from gapmatch.desk.uploads import store_file
    from gapmatch.synth.write import write_sample

    begin_practice(workspace)
    with TemporaryDirectory() as scratch:
        files = write_sample(Path(scratch))[quarter]
        for path in (*files.tax, *files.enrollment):
            store_file(workspace, "extracts", path)


def store_sample_returns(workspace: Path) -> None:
    """Store the visits to firms of the sample's latest quarter, as a county would list them."""
    import polars as pl

    from gapmatch.api.stores import open_store, resolve_quarter
    from gapmatch.desk.uploads import store_file
    from gapmatch.forms.facts import COUNTY_FORM, describe_book
    from gapmatch.forms.headings import list_headings
    from gapmatch.forms.keys import build_firm_key
    from gapmatch.forms.sheet_model import Book, ListSheet
    from gapmatch.forms.writer import write_book
    from gapmatch.synth.write import write_sample
    from gapmatch.vocabulary.outcomes import load_outcomes

    if not is_practice(workspace):
        raise InputError(_("现在不是练习，不放示例"), _("请放进县区填好的工作簿。"))
    with open_store(workspace) as store:
        quarter = resolve_quarter(store, None)
        firms = store.result(quarter, "firms")
    labels = {code: outcome.label for code, outcome in load_outcomes().items()}
    keyed = firms.select("name", build_firm_key(), pl.col("code_text").alias("code"))
    with TemporaryDirectory() as scratch:
        write_sample(Path(scratch))
        visits = pl.read_csv(Path(scratch) / "visits.csv").filter(pl.col("quarter") == quarter)
        filled = visits.join(
            keyed, left_on="taxpayer_code", right_on="code", coalesce=False
        ).select(
            *("name", "code", "key"),
            pl.col("outcome").replace(labels),
            pl.col("visited").alias("date"),
            pl.col("new_insured").alias("persons"),
        )
        headings = tuple(one for one in list_headings("visits") if one.name in filled.columns)
        rows = tuple(filled.select(one.name for one in headings).iter_rows())
        file = Path(scratch) / _("示例_{quarter}_走访结果.xlsx").format(quarter=quarter)
        sheet = ListSheet(_("走访名单"), file.stem, "", headings, rows)
        facts = describe_book(COUNTY_FORM, quarter, {})
        write_book(Book(file.name, file.stem, (sheet,), facts, file.stem), file.parent)
        store_file(workspace, "returns", file)


def begin_practice(workspace: Path) -> None:
    """Mark the workspace, which holds no quarter yet; nothing is done if practice goes on."""
    if is_practice(workspace):
        return
    before = [path.name for path in workspace.iterdir()] if workspace.is_dir() else []
    with wrap_os_errors(workspace, StoreError):
        make_private_folder(workspace / UPLOADS_FOLDER)
        write_private_file(workspace / UPLOADS_FOLDER / _MARK, "\n".join(before).encode())


def refuse_in_practice(workspace: Path) -> None:
    """Raise ``InputError`` if real files would come to stand beside the sample's."""
    if is_practice(workspace):
        raise InputError(
            _("现在是练习，真的清册不能和示例放在一起"), _("请先点页面上方的“结束练习”，再放进来。")
        )


def end_practice(workspace: Path) -> Path | None:
    """Move all that practice made into a folder of its own, which is returned.

    What was in the workspace before stays. ``None`` without practice. Raises ``StoreError`` if
    somebody works in the workspace, or a file is open in another program.
    """
    from gapmatch.api.returns import list_correction_names
    from gapmatch.store.lock import lock_workspace

    if not is_practice(workspace):
        return None
    mark = workspace / UPLOADS_FOLDER / _MARK
    before = set(mark.read_text(encoding="utf-8").splitlines()) - {UPLOADS_FOLDER}
    place = workspace / _("练习_{time}").format(time=f"{datetime.now():%Y%m%d_%H%M%S}")
    with lock_workspace(workspace, "practice"), wrap_os_errors(workspace, StoreError):
        make_private_folder(place)
        # The folder with the mark goes last: what cannot be moved leaves practice as it is.
        for pattern in (*_MADE, *list_correction_names("*"), UPLOADS_FOLDER):
            for path in sorted(workspace.glob(pattern)):
                if path.name not in before:
                    path.rename(place / path.name)
    return place
