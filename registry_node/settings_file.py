# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""node.toml and the variables that replace its settings, as a tree that nobody has checked."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from itmo.files import read_plain_file
from itmo.reasons import ProtocolError, Reason

FILE_NAME: Final = "node.toml"
PREFIX: Final = "ITMO_NODE_"
FOLDER_VARIABLE: Final = "ITMO_NODE_DIR"
OPERATOR_SOCKET: Final = "node.sock"


def operator_socket(folder: Path, environment: Mapping[str, str] | None = None) -> Path:
    """Return the path of the operator's socket; works for a node that has not joined yet."""
    tree = read_tree(folder / FILE_NAME)
    override(tree, os.environ if environment is None else environment)
    section = tree.get("node")
    named = section.get("operator_socket") if isinstance(section, dict) else None
    return folder.absolute() / str(named or OPERATOR_SOCKET)


def read_tree(file: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ProtocolError: CONFIGURATION_INVALID.
    """
    return parse_tree(read_text(file), file)


def read_text(file: Path) -> str:
    """Read the text of a file of settings that not everybody may write to; raises as `read_tree`."""
    try:
        text = read_plain_file(file).decode("utf-8")
        mode = file.stat().st_mode
    except ProtocolError as error:
        raise wrong(file, "", f"{error.message} Make a node with `registry-node init`") from None
    except UnicodeDecodeError as error:
        raise wrong(file, "", f"it is no TOML: {error}") from None
    except OSError as error:
        raise wrong(file, "", f"it cannot be read: {error.strerror}") from None
    if mode & stat.S_IWOTH:
        raise wrong(file, "", "it is open for writing to everybody; set its mode to 0644 or less")
    return text


def parse_tree(text: str, file: Path) -> dict[str, Any]:
    """Read TOML; `file` is named in the refusal. Raises as `read_tree`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise wrong(file, "", f"it is no TOML: {error}") from None


def override(tree: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Put variables into a tree; raises as `read_tree`."""
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name == FOLDER_VARIABLE:
            continue
        section, separator, key = name.removeprefix(PREFIX).lower().partition("__")
        table = tree.setdefault(section, {}) if separator and key else None
        if not isinstance(table, dict):
            raise wrong(
                Path("environment"), name, f"write it as {PREFIX}<SECTION>__<KEY>, or unset it"
            )
        table[key] = _as_toml(value)


def _as_toml(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def wrong(file: Path, key: str, fault: str) -> ProtocolError:
    """Return the error for a setting: which, in which file, and what is wrong."""
    where = f"{file}: {key}" if key else str(file)
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"{where}: {fault}.",
        file=str(file),
        setting=key,
    )
