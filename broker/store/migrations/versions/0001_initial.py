# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The first schema."""

from alembic import op

from broker.store.migrate import INITIAL, run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Runs the frozen SQL."""
    run_script(lambda statement: op.get_bind().exec_driver_sql(statement), INITIAL)
