# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's own signers compared with the keys that are registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from broker.app import KeyElsewhere, Parts
from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.house import ClearingHouse
from broker.store import nodes
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, Keyring, PublicKey, Signer
from itmo.reasons import ProtocolError, Reason

_log: Final = structlog.get_logger()


class KeysInUse:
    """The keys that a broker which serves signs with, in its parts, and how it takes up others.

    Args:
        parts: What the house is made of, with the keys that it began with.
        house: Signs statements.
        named: Reads which keys the settings name now.
    """

    def __init__(
        self, parts: Parts, house: ClearingHouse, named: Callable[[], tuple[Signer, Signer]]
    ) -> None:
        self.parts = parts
        self._house = house
        self._named = named

    async def take_up(self) -> tuple[str, str]:
        """Signs with what the settings name now; returns the two key ids.

        Raises:
            ProtocolError: CONFIGURATION_INVALID; the keys in use stay.
        """
        message, operator = self._named()
        keys = await self._house.reader.run(nodes.keys)
        parts = replace(self.parts, signer=message, operator_signer=operator)
        check_signers(parts, keys)
        if await self._house.signer.change_to(message):
            _log.info("signing_key_changed", keyid=message.keyid)
        self.parts = parts
        return message.keyid, operator.keyid


def check_signers(parts: Parts, keys: Iterable[PublicKey]) -> None:
    """Checks that the signers of this process are registered for what they sign, and valid now.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, naming the setting, what was found and what to do.
    """
    known, look = list(keys), parts.clock.look()
    # While the clock is in fault nobody knows which of the two it is; nothing is signed until then.
    moments = (look.now, *((look.fault.found,) if look.fault else ()))
    for setting, signer, node, purpose in (
        ("signers.message", parts.signer, parts.network.broker_node, KeyPurpose.SIGN_RECEIPT),
        ("signers.operator", parts.operator_signer, OPERATOR_NODE, KeyPurpose.OPERATE),
    ):
        if not isinstance(signer, KeyElsewhere):
            check_signer(setting, signer, node, purpose, known, moments)


def check_signer(
    setting: str,
    signer: Signer,
    node: NodeId,
    purpose: KeyPurpose,
    keys: Iterable[PublicKey],
    moments: Sequence[datetime],
) -> None:
    """Checks one signer at one of several moments; raises as `check_signers`."""
    known = list(keys)
    ring = Keyring(known)
    faults = [ring.fault(signer.keyid, node, purpose, now) for now in moments]
    if not all(faults):
        return
    fault, now = faults[0], moments[0]
    usable = [each.keyid for each in known if not ring.fault(each.keyid, node, each.purpose, now)]
    raise ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"{setting} names a key that {node} cannot sign with: {fault}. Registered and valid now:"
        f" {', '.join(usable) or 'none'}. Name the file of one of these, or register this key first"
        " (`broker key add`).",
        setting=setting,
        found=signer.keyid,
        expected=" ".join(usable),
    )
