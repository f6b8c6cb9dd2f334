# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a group of messages may touch, from what the messages themselves name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from broker.clearing.path.received import Received
from broker.regime.regime import Needs as Asked
from broker.regime.regime import Regime
from broker.regime.regimes import Regimes
from broker.rulebook.general.proposal import Proposed
from broker.store.crossing import WHOEVER_ISSUES
from broker.store.notices import NoticeNeeds
from broker.store.reconciliation import ReconciliationNeeds
from broker.store.sharing import SharedNeeds
from itmo.core.v1 import notices_pb2, reconciliation_pb2, sharing_pb2, statements_pb2
from itmo.ed25519 import key_id
from itmo.payloads import PayloadKind, decode
from itmo.reasons import ProtocolError

_KEY_BYTES: Final = 32


@dataclass(slots=True)
class Needs:
    """Keys of everything a group may touch."""

    keyids: set[str] = field(default_factory=set)
    revoking: set[str] = field(default_factory=set)
    registering: set[str] = field(default_factory=set)
    """Nodes of which a key is revoked: the broker's own last one stays."""
    nodes: set[str] = field(default_factory=set)
    transactions: set[str] = field(default_factory=set)
    reversals: set[str] = field(default_factory=set)
    """Transactions of which a reversal may be spoken."""
    registries: set[str] = field(default_factory=set)
    registrars: set[str] = field(default_factory=set)
    """Nodes of which it matters which registries they speak for."""
    accounts: set[str] = field(default_factory=set)
    closing: set[str] = field(default_factory=set)
    parties: set[str] = field(default_factory=set)
    """Parties of which it matters which node they designated."""
    tallies: set[str] = field(default_factory=set)
    """Of transactions that are recorded."""
    asked: Asked = field(default_factory=Asked)
    """What the regime has to know."""
    moved: set[tuple[str, str, str, int, int]] = field(default_factory=set)
    """Of proposals: sender, source account and range. They may name anything."""
    issued: set[tuple[str, str, str, int, int]] = field(default_factory=set)
    """Of issuances: sender, the registry that knows which serials were used, and range."""
    ranges: set[tuple[str, int, int]] = field(default_factory=set)
    """Of notices and reports; units that move or come into being are not among them."""
    locked: set[tuple[str, int, int]] = field(default_factory=set)
    """Of transactions that are recorded."""
    shared: SharedNeeds = field(default_factory=SharedNeeds)
    notices: NoticeNeeds = field(default_factory=NoticeNeeds)
    reconciled: ReconciliationNeeds = field(default_factory=ReconciliationNeeds)


def collect(needs: Needs, received: Received, regimes: Regimes) -> None:
    """Adds what one message names; of units only what is not looked up by who has a say in them."""
    if received.faulted:
        needs.transactions.update(each.transaction_id for each in received.proposed)
        return
    for proposed in received.proposed:
        _collect_proposed(needs, proposed, received.header.sender_node, regimes[proposed.rulebook])
        if proposed.begins is not None:
            begins = proposed.begins
            _collect_proposed(needs, begins, WHOEVER_ISSUES, regimes[begins.rulebook])
    needs.transactions.update(each.transaction_id for each in received.answered)
    statement = regimes.statement(received.kind)
    if statement is not None:
        asked = statement.needs(received.payload)
        needs.registries |= asked.registries
        needs.notices.programmes |= asked.programmes
        if asked.registrar:
            needs.registrars.add(received.header.sender_node)
    collect = _COLLECTORS.get(received.kind)
    if collect is not None:
        collect(needs, cast("Any", received.payload))


def _collect_proposed(needs: Needs, proposed: Proposed, sender: str, regime: Regime) -> None:
    issues = regime.transaction_types[proposed.type].issues
    needs.transactions.add(proposed.transaction_id)
    needs.registries.update((proposed.from_registry, proposed.to_registry))
    needs.accounts.update((proposed.from_account, proposed.to_account))
    needs.accounts.update(proposed.named_accounts)
    if proposed.reverses is not None:
        needs.transactions.add(proposed.reverses)
        needs.reversals.add(proposed.reverses)
    for block in proposed.blocks:
        if block.range is not None:
            named = (block.registry, block.range.first, block.range.last)
            if issues:
                issuer = regime.numbered_by(proposed, block.registry)
                needs.issued.add((sender, issuer, *named))
            else:
                needs.moved.add((sender, proposed.from_account, *named))


def _collect_reversal(needs: Needs, payload: statements_pb2.ReversalStatement) -> None:
    needs.transactions.add(payload.transaction_id)
    needs.reversals.add(payload.transaction_id)


def _collect_node(needs: Needs, payload: statements_pb2.NodeStatement) -> None:
    try:
        request = decode(PayloadKind.JOIN_REQUEST, payload.join_request)
    except ProtocolError:
        return  # refused when it is decided on
    joining = cast("statements_pb2.JoinRequest", request)
    needs.nodes.add(joining.node)
    needs.registries.update(joining.registries)
    needs.parties.update(joining.designated_parties)
    needs.notices.programmes.update(joining.programmes)
    if len(joining.public_key) == _KEY_BYTES:
        needs.keyids.add(key_id(joining.public_key))


def _collect_key(needs: Needs, payload: statements_pb2.KeyStatement) -> None:
    needs.nodes.add(payload.node)
    # Every node hears of keys of the broker, and only those are for statements.
    if payload.purpose == statements_pb2.KEY_PURPOSE_SIGN_RECEIPT:
        needs.notices.everybody = True
    if payload.revoked:
        needs.revoking.add(payload.node)
    else:
        needs.registering.add(payload.node)
    if len(payload.public_key) == _KEY_BYTES:
        needs.keyids.add(key_id(payload.public_key))


def _collect_account(needs: Needs, payload: statements_pb2.AccountStatement) -> None:
    needs.accounts.add(payload.account_id)
    needs.registries.add(payload.registry)
    if payload.closed:
        needs.closing.add(payload.account_id)


def _collect_registry(needs: Needs, payload: statements_pb2.RegistryStatement) -> None:
    needs.registries.add(payload.registry)


def _collect_acknowledgement(needs: Needs, payload: notices_pb2.NoticeAcknowledgement) -> None:
    needs.notices.notices.add(payload.notice_id)


def _collect_message(needs: Needs, payload: notices_pb2.AdministratorMessage) -> None:
    needs.registries.update(payload.recipients)
    needs.notices.programmes.update(payload.recipients)


def _collect_maintenance(needs: Needs, payload: notices_pb2.MaintenanceStatement) -> None:
    needs.registries.add(payload.registry)
    needs.notices.everybody = True


def _collect_sharing(needs: Needs, payload: sharing_pb2.SharingStatement) -> None:
    needs.registries.add(payload.registry)
    needs.shared.reporters.add(payload.registry)
    needs.shared.stating.add(payload.registry)


def _collect_report(needs: Needs, payload: sharing_pb2.RegistryReport) -> None:
    needs.registries.add(payload.registry)


def _collect_resolution(needs: Needs, payload: reconciliation_pb2.CaseResolution) -> None:
    needs.reconciled.cases.add(payload.case_id)


_COLLECTORS: Final[Mapping[PayloadKind, Callable[[Needs, Any], None]]] = {
    PayloadKind.NODE_STATEMENT: _collect_node,
    PayloadKind.REVERSAL_STATEMENT: _collect_reversal,
    PayloadKind.KEY_STATEMENT: _collect_key,
    PayloadKind.ACCOUNT_STATEMENT: _collect_account,
    PayloadKind.REGISTRY_STATEMENT: _collect_registry,
    PayloadKind.NOTICE_ACKNOWLEDGEMENT: _collect_acknowledgement,
    PayloadKind.ADMINISTRATOR_MESSAGE: _collect_message,
    PayloadKind.MAINTENANCE_STATEMENT: _collect_maintenance,
    PayloadKind.SHARING_STATEMENT: _collect_sharing,
    PayloadKind.REGISTRY_REPORT: _collect_report,
    PayloadKind.RECONCILIATION_STATEMENT: _collect_registry,
    PayloadKind.CASE_RESOLUTION: _collect_resolution,
}
