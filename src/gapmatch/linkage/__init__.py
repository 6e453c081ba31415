"""Link firms to enrolled units: block, compare, weigh, assign, classify."""

from gapmatch.linkage.engine import Linkage, link
from gapmatch.linkage.model import Model, load_model, save_model, shipped_model

__all__ = ["Linkage", "Model", "link", "load_model", "save_model", "shipped_model"]
