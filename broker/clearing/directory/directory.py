# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who takes part: admission of nodes, status of registries, accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, cast

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import MailboxEnd, NodeRow
from broker.clearing.directory.keys import add_key, key_row
from broker.clearing.notices.notices import Announced
from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.received import Received
from broker.regime.refusals import NoEffect
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.registries import OperationalStatus, RegistryFacts
from itmo.clock import from_ms, to_ms, to_text
from itmo.core.v1 import statements_pb2
from itmo.ed25519 import check_public_key, key_id, verify
from itmo.envelope import pae
from itmo.identifiers import (
    AccountId,
    NodeId,
    PartyCode,
    RegistryId,
    parse_account_id,
    parse_free_text,
    parse_node_id,
    parse_party_code,
    parse_registry_id,
    registry_party,
    rulebook_named,
)
from itmo.joining import check_represented, versions_read
from itmo.keys import KeyPurpose
from itmo.node_kinds import NODE_KINDS
from itmo.parties import ALPHA2, PARTY_OF_ALPHA2
from itmo.payloads import PayloadKind, decode
from itmo.reasons import Reason
from itmo.texts import check_texts
from itmo.timestamps import moment

STATUSES: Final = {
    statements_pb2.OPERATIONAL_STATUS_OPERATIONAL: OperationalStatus.OPERATIONAL,
    statements_pb2.OPERATIONAL_STATUS_TRANSACTIONS_DISALLOWED: (
        OperationalStatus.TRANSACTIONS_DISALLOWED
    ),
    statements_pb2.OPERATIONAL_STATUS_NON_OPERATIONAL: OperationalStatus.NON_OPERATIONAL,
}
_HASH_BYTES: Final = 32


def admit_node(desk: Desk, received: Received) -> None:
    """Admits a node on its own signed request; also renews the TLS key of an admitted node.

    Raises:
        NoEffect, ProtocolError: the request is not its own proof, or takes what another node has.
    """
    written = cast("statements_pb2.NodeStatement", received.payload)
    request = _own_request(written)
    node = parse_node_id(request.node, "node")
    if node in (OPERATOR_NODE, desk.charter.broker_node):
        raise NoEffect(Reason.ALREADY_EXISTS, f"the name {node} is the broker's own")
    if request.network_id != desk.charter.network_id:
        raise NoEffect(Reason.NETWORK_MISMATCH, "the joining request is for another network")
    if request.kind not in NODE_KINDS or len(written.tls_key_hash) != _HASH_BYTES:
        raise NoEffect(Reason.PAYLOAD_INVALID, "kind or tls_key_hash is not as it must be")
    registries = [parse_registry_id(r, "registries") for r in request.registries]
    parties = [parse_party_code(p, "designated_parties") for p in request.designated_parties]
    check_represented(request)
    _check_free(desk, node, registries, parties, request.programmes)
    _check_not_ended(desk, request.public_key)
    add_key(
        desk,
        key_row(
            node,
            KeyPurpose.SIGN_MESSAGE,
            request.public_key,
            to_ms(moment(written.not_before, "not_before")),
            to_ms(moment(written.not_after, "not_after")),
            desk.world.log_size,
        ),
    )
    world, effects = desk.world, desk.effects
    world.nodes[node] = _node_row(desk, received, request)
    effects.nodes.add(node)
    world.mailboxes.setdefault(node, MailboxEnd())
    effects.mailboxes.add(node)
    for registry in registries:
        if registry not in world.registries:
            world.registries[registry] = RegistryFacts(
                registry=registry,
                party=registry_party(registry),
                node=node,
                status=OperationalStatus.OPERATIONAL,
            )
            effects.registries.add(registry)
    for party in parties:
        world.designations[party] = node
        effects.designations.add(party)
    for programme in request.programmes:
        world.notices.programmes[programme] = node
        effects.notices.programmes.add(programme)


def _node_row(desk: Desk, received: Received, request: statements_pb2.JoinRequest) -> NodeRow:
    """The node with its TLS key, and for a while with the one before: the admission has to travel."""
    written = cast("statements_pb2.NodeStatement", received.payload)
    row = NodeRow(
        request.node,
        NODE_KINDS[request.kind],
        written.tls_key_hash,
        received.header.message_id,
        schema_versions=" ".join(map(str, versions_read(request))),
    )
    known = desk.world.nodes.get(row.node)
    if known is None or not written.HasField("previous_tls_key_until"):
        return row
    if known.tls_key_hash == row.tls_key_hash:
        return replace(
            row,
            previous_tls_key_hash=known.previous_tls_key_hash,
            previous_tls_key_until=known.previous_tls_key_until,
        )
    until = to_ms(moment(written.previous_tls_key_until, "previous_tls_key_until"))
    return replace(row, previous_tls_key_hash=known.tls_key_hash, previous_tls_key_until=until)


def _check_not_ended(desk: Desk, public_key: bytes) -> None:
    """What is registered never changes, so a node admitted with a key that ended could say nothing."""
    known = desk.world.keys.get(key_id(public_key))
    if known is not None and known.not_after <= desk.now_ms:
        raise NoEffect(
            Reason.KEY_NOT_VALID_NOW,
            f"key {known.keyid} ended at {to_text(from_ms(known.not_after))}; the node has to make"
            " another one and ask with that (`registry-node renew --new-signing-key`)",
        )


def _own_request(written: statements_pb2.NodeStatement) -> statements_pb2.JoinRequest:
    request = cast(
        "statements_pb2.JoinRequest", decode(PayloadKind.JOIN_REQUEST, written.join_request)
    )
    check_texts(request, "join_request.")
    check_public_key(request.public_key)
    signed = pae(PayloadKind.JOIN_REQUEST.label, written.join_request)
    if not verify(request.public_key, signed, written.join_request_signature):
        raise NoEffect(Reason.KEY_REFUSED, "the joining request is not signed with its own key")
    return request


def _check_free(
    desk: Desk,
    node: NodeId,
    registries: list[RegistryId],
    parties: list[PartyCode],
    programmes: Iterable[str],
) -> None:
    for registry in registries:
        taken = desk.world.registries.get(registry)
        if taken is not None and taken.node != node:
            raise NoEffect(Reason.ALREADY_EXISTS, f"registry {registry} belongs to {taken.node}")
    for party in parties:
        holder = desk.world.designations.get(party, node)
        if holder != node:
            raise NoEffect(Reason.ALREADY_EXISTS, f"{party} has designated {holder} already")
    for programme in programmes:
        speaker = desk.world.notices.programmes.get(programme, node)
        if speaker != node:
            raise NoEffect(Reason.ALREADY_EXISTS, f"{speaker} speaks for {programme} already")


def set_registry_status(desk: Desk, received: Received) -> Announced:
    """Suspends or resumes a registry; the node that speaks for it is told, with the reason.

    Raises:
        NoEffect, ProtocolError: the registry or the status is not known.
    """
    written = cast("statements_pb2.RegistryStatement", received.payload)
    registry = desk.world.registries.get(written.registry)
    status = STATUSES.get(written.status)
    if registry is None or status is None:
        raise NoEffect(Reason.NOT_FOUND, "no such registry, or no such status")
    parse_free_text(written.reason, "reason")
    desk.world.registries[registry.registry] = replace(
        registry, status=status, rulebooks=_rulebooks(desk, written) or registry.rulebooks
    )
    desk.effects.registries.add(registry.registry)
    return Announced(frozenset({registry.node}))


def _rulebooks(desk: Desk, written: statements_pb2.RegistryStatement) -> tuple[str, ...]:
    """The rulebooks in which a registry takes part from now on, by name; none: they stay."""
    named = {
        rulebook_named(each, desk.charter.regimes.names, "rulebooks") for each in written.rulebooks
    }
    if len(named) < len(written.rulebooks):
        raise NoEffect(Reason.PAYLOAD_INVALID, "rulebooks names one twice")
    return tuple(sorted(named))


def change_account(desk: Desk, received: Received) -> None:
    """Opens or closes an account.

    Raises:
        NoEffect, ProtocolError: the account is not the sender's to open, is malformed, exists in
            another form, or is not empty when it is to be closed; or its registry is suspended.
    """
    written = cast("statements_pb2.AccountStatement", received.payload)
    account_id = parse_account_id(written.account_id, "account_id")
    registry = desk.world.registries.get(written.registry)
    if registry is None or registry.node != received.header.sender_node:
        raise NoEffect(
            "MSG_SENDER_IS_FROM_REGISTRY",
            f"{received.header.sender_node} does not speak for registry {written.registry[:10]!a}",
        )
    if registry.status is OperationalStatus.NON_OPERATIONAL:
        raise NoEffect(
            "REG_OPERATIONAL",
            f"registry {registry.registry} is suspended; its accounts stay as they are until it is resumed",
        )
    if PARTY_OF_ALPHA2[account_id[:2]] != registry.party:
        # Nobody takes, or finds out by trying, an id that another Party's registry has given out.
        raise NoEffect(
            Reason.IDENTIFIER_INVALID,
            f"account {account_id} begins with {account_id[:2]}; ids of accounts in"
            f" {registry.registry} begin with {ALPHA2[registry.party]}",
        )
    name = rulebook_named(written.rulebook, desk.charter.regimes.names, "rulebook")
    regime = desk.charter.regimes[name]
    kind = regime.account_types.get(written.account_type)
    if kind is None:
        raise NoEffect(Reason.PAYLOAD_INVALID, f"no account type {written.account_type}")
    stated = AccountFacts(
        account_id=AccountId(account_id),
        registry=registry.registry,
        account_type=written.account_type,
        final=kind.final,
        listed=kind.listed,
        closed=written.closed,
        rulebook=name,
        terms=regime.account_terms(written, registry),
    )
    known = desk.world.accounts.get(account_id)
    if known is not None and replace(known, closed=stated.closed) != stated:
        raise NoEffect(Reason.ALREADY_EXISTS, f"account {account_id} exists in another form")
    if known is None and written.closed:
        raise NoEffect(Reason.NOT_FOUND, f"no account {account_id}")
    if known is not None and known.closed and not written.closed:
        raise NoEffect(Reason.ALREADY_EXISTS, f"account {account_id} was closed for good")
    if written.closed and account_id in desk.world.occupied_accounts:
        raise NoEffect(
            "ACC_EXISTS", f"account {account_id} is not empty, or an open transaction needs it"
        )
    desk.world.accounts[account_id] = stated
    desk.effects.accounts.add(account_id)
