# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker reconciliation`: how books stand to the record, and what becomes of a case."""

from __future__ import annotations

from pathlib import Path

import pytest

from itmo.core.v1 import reconciliation_pb2 as pb
from tests.kit.clearing import ClearingWorld, trading_world, transfer
from tests.kit.reconciliation import reconcile, recorded
from tests.unit.broker.cli.kit import broker, lay, set_up


async def disputed() -> tuple[ClearingWorld, str, str, str]:
    """Thailand's books lack 1 to 100, which it gave away and got back; it has carried out something more."""
    world = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    offered = transfer(world, 1, 100)
    await tha.propose(offered)
    await che.accept(offered.transaction_id)
    back = transfer(world, 1, 100, giver="CHE01", taker="THA01")
    await che.propose(back)
    await tha.accept(back.transaction_id)
    dreamt = world.transaction_id()

    def trail(_: object) -> list[pb.TrailEntry]:
        row = world.connection.execute(
            "SELECT proposal_hash FROM transaction_record WHERE transaction_id = ?",
            (offered.transaction_id,),
        ).fetchone()
        return [
            pb.TrailEntry(transaction_id=offered.transaction_id, proposal_hash=row[0]),
            pb.TrailEntry(transaction_id=dreamt, proposal_hash=bytes(32)),
        ]

    def lost() -> list[object]:
        return [each for each in recorded(world, "THA01") if each.first > 100]

    went = await reconcile(tha, "THA01", lost, trail)  # type: ignore[arg-type]  # entries
    await reconcile(che, "CHE01", lambda: recorded(world, "CHE01"))
    return world, went.case_id, back.transaction_id, dreamt


@pytest.fixture
async def directory(tmp_path: Path) -> Path:
    made = set_up(tmp_path / "broker")
    world, *_ = await disputed()
    lay(world, made)
    return made


async def test_how_books_stand(directory: Path) -> None:
    ran = broker("--dir", directory, "--json", "reconciliation", "list")
    assert ran.exit_code == 1, "a case is open"
    answer = ran.json
    views = {each["registry"]: each for each in answer["registries"]}
    assert (views["THA01"]["outcome"], views["THA01"]["open_cases"]) == ("DIFFERS", 1)
    assert (views["CHE01"]["outcome"], views["CHE01"]["open_cases"]) == ("AGREED", 0)
    (case,) = answer["cases"]
    assert (case["registry"], case["owner"], case["ranges"]) == ("THA01", "OPERATOR", 1)
    assert "OPERATOR" in broker("--dir", directory, "reconciliation", "list").stdout


async def test_what_differs_in_a_case_and_who_carried_out_what(directory: Path) -> None:
    (case,) = broker("--dir", directory, "--json", "reconciliation", "list").json["cases"]
    shown = broker("--dir", directory, "--json", "reconciliation", "show", case["case_id"]).json
    (held,) = shown["case"]["held"]
    assert (held["registry"], held["first"], held["last"]) == ("THA01", 1, 100)
    assert (held["kind"], held["stated_account"]) == ("MISSING", "")
    assert [each["event"] for each in shown["case"]["events"]] == ["OPENED", "TRAIL"]
    trail = [(each["recorded"], each["stated"]) for each in shown["case"]["trail"]]
    assert sorted(trail) == [(False, True), (True, False), (True, False), (True, True)]
    text = broker("--dir", directory, "reconciliation", "show", case["case_id"][-8:]).stdout
    assert "THA01:1-100" in text
    assert "does not have" in text
    assert broker("--dir", directory, "reconciliation", "show", "none").exit_code == 1
