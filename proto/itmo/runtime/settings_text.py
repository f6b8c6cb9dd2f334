# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Changes one setting in a file of settings, and leaves everything else as its reader wrote it."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any, Final

from itmo.files import read_plain_file, write_whole
from itmo.reasons import ProtocolError, Reason

_TABLE: Final = re.compile(r"^\s*\[(?!\[)\s*([A-Za-z0-9_.-]+)\s*\]")
_ANY_TABLE: Final = re.compile(r"^\s*\[")


def with_setting(text: str, table: str, key: str, value: str | int) -> str:
    """Returns a TOML text with one setting changed or added; comments stay.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, where the file is written in a way that this cannot
            change safely; it says what to write by hand.
    """
    # JSON of ASCII text and of numbers is TOML.
    line = f"{key} = {json.dumps(value)}"
    lines = text.splitlines()
    start = next(
        (n for n, each in enumerate(lines) if (found := _TABLE.match(each)) and found[1] == table),
        None,
    )
    if start is None:
        changed = [*lines, "", f"[{table}]", line]
    else:
        end = next(
            (n for n in range(start + 1, len(lines)) if _ANY_TABLE.match(lines[n])), len(lines)
        )
        place = re.compile(rf"^(\s*){re.escape(key)}\s*=")
        at = next((n for n in range(start + 1, end) if place.match(lines[n])), None)
        if at is None:
            changed = [*lines[: start + 1], line, *lines[start + 1 :]]
        else:
            changed = [*lines[:at], line + _comment_of(lines[at]), *lines[at + 1 :]]
    result = "\n".join(changed) + "\n"
    expected = tomllib.loads(text)
    expected.setdefault(table, {})[key] = value
    if _tree(result) != expected:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"The settings are written in a way that is not changed by a program; write {line} into"
            f" the table [{table}] by hand.",
            setting=f"{table}.{key}",
            expected=line,
        )
    return result


def change_setting(file: Path, table: str, key: str, value: str | int) -> None:
    """Changes one setting in a file; it has its old or its new content at any moment.

    Raises:
        ProtocolError: as `with_setting`; nothing is written then.
        OSError: The disk did not take it.
    """
    text = read_plain_file(file).decode("utf-8")
    write_whole(file, with_setting(text, table, key, value))


def _comment_of(line: str) -> str:
    """What stands behind a value in quotes or a number, where nothing in it looks like a comment."""
    found = re.fullmatch(r'[^#"]*=\s*(?:"[^"#\\]*"|[0-9]+)(\s+#.*)?', line)
    return (found[1] or "") if found else ""


def _tree(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
