# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Alembic's environment: it runs on the connection that `Schema.upgrade` hands over."""

from alembic import context

# The transaction was begun: all revisions together are done, or none.
context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
