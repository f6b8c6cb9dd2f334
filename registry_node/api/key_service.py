# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""KeyService: keys of this node and of the broker, and how others are taken up without a restart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from itmo.keys import KeyPurpose, PublicKey, Signer
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import key_service_pb2 as api
from itmo.registry.v1 import key_service_pb2_grpc
from itmo.runtime.rpc.callers import Context
from itmo.timestamps import timestamp
from registry_node.service import RegistryNode


class KeyServicer(key_service_pb2_grpc.KeyServiceServicer):
    """KeyService over a node.

    Args:
        node: The node.
        named: Reads the key that the settings name now.
        renew: Takes up the certificate that is there now; false where it is the one in use.
    """

    def __init__(
        self, node: RegistryNode, named: Callable[[], Signer], renew: Callable[[], bool]
    ) -> None:
        self._node = node
        self._named = named
        self._renew = renew

    async def ListKeys(
        self, request: api.ListKeysRequest, context: Context
    ) -> api.ListKeysResponse:
        """Lists the keys of this node and those of the broker that it believes."""
        not_asked = ""
        try:
            await self._node.directory.refresh_own()
        except ProtocolError as error:
            not_asked = error.message
        own = await self._node.directory.own_keys()
        configured = {key.keyid for key in self._node.configured_keys}
        return api.ListKeysResponse(
            own=map(_key, sorted(own, key=_age)),
            broker=[
                _key(key, told=key.keyid not in configured)
                for key in sorted(self._node.opener.broker_keys, key=_age)
            ],
            signing_keyid=self._node.sender.signer.keyid,
            not_asked=not_asked,
        )

    async def TakeUpKeys(
        self, request: api.TakeUpKeysRequest, context: Context
    ) -> api.TakeUpKeysResponse:
        """Signs and connects with what the settings and the files say now."""
        renewed = self._renew()
        signer = self._named()
        if signer.keyid != self._node.sender.signer.keyid:
            await self._check_registered(signer)
            await self._node.sign_with(signer)
        not_connected = ""
        try:
            await self._node.directory.refresh_own()
        except ProtocolError as error:
            not_connected = error.message
        return api.TakeUpKeysResponse(
            signing_keyid=self._node.sender.signer.keyid,
            certificate_renewed=renewed,
            not_connected=not_connected,
        )

    async def _check_registered(self, signer: Signer) -> None:
        """Checks that the broker takes what a key signs, before anything is signed with it.

        Raises:
            ProtocolError: a KEY reason; BROKER_UNREACHABLE, when nobody can say.
        """
        await self._node.directory.refresh_own()
        for key in await self._node.directory.own_keys():
            if key.keyid == signer.keyid and key.purpose is KeyPurpose.SIGN_MESSAGE:
                now = self._node.clock.now()
                if key.revoked_at is None and key.not_before <= now < key.not_after:
                    return
        raise ProtocolError(
            Reason.KEY_UNKNOWN,
            f"key {signer.keyid} is not registered for {self._node.identity.node}, or not valid now;"
            f" {self._node.sender.signer.keyid} stays in use",
            keyid=signer.keyid,
        )


add_to_server: Final = key_service_pb2_grpc.add_KeyServiceServicer_to_server


def _age(key: PublicKey) -> tuple[Any, str]:
    return key.not_before, key.keyid


def _key(key: PublicKey, *, told: bool = False) -> api.NodeKey:
    return api.NodeKey(
        keyid=key.keyid,
        not_before=timestamp(key.not_before),
        not_after=timestamp(key.not_after),
        revoke_time=timestamp(key.revoked_at) if key.revoked_at else None,
        told=told,
        public_key=key.raw,
    )
