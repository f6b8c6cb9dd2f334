# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Names that people give: shortened ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from itmo.short_ids import shortened, the_one

_FULL_ID: Final = 36


class Findable(Protocol):
    """What keeps ids."""

    async def ids_like(self, part: str) -> Sequence[str]:
        """Returns ids of transactions and notices that begin or end with a text."""
        ...


async def whole_id(written: str, kept: Findable) -> str:
    """Returns the id that is meant by its beginning or its end; one that fits none stays as it is.

    Raises:
        ProtocolError: IDENTIFIER_INVALID, where it fits several.
    """
    part = shortened(written, _FULL_ID)
    return the_one(written, await kept.ids_like(part)) if part else written
