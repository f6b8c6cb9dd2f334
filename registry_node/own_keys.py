# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The node's signer compared with what is known of its registration, without asking anybody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from itmo.clock import to_text
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, Keyring, PublicKey
from itmo.reasons import ProtocolError, Reason
from itmo.validity import of_key


def check_signer(
    keyid: str,
    node: NodeId,
    keys: Collection[PublicKey],
    broker_keys: Collection[PublicKey],
    now: datetime,
) -> None:
    """Checks that a node may sign with a key, and believes a key of the broker, as far as is known here.

    Args:
        keyid: Of its signer.
        node: The node.
        keys: What the broker registered, as far as it was asked; an unknown key passes.
        broker_keys: The keys of the broker that the node believes.
        now: By the network's clock.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, with what was found and what to do.
    """
    if any(each.keyid == keyid for each in broker_keys):
        raise _wrong("node.signer", f"names {keyid}, a key of the clearing-house")
    # Of one that is not good yet nothing is said: a test network's clock may not be known here.
    if all(of_key("", each).not_after <= now for each in broker_keys):
        raise _wrong("broker.keys", f"holds no key that has not ended by {to_text(now)}")
    fault = Keyring(keys).fault(keyid, node, KeyPurpose.SIGN_MESSAGE, now)
    if fault and any(key.keyid == keyid for key in keys):
        raise _wrong("node.signer", f"names a key that {node} cannot sign with: {fault}")


def _wrong(setting: str, fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"{setting} {fault}. See Rotate keys on the page Operating.",
        setting=setting,
    )
