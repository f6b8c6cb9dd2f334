# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto bring-in`: the units of an archive come into being in the accounts that they lie in."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import click

from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, units_pb2
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import operator_service_pb2 as api
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, Stub, command, seconds_for
from sef.archive import Archive, ArchiveBlock, TotalKey
from sef.archive_reading import read_archive

_ATTEMPTS: Final = 100
"""Of one transaction: more than anybody needs to mend what stood against it."""
_CAME_TO_NOTHING: Final = frozenset(
    {
        decision_pb2.STATE_INVALIDATED,
        decision_pb2.STATE_REJECTED,
        decision_pb2.STATE_TERMINATED,
    }
)
_VERSION_7: Final = (0x7 << 76) | (0b10 << 62)
_FREE_BITS: Final = (1 << 128) - 1 - (0xF << 76) - (0b11 << 62)
"""All but those that say which version and variant of UUID it is (RFC 9562)."""


@click.command("bring-in")
@click.argument("archive", type=click.Path(path_type=Path, exists=True))
@click.option("--account", default="", help="Only what lies in this account.")
@wait_option
@command
def bring_in(session: Session, archive: Path, account: str, wait: float) -> None:
    """Brings in the units of an ARCHIVE: registry-node kyoto bring-in archive-of-gbr.

    The operator of the clearing-house has stated it as the opening of the registry before, and the
    accounts that it names are open. It stops at the first transaction that is not completed; those
    before it stay. Run again it goes on: what is in already is not proposed a second time.
    """
    read = read_archive(archive)
    if read.faults:
        raise click.UsageError("; ".join(read.faults))
    before = units = transactions = 0
    for proposed in proposed_of(read, account):
        quantity = sum(each.last - each.first + 1 for each in proposed.blocks)
        if _is_in(session, proposed):
            before += quantity
            continue
        request = api.ProposeRequest(transactions=[proposed], wait_ms=milliseconds(wait))
        answer = session.call(partial(_propose, request, seconds_for(wait)))
        if answer.outcome.transaction.state != decision_pb2.STATE_COMPLETED:
            tell(session, answer, wait, "Brought in")
            return
        units += quantity
        transactions += 1
    earlier = f" {before} were in before." if before else ""
    session.show(
        {"units": units, "transactions": transactions, "units_before": before},
        lambda screen: screen.line(
            f"{units} units were brought in, by {transactions} transactions.{earlier}"
        ),
    )


def _is_in(session: Session, proposed: proposal_pb2.ProposedTransaction) -> bool:
    """Gives a transaction the id that follows from what it brings in, and says whether it is completed.

    An attempt that came to nothing leaves its id, and the next one has another.
    """
    content = proposed.SerializeToString(deterministic=True)
    for attempt in range(_ATTEMPTS):
        proposed.transaction_id = _id_of(content, attempt)
        state = _state_of(session, proposed.transaction_id)
        if state is None:
            return False
        if state == decision_pb2.STATE_COMPLETED:
            return True
        if state not in _CAME_TO_NOTHING:
            raise click.UsageError(
                f"transaction {proposed.transaction_id}, which brings in units, still waits; look at it"
                " with `registry-node transaction`, and run this again when it has ended"
            )
    raise click.UsageError(f"{_ATTEMPTS} transactions for the same units came to nothing")


def _id_of(content: bytes, attempt: int) -> str:
    """A UUID of version 7 that is the same whenever the same is brought in."""
    made = hashlib.sha256(attempt.to_bytes(4) + content).digest()[:16]
    return str(UUID(int=int.from_bytes(made) & _FREE_BITS | _VERSION_7))


def _state_of(session: Session, transaction_id: str) -> int | None:
    """How a transaction stands at the node; None: it knows none of this id."""
    request = api.GetTransactionRequest(transaction_id=transaction_id)

    def ask(stub: Stub) -> Awaitable[api.GetTransactionResponse]:
        return stub.GetTransaction(request, timeout=seconds_for(0))

    try:
        return session.call(ask).transaction.state
    except ProtocolError as refusal:
        if refusal.reason is Reason.TRANSACTION_UNKNOWN:
            return None
        raise


def _propose(
    request: api.ProposeRequest, timeout: float, stub: Stub
) -> Awaitable[api.ProposeResponse]:
    return stub.Propose(request, timeout=timeout)


def proposed_of(archive: Archive, account: str) -> Iterator[proposal_pb2.ProposedTransaction]:
    """One transaction for each kind of units in an account, or several where there are many blocks."""
    together: dict[tuple[str, TotalKey], list[ArchiveBlock]] = {}
    for block in archive.blocks:
        if account in {"", block.account}:
            together.setdefault((block.account, block.kind), []).append(block)
    for _, blocks in sorted(together.items()):
        for start in range(0, len(blocks), limits.MAX_BLOCKS_PER_PROPOSAL):
            some = blocks[start : start + limits.MAX_BLOCKS_PER_PROPOSAL]
            yield _transaction(archive.digest, some)


def _transaction(digest: bytes, blocks: Sequence[ArchiveBlock]) -> proposal_pb2.ProposedTransaction:
    alike = blocks[0]
    terms = terms_pb2.TransactionTerms(
        opening=digest, had_left=alike.had_left, were_replaced=alike.were_replaced
    )
    return proposal_pb2.ProposedTransaction(
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        from_account=alike.account,
        to_account=alike.account,
        blocks=map(_block, blocks),
        rulebook="kyoto",
        terms=rulebooks_pb2.TransactionTerms(kyoto=terms),
    )


def _block(block: ArchiveBlock) -> units_pb2.UnitBlock:
    are = attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UnitType.ValueType(block.unit_type),
        original_period=block.original_period,
        applicable_period=block.applicable_period,
        lulucf_activity=attributes_pb2.LulucfActivity.ValueType(block.activity),
        project=block.project,
        track=attributes_pb2.Track.ValueType(block.track),
        expiry_date=block.expiry.isoformat() if block.expiry else "",
    )
    return units_pb2.UnitBlock(
        registry=block.registry,
        first=block.first,
        last=block.last,
        attributes=rulebooks_pb2.UnitAttributes(kyoto=are),
    )
