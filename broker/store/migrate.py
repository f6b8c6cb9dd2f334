# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's schema and its revisions; run as a command it prints the SQL of the tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from broker.store import (  # their tables belong to the schema
    activity_schema,  # noqa: F401  # as above
    clock_schema,  # noqa: F401  # as above
    event_schema,  # noqa: F401  # as above
    notice_schema,  # noqa: F401  # as above
    sharing_schema,  # noqa: F401  # as above
)
from broker.store.schema import metadata
from broker.store.triggers import TRIGGERS
from itmo.runtime.db.migrations import Schema

SCHEMA: Final = Schema(
    revisions=Path(__file__).parent / "migrations" / "versions",
    metadata=metadata,
    triggers=TRIGGERS,
    program="broker serve",
)

if __name__ == "__main__":
    sys.stdout.write(SCHEMA.sql())
