# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Declare what is so: accounts, inventories, keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from google.protobuf.message import Message

from itmo.core.v1 import rulebooks_pb2, statements_pb2
from itmo.identifiers import (
    RegistryId,
    make_account_id,
    parse_account_id,
    parse_entity_id,
    parse_party_code,
)
from itmo.paris.v1 import terms_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.propose import Submitted
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.store.rows import AccountRow, AccountState
from registry_node.store.tables import ACCOUNTS

_NDC_ACCOUNT: Final = 200
_MAX_ACCOUNT_TYPE: Final = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWish:
    """An account to open, or to close.

    Attributes:
        registry: Its registry; empty where the node has one only.
        account_type: Account type of the nomenclature.
        account_id: Identifier; empty: the next free one.
        ndc_period: First and last year, for account type 200.
        non_ghg_metric: Name of the metric; empty: GHG.
        entity: Who holds it; empty: the Party.
        role: What it is for in the mechanism registry: a name of AccountRole, or empty.
        party: Party that an account of the mechanism registry is tied to, or empty.
        close: Closes the account that `account_id` names; nothing else is then looked at.
    """

    registry: str = ""
    account_type: int = 0
    account_id: str = ""
    ndc_period: tuple[int, int] | None = None
    non_ghg_metric: str = ""
    entity: str = ""
    role: str = ""
    party: str = ""
    close: bool = False


def declare_account(trip: Trip, wish: AccountWish) -> tuple[Submitted, AccountRow]:
    """Queues the statement that opens or closes an account.

    Raises:
        ProtocolError: NOT_FOUND, ALREADY_EXISTS, IDENTIFIER_INVALID or PAYLOAD_INVALID.
    """
    row = _account_to_close(trip, wish) if wish.close else _new_account(trip, wish)
    body = decoded(statements_pb2.AccountStatement, row.statement)
    body.closed = wish.close
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


def _account_to_close(trip: Trip, wish: AccountWish) -> AccountRow:
    row = trip.account(wish.account_id)
    if row is None or row.state is not AccountState.OPEN:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"{wish.account_id[:40]!a} is no open account of this node.",
            where="account_id",
            found=wish.account_id[:40],
        )
    return row


def _new_account(trip: Trip, wish: AccountWish) -> AccountRow:
    registry = own_registry(trip, wish.registry)
    if not 1 <= wish.account_type <= _MAX_ACCOUNT_TYPE:
        raise _invalid("account_type", "an account type such as 100")
    if (wish.account_type == _NDC_ACCOUNT) and wish.ndc_period is None:
        raise _invalid("ndc_period", "the first and last year of the NDC, for account type 200")
    if wish.entity:
        parse_entity_id(wish.entity, "entity")
    if wish.party:
        parse_party_code(wish.party, "party")
    account_id = wish.account_id or _next_account_id(trip, registry, wish.account_type)
    parse_account_id(account_id, "account_id")
    known = trip.account(account_id)
    if known is not None and known.state is not AccountState.REFUSED:
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"account {account_id} is known here and {known.state}; choose another id.",
            where="account_id",
            found=account_id,
        )
    span = wish.ndc_period
    terms = terms_pb2.AccountTerms(
        ndc_period=terms_pb2.YearSpan(first=span[0], last=span[1]) if span else None,
        non_ghg_metric=wish.non_ghg_metric,
        role=terms_pb2.AccountRole.Value(f"ACCOUNT_ROLE_{wish.role or 'UNSPECIFIED'}"),
        party=wish.party,
    )
    return _row(
        statements_pb2.AccountStatement(
            account_id=account_id,
            registry=registry,
            account_type=wish.account_type,
            entity=wish.entity,
            terms=rulebooks_pb2.AccountTerms(paris=terms) if terms.ByteSize() else None,
        )
    )


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
