# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The first schema."""

from itmo.runtime.db.migrations import run_beside

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Runs the frozen SQL."""
    run_beside(__file__)
