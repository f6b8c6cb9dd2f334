# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Declare what is so: accounts, inventories, keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from google.protobuf.message import Message

from itmo.core.v1 import statements_pb2
from itmo.identifiers import (
    RegistryId,
    make_account_id,
    parse_account_id,
    parse_entity_id,
)
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.propose import Submitted
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.store.rows import AccountRow, AccountState
from registry_node.store.tables import ACCOUNTS

_MAX_ACCOUNT_TYPE: Final = 999


def declare_account(
    trip: Trip, wish: statements_pb2.AccountStatement
) -> tuple[Submitted, AccountRow]:
    """Queues the statement that opens or closes an account.

    Args:
        trip: The transaction under way.
        wish: The account; its registry may be left out where the node has one only, and its
            identifier for the next free one. Of one to close, only the identifier is looked at.

    Raises:
        ProtocolError: NOT_FOUND, ALREADY_EXISTS, IDENTIFIER_INVALID or PAYLOAD_INVALID.
    """
    row = _account_to_close(trip, wish.account_id) if wish.closed else _new_account(trip, wish)
    body = decoded(statements_pb2.AccountStatement, row.statement)
    body.closed = wish.closed
    item = trip.queue(PayloadKind.ACCOUNT_STATEMENT, body, None)
    row = replace(row, message_id=item.message_id)
    _keep(trip, row)
    return Submitted(item.message_id, ()), row


def declared_before(trip: Trip, stated: statements_pb2.AccountStatement, message_id: str) -> None:
    """Does to the books what queueing an account statement did, from the message alone."""
    known = trip.account(stated.account_id)
    if not stated.closed or known is None:
        known = _row(stated)
    _keep(trip, replace(known, message_id=message_id))


def _row(stated: statements_pb2.AccountStatement) -> AccountRow:
    opening = statements_pb2.AccountStatement()
    opening.CopyFrom(stated)
    opening.closed = False
    return AccountRow(
        account_id=stated.account_id,
        registry=stated.registry,
        account_type=stated.account_type,
        statement=opening.SerializeToString(deterministic=True),
        state=AccountState.PENDING,
        message_id="",
    )


def _keep(trip: Trip, row: AccountRow) -> None:
    if trip.account(row.account_id) is None:
        ACCOUNTS.insert(trip.db, row)
    else:
        ACCOUNTS.replace(trip.db, row)


def _account_to_close(trip: Trip, account_id: str) -> AccountRow:
    row = trip.account(account_id)
    if row is None or row.state is not AccountState.OPEN:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"{account_id[:40]!a} is no open account of this node.",
            where="account_id",
            found=account_id[:40],
        )
    return row


def _new_account(trip: Trip, wish: statements_pb2.AccountStatement) -> AccountRow:
    stated = statements_pb2.AccountStatement()
    stated.CopyFrom(wish)
    stated.ClearField("header")
    registry = own_registry(trip, wish.registry)
    stated.registry = registry
    if not 1 <= wish.account_type <= _MAX_ACCOUNT_TYPE:
        raise _invalid("account_type", "an account type such as 100")
    trip.rules.check_account(stated)
    if wish.entity:
        parse_entity_id(wish.entity, "entity")
    stated.account_id = wish.account_id or _next_account_id(trip, registry, wish.account_type)
    parse_account_id(stated.account_id, "account_id")
    known = trip.account(stated.account_id)
    if known is not None and known.state is not AccountState.REFUSED:
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"account {stated.account_id} is known here and {known.state}; choose another id.",
            where="account_id",
            found=stated.account_id,
        )
    return _row(stated)


def _next_account_id(trip: Trip, registry: RegistryId, account_type: int) -> str:
    taken = {row.account_id for row in trip.accounts()}
    number = 1
    while (account_id := make_account_id(registry, account_type, number)) in taken:
        number += 1
    return account_id


def own_registry(trip: Trip, name: str) -> RegistryId:
    """Returns an own registry by name, or the only one when no name is given.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    own = trip.identity.registries
    if not name and len(own) == 1:
        return own[0]
    for registry in own:
        if registry == name:
            return registry
    raise ProtocolError(
        Reason.NOT_FOUND,
        f"registry: found {name[:40]!a}, this node speaks for {', '.join(own)}; name one of them.",
        where="registry",
        found=name[:40],
    )


def declare(trip: Trip, kind: PayloadKind, statement: Message) -> Submitted:
    """Queues any other statement as it is, its header left out."""
    stated = type(statement)()
    stated.CopyFrom(statement)
    stated.ClearField("header")
    return Submitted(trip.queue(kind, stated, None).message_id, ())


def _invalid(where: str, expected: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID, f"{where}: expected {expected}.", where=where, expected=expected
    )
