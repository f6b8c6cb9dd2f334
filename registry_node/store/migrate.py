# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The node's schema and its revisions; run as a command it prints the SQL of the tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from itmo.runtime.db.migrations import Schema
from registry_node.store.schema import TRIGGERS, metadata

SCHEMA: Final = Schema(
    revisions=Path(__file__).parent / "migrations" / "versions",
    metadata=metadata,
    triggers=TRIGGERS,
    program="registry-node serve",
)

if __name__ == "__main__":
    sys.stdout.write(SCHEMA.sql())
