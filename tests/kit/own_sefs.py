# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reports of a played network twice: from each node's own books, and from the record."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime

from broker.reports.kyoto.archives import archives as archives_of
from broker.reports.kyoto.archives import told_rows
from broker.reports.kyoto.sef_entries import sef_entries
from itmo.identifiers import RegistryId, make_account_id
from itmo.ids import SeededIds
from itmo.keys import Keyring
from registry_node.commands.trip import Trip
from registry_node.inbox.opening import Opener
from registry_node.kyoto.sef_entries import own_entries
from registry_node.paris.rules import PARIS
from registry_node.verifying.proofs import proven
from scenarios.network import PlayedNetwork
from sef.archive import Archive, ArchiveBlock
from sef.comparing import Difference, compare
from sef.derivation import Asked, derive
from sef.entries import CDM, Entry, registry_of

TODAY = date(2027, 1, 1)


async def of_node(
    network: PlayedNetwork,
    name: str,
    today: date = TODAY,
    as_of: datetime | None = None,
    archives: Sequence[Archive] = (),
) -> list[Entry]:
    """Every entry of a node's own books."""
    node = network.node(name)

    def read(db: sqlite3.Connection) -> list[Entry]:
        trip = Trip(db, network.clock.now(), SeededIds(9), node.identity, PARIS)
        opener = Opener(node.identity, Keyring(network._broker_keys()))
        return own_entries(trip, proven(trip, opener), today, as_of, archives)

    return await network.members[node.identity.node].store.read(read)


def told_archives(network: PlayedNetwork) -> list[Archive]:
    """The archives of the record, as the nodes have them that brought them in."""
    return [
        Archive(
            blocks=(_somewhere(RegistryId(each.registry)),),
            digest=bytes.fromhex(each.digest),
            trail=tuple(told_rows(network.database, each)),
        )
        for each in archives_of(network.database)
    ]


def _somewhere(registry: RegistryId) -> ArchiveBlock:
    """A block that says whose archive it is."""
    return ArchiveBlock(
        row=1, registry=registry, first=1, last=1, unit_type=1, original_period=1,
        applicable_period=1, activity=0, project="", track=0, expiry=None,
        account=make_account_id(registry, 100, 1), account_registry=registry, account_type=100,
    )  # fmt: skip


async def differing(
    network: PlayedNetwork, today: date = TODAY, archives: Sequence[Archive] = ()
) -> tuple[int, list[Difference]]:
    """How many reports of all Parties were compared cell by cell, and every cell that differs."""
    record = sef_entries(network.database, today)
    years = {each.year for each in record}
    compared, found = 0, list[Difference]()
    for name, member in network.members.items():
        ours = [e for e in archives if e.blocks[0].account_registry in member.spec.registries]
        own = await of_node(network, name, today, None, ours)
        for party in sorted({registry_of(each[:3]) for each in member.spec.registries} - {CDM}):
            for period in (1, 2):
                for year in range(min(years, default=2008), max(years, default=2007) + 1):
                    asked = Asked(party=party, year=year, period=period)
                    one, other = derive(own, asked), derive(record, asked)
                    if one is not None and other is not None:
                        found += compare(one, other).differences
                        compared += 1
    return compared, found
