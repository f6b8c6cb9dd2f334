# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The types of SQLite as PostgreSQL has them: one whole number of 64 bits, and texts compared byte by byte."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql.base import PGDialect, PGTypeCompiler
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2


class _Types(PGTypeCompiler):
    def visit_INTEGER(self, type_: Any, **_: Any) -> str:  # noqa: ANN401, ARG002, N802 - of Core
        return "BIGINT"

    def visit_VARCHAR(self, type_: Any, **_: Any) -> str:  # noqa: ANN401, ARG002, N802 - of Core
        return "TEXT"


class _ColumnTypes(_Types):
    def visit_TEXT(self, type_: Any, **_: Any) -> str:  # noqa: ANN401, ARG002, N802 - of Core
        return 'TEXT COLLATE "C"'


class Statements(PGDialect_psycopg2):
    """How statements are written: what a parameter is, stands beside it."""

    type_compiler_cls = _Types


class Tables(PGDialect):
    """How tables are written."""

    type_compiler_cls = _ColumnTypes
