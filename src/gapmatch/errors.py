"""One short tree of errors; each says what happened, where, and what to do about it."""

from pathlib import Path


class GapmatchError(Exception):
    """Something a user can put right. The command line prints it and exits with 1.

    ``message`` says what is wrong (with file, row, column and value where there are any);
    ``remedy`` says what to do.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


class InputError(GapmatchError):
    """An extract cannot be read, or cannot be what it is said to be."""

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        file: Path | str | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(message, remedy)
        self.file = file
        self.row = row
        self.column = column


class SettingsError(GapmatchError):
    """A setting is misspelt, of the wrong type or out of range."""


class StoreError(GapmatchError):
    """The workspace's database or folder cannot be used."""


class PublishError(GapmatchError):
    """The results cannot be written."""


class GateError(GapmatchError):
    """What was read cannot be the whole of a quarter; nothing was written until a person accepts it."""

    exit_code = 4
