# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the user that runs the program may do with files, by the rights that it has now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from itmo.reasons import ProtocolError

_NOW: Final = os.access in os.supports_effective_ids


class NotAllowed(ProtocolError):  # noqa: N818  # the name says what happened
    """This user may not use a file or a folder where it lies: nothing is known of what is in it."""

    remedy = "Run the command as the user of the program, or give that user its files back."


def may_read(file: Path) -> bool:
    """Whether this user may read a file."""
    return os.access(file, os.R_OK, effective_ids=_NOW)


def may_write_in(folder: Path) -> bool:
    """Whether this user may make and change files in a folder."""
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=_NOW)


def is_read_only(folder: Path) -> bool:
    """Whether nobody may write where a folder lies, whatever rights they have."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
