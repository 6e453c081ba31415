"""Publish: CSV files, county workbooks, the prefecture workbook, the report.

``docs/outputs.md`` describes every file. The names below are loaded when first used, so that a
process that only writes workbooks does not load polars.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gapmatch.publish.files import recover
    from gapmatch.publish.inputs import PublishInput, PublishOptions
    from gapmatch.publish.outputs import publication, publish

__all__ = ["PublishInput", "PublishOptions", "publication", "publish", "recover"]

_HOME = {
    "PublishInput": "inputs",
    "PublishOptions": "inputs",
    "publication": "outputs",
    "publish": "outputs",
    "recover": "files",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME:
        raise AttributeError(name)
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f"gapmatch.publish.{_HOME[name]}"), name)
