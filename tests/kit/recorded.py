# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One signed message of each kind as a version wrote it: `python -m tests.kit.recorded` writes them anew.

Once a version is released its file is frozen; later versions have to read, verify and export all of it.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from broker.app import bring_up_to_date
from broker.known_regimes import ALL_REGIMES
from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.ed25519 import SIGNATURE_BYTES
from itmo.envelope import Envelope
from itmo.keys import MemorySigner
from itmo.payloads import MESSAGE_OF, PayloadKind, decode, kind_of
from scenarios.play import play
from scenarios.reading import read_file
from tests.kit.clearing import batch, join_request, trading_world, transfer

FOLDER = Path(__file__).parents[1] / "vectors" / "recorded"
STORIES = Path(__file__).parents[1] / "scenarios"
PLAYED = (
    "administrators_write", "kyoto_reconciled", "life_completed_by_proposer", "life_rejection",
    "life_withdrawal", "maintenance_window", "notice_of_vintage", "programme_cancels", "reversal",
    "sharing_view", "timing_registration",
)  # fmt: skip
"""Stories that together say nearly everything there is to say."""
_MESSAGES = "SELECT kind, payload, keyids, signatures FROM message ORDER BY log_index"
_STATEMENTS = (
    "SELECT t.kind, t.payload, s.keyid, s.signature FROM statement AS t"
    " JOIN statement_signature AS s ON s.statement_id = t.statement_id ORDER BY t.sequence"
)
_KEYS = "SELECT keyid, public_key FROM key"


def export(kind: PayloadKind, payload: bytes) -> dict[str, Any]:
    """A message as it is shown to people and programs that read JSON."""
    message = decode(kind, payload)
    exported: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return exported


def written(kind: PayloadKind, payload: bytes, key: bytes, signature: bytes) -> dict[str, Any]:
    return {
        "kind": kind.value,
        "label": kind.label,
        "payload": payload.hex(),
        "sha256": sha256(payload).hexdigest(),
        "public_key": key.hex(),
        "signature": signature.hex(),
        "export": export(kind, payload),
    }


def of_envelope(envelope: Envelope, key: bytes) -> dict[str, Any]:
    return written(
        kind_of(envelope.payload_type), envelope.payload, key, envelope.signatures[0].sig
    )


class _Kept(sqlite3.Connection):
    """What was played is looked at afterwards."""

    def close(self) -> None:
        """Stays open."""


def played(name: str) -> Iterator[dict[str, Any]]:
    """Every signed message of a story."""
    kept: list[sqlite3.Connection] = []

    def database() -> sqlite3.Connection:
        made = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, factory=_Kept
        )
        bring_up_to_date(made, ALL_REGIMES)
        kept.append(made)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenarios.network.memory_database", database)
        asyncio.run(play(read_file(STORIES / f"{name}.yaml")))
    yield from in_database(kept[0])


def in_database(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Every signed message of a record."""
    keys = dict(connection.execute(_KEYS).fetchall())
    for kind, payload, keyids, signatures in connection.execute(_MESSAGES):
        key = keys[keyids.split()[0]]
        yield written(PayloadKind(kind), payload, key, signatures[:SIGNATURE_BYTES])
    for kind, payload, keyid, signature in connection.execute(_STATEMENTS):
        yield written(PayloadKind(kind), payload, keys[keyid], signature)


async def together() -> list[dict[str, Any]]:
    """What is said of many at once, and what is said before anybody is admitted."""
    world = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    wanted = [transfer(world, at * 10 + 1, at * 10 + 10) for at in range(4)]
    await batch(tha, wanted)
    proposed = tha.chain.previous_payload_hash
    for kind, answer, names in (
        (PayloadKind.ACCEPTANCE_BATCH, proposal_pb2.AcceptanceBatch, wanted[:2]),
        (PayloadKind.REJECTION_BATCH, proposal_pb2.RejectionBatch, wanted[2:]),
    ):
        ids = [each.transaction_id for each in names]
        one = proposal_pb2.AnsweredProposal(proposal_hash=proposed, transaction_ids=ids)
        await che.say(kind, answer(proposals=[one]))
    revoked = statements_pb2.KeyStatement(
        node="che",
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=che.chain.signer.public_key,
        revoked=True,
    )
    await world.operator.state(PayloadKind.KEY_STATEMENT, revoked)
    await world.house.signer.sign_stored()
    signer = MemorySigner.from_seed(b"c" * 32)
    joining = join_request(signer, "c", ("CHE01",))
    found = [*in_database(world.connection), of_envelope(joining, signer.public_key)]
    await world.house.stop()
    return found


def main() -> None:
    """Writes the first message of each kind that is come across."""
    first: dict[str, dict[str, Any]] = {}
    for source in (asyncio.run(together()), *map(played, PLAYED)):
        for each in source:
            first.setdefault(each["kind"], each)
    missing = sorted({kind.value for kind in MESSAGE_OF} - set(first))
    if missing:
        raise SystemExit(f"no message of these kinds: {', '.join(missing)}")
    text = json.dumps([first[kind.value] for kind in MESSAGE_OF], indent=1, ensure_ascii=False)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "0.1.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
