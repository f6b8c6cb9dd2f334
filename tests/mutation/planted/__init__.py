# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The planted bugs, by what they break."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug
from tests.mutation.planted import (
    alike,
    archives,
    files,
    formats,
    kyoto,
    kyoto_units,
    ledgers,
    letters,
    mechanism,
    messages,
    node,
    overload,
    processes,
    reconciliation,
    record,
    service,
    timeline,
    transactions,
    upgrades,
)

BUGS: Final[tuple[Bug, ...]] = (
    *alike.BUGS,
    *archives.BUGS,
    *kyoto.BUGS,
    *kyoto_units.BUGS,
    *files.BUGS,
    *formats.BUGS,
    *ledgers.BUGS,
    *letters.BUGS,
    *mechanism.BUGS,
    *messages.BUGS,
    *node.BUGS,
    *overload.BUGS,
    *processes.BUGS,
    *reconciliation.BUGS,
    *record.BUGS,
    *service.BUGS,
    *timeline.BUGS,
    *transactions.BUGS,
    *upgrades.BUGS,
)
"""The whole list."""
