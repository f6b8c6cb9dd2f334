# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The table of archive files, which hold payloads that the database no longer does."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Table

from broker.store.schema import metadata
from itmo.runtime.db.columns import blob_column, integer_column, text_column

archive_file = Table(
    "archive_file",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    integer_column("first_index"),
    integer_column("last_index"),
    blob_column("root_before"),
    blob_column("root"),
    integer_column("payloads"),
    integer_column("payload_bytes"),
    text_column("path"),
    integer_column("put_away_at"),
    sqlite_strict=True,
)
"""A file with payloads of decisions `first_index` to `last_index`. A message or statement there whose payload
is empty has it in such a file, under its hash. `digest` is the SHA-256 of the file; the roots are those of
the log before its first decision and behind its last one. No part of the record."""
