# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The whole verification: the file, the invariants, the signatures, the ledgers made again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import DecodeError
from sqlalchemy import Table

from broker.app import invariants_of, memory_database
from broker.known_regimes import REGIMES
from broker.log.merkle import root
from broker.regime.regimes import Regimes
from broker.reports.audit import Invariant, broken_invariants
from broker.reports.newest import newest_faults
from broker.store import (
    genesis,
    nodes,
    notice_schema,
    reconciliation_schema,
    schema,
    sharing_schema,
)
from broker.store.archived import archives
from broker.store.engines import made_anew
from broker.store.lookup_schema import lookup
from broker.verifying.evidence import evidence_problems
from broker.verifying.kept import Kept
from broker.verifying.put_away import archive_problems, not_at_hand, payload_or_none
from broker.verifying.replay import Replay, play_in_turns
from broker.verifying.touched import count_differs, touched, watch
from broker.verifying.validity import signature_problems
from itmo.core.v1 import decision_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from itmo.runtime.db.comparison import differences, differences_of
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.soundness import file_faults, schema_faults
from itmo.runtime.db.undamaged import undamaged

COMPARED: Final[tuple[Table, ...]] = (
    schema.message,
    schema.statement,
    schema.log_leaf,
    schema.sender,
    schema.node,
    schema.registry,
    schema.designation,
    schema.key,
    schema.stated,
    schema.tally,
    schema.account,
    schema.transaction,
    schema.transaction_event,
    schema.reserved_serials,
    schema.issued_block,
    schema.unit_block,
    lookup,
    schema.restated,
    schema.adjustment_entry,
    schema.reversal,
    schema.mailbox_entry,
    *sharing_schema.TABLES,
    *notice_schema.TABLES,
    *reconciliation_schema.TABLES,
)
"""Everything the signed messages determine. Acknowledgements and refused messages are not."""
_RULEBOOK_BOUND: Final = frozenset({"payload", "payload_hash", "leaf_hash", "verdict_hash",
                                    "previous_payload_hash", "digest"})  # fmt: skip
"""Columns that also depend on the wording of the rulebook in force."""
_DIGEST_BYTES: Final = 32
_LAST_STATEMENT: Final = "SELECT coalesce(max(sequence), 0) FROM statement"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified and what is wrong; nothing wrong means that all holds."""

    decisions: int
    messages: int
    statements: int
    log_root: str
    other_rulebook: bool
    """True when some decisions were made under another version of the rulebook; their statements
    are then compared by what they decided, not byte for byte."""
    problems: tuple[str, ...]
    verified_before: int = 0
    """Decisions that an earlier verification had found right, and that were not played again."""
    archives: tuple[str, ...] = ()
    """Archive files that were at hand, and verified with the rest."""
    not_at_hand: tuple[str, ...] = ()
    """Archive files that were not: the messages were not played again, all else was verified."""


def verify(
    stored: Connection,
    progress: Callable[[int], None],
    regimes: Regimes = REGIMES,
    invariants: Sequence[Invariant] | None = None,
    kept: Kept | None = None,
) -> Verified:
    """Verifies a database that nobody has to trust but its founder's keys.

    1. The file is sound, its schema is the program's, and every invariant holds.
    2. Every recorded message and every statement verifies under a key that was valid at its place in
       the log.
    3. Played again into an empty database, the messages make the same ledgers, statements and log.

    Where an earlier verification was kept, these are done for what was decided since, and for the rows
    that this changed; of what was verified before, the leaves of the log are compared, and how many rows
    each table has.

    Messages in archive files are played from there. Where one of those files is not at hand, nothing is
    played: the file, the invariants, the log and what is signed are verified as far as it is there.

    Args:
        stored: A connection for reading.
        progress: Called with the number of decisions played.
        regimes: By which the network judges.
        invariants: What has to hold after every commit of such a broker, where it is not this
            program's.
        kept: Where what is made is kept; None: in memory, for this once.
    """
    asked = _asked(stored, regimes, invariants or invariants_of(regimes), kept)
    since = asked.since
    try:
        if kept:
            _play_most(asked, progress)
        stored.execute("BEGIN")
        problems = [] if since else list(file_faults(stored))
        if not problems:
            problems.extend(_content_problems(asked, progress))
        found = _verified(stored, regimes, problems, since)
        # What another rulebook worded is not what is made here: it would not be found again.
        if kept and (problems or found.other_rulebook or found.not_at_hand):
            kept.discard()
        elif kept:
            kept.seal()
        return found
    except (sqlite3.DatabaseError, UnicodeError) as error:  # a table's own text may be damaged
        if undamaged(error):
            raise
        if kept:
            kept.discard()
        return Verified(
            0, 0, 0, "", other_rulebook=False, problems=(f"the file is damaged: {error}",)
        )
    finally:
        if stored.in_transaction:
            stored.execute("ROLLBACK")
        if not kept:
            asked.fresh.close()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is compared with what, and from which decision and statement on."""

    stored: Connection
    fresh: sqlite3.Connection
    regimes: Regimes
    invariants: Sequence[Invariant]
    since: int
    after: int


def _asked(
    stored: Connection, regimes: Regimes, invariants: Sequence[Invariant], kept: Kept | None
) -> _Asked:
    fresh = kept.connection if kept else memory_database(regimes)
    since = kept.since if kept else 0
    after = fresh.execute(_LAST_STATEMENT).fetchone()[0] if since else 0
    return _Asked(stored, fresh, regimes, invariants, since, after)


def _play_most(asked: _Asked, progress: Callable[[int], None]) -> None:
    """Plays what takes long before one state of the database is looked at for all of the rest.

    Where the record is damaged, the rest finds it too, and tells it.
    """
    if asked.since:
        watch(asked.fresh, COMPARED)
    try:
        if not not_at_hand(asked.stored, asked.since):
            play_in_turns(asked.stored, asked.fresh, asked.regimes, progress)
    except Exception as error:
        if undamaged(error):
            raise


def _content_problems(asked: _Asked, progress: Callable[[int], None]) -> Iterator[str]:
    stored, fresh, since, after = asked.stored, asked.fresh, asked.since, asked.after

    away = not_at_hand(stored, since)

    def invariants() -> Iterable[str]:
        if since:
            return newest_faults(stored, since)
        return broken_invariants(stored, asked.invariants)

    def replayed() -> Iterator[str]:
        fault = Replay(stored, fresh, asked.regimes).run(progress)
        if fault is not None:
            yield f"log position {fault.log_index}: {fault.found}"

    def compared() -> Iterator[str]:
        bound = _other_rulebook(stored, asked.regimes, after)
        for table in COMPARED:
            yield from _differences(asked, table, bound=bound)

    with closing(made_anew(stored, asked.regimes)) as tables:
        yield from schema_faults(stored, tables)
    yield from _told("the invariants cannot be computed", invariants)
    yield from _told("signatures cannot be verified", lambda: _signature_problems(stored, after))
    yield from _told("evidence cannot be verified", lambda: evidence_problems(stored))
    yield from _told("archive files cannot be verified", lambda: archive_problems(stored))
    if away:
        return
    yield from _told("the messages cannot be played again", replayed)
    yield from _told("the tables cannot be compared", compared)


def _told(what: str, find: Callable[[], Iterable[str]]) -> Iterator[str]:
    """What a step finds; damaged rows can break a computation anywhere, and that is a finding."""
    try:
        yield from find()
    except Exception as error:  # whatever damage raises is told, not raised
        if undamaged(error):
            raise
        yield f"{what}: {type(error).__name__}: {error}"


def _signature_problems(stored: Connection, after: int) -> Iterator[str]:
    network = genesis.read_network(stored)
    return signature_problems(
        stored, list(nodes.keys(stored)), network.broker_node if network else "", after
    )


def _differences(asked: _Asked, table: Table, *, bound: bool) -> Iterator[str]:
    # Each payload has its hash, which the invariants look at; it may lie in an archive file.
    columns = [c.name for c in table.c if c.name != "payload" or "payload_hash" not in table.c]
    columns = [name for name in columns if not (bound and name in _RULEBOOK_BOUND)]
    keys = [c.name for c in table.primary_key]
    if not asked.since:
        yield from differences(asked.stored, asked.fresh, table.name, columns, keys)
        return
    wanted = touched(asked.fresh, table)
    yield from differences_of(asked.stored, asked.fresh, table.name, columns, keys, wanted)
    yield from count_differs(asked.stored, asked.fresh, table)


def _other_rulebook(stored: Connection, regimes: Regimes, after: int) -> bool:
    """Whether a verdict behind a statement was given under a rulebook that is none of this broker's."""
    digests = {each.digest for each in regimes}
    for said in in_portions(
        stored,
        "SELECT payload, payload_hash, log_index FROM statement WHERE sequence > ? AND kind = ?",
        (after, PayloadKind.VERDICT.value),
    ):
        verdict = decision_pb2.Verdict()
        with suppress(DecodeError, ProtocolError):  # what is damaged is found by the comparison
            verdict.ParseFromString(payload_or_none(stored, *said) or b"")
        stated = verdict.rulebook_digest
        if len(stated) == _DIGEST_BYTES and stated not in digests:
            return True
    return False


def _verified(stored: Connection, regimes: Regimes, problems: list[str], since: int) -> Verified:
    every = in_portions(stored, "SELECT leaf_hash FROM log_leaf ORDER BY log_index")
    leaves = (leaf for (leaf,) in every)
    decisions = stored.execute("SELECT count(*) FROM log_leaf").fetchone()[0]
    messages = stored.execute("SELECT count(*) FROM message").fetchone()[0]
    statements = stored.execute("SELECT count(*) FROM statement").fetchone()[0]
    away = not_at_hand(stored, since)
    return Verified(
        decisions=decisions,
        messages=messages,
        statements=statements,
        log_root=root(leaves).hex(),
        other_rulebook=_other_rulebook(stored, regimes, 0) if not since else False,
        problems=tuple(problems),
        verified_before=since,
        archives=tuple(each.path for each in archives(stored) if each.at_hand),
        not_at_hand=tuple(each.told for each in away),
    )
