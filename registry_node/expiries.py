# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What ends at a node: its certificate, the authority's, its signing key, and the broker's keys."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from itmo.expiry import Expiring, Thing, last_of_each
from itmo.keys import PublicKey
from itmo.reasons import ProtocolError
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.rpc.tls import TlsFiles
from itmo.runtime.standing import (
    LOOK_SECONDS,
    ExpiryLog,
    Running,
    files_that_end,
    machine_time,
    program_standing,
)
from itmo.validity import of_key
from registry_node.service import RegistryNode

REMEDIES: Final = {
    Thing.TLS_CERTIFICATE: "Renew it: `registry-node renew`.",
    Thing.TLS_AUTHORITY: "Renew: `registry-node renew`; the admission brings the next authority.",
    Thing.SIGNING_KEY: "Change over to the next one: `registry-node key rotate`; of the clearing-house's, ask it.",
}
_ASKED_LOOKS: Final = 60
"""What is registered of this node is asked of the broker once an hour: it changes once a year."""


def keys_that_end(keys: Iterable[PublicKey], now: datetime) -> list[Expiring]:
    """Returns the last of the keys of each owner; `now` is the network's time."""
    return last_of_each(
        Expiring(thing=Thing.SIGNING_KEY, owner=key.node, validity=of_key(key.keyid, key), now=now)
        for key in keys
    )


class NodeExpiries:
    """Looks what ends, and tells it.

    Args:
        node: The node.
        tls: Its files.
        database: Whose disk and back-ups are looked at.
    """

    def __init__(
        self,
        node: RegistryNode,
        *,
        tls: TlsFiles,
        database: Path,
    ) -> None:
        self._node = node
        self._tls = tls
        self._database = database
        self._running = Running(node.clock)
        self._log = ExpiryLog(REMEDIES)

    async def serve(self) -> None:
        """Looks and tells until cancelled."""
        looks = 0
        while True:
            ask = looks == 0
            looks = (looks + 1) % _ASKED_LOOKS
            if ask:
                try:
                    await self._node.directory.refresh_own()
                except ProtocolError:
                    looks = 0  # asked again at the next look
            self._log.tell(await self.find())
            await asyncio.sleep(LOOK_SECONDS)

    async def find(self) -> list[Expiring]:
        """Returns everything with an end, however far."""
        clock, identity = self._node.clock, self._node.identity
        keys = [
            key
            for key in await self._node.directory.own_keys()
            if key.keyid == self._node.sender.signer.keyid
        ]
        return [
            *files_that_end(self._tls, identity.node, identity.network_id, machine_time(clock)),
            *keys_that_end((*keys, *self._node.opener.broker_keys), clock.now()),
        ]

    async def standing(self) -> api.ProgramStanding:
        """Returns what the node says of itself."""
        return program_standing(
            api.ProgramStanding,
            version=version("itmo-clearing-house"),
            running=self._running,
            database=self._database,
            found=await self.find(),
            remedies=REMEDIES,
        )
