# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""deploy/docs/regimes.md: its code is the toy's, what it plays is played, what it adds is added in one place."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType
from typing import Final

import pytest

from broker.clearing.path.fault import CODE
from broker.regime.regime import Needs
from broker.regime.regimes import Regimes
from broker.rulebook.general.case import Case
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.architecture.documents import executed_blocks
from tests.architecture.sources import ROOT
from tests.kit.clearing import failed, receipt_of
from tests.kit.toy.case import KEPT
from tests.kit.toy.playing import allowed, issuance, trading_world, transfer
from tests.kit.toy.regime import NAME, ToyRegime, allowance
from tests.kit.toy.rulebook import DIGEST

SHOWN: Final = {
    "toy-account-types": "case.py",
    "toy-case": "case.py",
    "toy-check": "toy_issue_allowed.py",
    "toy-rulebook": "rulebook.py",
    "toy-statement": "regime.py",
    "toy-needs": "regime.py",
    "toy-judge": "regime.py",
    "toy-postings": "regime.py",
}
PLAYED: Final = """
import asyncio
from tests.kit.clearing import failed
from tests.kit.toy.playing import trading_world, transfer
from tests.kit.toy.rulebook import DIGEST
from itmo.core.v1 import proposal_pb2

async def play():
    world = await trading_world()
    tha = world.senders["tha"]
    await world.open_account(tha, "THA01", 300, rulebook="toy")
    kind = proposal_pb2.TRANSACTION_TYPE_CANCELLATION
    given_up = transfer(world, 1, 10, taker="THA01", to_type=300, kind=kind)
    verdict = await tha.propose(given_up)
    print(verdict.state, failed(verdict), DIGEST.hex())
    from itmo.findings import read_catalogue
    from tests.kit.toy.rulebook import CATALOGUE
    listed = read_catalogue(CATALOGUE, DIGEST)
    assert len(listed) == len(verdict.outcomes)
    print([each.check_id for each in listed if each.check_id == "ACC_ID_FORMAT"])
    await world.house.stop()

asyncio.run(play())
"""


def run(code: str, first: Path = ROOT) -> str:
    path = os.pathsep.join(map(str, (first, ROOT, ROOT / "proto")))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=first, env={**os.environ, "PYTHONPATH": path},
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", SHOWN)
def test_the_code_of_the_page_is_that_of_the_toy(name: str) -> None:
    """Whatever a page's layout makes of lines and indents."""
    file = ROOT / "tests" / "kit" / "toy" / SHOWN[name]
    written = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    there = {ast.dump(each) for each in written if isinstance(each, ast.stmt)}
    shown = ast.parse(dedent(executed_blocks()[name].text)).body
    assert shown
    assert [ast.unparse(each) for each in shown if ast.dump(each) not in there] == []


@pytest.mark.slow
def test_what_the_page_plays() -> None:
    assert run(executed_blocks()["toy-played"].text).splitlines() == ["FIRST_MOVE", "6", "()"]


@pytest.mark.slow
def test_what_the_page_adds_is_added_in_one_place(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "tests/kit", tmp_path / "tests/kit", ignore=shutil.ignore_patterns("__pycache__")
    )
    toy = tmp_path / "tests/kit/toy"
    for file, before, name in (
        ("rulebook.py", "    msg_sender_is_from_registry, msg_clock", "toy-add-check"),
        ("rulebook.py", "    acc_final_no_exit,\n    acc_issue_self,\n", "toy-add-check"),  # import
        ("case.py", "    KEPT: AccountType(", "toy-add-account-type"),
        ("regime.py", "    proposal_pb2.TRANSACTION_TYPE_RETIREMENT:", "toy-add-transaction-type"),
    ):
        text = (toy / file).read_text(encoding="utf-8")
        assert text.count(before) == 1, before
        added = executed_blocks()[name].text
        (toy / file).write_text(text.replace(before, f"{added}{before}"), encoding="utf-8")
    judged, listed = run(PLAYED, tmp_path).splitlines()
    assert judged.startswith(f"{decision_pb2.STATE_COMPLETED} {{}} ")
    assert not judged.endswith(DIGEST.hex()), "another check is another rulebook"
    assert listed == "['ACC_ID_FORMAT']"


# -- what happens where one of these places is forgotten ------------------------------------------


async def test_an_account_type_that_is_not_listed_is_refused() -> None:
    world = await trading_world()
    statement = statements_pb2.AccountStatement(
        account_id=make_account_id(RegistryId("THA01"), 300, 1),
        registry="THA01", account_type=300, rulebook=NAME,
    )  # fmt: skip
    receipt = receipt_of(await world.senders["tha"].say(PayloadKind.ACCOUNT_STATEMENT, statement))
    assert receipt.refusal.found == "no account type 300"
    await world.house.stop()


async def test_a_transaction_type_that_is_not_read_is_refused() -> None:
    world = await trading_world()
    wanted = transfer(world, 1, 10, kind=proposal_pb2.TRANSACTION_TYPE_CANCELLATION)
    with pytest.raises(ProtocolError) as raised:
        await world.senders["tha"].propose(wanted)
    assert (raised.value.reason, raised.value.metadata["where"]) == (
        Reason.PAYLOAD_INVALID,
        "transaction.type",
    )
    await world.house.stop()


async def test_a_transaction_type_that_no_account_type_names_enters_none() -> None:
    world = await trading_world()
    wanted = transfer(world, 1, 10, taker="THA01", to_type=KEPT)
    found = failed(await world.senders["tha"].propose(wanted))
    assert found.keys() == {"ACC_TO_MATCHES_ACTION"}
    await world.house.stop()


async def test_what_is_judged_by_and_was_not_declared_is_a_fault_and_nothing_is_done() -> None:
    class Forgetful(ToyRegime):
        def needs(self, case: Case) -> Needs:
            told = super().needs(case)
            told.stated.discard(allowance("CHE"))
            return told

    world = await trading_world(Regimes((Forgetful(),)))
    made = issuance(world, 1, 10)
    made.from_registry = made.to_registry = made.blocks[0].registry = "CHE01"
    made.from_account = made.to_account = make_account_id(RegistryId("CHE01"), 100, 1)
    verdict = await world.senders["che"].propose(made)
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert [each.check_id for each in verdict.findings] == [CODE]
    await world.house.stop()


async def test_what_no_statement_takes_is_not_taken() -> None:
    class Silent(ToyRegime):
        statements = MappingProxyType({})  # type: ignore[misc]  # forgotten

    with pytest.raises(ProtocolError) as raised:
        await trading_world(Regimes((Silent(),)))
    assert raised.value.reason is Reason.PAYLOAD_TYPE_UNKNOWN
    assert allowed("THA", 1).assigned_amount.quantity == 1
