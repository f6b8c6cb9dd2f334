# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One stage after the other: a registry's node states its books, the receipt asks for more, or ends it.

Each receipt is a snapshot: the node states its books as they are when that delivery is applied, and the
record is compared as it stood when it was made. The record is never changed by what a node states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, cast

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.strangers import speaks_for
from broker.clearing.path.received import Received
from broker.clearing.reconciliation import cases
from broker.clearing.reconciliation.comparing import (
    Difference,
    differences,
    parts_that_differ,
)
from broker.clearing.reconciliation.reconciliation_rows import Outcome, ReconciliationRow, Stage
from broker.regime.refusals import NoEffect
from broker.rulebook.general.sharing import SharingLevel
from itmo import books, limits
from itmo.books import Books, Entry, Part, Portion
from itmo.clock import from_ms, to_text
from itmo.core.v1 import reconciliation_pb2 as pb
from itmo.identifiers import parse_free_text, parse_message_id
from itmo.message.v1 import ranges_pb2
from itmo.reasons import Reason
from itmo.timestamps import moment

_NUMBERS: Final = {
    each: pb.ReconciliationStage.Value(f"RECONCILIATION_STAGE_{each}") for each in Stage
}
_STAGES: Final = {number: stage for stage, number in _NUMBERS.items()}
_OUTCOMES: Final = {
    each: pb.ReconciliationOutcome.Value(f"RECONCILIATION_OUTCOME_{each}") for each in Outcome
}
_FIELDS: Final[Mapping[Stage, frozenset[str]]] = MappingProxyType(
    {
        Stage.BEGIN: frozenset(),
        Stage.DIGEST: frozenset({"digest"}),
        Stage.TOTALS: frozenset({"totals"}),
        Stage.BLOCKS: frozenset({"blocks", "listed_until"}),
        Stage.TRAIL: frozenset({"trail"}),
    }
)
"""What may be stated at each stage, besides what every statement has."""
_EVERY: Final = frozenset({"header", "registry", "stage"})
_LATER: Final = _EVERY | {"reconciliation_id", "snapshot_index", "snapshot_time"}
_HASH_BYTES: Final = 32


def take_statement(desk: Desk, received: Received) -> pb.ReconciliationAnswer:
    """Compares what a registry's node states of its books, and says what is to be stated next.

    Raises:
        NoEffect, ProtocolError: not from the registry's node, not of a registry that takes part in full,
            malformed, out of turn, or as of another place in the log.
    """
    written = cast("pb.ReconciliationStatement", received.payload)
    _check_registry(desk, received, written.registry)
    stage = _STAGES.get(written.stage)
    if stage is None:
        raise NoEffect(Reason.PAYLOAD_INVALID, f"stage: expected one of {', '.join(_NUMBERS)}")
    _check_fields(written, stage)
    if stage is Stage.BEGIN:
        return _begin(desk, received, written.registry)
    row = _turn(desk, written, stage)
    return _HANDLERS[stage](desk, received, row, written)


def _check_registry(desk: Desk, received: Received, name: str) -> None:
    sender = received.header.sender_node
    if not speaks_for(desk.world, sender, name):
        raise NoEffect(
            "MSG_SENDER_IS_FROM_REGISTRY", f"{sender} does not speak for registry {name[:10]!a}"
        )
    if desk.world.registries[name].level is not SharingLevel.TRANSACT:
        raise NoEffect(
            "REG_SHARING_LEVEL",
            f"{name} reports what it holds; books are reconciled of registries that take part in full",
        )


def _check_fields(written: pb.ReconciliationStatement, stage: Stage) -> None:
    may = _FIELDS[stage] | (_EVERY if stage is Stage.BEGIN else _LATER)
    odd = sorted(field.name for field, _ in written.ListFields() if field.name not in may)
    if odd:
        raise NoEffect(Reason.PAYLOAD_INVALID, f"{odd[0]} is not stated at stage {stage}")


def _turn(desk: Desk, written: pb.ReconciliationStatement, stage: Stage) -> ReconciliationRow:
    """The reconciliation that a statement carries on, if it is its turn."""
    name = parse_message_id(written.reconciliation_id, "reconciliation_id")
    row = desk.world.reconciled.rows.get(name)
    if row is None or row.registry != written.registry:
        raise NoEffect(
            Reason.NOT_FOUND,
            f"{written.registry} began no reconciliation {name}",
        )
    if stage is not row.stage:
        wanted = (
            f"{row.stage} is to be stated next"
            if row.stage
            else f"it ended ({row.outcome or 'REPLACED'})"
        )
        raise NoEffect(Reason.RECONCILIATION_OUT_OF_TURN, f"stage {stage} was stated, but {wanted}")
    stated = moment(written.snapshot_time, "snapshot_time")
    expected = from_ms(row.snapshot_at)
    if (written.snapshot_index, stated) != (row.snapshot_index, expected):
        raise NoEffect(
            Reason.SNAPSHOT_MISMATCH,
            f"the books are stated as of place {written.snapshot_index} of the log, {to_text(stated)};"
            f" expected place {row.snapshot_index}, {to_text(expected)}",
        )
    return row


# -- the stages -----------------------------------------------------------------------------------


def _begin(desk: Desk, received: Received, registry: str) -> pb.ReconciliationAnswer:
    reconciled, changed = desk.world.reconciled, desk.effects.reconciled.rows
    for name, row in reconciled.rows.items():
        if row.registry == registry and row.stage is not None:
            reconciled.rows[name] = replace(row, stage=None, answer=b"", digest=b"")
            changed.add(name)
    fresh = ReconciliationRow(
        reconciliation_id=received.header.message_id,
        registry=registry,
        stage=None,
        outcome=None,
        digest=b"",
        answer=b"",
        snapshot_index=0,
        snapshot_at=0,
        case_id="",
        begun_at=desk.now_ms,
    )
    return _ask_digest(desk, fresh, Portion(None, reconciled.ends.get(registry)))


def _take_digest(
    desk: Desk, received: Received, row: ReconciliationRow, written: pb.ReconciliationStatement
) -> pb.ReconciliationAnswer:
    if len(written.digest) != _HASH_BYTES:
        raise NoEffect(Reason.PAYLOAD_INVALID, f"digest: expected {_HASH_BYTES} bytes")
    if written.digest == row.digest:
        return _go_on(desk, received, row)
    portion = _portion(row)
    found = books.totals(_recorded(desk, row.registry, portion))
    return _ask(desk, row, Stage.TOTALS, portion, totals=books.totals_to_proto(found))


def _take_totals(
    desk: Desk, received: Received, row: ReconciliationRow, written: pb.ReconciliationStatement
) -> pb.ReconciliationAnswer:
    _check_count(len(written.totals))
    stated = books.totals_from_proto(written.totals)
    _check_parts(desk, stated)
    asked = pb.ReconciliationAnswer.FromString(row.answer)
    differing = parts_that_differ(books.totals_from_proto(asked.totals), stated)
    if not differing:
        return _go_on(desk, received, row)
    portion = _portion(row)
    own = books.by_part(_recorded(desk, row.registry, portion))
    named = {part: own.get(part, ()) for part in differing}
    return _ask(desk, row, Stage.BLOCKS, portion, blocks=books.blocks_to_proto(named))


def _take_blocks(
    desk: Desk, received: Received, row: ReconciliationRow, written: pb.ReconciliationStatement
) -> pb.ReconciliationAnswer:
    _check_count(sum(len(each.blocks) for each in written.blocks))
    stated = books.blocks_from_proto(written.blocks)
    own = books.blocks_from_proto(pb.ReconciliationAnswer.FromString(row.answer).blocks)
    strange = [part for part in stated if part not in own]
    if strange:
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"blocks of {strange[0].account_id[:40]!a}, {strange[0].unit_class[:80]!a} were not asked for",
        )
    portion = _portion(row)
    listed = Portion(portion.since, books.place_from_proto(written.listed_until) or portion.until)
    found = differences(_flat(own, listed), _flat(stated, listed))
    if not found:
        return _go_on(desk, received, row)
    case_id = cases.found(desk, row, received.header.message_id, found)
    row = replace(row, case_id=case_id)
    return _ask(desk, row, Stage.TRAIL, portion, differences=map(_difference, found))


def _take_trail(
    desk: Desk, received: Received, row: ReconciliationRow, written: pb.ReconciliationStatement
) -> pb.ReconciliationAnswer:
    if len(written.trail) > limits.MAX_TRAIL:
        raise NoEffect(Reason.PAYLOAD_INVALID, f"trail: at most {limits.MAX_TRAIL} transactions")
    cases.trail(desk, row, received, written.trail)
    return _go_on(desk, received, row)


_HANDLERS: Final[
    Mapping[
        Stage,
        Callable[
            [Desk, Received, ReconciliationRow, pb.ReconciliationStatement],
            pb.ReconciliationAnswer,
        ],
    ]
] = MappingProxyType(
    {
        Stage.DIGEST: _take_digest,
        Stage.TOTALS: _take_totals,
        Stage.BLOCKS: _take_blocks,
        Stage.TRAIL: _take_trail,
    }
)


# -- what is asked for next -----------------------------------------------------------------------


def _go_on(desk: Desk, received: Received, row: ReconciliationRow) -> pb.ReconciliationAnswer:
    """Asks for the next portion, or ends the reconciliation."""
    until = _portion(row).until
    if until is not None:
        return _ask_digest(desk, row, Portion(until, desk.world.reconciled.ends[row.registry]))
    outcome = Outcome.DIFFERS if row.case_id else Outcome.AGREED
    if outcome is Outcome.AGREED:
        cases.agree(desk, row.registry, received.header.message_id)
    ended = replace(row, stage=None, outcome=outcome, digest=b"", answer=b"")
    _keep(desk, ended)
    return pb.ReconciliationAnswer(
        reconciliation_id=row.reconciliation_id, outcome=_OUTCOMES[outcome], case_id=row.case_id
    )


def _ask_digest(desk: Desk, row: ReconciliationRow, portion: Portion) -> pb.ReconciliationAnswer:
    """Asks for a portion, and keeps what it has to come to: nobody is told."""
    own = books.digest(_recorded(desk, row.registry, portion))
    return _ask(desk, replace(row, digest=own), Stage.DIGEST, portion)


def _ask(
    desk: Desk, row: ReconciliationRow, stage: Stage, portion: Portion, **more: object
) -> pb.ReconciliationAnswer:
    """Asks for a stage as of the receipt that is made now."""
    asked = pb.ReconciliationAnswer(
        reconciliation_id=row.reconciliation_id,
        stage=_NUMBERS[stage],
        since=books.place_to_proto(portion.since),
        until=books.place_to_proto(portion.until),
        case_id=row.case_id,
        **more,  # type: ignore[arg-type]  # repeated fields, by their names
    )
    _keep(desk, replace(row, stage=stage, answer=asked.SerializeToString()))
    return asked


def _keep(desk: Desk, row: ReconciliationRow) -> None:
    row = replace(row, snapshot_index=desk.world.log_size, snapshot_at=desk.now_ms)
    desk.world.reconciled.rows[row.reconciliation_id] = row
    desk.effects.reconciled.rows.add(row.reconciliation_id)


def _portion(row: ReconciliationRow) -> Portion:
    return books.portion_of(pb.ReconciliationAnswer.FromString(row.answer))


def _recorded(desk: Desk, registry: str, portion: Portion) -> Books:
    """What the record has in accounts of a registry, in a portion.

    Raises:
        NoEffect: it has become more than one portion may have.
    """
    world = desk.world
    if registry in world.reconciled.too_many:
        raise NoEffect(
            Reason.TOO_MANY_BLOCKS,
            f"the portion has more than {2 * limits.MAX_BOOKS_RANGES} ranges by now; begin again",
        )
    return books.books(
        (
            _entry(
                desk,
                unit.registry,
                unit.first,
                unit.last,
                unit.account_id,
                unit.state,
                unit.issued_first,
            )
            for unit in world.units.rows()
            if (account := world.accounts.get(unit.account_id)) is not None
            and account.registry == registry
        ),
        portion,
    )


def _entry(
    desk: Desk, registry: str, first: int, last: int, account_id: str, state: str, issued: int
) -> Entry:
    account = desk.world.accounts[account_id]
    regime = desk.charter.regimes[account.rulebook]
    attributes = desk.world.issued[(registry, issued)].attributes
    said = regime.recorded(attributes, state, registry)
    part = Part(
        account_id,
        account.account_type,
        account.rulebook,
        regime.totals_class(attributes, state, registry),
    )
    content = books.content_of(said.attributes.SerializeToString(deterministic=True), said.marks)
    return Entry(registry, first, last, part, content)


# -- what was stated ------------------------------------------------------------------------------


def _check_count(count: int) -> None:
    if count > limits.MAX_BOOKS_LISTED:
        raise NoEffect(
            Reason.TOO_MANY_BLOCKS,
            f"{count} totals or blocks; at most {limits.MAX_BOOKS_LISTED} are stated at once",
        )


def _check_parts(desk: Desk, stated: Mapping[Part, object]) -> None:
    """Looks whether each part could be one of the record."""
    regimes = desk.charter.regimes
    for part in stated:
        parse_free_text(part.account_id, "totals.part.account_id")
        parse_free_text(part.unit_class, "totals.part.unit_class")
        known = part.rulebook in regimes.names
        if not known or part.account_type not in regimes[part.rulebook].account_types:
            raise NoEffect(
                Reason.PAYLOAD_INVALID,
                f"totals of {part.account_id[:40]!a}: no account type {part.account_type} in rulebook"
                f" {part.rulebook[:20]!a}",
            )


def _flat(found: Mapping[Part, Books], portion: Portion) -> Books:
    return books.books((entry for listed in found.values() for entry in listed), portion)


def _difference(found: Difference) -> pb.Difference:
    recorded, stated = found.recorded, found.stated
    return pb.Difference(
        kind=pb.DifferenceKind.Value(f"DIFFERENCE_KIND_{found.kind}"),
        units=ranges_pb2.UnitRange(registry=found.registry, first=found.first, last=found.last),
        recorded_account=recorded.part.account_id if recorded else "",
        stated_account=stated.part.account_id if stated else "",
        recorded_class=recorded.part.unit_class if recorded else "",
        stated_class=stated.part.unit_class if stated else "",
    )
