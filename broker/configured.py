# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What its settings make of a broker, in each of its processes."""

from __future__ import annotations

from datetime import timedelta

from broker.api.server import ServerSettings
from broker.app import KeyElsewhere, Parts
from broker.clearing.path.clerk import ClerkLimits
from broker.known_regimes import regimes_of
from broker.settings import BrokerSettings
from broker.store.genesis import Network, broker_clock
from itmo.ids import RandomIds
from itmo.keys import Signer, signer_from_uri
from itmo.runtime.rpc.connections import connections_within


def house_parts(settings: BrokerSettings, network: Network, *, operates: bool = True) -> Parts:
    """What the house of these settings is made of; see `signers_named`."""
    message, operator = signers_named(settings, operates=operates)
    return Parts(
        network=network,
        clock=broker_clock(network),
        ids=RandomIds(),
        signer=message,
        operator_signer=operator,
        transaction_lifetime=settings.transaction_lifetime,
        regimes=regimes_of(settings.transactions.rulebooks),
        books=settings.database.books.file,
        clerk_limits=clerk_limits(settings),
    )


def clerk_limits(settings: BrokerSettings) -> ClerkLimits:
    """How groups are formed where the settings say how messages come in."""
    limits = ClerkLimits(
        max_group=settings.clerk.max_group,
        max_queue=settings.limits.queue,
        max_queue_per_node=settings.limits.queue_per_node,
        pacing=timedelta(milliseconds=settings.clerk.pacing_ms),
    )
    return limits.behind_workers() if settings.server.workers else limits


def signers_named(settings: BrokerSettings, *, operates: bool = True) -> tuple[Signer, Signer]:
    """The signers of messages and of the operator.

    Args:
        settings: Name them.
        operates: Whether this process signs for the operator; otherwise that key is not read.
    """
    signers = settings.signers
    operator: Signer = signer_from_uri(signers.operator) if operates else KeyElsewhere()
    return signer_from_uri(signers.message), operator


def server_settings(settings: BrokerSettings, files: int) -> ServerSettings:
    """Where and how to serve.

    Args:
        settings: Everything that can be set.
        files: How many descriptors the process has.
    """
    return ServerSettings(
        listen=settings.server.listen,
        tls=settings.tls_files,
        operator_socket=settings.server.operator_socket,
        test_network=settings.test_network,
        reflection=settings.server.reflection,
        call_limits=settings.call_limits,
        connections=connections_within(files),
    )
