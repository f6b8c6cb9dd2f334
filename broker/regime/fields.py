# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From signed payloads to facts, as far as every regime reads them alike.

What cannot even be represented (an unknown enum value, a broken transaction id, too many blocks) is
refused here, before a decision; what is merely wrong is left to the checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Final, TypedDict, TypeVar

from broker.rulebook.general.proposal import Proposed, TransactionType, UnitRole
from itmo import limits
from itmo.core.v1 import proposal_pb2, rulebooks_pb2, units_pb2
from itmo.identifiers import (
    FIRST_RULEBOOK,
    TransactionId,
    parse_free_text,
    parse_message_id,
    parse_transaction_id,
)
from itmo.lifecycle import Completion
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import moment

COMPLETIONS: Final[Mapping[int, Completion]] = {
    proposal_pb2.COMPLETION_MODE_UNSPECIFIED: Completion.ON_ACCEPTANCE,
    proposal_pb2.COMPLETION_MODE_ON_ACCEPTANCE: Completion.ON_ACCEPTANCE,
    proposal_pb2.COMPLETION_MODE_BY_PROPOSER: Completion.BY_PROPOSER,
}
_ACTS: Final[Mapping[int, UnitRole]] = {
    units_pb2.UNIT_ROLE_UNSPECIFIED: UnitRole.ACTS,
    units_pb2.UNIT_ROLE_ACTS: UnitRole.ACTS,
}
_ROLES: Final = {**_ACTS, units_pb2.UNIT_ROLE_NAMED: UnitRole.NAMED}
T = TypeVar("T")
Worded = TypeVar(
    "Worded",
    rulebooks_pb2.UnitAttributes,
    rulebooks_pb2.TransactionTerms,
    rulebooks_pb2.AccountTerms,
)
_MAX_LISTED: Final = 250
"""Parties, entities, sectors or periods in one statement: more than there are Parties."""


class TransactionFields(TypedDict):
    """What every proposed transaction states besides its blocks; see `Proposed`."""

    transaction_id: TransactionId
    type: TransactionType
    from_account: str
    to_account: str
    from_registry: str
    to_registry: str
    completion: Completion
    deadline: datetime | None
    notice_id: str
    reverses: TransactionId | None
    rulebook: str


class BlockFields(TypedDict):
    """What every proposed block states besides attributes; see `ProposedBlock`."""

    registry: str
    first: int
    last: int
    declared_quantity: int | None
    role: UnitRole


def kept_fields(kept: Proposed) -> TransactionFields:
    """What a transaction that waits stated besides its blocks, as the engine has it."""
    return TransactionFields(
        transaction_id=kept.transaction_id,
        type=kept.type,
        from_account=kept.from_account,
        to_account=kept.to_account,
        from_registry=kept.from_registry,
        to_registry=kept.to_registry,
        completion=kept.completion,
        deadline=kept.deadline,
        notice_id=kept.notice_id,
        reverses=kept.reverses,
        rulebook=kept.rulebook,
    )


def transaction_fields(
    written: proposal_pb2.ProposedTransaction, where: str, types: Mapping[int, TransactionType]
) -> TransactionFields:
    """Reads what every proposed transaction states, and whether its blocks are some and disjoint.

    Args:
        written: As its proposer wrote it.
        where: Its place in the message.
        types: Those that its rulebook has.

    Raises:
        ProtocolError: PAYLOAD_INVALID, IDENTIFIER_INVALID or TOO_MANY_BLOCKS.
    """
    text(written.note, f"{where}.note")
    count = len(written.blocks)
    if not 1 <= count <= limits.MAX_BLOCKS_PER_PROPOSAL:
        raise ProtocolError(
            Reason.TOO_MANY_BLOCKS if count else Reason.PAYLOAD_INVALID,
            f"{where}.blocks has {count} entries; 1 to {limits.MAX_BLOCKS_PER_PROPOSAL} are taken",
            **(
                {"found": count, "limit": limits.MAX_BLOCKS_PER_PROPOSAL}
                if count
                else {"where": f"{where}.blocks"}
            ),
        )
    disjoint(((b.registry, b.first, b.last) for b in written.blocks), f"{where}.blocks")
    return TransactionFields(
        transaction_id=parse_transaction_id(written.transaction_id, f"{where}.transaction_id"),
        type=known(types, written.type, f"{where}.type"),
        from_account=short(written.from_account, f"{where}.from_account"),
        to_account=short(written.to_account, f"{where}.to_account"),
        from_registry=short(written.from_registry, f"{where}.from_registry"),
        to_registry=short(written.to_registry, f"{where}.to_registry"),
        completion=known(COMPLETIONS, written.completion, f"{where}.completion"),
        deadline=moment(written.deadline, f"{where}.deadline")
        if written.HasField("deadline")
        else None,
        notice_id=parse_message_id(written.notice_id, f"{where}.notice_id")
        if written.notice_id
        else "",
        reverses=parse_transaction_id(written.reverses, f"{where}.reverses")
        if written.reverses
        else None,
        rulebook=written.rulebook or FIRST_RULEBOOK,
    )


def block_fields(written: units_pb2.UnitBlock, where: str, *, names: bool = False) -> BlockFields:
    """Reads what every block states besides attributes.

    Args:
        written: The block.
        where: Its place in the message.
        names: Whether a transaction of this type may name units that do not act.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    role = (_ROLES if names else _ACTS).get(written.role)
    if role is None:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where}.role is {written.role}; every block of such a transaction acts",
            where=f"{where}.role",
        )
    return BlockFields(
        registry=short(written.registry, f"{where}.registry"),
        first=written.first,
        last=written.last,
        declared_quantity=written.quantity if written.HasField("quantity") else None,
        role=role,
    )


def in_words_of(rulebook: str, written: Worded, where: str) -> Worded:
    """What is stated in the words of a rulebook.

    Raises:
        ProtocolError: PAYLOAD_INVALID where it is stated in the words of another one.
    """
    stated = written.WhichOneof("rulebook")
    if stated not in (None, rulebook):
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where} are those of {stated}; state {where}.{rulebook}",
            where=where,
        )
    return written


def known(table: Mapping[int, T], value: int, where: str) -> T:
    """What a number of an enum stands for.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    if value not in table:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where} has the value {value}, which is not defined",
            where=where,
        )
    return table[value]


def disjoint(ranges: Iterable[tuple[str, int, int]], where: str) -> None:
    """Refuses units that are named twice: what a proposal does, it does to each of them once.

    A range that is none (first after last) is left to the checks.
    """
    ordered = sorted((name, first, last) for name, first, last in ranges if first <= last)
    for (name, first, last), (other, start, _) in pairwise(ordered):
        if name == other and start <= last:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID,
                f"{where} names units {start} to {last} of {name[:10]!a} twice, once from {first}"
                " on; name every unit once",
                where=where,
            )


def short(written: str, where: str, longest: int = limits.MAX_IDENTIFIER) -> str:
    """Text that a check will judge; only its length is bounded here."""
    if len(written) > longest:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where} has {len(written)} characters; at most {longest} are taken",
            where=where,
        )
    return written


def text(written: str, where: str) -> str:
    """Text for people; may be empty.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    return parse_free_text(written, where) if written else ""


def day(text: str, where: str) -> date:
    """Reads a date written as yyyy-mm-dd.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    try:
        read = date.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.isoformat() != text:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, f"{where} is {text[:40]!a}; write it as yyyy-mm-dd", where=where
        )
    return read


def listed(count: int, where: str) -> None:
    """Bounds the number of entries of a list.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    if count > _MAX_LISTED:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where} has {count} entries; at most {_MAX_LISTED}",
            where=where,
        )
