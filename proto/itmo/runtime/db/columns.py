# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Columns of strict tables; null means "not known (yet)", nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, Text


def text_column(name: str, *, nullable: bool = False) -> Column[str]:
    """A text."""
    return Column(name, Text, nullable=nullable)


def integer_column(name: str, *, nullable: bool = False) -> Column[int]:
    """A whole number of up to 64 bits: SQLite has one integer type."""
    return Column(name, Integer, nullable=nullable)


def flag_column(name: str, *, nullable: bool = False) -> Column[int]:
    """Yes or no, as 1 or 0."""
    return Column(name, Integer, CheckConstraint(f"{name} IN (0, 1)"), nullable=nullable)


def blob_column(name: str, *, nullable: bool = False) -> Column[bytes]:
    """Bytes."""
    return Column(name, LargeBinary, nullable=nullable)


def one_of(column: str, values: Iterable[str], name: str = "") -> CheckConstraint:
    """Limits a column to some words.

    Args:
        column: Its name.
        values: The words.
        name: Of the constraint, where it is not the column's.
    """
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or f"{column}_known")
