# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's own signers compared with the keys that are registered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from broker.app import Parts
from broker.clearing.gate import OPERATOR_NODE
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, Keyring, PublicKey, Signer
from itmo.reasons import ProtocolError, Reason


def check_signers(parts: Parts, keys: Iterable[PublicKey]) -> None:
    """Checks that both signers are registered for what they sign, and valid now.

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
    ring, faults = Keyring(known), []
    for now in moments:
        try:
            key = ring.find(signer.keyid, purpose, now)
        except ProtocolError as error:
            faults.append(error.message.rstrip("."))
            continue
        if key.node == node:
            return
        faults.append(f"it is registered for {key.node}")
    fault = faults[0]
    usable = [each.keyid for each in known if each.node == node and _usable(ring, each, moments[0])]
    raise ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"{setting} names a key that {node} cannot sign with: {fault}. Registered and valid now:"
        f" {', '.join(usable) or 'none'}. Name the file of one of these, or register this key first"
        " (`broker key add`).",
        setting=setting,
        found=signer.keyid,
        expected=" ".join(usable),
    )


def _usable(ring: Keyring, key: PublicKey, now: datetime) -> bool:
    try:
        ring.find(key.keyid, key.purpose, now)
    except ProtocolError:
        return False
    return True
