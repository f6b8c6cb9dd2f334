# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The file of settings and the variables that replace them, as a tree that nobody has checked."""

import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from itmo.files import read_plain_file
from itmo.reasons import ProtocolError, Reason

FILE_NAME: Final = "broker.toml"
ENVIRONMENT_PREFIX: Final = "ITMO_BROKER_"
DIRECTORY_VARIABLE: Final = "ITMO_BROKER_DIR"
"""Says where the file is, and so is no setting in it; for the command line."""


def read_file(path: Path) -> dict[str, Any]:
    """Read a TOML file of bearable size that is not open for writing to everybody.

    Raises:
        ProtocolError: CONFIGURATION_INVALID.
    """
    try:
        content = read_plain_file(path)
        mode = path.stat().st_mode
    except ProtocolError as error:
        raise wrong("file", path, error.metadata["found"]) from None
    except OSError as error:
        raise wrong("file", path, f"cannot be read: {error.strerror}") from None
    if mode & stat.S_IWOTH:
        raise wrong("file", path, "is open for writing to everybody; set its mode to 0644 or less")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise wrong("file", path, f"is not TOML: {error}") from None


def apply_environment(tree: dict[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Put variables into the tree and return which setting came from which variable.

    Raises:
        ProtocolError: CONFIGURATION_INVALID.
    """
    sources = {}
    for name, text in sorted(environment.items()):
        if not name.startswith(ENVIRONMENT_PREFIX) or name == DIRECTORY_VARIABLE:
            continue
        keys = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        table = tree
        for key in keys[:-1]:
            inner = table.setdefault(key, {})
            if not isinstance(inner, dict):
                raise wrong(".".join(keys), Path(name), "is inside something that is no table")
            table = inner
        table[keys[-1]] = _value(text)
        sources[".".join(keys)] = name
    return sources


def _value(text: str) -> object:
    """Read a number or a truth value as TOML does, and everything else as text."""
    try:
        tree = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    value = tree["value"]
    return value if len(tree) == 1 and isinstance(value, bool | int | float | str) else text


def wrong(setting: str, source: Path, fault: str, found: str = "") -> ProtocolError:
    """Return the error for a setting: which, in which file or variable, and what is wrong."""
    subject = f"{source}" if setting == "file" else f"In {source}, {setting}"
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"{subject} {fault}.".replace("..", "."),
        setting=setting,
        source=str(source),
        found=found,
    )
