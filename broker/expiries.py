# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What ends at the broker: its own certificate, authority and keys, and those of admitted nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from broker import __version__
from broker.app import Parts
from broker.clearing.path.gate import OPERATOR_NODE
from broker.settings import BrokerSettings
from broker.store import nodes
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.expiry import Expiring, Thing, last_of_each
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, PublicKey
from itmo.runtime.db.thread import Database
from itmo.runtime.standing import (
    ExpiryLog,
    Running,
    files_that_end,
    machine_time,
    program_standing,
)
from itmo.validity import Validity, of_key

REMEDIES: Final = {
    Thing.TLS_CERTIFICATE: "Renew it: `broker tls renew`.",
    Thing.TLS_AUTHORITY: "Put a new one beside it: `broker tls authority add`.",
    Thing.SIGNING_KEY: "Change over to the next one: `broker key rotate message`.",
    Thing.OPERATOR_KEY: "Change over to the next one: `broker key rotate operator`.",
}


class BrokerExpiries:
    """Looks what ends, and tells it.

    Args:
        settings: Names the files.
        parts: Signers and clock; signers may be exchanged while it serves.
        reader: The registered keys.
        certificates: From when until when the certificate is good that each node showed last.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        parts: Callable[[], Parts],
        reader: Database,
        certificates: Callable[[], Mapping[NodeId, Validity]],
    ) -> None:
        self._settings = settings
        self._parts = parts
        self._reader = reader
        self._certificates = certificates
        self._running = Running(parts().clock)
        self._log = ExpiryLog(REMEDIES)

    async def tell(self) -> None:
        """Tells the log what is news."""
        self._log.tell(await self.find())

    async def standing(self) -> pb.ProgramStanding:
        """Returns what the broker says of itself."""
        return program_standing(
            pb.ProgramStanding,
            version=__version__,
            running=self._running,
            database=self._settings.database.books.file,
            found=await self.find(),
            remedies=REMEDIES,
        )

    async def find(self) -> list[Expiring]:
        """Returns everything with an end, however far."""
        keys = await self._reader.run(nodes.keys)
        admitted = frozenset(await self._reader.run(nodes.admitted))
        network, node = self._settings.network_id, self._settings.node_id
        now = machine_time(self._parts().clock)
        files = files_that_end(self._settings.tls_files, node, network, now)
        return [*files, *self._own_keys(keys), *self._of_nodes(keys, admitted)]

    def _own_keys(self, keys: Iterable[PublicKey]) -> list[Expiring]:
        now = self._parts().clock.now()
        signers = {
            self._parts().signer.keyid: (Thing.SIGNING_KEY, self._settings.node_id),
            self._parts().operator_signer.keyid: (Thing.OPERATOR_KEY, OPERATOR_NODE),
        }
        return [
            Expiring(thing=thing, owner=owner, validity=of_key(key.keyid, key), now=now)
            for key in keys
            if key.keyid in signers
            for thing, owner in (signers[key.keyid],)
        ]

    def _of_nodes(self, keys: Iterable[PublicKey], admitted: frozenset[str]) -> list[Expiring]:
        clock, shown = self._parts().clock, self._certificates()
        registered = [
            Expiring(
                thing=Thing.SIGNING_KEY, owner=key.node, validity=of_key(key.keyid, key),
                now=clock.now(), own=False,
            )
            for key in keys
            if key.node in admitted
            and key.purpose is KeyPurpose.SIGN_MESSAGE
            and key.revoked_at is None
        ]  # fmt: skip
        certificates = [
            Expiring(
                thing=Thing.TLS_CERTIFICATE, owner=node, validity=shown[node],
                now=machine_time(clock), own=False,
            )
            for node in shown
            if node in admitted
        ]  # fmt: skip
        return [*last_of_each(registered), *certificates]
