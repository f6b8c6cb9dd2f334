# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Registries choose how much they share; what they report is checked and never moves a unit."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from broker.clearing.decision.world import World
from broker.clearing.path import cost
from broker.clearing.path.received import Received
from broker.clearing.sharing import sharing
from broker.store import claims, loading
from broker.verifying.verify import verify
from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2, sharing_pb2
from itmo.payloads import PayloadKind
from itmo.timestamps import timestamp
from tests.kit.clearing import (
    START,
    ClearingWorld,
    authorize,
    failed,
    issuance,
    sealed,
    send,
    signed,
    transfer,
    verdict_of,
)
from tests.kit.sharing import (
    NOTIFY,
    TRANSACT,
    VIEW,
    action,
    holding,
    remarks,
    report,
    share,
    sharing_world,
)
from tests.kit.world_again import trading_again

HOUR = timedelta(hours=1)
SNAPSHOT = "REC_REGISTRY_SNAPSHOT"


def findings(world: ClearingWorld) -> list[tuple[str, str, str, str]]:
    """Code, Party, other registry and state of every finding, oldest first."""
    return world.connection.execute(
        "SELECT code, party, other, state FROM report_finding ORDER BY opened_at, finding_id"
    ).fetchall()


def held(world: ClearingWorld, reporter: str) -> list[tuple[str, int, int, int]]:
    """What a registry holds by its reports."""
    return world.connection.execute(
        "SELECT registry, first, last, account_type FROM reported_holding WHERE reporter = ?"
        " ORDER BY registry, first",
        (reporter,),
    ).fetchall()


def soon(world: ClearingWorld) -> Callable[[], datetime]:
    """The moment of the next report, which is a second away."""
    return lambda: world.clock.now() + timedelta(seconds=1)


def run(play: Callable[[], Awaitable[ClearingWorld]]) -> ClearingWorld:
    """Plays, then makes everything again from the signed messages and compares."""

    async def whole() -> ClearingWorld:
        world = await play()
        await world.house.stop()
        return world

    world = asyncio.run(whole())
    assert verify(world.connection, lambda _: None).problems == ()
    return world


@pytest.mark.parametrize("level", [VIEW, NOTIFY])
def test_a_registry_that_shares_less_moves_nothing(
    level: sharing_pb2.SharingLevel.ValueType,
) -> None:
    async def play() -> ClearingWorld:
        world = await trading_again()
        tha, che = world.senders["tha"], world.senders["che"]
        assert (await share(che, "CHE01", level)).effective
        refused = failed(await tha.propose(transfer(world, 1, 10)))
        assert "REG_SHARING_LEVEL" in refused
        assert (await share(che, "CHE01", TRANSACT)).effective
        verdict = await tha.propose(transfer(world, 1, 10))
        assert verdict.state == decision_pb2.STATE_VALIDATED
        return world

    run(play)


def test_a_report_is_kept_and_shown_apart_from_the_ledger() -> None:
    async def play() -> ClearingWorld:
        world = await sharing_world()
        vut = world.senders["vut"]
        before = world.connection.execute("SELECT * FROM unit_block").fetchall()
        receipt = await report(vut, "VUT01", holdings=[holding("VUT01", 1, 50)])
        assert receipt.effective
        assert remarks(receipt) == []
        assert world.connection.execute("SELECT * FROM unit_block").fetchall() == before
        return world

    world = run(play)
    assert held(world, "VUT01") == [("VUT01", 1, 50, 100)]
    assert findings(world) == []


def test_units_held_twice_are_found_and_the_finding_closes_when_they_are_not() -> None:
    async def play() -> ClearingWorld:
        world = await sharing_world()
        vut, gha = world.senders["vut"], world.senders["gha"]
        claim = holding("THA01", 100_000, 100_010)
        receipt = await report(vut, "VUT01", holdings=[holding("VUT01", 1, 50), claim])
        assert receipt.effective
        # That they exist elsewhere is not for a registry that claims units of others.
        assert remarks(receipt) == []
        receipt = await report(gha, "GHA01", holdings=[holding("VUT01", 50, 60)])
        assert remarks(receipt) == []
        assert findings(world) == [
            ("ID_ONE_ACCOUNT", "VUT", "THA01", "OPEN"),
            ("ID_ONE_ACCOUNT", "GHA", "VUT01", "OPEN"),
        ]
        sold = action("s1", "TRANSFER", "VUT01", 50, 50, soon(world)(), counterparty="GHA01")
        await report(vut, "VUT01", holdings=[holding("VUT01", 1, 49)], actions=[sold])
        await report(gha, "GHA01", holdings=[holding("VUT01", 50, 60)])
        return world

    states = {code + party: state for code, party, _, state in findings(run(play))}
    assert states["ID_ONE_ACCOUNTVUT"] == "CLOSED"
    assert states["ID_ONE_ACCOUNTGHA"] == "CLOSED"


def test_holdings_follow_from_the_report_before_and_the_actions_since() -> None:
    async def play() -> ClearingWorld:
        world = await sharing_world()
        vut = world.senders["vut"]
        await report(vut, "VUT01", holdings=[holding("VUT01", 1, 50)])
        now = soon(world)
        used = action("u1", "USE", "VUT01", 1, 10, now(), account_type=200, year=2023)
        receipt = await report(
            vut,
            "VUT01",
            holdings=[holding("VUT01", 1, 10, 200), holding("VUT01", 11, 50)],
            actions=[used],
        )
        assert remarks(receipt) == []
        # Ten more out of nothing, five gone, and used units are free again.
        receipt = await report(
            vut, "VUT01", holdings=[holding("VUT01", 1, 45), holding("VUT01", 101, 110)]
        )
        assert remarks(receipt) == ["REC_HOLDINGS_ROLL"] * 3
        found = [each.found for each in receipt.remarks]
        assert found[0].startswith(
            "VUT01:1-10 are in an account of type 100, were in one of type 200"
        )
        assert found[1].startswith("VUT01:101-110 are held, and no action")
        assert found[2].startswith("VUT01:46-50 are no longer held")
        return world

    run(play)


def test_a_notifying_registry_is_checked_after_the_fact() -> None:
    async def play() -> ClearingWorld:
        world = await sharing_world(NOTIFY)
        vut, now = world.senders["vut"], soon(world)
        issued = action("i1", "ISSUANCE", "VUT01", 1, 100, now())
        used = action("u1", "USE", "VUT01", 1, 10, now(), account_type=200, year=2023)
        receipt = await report(vut, "VUT01", actions=[issued, used])
        assert remarks(receipt) == []
        assert held(world, "VUT01") == [("VUT01", 1, 10, 200), ("VUT01", 11, 100, 100)]
        again = action("t1", "TRANSFER", "VUT01", 5, 20, now(), counterparty="GHA01")
        unknown = action("t2", "TRANSFER", "VUT01", 95, 105, now(), counterparty="GHA01")
        receipt = await report(vut, "VUT01", actions=[used, again, unknown])
        assert remarks(receipt) == ["AEF_ACTION_ONCE", "ACC_FINAL_NO_EXIT", "ID_KNOWN_AND_HELD"]
        assert held(world, "VUT01") == [("VUT01", 1, 4, 200), ("VUT01", 21, 94, 100)]
        return world

    run(play)


def test_what_happened_once_is_closed_by_the_report_after_its_answer() -> None:
    async def play() -> ClearingWorld:
        world = await sharing_world(NOTIFY)
        vut, now = world.senders["vut"], soon(world)
        sold = action("t1", "TRANSFER", "VUT01", 5, 20, now(), counterparty="GHA01")
        await report(vut, "VUT01", actions=[sold])
        assert [row[3] for row in findings(world)] == ["OPEN"]
        await report(vut, "VUT01")
        assert [row[3] for row in findings(world)] == ["OPEN"], "silence closes nothing"
        (name,) = world.connection.execute("SELECT finding_id FROM report_finding").fetchone()
        stranger = sharing_pb2.FindingAnswer(finding_id=name, text="not mine")
        refused = await report(world.senders["gha"], "GHA01", holdings=[], answers=[stranger])
        assert refused.refusal.code == "NOT_FOUND"
        said = sharing_pb2.FindingAnswer(finding_id=name, text="i1 will be reported")
        await report(vut, "VUT01", answers=[said])
        assert [row[3] for row in findings(world)] == ["ANSWERED"]
        await report(vut, "VUT01")
        assert [row[3] for row in findings(world)] == ["CLOSED"]
        return world

    run(play)


def test_findings_that_nobody_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are told in every receipt; what is kept open and carried on is not without end."""
    monkeypatch.setattr(sharing, "_MAX_OPEN", 3)

    async def play() -> ClearingWorld:
        world = await sharing_world(NOTIFY)
        vut, now = world.senders["vut"], soon(world)
        issued = action("i1", "ISSUANCE", "VUT01", 1, 100, now())
        await report(vut, "VUT01", actions=[issued])
        for number in range(5):
            sold = action(
                f"n{number}", "TRANSFER", "VUT01", 500, 500 + number, now(), counterparty="GHA01"
            )
            again = [issued, sold]
            receipt = await report(vut, "VUT01", actions=again)
            assert receipt.effective, receipt.refusal
            assert remarks(receipt) == ["AEF_ACTION_ONCE", "ID_KNOWN_AND_HELD"]
            assert len(findings(world)) == min(3, 2 + number)
        # What is so, not what happened, is found all the same.
        gone = action("i2", "ISSUANCE", "VUT01", 101, 102, now())
        claimed = action("b1", "ACQUISITION", "THA01", 1, 5, now(), counterparty="THA01")
        await report(vut, "VUT01", actions=[gone, claimed])
        assert ("ID_ONE_ACCOUNT", "VUT", "THA01", "OPEN") in findings(world)
        return world

    assert len(findings(run(play))) == 4


def test_reports_decided_together_find_what_each_finds_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two reports together touch more rows of a third registry than one may be compared with."""
    monkeypatch.setattr(claims, "MAX_OTHERS", 12)
    monkeypatch.setattr(loading, "MAX_OTHERS", 12)
    groups: list[int] = []
    load = loading.Loader.load

    def counted(self: loading.Loader, group: Sequence[Received], *rest: Any, **more: Any) -> World:  # noqa: ANN401  # as it is called
        groups.append(len(group))
        return load(self, group, *rest, **more)

    monkeypatch.setattr(loading.Loader, "load", counted)

    async def play() -> ClearingWorld:
        world = await sharing_world()
        vut, gha = world.senders["vut"], world.senders["gha"]
        per = await world.admit("per", "PER01")
        await share(per, "PER01", VIEW)
        await report(per, "PER01", holdings=[holding("PER01", at, at) for at in range(1, 32, 2)])
        world.clock.set(soon(world)())
        both = [
            signed(
                sender,
                PayloadKind.REGISTRY_REPORT,
                sharing_pb2.RegistryReport(
                    registry=name,
                    as_of=timestamp(world.clock.now()),
                    complete=True,
                    holdings=[holding("PER01", first, first + 15)],
                ),
            )
            for sender, name, first in ((vut, "VUT01", 1), (gha, "GHA01", 17))
        ]
        await asyncio.gather(send(vut, both[0]), send(gha, both[1]))
        return world

    world = run(play)
    assert 2 in groups
    assert Counter(each[1] for each in findings(world)) == {"VUT": 8, "GHA": 8}


@pytest.mark.parametrize("dry", [False, True])
def test_stating_how_much_is_shared_costs_what_is_kept(dry: bool) -> None:
    """The books of a registry are loaded for each statement; a small message is not a cheap one."""

    async def play() -> ClearingWorld:
        world = await sharing_world()
        vut, spent = world.senders["vut"], Counter[str]()
        rows = [holding("VUT01", at, at) for at in range(1, 2_000, 2)]
        assert (await report(vut, "VUT01", holdings=rows)).effective
        world.house.charge_by(lambda node, some: spent.update({node: some}))
        statement = sharing_pb2.SharingStatement(
            registry="VUT01", level=VIEW, frequency=sharing_pb2.REPORT_FREQUENCY_DAILY
        )
        envelope = sealed(vut, PayloadKind.SHARING_STATEMENT, statement)
        await send(vut, envelope, validate_only=dry)
        assert spent["vut"] > cost.HELD_ROW * 1_000 - cost.TOKEN
        return world

    assert held(run(play), "VUT01")


def test_an_action_reported_late_is_found() -> None:
    async def play() -> ClearingWorld:
        world = await sharing_world(NOTIFY)
        vut, now = world.senders["vut"], world.clock.now
        world.clock.set(now() + 30 * HOUR)
        late = action("i1", "ISSUANCE", "VUT01", 1, 1, now() - 26 * HOUR)
        in_time = action("i2", "ISSUANCE", "VUT01", 2, 2, now() - 24 * HOUR)
        receipt = await report(vut, "VUT01", actions=[late, in_time])
        assert [(each.code, "i1" in each.found) for each in receipt.remarks] == [
            ("REG_SHARING_FREQUENCY", True)
        ]
        return world

    run(play)


def test_only_form_is_refused() -> None:
    async def play() -> ClearingWorld:
        world = await sharing_world()
        vut, now = world.senders["vut"], world.clock.now

        async def code(**said: object) -> str:
            return (await report(vut, "VUT01", **said)).refusal.code  # type: ignore[arg-type]

        assert await code() == "PAYLOAD_INVALID", "a report at level VIEW is complete"
        twice = [holding("VUT01", 1, 5), holding("VUT01", 5, 9)]
        assert await code(holdings=twice) == "PAYLOAD_INVALID"
        assert await code(holdings=[holding("VUT01", 5, 1)]) == "SERIAL_RANGE_INVALID"
        assert await code(holdings=[holding("VUT01", 1, 5, 150)]) == "PAYLOAD_INVALID"
        assert await code(holdings=[], as_of=now() + HOUR) == "CLOCK_SKEW"
        future = action("i", "ISSUANCE", "VUT01", 1, 1, now() + HOUR)
        assert await code(holdings=[], actions=[future]) == "PAYLOAD_INVALID"
        alone = action("t", "TRANSFER", "VUT01", 1, 1, now())
        assert await code(holdings=[], actions=[alone]) == "PAYLOAD_INVALID"
        assert (await report(vut, "VUT01", holdings=[])).effective
        assert await code(holdings=[], as_of=START) == "PAYLOAD_INVALID", "never back in time"
        other = await report(vut, "GHA01", holdings=[])
        assert other.refusal.code == "MSG_SENDER_IS_FROM_REGISTRY"
        return world

    run(play)


def test_a_registry_that_takes_part_in_full_states_its_holdings_for_comparison() -> None:
    async def play() -> ClearingWorld:
        world = await sharing_world()
        tha = world.senders["tha"]
        right = [holding("THA01", 1, 60_000), holding("THA01", 60_001, 100_000)]
        assert remarks(await report(tha, "THA01", holdings=right)) == []
        wrong = [holding("THA01", 1, 50), holding("THA01", 51, 60, 300), holding("VUT01", 1, 5)]
        receipt = await report(tha, "THA01", holdings=wrong)
        assert receipt.effective
        assert [(each.code, each.found) for each in receipt.remarks] == [
            (
                SNAPSHOT,
                "THA01:51-60 are stated in an account of type 300; the ledger has them in one of type 100",
            ),
            (SNAPSHOT, "VUT01:1-5 are stated; the ledger has them in no account of THA01"),
            (
                SNAPSHOT,
                "THA01:61-100000 are in an account of type 100 by the ledger; they are not stated",
            ),
        ]
        assert [row[3] for row in findings(world)] == ["OPEN"] * 3
        await report(tha, "THA01", holdings=right)
        assert [row[3] for row in findings(world)] == ["CLOSED"] * 3
        wanted = transfer(world, 1, 10)
        assert (await tha.propose(wanted)).state == decision_pb2.STATE_VALIDATED
        assert remarks(await report(tha, "THA01", holdings=right)) == [], "until it completes"
        await world.senders["che"].accept(wanted.transaction_id)
        assert remarks(await report(tha, "THA01", holdings=right)) == [SNAPSHOT]
        che = await report(world.senders["che"], "CHE01", holdings=[holding("THA01", 1, 10)])
        assert remarks(che) == []
        return world

    world = run(play)
    assert held(world, "THA01") == [], "the ledger alone says what it holds"


def test_what_a_registry_that_takes_part_in_full_may_not_report() -> None:
    async def play() -> ClearingWorld:
        world = await sharing_world()
        tha, now = world.senders["tha"], world.clock.now()
        acted = action("t", "CANCELLATION", "THA01", 1, 1, now, account_type=320)
        with_actions = await report(tha, "THA01", holdings=[], actions=[acted])
        assert with_actions.refusal.code == "REG_SHARING_LEVEL", "the ledger has its actions"
        assert (await report(tha, "THA01")).refusal.code == "PAYLOAD_INVALID"
        early = await report(tha, "THA01", holdings=[], as_of=now - HOUR)
        assert early.refusal.code == "CLOCK_SKEW", "the ledger is compared as it stands"
        other = await report(tha, "CHE01", holdings=[])
        assert other.refusal.code == "MSG_SENDER_IS_FROM_REGISTRY"
        return world

    run(play)


def test_books_too_large_for_a_comparison_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_REPORTED_HOLDINGS", 2)

    async def play() -> ClearingWorld:
        world = await sharing_world()
        tha = world.senders["tha"]
        assert (await tha.propose(transfer(world, 11, 20))).state == decision_pb2.STATE_VALIDATED
        receipt = await report(tha, "THA01", holdings=[holding("THA01", 1, 100_000)])
        assert receipt.refusal.code == "TOO_MANY_BLOCKS"
        return world

    run(play)


def test_a_registry_that_takes_part_in_full_again_is_forgotten() -> None:
    async def play() -> ClearingWorld:
        world = await sharing_world()
        vut = world.senders["vut"]
        await report(vut, "VUT01", holdings=[holding("THA01", 1, 5)])
        assert [row[3] for row in findings(world)] == ["OPEN"]
        await share(vut, "VUT01", TRANSACT)
        assert [row[3] for row in findings(world)] == ["CLOSED"]
        assert world.connection.execute("SELECT count(*) FROM reported_holding").fetchone() == (0,)
        # Reports that begin anew follow from nothing.
        await share(vut, "VUT01", VIEW)
        receipt = await report(vut, "VUT01", holdings=[holding("VUT01", 1, 5)])
        assert remarks(receipt) == []
        return world

    assert held(run(play), "VUT01") == [("VUT01", 1, 5, 100)]


def test_reports_of_one_group_are_judged_one_after_the_other() -> None:
    """Decided together they come to what a replay, one by one, comes to."""

    async def play() -> ClearingWorld:
        world = await sharing_world()
        tha, vut, gha = (world.senders[name] for name in ("tha", "vut", "gha"))
        now = world.clock.now()
        said = []
        for sender, registry in ((vut, "VUT01"), (gha, "GHA01")):
            written = sharing_pb2.RegistryReport(registry=registry, complete=True)
            written.as_of.FromDatetime(now)
            written.holdings.append(holding("VUT01", 1, 50))
            written.holdings.append(holding("THA01", 100_001, 100_005))
            said.append((sender, signed(sender, PayloadKind.REGISTRY_REPORT, written)))
        more = issuance(world, "THA01", 100_001, 100_010)
        envelope = signed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=more))
        said.insert(0, (tha, envelope))
        answers = await asyncio.gather(
            *(world.house.submit(sender.node, envelope) for sender, envelope in said)
        )
        assert verdict_of(answers[0]).results[0].state == decision_pb2.STATE_COMPLETED
        return world

    assert sorted(findings(run(play))) == [
        ("ID_ONE_ACCOUNT", "GHA", "THA01", "OPEN"),
        ("ID_ONE_ACCOUNT", "GHA", "VUT01", "OPEN"),
        ("ID_ONE_ACCOUNT", "GHA", "VUT01", "OPEN"),
        ("ID_ONE_ACCOUNT", "VUT", "THA01", "OPEN"),
    ]


# -- switches -------------------------------------------------------------------------------------


def test_a_check_is_off_where_every_registry_it_protects_switched_it_off() -> None:
    async def play() -> ClearingWorld:
        world = await trading_again()
        tha, che = world.senders["tha"], world.senders["che"]
        assert (await authorize(tha, version=2, quantity=100_000)).effective
        more = issuance(world, "THA01", 100_001, 100_010)
        more.blocks[0].attributes.paris.authorization.version = 2
        await tha.propose(more)  # warned of; no limit is set
        assert (await share(che, "CHE01", TRANSACT, AUTH_QUANTITY_CAP="RECEIVER")).effective
        verdict = await tha.propose(transfer(world, 1, 10))
        assert "AUTH_QUANTITY_CAP" in failed(verdict), "it protects the proposer too"
        assert (await share(tha, "THA01", TRANSACT, AUTH_QUANTITY_CAP="BOTH")).effective
        verdict = await tha.propose(transfer(world, 11, 20))
        (off,) = [each for each in verdict.findings if each.check_id == "AUTH_QUANTITY_CAP"]
        assert off.outcome == decision_pb2.OUTCOME_NOT_APPLICABLE
        assert off.found == (
            "switched off by THA01 for its role as proposer and by CHE01 for its role as receiver"
        )
        assert (await share(che, "CHE01", TRANSACT)).effective
        verdict = await tha.propose(transfer(world, 21, 30))
        assert "AUTH_QUANTITY_CAP" in failed(verdict), "what is not listed is on again"
        return world

    run(play)


def test_a_host_s_limit_cannot_be_switched_off() -> None:
    async def play() -> ClearingWorld:
        world = await trading_again()
        tha, che = world.senders["tha"], world.senders["che"]
        await authorize(tha, version=2, quantity=100_000, quantity_is_limit=True)
        for sender, registry in ((tha, "THA01"), (che, "CHE01")):
            assert (await share(sender, registry, TRANSACT, AUTH_QUANTITY_CAP="BOTH")).effective
        more = issuance(world, "THA01", 100_001, 100_010)
        more.blocks[0].attributes.paris.authorization.version = 2
        verdict = await tha.propose(more)
        assert verdict.state == decision_pb2.STATE_INVALIDATED
        assert "AUTH_QUANTITY_CAP" in failed(verdict)
        return world

    run(play)


@pytest.mark.parametrize("check_id", ["ID_LOCKED", "MSG_SIGNATURE", "NO_SUCH_CHECK"])
def test_what_protects_the_books_cannot_be_switched_off(check_id: str) -> None:
    async def play() -> ClearingWorld:
        world = await trading_again()
        receipt = await share(world.senders["che"], "CHE01", TRANSACT, **{check_id: "BOTH"})  # type: ignore[arg-type]  # no check is called frequency
        assert receipt.refusal.code == "PAYLOAD_INVALID"
        return world

    run(play)
