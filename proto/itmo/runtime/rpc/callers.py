# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who makes a call, and to whom it is charged.

A call is charged to a node only when the connection proves that node: with the very TLS key that it
was admitted with. Whatever else a certificate of the authority says is charged to that certificate,
so that nobody can use up the share of another by bearing its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import grpc

from itmo.identifiers import NetworkId, NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.tls import Peer, peer_of
from itmo.validity import Validity

# Digits of the hash that tells certificates apart in logs and counters; an index, not a proof.
_HASH_DIGITS: Final = 16

_PEER: Final[ContextVar[Peer]] = ContextVar("peer")

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call, as far as the connection proves it.

    Attributes:
        charged_to: The node; for a stranger, the certificate.
        peer: What the certificate says; None where it names no node of this network.
        refusal: Why the caller is a stranger; None for an admitted node.
    """

    charged_to: str
    peer: Peer | None
    refusal: ProtocolError | None = None


Identify: TypeAlias = Callable[[Context], Caller]
Admitted: TypeAlias = Callable[[NodeId, bytes], object]
"""Raises ProtocolError unless a node is admitted, with the TLS key of this hash."""


def current_peer() -> Peer:
    """Returns who makes the present call.

    Raises:
        ProtocolError: UNAUTHENTICATED, outside a guarded call.
    """
    peer = _PEER.get(None)
    if peer is None:
        raise ProtocolError(Reason.UNAUTHENTICATED, "This runs outside a call that was identified.")
    return peer


def set_current_peer(peer: Peer) -> None:
    """Notes who makes the present call; the guard's business."""
    _PEER.set(peer)


def identify_by_certificate(network: NetworkId, admitted: Admitted | None = None) -> Identify:
    """Returns the way to know callers on a mutual TLS port: admitted nodes of one network.

    Args:
        network: The network.
        admitted: Who is admitted; without it, everybody with a certificate of the network.
    """

    def identify(context: Context) -> Caller:
        shown = context.auth_context()
        peer: Peer | None = None
        try:
            peer = peer_of(shown)
            if peer.network != network:
                raise ProtocolError(
                    Reason.UNAUTHENTICATED,
                    f"The client certificate is of network {peer.network}, this is {network};"
                    " connect with the certificate issued for this network.",
                )
            if admitted is not None:
                admitted(peer.node, peer.tls_key_hash)
        except ProtocolError as refusal:
            if peer is None:
                pem = b"".join(shown.get("x509_pem_cert", ()))
                unread = f"unread/{hashlib.sha256(pem).hexdigest()[:_HASH_DIGITS]}"
                return Caller(unread, None, refusal)
            by = f"{peer.node}/{peer.tls_key_hash.hex()[:_HASH_DIGITS]}"
            return Caller(by, peer if peer.network == network else None, refusal)
        return Caller(peer.node, peer)

    return identify


class SeenCertificates:
    """Knows callers as another way does, and keeps until when each node's certificate is good.

    Args:
        identify: The way to know callers.
    """

    def __init__(self, identify: Identify) -> None:
        self._identify = identify
        self._last: dict[NodeId, Validity] = {}

    def identify(self, context: Context) -> Caller:
        """Says who makes a call."""
        caller = self._identify(context)
        if caller.refusal is None and caller.peer is not None and caller.peer.certificate:
            self._note(caller.peer.node, caller.peer.certificate)
        return caller

    def last(self) -> Mapping[NodeId, Validity]:
        """Returns of each node the certificate that ends last, of those shown since the start."""
        return self._last

    def _note(self, node: NodeId, shown: Validity) -> None:
        # A renewed one is used beside its predecessor while old connections last.
        known = self._last.get(node)
        if known is None or shown.not_after > known.not_after:
            self._last[node] = shown


def identify_as(network: NetworkId, node: NodeId) -> Identify:
    """Returns the way to know callers on a local socket: whoever can open it is this node."""
    caller = Caller(node, Peer(network, node, b""))
    return lambda _: caller
