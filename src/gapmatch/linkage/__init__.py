"""Link firms to enrolled units: block, compare, weigh, assign, classify."""

from gapmatch.linkage.link_lists import Linkage, link
from gapmatch.linkage.sides import LINKED_COLUMNS
from gapmatch.linkage.weight_model import Model, load_model, load_shipped_model, save_model

__all__ = [
    "LINKED_COLUMNS",
    "Linkage",
    "Model",
    "link",
    "load_model",
    "load_shipped_model",
    "save_model",
]
