# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A program that takes one signed message in and is killed when the first row of a table is written.

`python -m tests.kit.killed_while_writing DATABASE TABLE NODE AT < message`: the message is the payload type,
the payload, the id of a key and a signature, in lines of hexadecimal digits. It stands for `kill -9`: the
signal comes from within the statement that writes, before the commit. Where DATABASE is the URL of a server,
its process for this program ends within that statement, and the program when it hears of it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from datetime import datetime

from broker.known_regimes import ALL_REGIMES
from broker.store.engines import taken
from broker.store.fence import open_decider
from itmo.envelope import Envelope, Signature
from itmo.identifiers import NodeId
from itmo.reasons import ProtocolError
from tests.kit.clearing import new_world

TRAP = "trap"
"""The function behind the guard that is left on a server; who drops it drops the guard."""
_TRAP = """CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'

CREATE TRIGGER trap AFTER INSERT ON {0} EXECUTE FUNCTION trap()"""


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
    moment = datetime.fromisoformat(at)
    decider = open_decider(database) if "://" in database else None
    if decider is not None:
        taken(decider)
        world = await new_world(decider, ALL_REGIMES, moment)  # type: ignore[arg-type]  # of either engine
        for each in _TRAP.format(table).split("\n\n"):
            decider.execute(each)
        decider.dial = die  # type: ignore[assignment]  # when the connection is lost
    else:
        connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys = ON")
        world = await new_world(connection, ALL_REGIMES, moment)
        connection.execute("PRAGMA trusted_schema = ON")
        connection.create_function("die", 0, die)
        connection.execute(
            f"CREATE TEMP TRIGGER trap AFTER INSERT ON main.{table} BEGIN SELECT die(); END"
        )
    try:
        await world.house.submit(NodeId(node), envelope)
    except ProtocolError:
        if decider is not None and decider.raw.closed:  # it heard of it before it could commit
            die()
        raise


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
