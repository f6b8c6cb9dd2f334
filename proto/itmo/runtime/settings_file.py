# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of a program: a TOML file, variables that replace what stands in it, and what is wrong.

A variable names a setting in capitals, with two underscores between table and key:
`ITMO_BROKER_SERVER__LISTEN` is `listen` in the table `server`. Its value is read as TOML, or as
text where it is none. Relative paths are meant from the folder of the file, so a folder can be
moved as a whole. Secrets are never settings, only the paths of their files are.
"""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from itmo.files import read_plain_file
from itmo.reasons import ProtocolError, Reason, shown

if TYPE_CHECKING:  # `status` asks for the socket alone, every few seconds
    from pydantic import BaseModel, ValidationError

    M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The file of settings of a program.

    Attributes:
        name: Of the file, such as `broker.toml`.
        prefix: Of the variables that replace settings.
        folder_variable: Says where the file is, and so is no setting in it.
        program: The command; its `init` makes a file.
        missing: What is said of a setting that is not there and has no default.
        confidential: Settings, or tables of them, whose value is never shown: the URI of a hardware
            module may hold a PIN.
    """

    name: str
    prefix: str
    folder_variable: str
    program: str
    missing: str = "is missing; there is no default for it"
    confidential: frozenset[str] = frozenset()

    def text(self, folder: Path) -> str:
        """Reads the file of a folder: of bearable size, and not open for writing to everybody.

        Raises:
            ProtocolError: CONFIGURATION_INVALID.
        """
        path = folder / self.name
        try:
            content = read_plain_file(path)
            mode = path.stat().st_mode
        except (ProtocolError, OSError) as error:
            if not path.exists():
                raise self._absent(path) from None
            found = (
                error.metadata["found"]
                if isinstance(error, ProtocolError)
                else f"cannot be read: {error.strerror}"
            )
            raise wrong("file", path, found) from None
        if mode & stat.S_IWOTH:
            raise wrong(
                "file", path, "is open for writing to everybody; set its mode to 0644 or less"
            )
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise wrong("file", path, f"is not TOML: {error}") from None

    def tree(self, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
        """Reads file and variables as they stand there, for what is asked often.

        Raises:
            ProtocolError: CONFIGURATION_INVALID.
        """
        return self._replaced(self.text(folder), folder, environment)[0]

    def load(
        self, model: type[M], folder: Path, environment: Mapping[str, str], text: str | None = None
    ) -> M:
        """Reads the settings of a folder; every path in them is absolute.

        Args:
            model: What is set; unknown settings are refused where it forbids them.
            folder: Where the file is.
            environment: The variables of the process.
            text: What is, or will be, in the file; it is read where none is given.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, saying which setting is wrong, where and why.
        """
        folder = folder.absolute()
        text = self.text(folder) if text is None else text
        tree, sources = self._replaced(text, folder, environment)
        return _with_absolute_paths(self.checked(model, tree, folder, sources), folder)

    def checked(
        self,
        model: type[M],
        tree: Mapping[str, Any],
        folder: Path,
        sources: Mapping[str, str] = MappingProxyType({}),
    ) -> M:
        """Checks settings before they are used or written; paths stay as they are.

        Args:
            model: What is set.
            tree: Tables and keys.
            folder: Where the file is, for the error.
            sources: Which settings came from which variable instead, for the error.

        Raises:
            ProtocolError: As `load`.
        """
        from pydantic import ValidationError

        try:
            return model.model_validate(tree)
        except ValidationError as error:
            raise self._first_fault(error, folder / self.name, sources) from None

    def _replaced(
        self, text: str, folder: Path, environment: Mapping[str, str]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Tables and keys with variables put in, and which setting came from which variable."""
        try:
            tree = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise wrong("file", folder / self.name, f"is not TOML: {error}") from None
        sources = {}
        for name, value in sorted(environment.items()):
            if not name.startswith(self.prefix) or name == self.folder_variable:
                continue
            keys = name.removeprefix(self.prefix).lower().split("__")
            table = tree
            for key in keys[:-1]:
                inner = table.setdefault(key, {})
                if not isinstance(inner, dict):
                    raise wrong(".".join(keys), Path(name), "is inside something that is no table")
                table = inner
            table[keys[-1]] = _value(value)
            sources[".".join(keys)] = name
        return tree, sources

    def _first_fault(
        self, error: ValidationError, path: Path, sources: Mapping[str, str]
    ) -> ProtocolError:
        fault = error.errors(include_url=False, include_context=False)[0]
        setting = ".".join(str(part) for part in fault["loc"])
        source = Path(sources[setting]) if setting in sources else path
        match fault["type"]:
            case "missing":
                return wrong(setting, source, self.missing)
            case "extra_forbidden":
                return wrong(setting, source, "is not a setting; correct its name or remove it")
            case _:
                pass
        hidden = self.confidential.intersection((setting, setting.partition(".")[0]))
        found = "not shown" if hidden else shown(fault["input"])
        why = fault["msg"].removeprefix("Value error, ")
        return wrong(setting, source, f"is {found}: {why[0].lower()}{why[1:]}", found)

    def _absent(self, path: Path) -> ProtocolError:
        return ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"There is no {self.name} in {path.parent.absolute()}; name the directory with --dir or"
            f" {self.folder_variable}, or make one with `{self.program} init`.",
            setting="file",
            source=str(path),
        )


def wrong(setting: str, source: Path, fault: str, found: str = "") -> ProtocolError:
    """The error for a setting: which, in which file or variable, and what is wrong."""
    subject = f"{source}" if setting == "file" else f"In {source}, {setting}"
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"{subject} {fault}.".replace("..", "."),
        setting=setting,
        source=str(source),
        found=found,
    )


def expected_by(parse: Callable[[str], object]) -> Callable[[str], str]:
    """Makes a validator of a setting out of a parser of the protocol; the text stays as it is."""

    def check(text: str) -> str:
        try:
            parse(text)
        except ProtocolError as error:
            raise ValueError(f"expected {error.metadata['expected']}") from None
        return text

    return check


def _with_absolute_paths(settings: M, folder: Path) -> M:
    from pydantic import BaseModel

    changed: dict[str, object] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Path):
            changed[name] = folder / value
        elif isinstance(value, BaseModel):
            changed[name] = _with_absolute_paths(value, folder)
    return settings.model_copy(update=changed)


def _value(text: str) -> object:
    """Reads a number, a truth value or a list as TOML does, and everything else as text."""
    try:
        tree = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    value = tree["value"]
    return value if len(tree) == 1 and isinstance(value, bool | int | float | str | list) else text
