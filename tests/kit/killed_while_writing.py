# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A program that takes one signed message in and is killed when the first row of a table is written.

`python -m tests.kit.killed_while_writing DATABASE TABLE NODE < message`: the message is the payload type,
the payload, the id of a key and a signature, in lines of hexadecimal digits. It stands for `kill -9`: the
signal comes from within the statement that writes, before the commit.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from datetime import datetime

from broker.app import ALL_REGIMES
from itmo.envelope import Envelope, Signature
from itmo.identifiers import NodeId
from tests.kit.clearing import new_world


def die() -> None:
    """Ends this program as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


async def main(database: str, table: str, node: str, at: str) -> None:
    """Opens the ledger, lays the trap, and submits."""
    kind, payload, keyid, signature = sys.stdin.read().split()
    envelope = Envelope(
        bytes.fromhex(payload),
        bytes.fromhex(kind).decode(),
        (Signature(keyid, bytes.fromhex(signature)),),
    )
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    world = await new_world(connection, ALL_REGIMES, datetime.fromisoformat(at))
    connection.execute("PRAGMA trusted_schema = ON")
    connection.create_function("die", 0, die)
    connection.execute(
        f"CREATE TEMP TRIGGER trap AFTER INSERT ON main.{table} BEGIN SELECT die(); END"
    )
    await world.house.submit(NodeId(node), envelope)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
