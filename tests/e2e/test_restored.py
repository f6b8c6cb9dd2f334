# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Broker and node are restored from older copies as the operator's page tells, with the real programs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.demo.programs import Programs, free_address

NODES = {"tha": "THA01", "che": "CHE01"}
REFUSED = (1,)


@pytest.fixture
async def programs() -> AsyncIterator[Programs]:
    """A broker and two nodes that serve."""
    home = Path(tempfile.mkdtemp(prefix="rst"))  # socket paths hold about a hundred bytes
    programs = Programs(home, 2)
    try:
        address = free_address()
        await programs.broker("init", "--network", "itmo-restored", "--listen", address)
        serve(programs, "broker")
        await programs.until("the broker to serve", lambda: answers(programs, "broker"))
        for name, registry in NODES.items():
            words = ("--node", name, "--kind", "national", "--registry", registry)
            await programs.node(name, "init", *words, "--network", "itmo-restored")
            request, file = home / name / "join-request.json", home / f"{name}.json"
            made = await programs.broker("admit", request, "--out", file, "--yes")
            await programs.node(name, "join", file, "--sha256", made["sha256"])
            serve(programs, name)
            await programs.until(f"{name} to connect", lambda name=name: answers(programs, name))  # type: ignore[misc]
        yield programs
    finally:
        programs.stop()
        shutil.rmtree(home)


def serve(programs: Programs, name: str) -> None:
    programs.serve(name)


def stop(programs: Programs, name: str) -> None:
    """Ends a service in order."""
    service = programs.services.pop(name)
    service.process.terminate()
    assert service.process.wait(30) == 0


async def answers(programs: Programs, name: str) -> bool:
    if name == "broker":
        told = await programs.broker("status", accept=(0, 1, 3))
        return bool(told.get("running"))
    told = await programs.node(name, "status", accept=(0, 1, 3))
    return bool(told.get("connected"))


async def opened(programs: Programs, name: str) -> set[str]:
    told = await programs.node(name, "accounts")
    return {
        each["account_id"] for each in told["accounts"] if each["state"] == "ACCOUNT_STATE_OPEN"
    }


async def open_account(programs: Programs, name: str) -> str:
    made = await programs.node(name, "open-account", "--type", "100", "--wait", "30")
    return str(made["account"]["account_id"])


async def alarms(programs: Programs, name: str) -> set[str]:
    told = await programs.node(name, "alarms", accept=(0, 1))
    return {each["code"] for each in told["alarms"]}


def put_in_place(database: Path, copy: Path) -> None:
    """Moves the database and all that belongs to it aside, and puts a copy there."""
    aside = database.parent / "aside"
    aside.mkdir()
    for file in database.parent.glob(f"{database.name}*"):
        file.rename(aside / file.name)
    shutil.copy(copy, database)
    database.chmod(0o600)


@pytest.mark.slow
async def test_a_broker_is_restored_as_the_page_tells(programs: Programs) -> None:
    home = programs.home
    first = await open_account(programs, "tha")
    await programs.broker("backup", home / "broker.copy")
    second, third = await open_account(programs, "tha"), await open_account(programs, "tha")
    stop(programs, "broker")
    put_in_place(home / "broker" / "broker.sqlite", home / "broker.copy")
    assert (await programs.broker("verify"))["ok"]
    assert not (await programs.broker("head", accept=REFUSED))["ok"]
    assert (await programs.broker("head", "--accept-loss", "--yes"))["accepted"]
    serve(programs, "broker")
    await programs.until("the broker to serve", lambda: answers(programs, "broker"))
    theirs = await open_account(programs, "che")  # who lost nothing goes on

    async def noticed() -> bool:
        return "RECORD_DIFFERS" in await alarms(programs, "tha")

    await programs.until("the node to notice", noticed)
    assert not (await programs.node("tha", "verify", accept=REFUSED))["ok"]
    told = await programs.node("tha", "record", accept=REFUSED)
    assert (told["own_messages"], told["own_messages_of_both"]) == (3, 1)
    stop(programs, "tha")
    told = await programs.node("tha", "record", "--accept-loss", "--send-again", "--yes")
    assert told["accepted"]
    assert [each["sent_again"] for each in told["lost"]] == [True, True]
    assert list((home / "tha" / "data").glob("node.db.before-*")), told["kept"]
    assert (await programs.node("tha", "record"))["ok"]
    serve(programs, "tha")

    async def back() -> bool:
        return await answers(programs, "tha") and await opened(programs, "tha") == {
            first, second, third
        }  # fmt: skip

    await programs.until("the accounts to be opened again", back)
    assert (await programs.node("tha", "verify"))["ok"]
    assert (await programs.broker("verify"))["ok"]
    assert await opened(programs, "che") == {theirs}


@pytest.mark.slow
async def test_a_node_is_restored_as_the_page_tells(programs: Programs) -> None:
    home = programs.home
    first = await open_account(programs, "tha")
    await programs.node("tha", "backup", home / "tha.copy")
    second = await open_account(programs, "tha")
    stop(programs, "tha")
    put_in_place(home / "tha" / "data" / "node.db", home / "tha.copy")
    assert not (await programs.node("tha", "head", accept=REFUSED))["ok"]
    assert (await programs.node("tha", "head", "--accept-loss", "--yes"))["accepted"]
    serve(programs, "tha")

    async def back() -> bool:
        return await answers(programs, "tha") and await opened(programs, "tha") == {first, second}

    await programs.until("the account that was opened since", back)
    third = await open_account(programs, "tha")
    assert await opened(programs, "tha") == {first, second, third}
    assert "SEQUENCE_USED" in await alarms(programs, "tha")
    assert (await programs.node("tha", "verify"))["ok"]
