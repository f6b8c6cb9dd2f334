# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading and writing rows: statements built with SQLAlchemy Core, compiled once, run by sqlite3.

A `Rows` couples a table with the class of its rows. It only ever reads whole rows, inserts whole
rows and replaces whole rows by primary key; what a change means is decided by its caller.
"""

from __future__ import annotations

import sqlite3
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.expression import ClauseElement

from itmo.reasons import shown
from itmo.runtime.db.rows import Read, add, replace
from registry_node.damage import damaged
from registry_node.ledger.holdings import Holding
from registry_node.store import rows, schema

_DIALECT: Final = sqlite.dialect(paramstyle="named")

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Statement:
    """A compiled statement with its constant parameters."""

    text: str
    constants: Mapping[str, object]

    def run(self, db: sqlite3.Connection, **values: object) -> sqlite3.Cursor:
        """Executes it."""
        return db.execute(self.text, {**self.constants, **values})


def compiled(clause: ClauseElement) -> Statement:
    """Compiles a Core statement for sqlite3; parameters without a value are named by the caller."""
    made = clause.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    constants = {name: value for name, value in made.params.items() if value is not None}
    return Statement(str(made), constants)


def _types(hint: object) -> tuple[type, ...]:
    """The types in which SQLite may return a value of a field."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    plain = {int: int, bool: int, bytes: bytes, type(None): type(None)}
    return tuple(plain.get(option, str) for option in options)


class Rows(Generic[R]):
    """One table and the class of its rows."""

    def __init__(self, table: Table, row_class: type[R]) -> None:
        self.table = table
        names = [field.name for field in fields(row_class)]  # type: ignore[arg-type]  # a dataclass
        hints = typing.get_type_hints(row_class)
        self._names = names
        self._types = [_types(hints[name]) for name in names]
        self._made = Read(row_class)
        self._add, self._replace = add(table), replace(table)

    def insert(self, db: sqlite3.Connection, row: R) -> int:
        """Inserts a row; returns its number where the table counts."""
        return db.execute(self._add.sql, self._add.values(row)).lastrowid or 0

    def replace(self, db: sqlite3.Connection, row: R) -> None:
        """Writes a row over the one with the same primary key, which must exist."""
        if self._replace.one(db, row).rowcount != 1:
            raise LookupError(f"no such row in {self.table.name}")

    def select(
        self, *where: ColumnElement[bool], order: object = None, limit: str = ""
    ) -> Query[R]:
        """Prepares a query for rows; `limit` names the parameter that bounds it."""
        clause = select(*(self.table.c[name] for name in self._names)).where(*where)
        if order is not None:
            columns = order if isinstance(order, tuple) else (order,)
            clause = clause.order_by(*columns)
        if limit:
            clause = clause.limit(bindparam(limit))
        return Query(compiled(clause), self._read)

    def touching(self, since: str, upto: str) -> tuple[ColumnElement[bool], ...]:
        """What finds the ranges of `registry` that have units between two serials, which it names.

        Rows are ranges of serials that overlap nowhere. So only the last one that begins before may reach
        in, and what lies before that is not looked at, however much it is.
        """
        own, before = self.table.c, self.table.alias("before").c
        reaches_in = (
            select(func.max(before.first))
            .where(before.registry == bindparam("registry"), before.first <= bindparam(since))
            .scalar_subquery()
        )
        return (
            own.registry == bindparam("registry"),
            own.first >= func.coalesce(reaches_in, bindparam(since)),
            own.first <= bindparam(upto),
            own.last >= bindparam(since),
        )

    def deletion(self, *where: ColumnElement[bool]) -> Statement:
        """Prepares a deletion."""
        return compiled(delete(self.table).where(*where))

    def _read(self, stored: tuple[object, ...]) -> R:
        for name, value, fitting in zip(self._names, stored, self._types, strict=True):
            if not isinstance(value, fitting):
                raise damaged(f"{name} of a row of {self.table.name} is {shown(value)}")
        try:
            return self._made(stored)
        except (ValueError, TypeError) as error:
            raise damaged(f"a row of {self.table.name} cannot be read: {error}") from None


@dataclass(frozen=True, slots=True)
class Query(Generic[R]):
    """A prepared query for rows."""

    statement: Statement
    read: Callable[[tuple[object, ...]], R]

    def all(self, db: sqlite3.Connection, **values: object) -> list[R]:
        """Returns every row."""
        return [self.read(stored) for stored in self.statement.run(db, **values)]

    def first(self, db: sqlite3.Connection, **values: object) -> R | None:
        """Returns the first row, or None."""
        stored = self.statement.run(db, **values).fetchone()
        return None if stored is None else self.read(stored)


NODE_STATE: Final = Rows(schema.node_state, rows.NodeStateRow)
ITEMS: Final = Rows(schema.outbox_item, rows.ItemRow)
SIGNED: Final = Rows(schema.signed_version, rows.SignedRow)
PROOFS: Final = Rows(schema.proof, rows.ProofRow)
PROOF_TRANSACTIONS: Final = Rows(schema.proof_transaction, rows.ProofTransactionRow)
TRANSACTIONS: Final = Rows(schema.traded, rows.TransactionRow)
ACCOUNTS: Final = Rows(schema.account, rows.AccountRow)
HOLDINGS: Final = Rows(schema.holding, Holding)
DELIVERIES: Final = Rows(schema.delivery, rows.DeliveryRow)
ALARMS: Final = Rows(schema.alarm, rows.AlarmRow)
CATALOGUES: Final = Rows(schema.catalogue, rows.CatalogueRow)
BROKER_KEYS: Final = Rows(schema.broker_key, rows.BrokerKeyRow)
KEYS: Final = Rows(schema.known_key, rows.KeyRow)
DRAFTS: Final = Rows(schema.draft, rows.DraftRow)
MIRRORED: Final = Rows(schema.mirrored, rows.MirroredRow)
JOBS: Final = Rows(schema.job, rows.JobRow)
JOB_ROWS: Final = Rows(schema.job_row, rows.LoadedRow)
INSTRUCTIONS: Final = Rows(schema.instruction, rows.InstructionRow)
RECONCILIATIONS: Final = Rows(schema.reconciliation, rows.ReconciliationRow)
CASES: Final = Rows(schema.reconciliation_case, rows.CaseRow)
NOTICES: Final = Rows(schema.notice, rows.NoticeRow)
