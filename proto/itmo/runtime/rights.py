# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the user that runs the program may do with files, by the rights that it has now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_NOW: Final = os.access in os.supports_effective_ids


def may_read(file: Path) -> bool:
    """Whether this user may read a file."""
    return os.access(file, os.R_OK, effective_ids=_NOW)


def may_write_in(folder: Path) -> bool:
    """Whether this user may make and change files in a folder."""
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=_NOW)
