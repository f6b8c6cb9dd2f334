# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far a job is, and what came of each of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal_column, or_, select

from itmo.core.v1 import decision_pb2
from itmo.findings import stated_of
from itmo.lifecycle import FINAL, State
from itmo.reasons import CATALOGUE, Reason
from registry_node import outcomes
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.jobs.loading import job_of
from registry_node.outbox import items
from registry_node.store.rows import JobRow, LoadedRow, TransactionRow
from registry_node.store.schema import ROW_WAITS
from registry_node.store.tables import JOB_ROWS, JOBS, PROOFS, TRANSACTIONS, compiled

MAX_RESULTS: Final = 1_000
"""Results given at once."""
MAX_LISTED: Final = 1_000
"""Jobs listed at once."""
_FAILED: Final = frozenset({State.INVALIDATED, State.REJECTED, State.TERMINATED})
_r, _t = JOB_ROWS.table.c, TRANSACTIONS.table.c
_refused = or_(_r.code != "", and_(_t.refusal_code.is_not(None), _t.refusal_code != ""))
_known = _t.state.is_not(None)
_waits: Final[ColumnElement[bool]] = literal_column(ROW_WAITS)


def _in(states: frozenset[State]) -> ColumnElement[bool]:
    return and_(_known, or_(*(_t.state == each for each in sorted(states))))


def _how_many(what: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((what, 1), else_=0)), 0)


_COUNTS: Final = compiled(
    select(
        func.count(),
        func.coalesce(func.max(_r.row), 0),
        func.coalesce(func.sum(_r.queued), 0),
        _how_many(or_(_refused, and_(_known, _t.state != State.PROPOSED))),
        _how_many(or_(_refused, _in(FINAL))),
        _how_many(or_(_refused, _in(_FAILED))),
        _how_many(_waits),
    )
    .select_from(JOB_ROWS.table)
    .outerjoin(TRANSACTIONS.table, _t.transaction_id == _r.transaction_id)
    .where(_r.digest == bindparam("digest"))
)
_j = JOBS.table.c
_LISTED: Final = compiled(
    select(
        _j.digest,
        select(func.count()).where(_r.digest == _j.digest).scalar_subquery(),
        select(func.count()).where(_r.digest == _j.digest, _waits).scalar_subquery(),
    )
    .order_by(_j.created_at.desc(), _j.digest)
    .limit(bindparam("most"))
)
_PROOF: Final = PROOFS.select(PROOFS.table.c.payload_hash == bindparam("payload_hash"))
_PAGE: Final = JOB_ROWS.select(
    _r.digest == bindparam("digest"), _r.row > bindparam("after"), order=_r.row, limit="most"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a job is.

    Attributes:
        judged: Rows that were judged, were not taken in, or could not be queued any more.
        ended: Rows whose transaction has ended, or that have none.
        failed: Rows that came to nothing.
        unsent: Rows of which nothing was sent yet.
    """

    job: JobRow
    rows: int
    last_row: int
    queued: int
    judged: int
    ended: int
    failed: int
    unsent: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A job in a list, with how many rows it has and how many of them wait."""

    job: JobRow
    rows: int
    unsent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a row.

    Attributes:
        state: Where its transaction stands; None: nowhere, as it waits or was refused.
        reason: Why it came to nothing: reason or checks, and what was found.
        remedy: What to do.
    """

    row: int
    transaction_id: str
    state: State | None
    refused: bool
    reason: str = ""
    remedy: str = ""


class _Verdicts:
    """Verdicts, of which the one read last is kept: the transactions of a batch have one together."""

    def __init__(self, trip: Trip) -> None:
        self._trip = trip
        self._hash: bytes | None = None
        self._verdict = decision_pb2.Verdict()
        self._results: dict[str, decision_pb2.TransactionVerdict] = {}

    def against(self, row: TransactionRow) -> tuple[str, str]:
        """What failed, with what was found, and what to do about it."""
        self._read(row.verdict_hash)
        result = self._results.get(row.transaction_id)
        if result is None:
            return "", ""
        findings = stated_of(self._verdict, result).findings
        broken = [each for each in findings if each.outcome in outcomes.BROKEN]
        failed = [each for each in broken if each.severity == decision_pb2.SEVERITY_ERROR] or broken
        wanted = {each.check_id for each in failed}
        remedies = [each.remedy for each in self._verdict.remedies if each.check_id in wanted]
        return "; ".join(f"{each.check_id}: {each.found}" for each in failed), " ".join(remedies)

    def _read(self, payload_hash: bytes | None) -> None:
        if payload_hash is None or payload_hash == self._hash:
            return
        proof = _PROOF.first(self._trip.db, payload_hash=payload_hash)
        if proof is not None:
            payload = items.envelope_of(proof.envelope).payload
            self._verdict = decoded(decision_pb2.Verdict, payload)
        self._results = {each.transaction_id: each for each in self._verdict.results}
        self._hash = payload_hash


def standing(trip: Trip, digest: bytes) -> Standing:
    """Returns how far a job is.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    job = job_of(trip, digest)
    counted = _COUNTS.run(trip.db, digest=digest).fetchone()
    rows, last, queued, judged, ended, failed, unsent = counted
    return Standing(
        job=job,
        rows=rows,
        last_row=last,
        queued=queued,
        judged=judged,
        ended=ended,
        failed=failed,
        unsent=unsent,
    )


def listed(trip: Trip, *, most: int) -> list[Listed]:
    """Returns the jobs begun last, with what is counted quickly."""
    found = _LISTED.run(trip.db, most=min(most or MAX_LISTED, MAX_LISTED)).fetchall()
    return [Listed(job_of(trip, digest), rows, unsent) for digest, rows, unsent in found]


def results(trip: Trip, digest: bytes, *, after: int, most: int) -> list[Result]:
    """Returns what came of the rows behind one, in their order."""
    found = _PAGE.all(
        trip.db, digest=digest, after=after, most=min(most or MAX_RESULTS, MAX_RESULTS)
    )
    verdicts = _Verdicts(trip)
    return [_result(trip, each, verdicts) for each in found]


def _result(trip: Trip, row: LoadedRow, verdicts: _Verdicts) -> Result:
    if row.code:
        return _not_sent(row, row.code, row.found)
    found = trip.transaction(row.transaction_id)
    if found is None:
        return Result(row=row.row, transaction_id=row.transaction_id, state=None, refused=False)
    if found.refusal_code:
        return _not_sent(row, found.refusal_code, found.refusal_found)
    reason, remedy = _why(trip, found, verdicts) if found.state in _FAILED else ("", "")
    return Result(
        row=row.row,
        transaction_id=row.transaction_id,
        state=found.state,
        refused=False,
        reason=reason,
        remedy=remedy,
    )


def _not_sent(row: LoadedRow, code: str, found: str) -> Result:
    known = code in Reason.__members__
    return Result(
        row=row.row,
        transaction_id=row.transaction_id,
        state=None,
        refused=True,
        reason=f"{code}: {found}",
        remedy=CATALOGUE[Reason(code)].remedy if known else "",
    )


def _why(trip: Trip, row: TransactionRow, verdicts: _Verdicts) -> tuple[str, str]:
    if row.state is State.INVALIDATED:
        return verdicts.against(row)
    cause = row.termination_cause
    said = outcomes.reason_of(trip, row)
    return ": ".join(each for each in (str(cause or row.state), said) if each), ""
