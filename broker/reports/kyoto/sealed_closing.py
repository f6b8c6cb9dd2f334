# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The statement by which a registry is closed, beside the files that it seals: what was sealed, and when.

It names the seal, so it cannot be among the sealed files; it lies in the log, behind the leaves of the
export, and its receipt says when.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from broker.log.merkle import NO_MESSAGE, leaf_data, leaf_hash, root
from broker.reports.kyoto.attestation import envelope_in
from itmo.core.v1 import decision_pb2
from itmo.kyoto.v1 import statements_pb2
from itmo.payloads import PayloadKind, decode, kind_of
from itmo.runtime.db.connection import Connection
from itmo.timestamps import moment

CLOSING: Final = "closing.json"
_LEAVES: Final = "SELECT leaf_hash FROM log_leaf WHERE log_index BETWEEN ? AND ? ORDER BY log_index"


@dataclass(frozen=True, slots=True)
class Closed:
    """The closing as it was signed.

    Attributes:
        at: When it was decided on.
        log_index: Where it is in the log.
        root: Of the log with it.
    """

    at: datetime
    log_index: int
    root: str


def closing_file(
    connection: Connection, decision: dict[str, object], size: int, log_index: int
) -> bytes:
    """The closing as a file.

    Args:
        connection: The database.
        decision: The decision on it, with its messages.
        size: Decisions in the log when the export was made.
        log_index: Place of this decision.
    """
    leaves = [leaf.hex() for (leaf,) in connection.execute(_LEAVES, (size, log_index))]
    said = {"decision": decision, "leaves": leaves}
    return (json.dumps(said, indent=1, sort_keys=True) + "\n").encode()


def closing_in(
    content: bytes, log: Mapping[str, Any], seal: str, leaves: list[bytes]
) -> tuple[Closed, list[str], Any]:
    """The closing, what of it does not fit, and its decision; raises as damaged JSON does.

    Args:
        content: The file.
        log: What the export says of the log.
        seal: Of the export.
        leaves: Of the log, up to the export.
    """
    said = json.loads(content)
    decision, more = said["decision"], [bytes.fromhex(each) for each in said["leaves"]]
    message = envelope_in(decision["message"])
    stated = cast(
        "statements_pb2.KyotoStatement", decode(PayloadKind.KYOTO_STATEMENT, message.payload)
    ).closing
    receipts = [
        cast("decision_pb2.Receipt", decode(PayloadKind.RECEIPT, each.payload))
        for each in map(envelope_in, decision["statements"])
        if kind_of(each.payload_type) is PayloadKind.RECEIPT
    ]
    receipt = receipts[0]
    closed = Closed(
        at=moment(receipt.header.creation_time, "at"),
        log_index=receipt.log_index,
        root=root([*leaves, *more]).hex(),
    )
    problems = [*_wrong(stated, receipt, log, seal)]
    hashes = [hashlib.sha256(envelope_in(e).payload).digest() for e in decision["statements"]]
    asked = hashlib.sha256(message.payload).digest() if message.payload else NO_MESSAGE
    if (
        receipt.log_index != len(leaves) + len(more) - 1
        or leaf_hash(leaf_data(asked, hashes)) != (more or leaves)[-1]
    ):
        problems.append("the closing is not in the log whose leaves are given")
    if receipt.message_hash != asked or not receipt.effective:
        problems.append("the receipt is not of the closing, or says that it took no effect")
    return closed, problems, decision


def _wrong(
    stated: statements_pb2.RegistryClosing,
    receipt: decision_pb2.Receipt,
    log: Mapping[str, Any],
    seal: str,
) -> Iterator[str]:
    for what, found, wanted in (
        ("seal", stated.seal.hex(), seal),
        ("root", stated.log_root.hex(), log["root"]),
        ("size of the log", stated.log_size, log["size"]),
        ("registry", stated.registry, log["registry"]),
    ):
        if found != wanted:
            yield f"the closing, decision {receipt.log_index}, states {what} {found}, not {wanted}"
