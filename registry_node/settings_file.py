# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The file `node.toml` and the variables `ITMO_NODE_*`; what they say is checked elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from itmo.runtime.settings_file import SettingsFile

FILE_NAME: Final = "node.toml"
PREFIX: Final = "ITMO_NODE_"
FOLDER_VARIABLE: Final = "ITMO_NODE_DIR"
OPERATOR_SOCKET: Final = "node.sock"
FILE: Final = SettingsFile(
    name=FILE_NAME,
    prefix=PREFIX,
    folder_variable=FOLDER_VARIABLE,
    program="registry-node",
    missing="is missing; add it, or let `registry-node join` do so",
    confidential=frozenset({"node.signer"}),
)


def operator_socket(folder: Path) -> Path:
    """Returns the path of the operator's socket; works for a node that has not joined yet."""
    section = FILE.tree(folder, os.environ).get("node")
    named = section.get("operator_socket") if isinstance(section, dict) else None
    return folder.absolute() / str(named or OPERATOR_SOCKET)
