# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto bring-in`: the units of an archive come into being in the accounts that they lie in."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Iterator
from functools import partial
from pathlib import Path

import click

from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, units_pb2
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.registry.v1 import operator_service_pb2 as api
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, Stub, command, seconds_for
from sef.archive import Archive, ArchiveBlock
from sef.archive_reading import read_archive


@click.command("bring-in")
@click.argument("archive", type=click.Path(path_type=Path, exists=True))
@click.option("--account", default="", help="Only what lies in this account.")
@wait_option
@command
def bring_in(session: Session, archive: Path, account: str, wait: float) -> None:
    """Brings in the units of an ARCHIVE: registry-node kyoto bring-in archive-of-gbr.

    The operator of the clearing-house has stated it as the opening of the registry before, and the
    accounts that it names are open. It stops at the first transaction that is not completed; those
    before it stay.
    """
    read = read_archive(archive)
    if read.faults:
        raise click.UsageError("; ".join(read.faults))
    units = transactions = 0
    for proposed in proposed_of(read, account):
        request = api.ProposeRequest(transactions=[proposed], wait_ms=milliseconds(wait))
        answer = session.call(partial(_propose, request, seconds_for(wait)))
        if answer.outcome.transaction.state != decision_pb2.STATE_COMPLETED:
            tell(session, answer, wait, "Brought in")
            return
        units += sum(each.last - each.first + 1 for each in proposed.blocks)
        transactions += 1
    session.show(
        {"units": units, "transactions": transactions},
        lambda screen: screen.line(
            f"{units} units were brought in, by {transactions} transactions."
        ),
    )


def _propose(
    request: api.ProposeRequest, timeout: float, stub: Stub
) -> Awaitable[api.ProposeResponse]:
    return stub.Propose(request, timeout=timeout)


def proposed_of(archive: Archive, account: str) -> Iterator[proposal_pb2.ProposedTransaction]:
    """One transaction for each kind of units in an account, or several where there are many blocks."""
    together: dict[tuple[str, int, int], list[ArchiveBlock]] = {}
    for block in archive.blocks:
        if account in {"", block.account}:
            kind = (block.account, block.unit_type, block.applicable_period)
            together.setdefault(kind, []).append(block)
    for (into, _, _), blocks in sorted(together.items()):
        for start in range(0, len(blocks), limits.MAX_BLOCKS_PER_PROPOSAL):
            some = blocks[start : start + limits.MAX_BLOCKS_PER_PROPOSAL]
            yield _transaction(archive.digest, into, some)


def _transaction(
    digest: bytes, account: str, blocks: Iterable[ArchiveBlock]
) -> proposal_pb2.ProposedTransaction:
    return proposal_pb2.ProposedTransaction(
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        from_account=account,
        to_account=account,
        blocks=map(_block, blocks),
        rulebook="kyoto",
        terms=rulebooks_pb2.TransactionTerms(kyoto=terms_pb2.TransactionTerms(opening=digest)),
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
