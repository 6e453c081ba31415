"""Base of all sections of the settings."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from gapmatch.i18n import _

_MAX_NUMBER = 1e10
"""No setting needs a larger number; what has a narrower range says so itself."""


class SettingsSection(BaseModel):
    """A section of the settings: frozen, of exact types, and strict about misspelt names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    @field_validator("*")
    @classmethod
    def _check_size(cls, value: Any) -> Any:  # noqa: ANN401 - a field of any type
        numbers = value.values() if isinstance(value, Mapping) else [value]
        if any(isinstance(n, int | float) and abs(n) > _MAX_NUMBER for n in numbers):
            raise ValueError(_("数值过大"))
        return value
