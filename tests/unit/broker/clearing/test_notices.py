# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices about units, programme events, messages and maintenance, over a real clearing-house."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta

import pytest

from broker.regime.postings import Lookup
from broker.regime.regime import Found
from broker.reports.adjustments import net_adjustments
from broker.reports.notices import notices
from broker.store.loading import Loader
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, notices_pb2, proposal_pb2
from itmo.paris.v1 import authorization_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    AUTHORIZATION,
    START,
    ClearingWorld,
    authorize,
    failed,
    last_mail,
    mail,
    receipt_of,
    state_of,
    transfer,
)
from tests.kit.notices import (
    acknowledge,
    announce_maintenance,
    backed,
    backed_world,
    cancellation,
    event,
    for_other_purposes,
    notify,
    programme,
)
from tests.kit.world_again import trading_again

OTHER = "1006.4/2999"


@pytest.fixture
async def world() -> ClearingWorld:
    return await trading_again()


def terms_of(world: ClearingWorld) -> list[tuple[int, int, int, str]]:
    rows = world.connection.execute(
        "SELECT first, last, state FROM unit_block WHERE registry = 'THA01' ORDER BY first"
    )
    told = [(first, last, json.loads(state)) for first, last, state in rows]
    return [(first, last, of["vintage"], of["authorization"]) for first, last, of in told]


def issued_under(world: ClearingWorld) -> dict[str, int]:
    return dict(
        world.connection.execute(
            "SELECT substr(name, 12), quantity FROM tally WHERE name LIKE 'issued:THA:%'"
        ).fetchall()
    )


def sound(world: ClearingWorld) -> None:
    """Every invariant holds, and the messages make the same tables again."""
    assert list(broken_invariants(world.connection)) == []
    assert verify(world.connection, lambda _: None).problems == ()


# -- another authorization or vintage ---------------------------------------------------------------


async def test_units_get_another_authorization_and_vintage(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    await authorize(tha, authorization_id=OTHER)
    receipt = await notify(tha, 101, 200, authorization=OTHER, vintage=2023)
    assert receipt.effective, receipt.refusal
    assert [(n.units.first, n.units.last, n.outcome) for n in receipt.noticed] == [
        (101, 200, notices_pb2.NOTICE_OUTCOME_CHANGED)
    ]
    assert terms_of(world) == [
        (1, 100, 2022, AUTHORIZATION),
        (101, 200, 2023, OTHER),
        (201, 100_000, 2022, AUTHORIZATION),
    ]
    assert issued_under(world) == {AUTHORIZATION: 99_900, OTHER: 100}
    world.clock.set(START + timedelta(days=200))
    verdict = await tha.propose(transfer(world, 101, 200))
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    sound(world)


@pytest.mark.parametrize(
    ("first", "last", "changes", "code"),
    [
        (1, 100, {}, "PAYLOAD_INVALID"),
        (1, 100_001, {"vintage": 2023}, "ID_KNOWN_AND_HELD"),
        (5, 4, {"vintage": 2023}, "ID_RANGE_ORDER"),
        (1, 100, {"authorization": "nowhere"}, "AUTH_EXISTS"),
        (1, 100, {"authorization": AUTHORIZATION, "version": 2}, "AUTH_EXISTS"),
        (1, 100, {"vintage": 2024}, "ID_VINTAGE_MIN"),
        (1, 100, {"vintage": 2021}, "AUTH_VINTAGE_WINDOW"),
        (1, 101, {"authorization": "small"}, "AUTH_QUANTITY_CAP"),
        (1, 100, {"authorization": "revoked", "version": 2}, "AUTH_NOT_REVOKED"),
        (1, 100, {"authorization": "ended"}, "AUTH_IN_FORCE"),
        (1, 100, {"authorization": "open"}, "AUTH_PURPOSE_MATCH"),
        (1, 100, {"authorization": "at-issuance"}, "FT_DUAL_EARLIEST"),
    ],
)
async def test_what_a_notice_may_not(
    world: ClearingWorld, first: int, last: int, changes: dict[str, object], code: str
) -> None:
    tha = world.senders["tha"]
    await authorize(tha, authorization_id="small", quantity=100, quantity_is_limit=True)
    await authorize(tha, authorization_id="revoked")
    await authorize(tha, authorization_id="revoked", version=2, revoked=True)
    await authorize(tha, authorization_id="open", purposes=[])
    await authorize(tha, authorization_id="ended", end_date="2023-07-31", date="2023-07-01")
    await for_other_purposes(
        tha, "at-issuance", authorization_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE
    )
    before = terms_of(world)
    told = await notify(tha, first, last, **changes)
    assert told.refusal.code == code
    assert not told.effective
    assert terms_of(world) == before
    sound(world)


async def test_only_the_host_notifies(world: ClearingWorld) -> None:
    receipt = await notify(world.senders["che"], 1, 100, vintage=2023)
    assert receipt.refusal.code == "PERMISSION_DENIED"


async def test_locked_and_first_transferred_units_stay(world: ClearingWorld) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    await authorize(tha, authorization_id=OTHER)
    sold = transfer(world, 1, 10)
    await tha.propose(sold)
    assert (await notify(tha, 1, 10, vintage=2023)).refusal.code == "ID_LOCKED"
    await che.accept(sold.transaction_id)
    for changes in ({"vintage": 2023}, {"authorization": OTHER}):
        receipt = await notify(tha, 1, 10, **changes)
        assert receipt.refusal.code == "AUTH_CHANGE_AFTER_FT"
    sound(world)


async def test_terms_that_bind_reach_first_transferred_units_and_their_holder(
    world: ClearingWorld,
) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    await authorize(tha, authorization_id="binding", binds_first_transferred=True)
    await authorize(tha, authorization_id=OTHER)
    assert (await notify(tha, 1, 10, authorization="binding")).effective
    sold = transfer(world, 1, 10)
    await tha.propose(sold)
    await che.accept(sold.transaction_id)
    seen = await last_mail(world, "che")
    receipt = await notify(tha, 1, 10, authorization=OTHER)
    assert receipt.effective, receipt.refusal
    assert await mail(world, "che", seen) == [("", ["unit-notice", "receipt"])]
    notice_id = receipt.header.causation_id
    wrong = await acknowledge(che, notice_id, b"x" * 32)
    assert wrong.refusal.code == "PAYLOAD_INVALID"
    assert (await acknowledge(che, "0" * 36, receipt.message_hash)).refusal.code == "NOT_FOUND"
    assert (await acknowledge(che, notice_id, receipt.message_hash)).effective
    again = await acknowledge(che, notice_id, receipt.message_hash)
    assert again.refusal.code == "ALREADY_EXISTS"
    assert (await mail(world, "tha"))[-1] == ("", ["notice-acknowledgement", "receipt"])
    sound(world)


# -- crediting programmes ---------------------------------------------------------------------------


async def test_a_cancellation_there_waits_for_the_host_here(world: ClearingWorld) -> None:
    gs, tha = await backed_world(world), world.senders["tha"]
    seen = await last_mail(world, "tha")
    receipt = await event(gs, 11, 20)
    assert receipt.effective, receipt.refusal
    [told] = receipt.noticed
    assert (told.party, told.units.first, told.units.last) == ("THA", 900_011, 900_020)
    assert told.outcome == notices_pb2.NOTICE_OUTCOME_OPEN
    assert await mail(world, "tha", seen) == [("", ["programme-event", "receipt"])]
    assert net_adjustments(world.connection) == {}

    notice_id = receipt.header.causation_id
    for refused in (
        transfer(world, 900_011, 900_011),
        cancellation(world, 900_015, 900_015),
        cancellation(world, 900_020, 900_021, notice_id),
    ):
        verdict = await tha.propose(refused)
        assert "NOTIFY_HOST_OF_CANCEL" in failed(verdict)
    [waiting] = notices(world.connection, only_open=True)
    assert (waiting.waiting, [r.state for r in waiting.recipients]) == (10, ["CREATED"])
    assert (await acknowledge(tha, notice_id, receipt.message_hash)).effective
    verdict = await tha.propose(cancellation(world, 900_011, 900_020, notice_id))
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    sound(world)


async def test_a_notice_is_closed_when_it_was_read_and_its_units_ended(
    world: ClearingWorld,
) -> None:
    gs, tha = await backed_world(world), world.senders["tha"]
    receipt = await event(gs, 1, 5)
    notice_id = receipt.header.causation_id
    await tha.propose(cancellation(world, 900_001, 900_005, notice_id))
    assert [each.waiting for each in notices(world.connection, only_open=True)] == [0]
    await acknowledge(tha, notice_id, receipt.message_hash)
    assert notices(world.connection, only_open=True) == []
    assert [each.notice_id for each in notices(world.connection)] == [notice_id]


async def test_what_began_before_the_event_does_not_complete(world: ClearingWorld) -> None:
    gs, tha = await backed_world(world), world.senders["tha"]
    begun = cancellation(world, 900_011, 900_020)
    begun.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    verdict = await tha.propose(begun)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    await event(gs, 1, 11)
    row = (await world.house.transaction(tha.node, begun.transaction_id))[0]
    receipt = receipt_of(
        await tha.say(
            PayloadKind.COMPLETION,
            proposal_pb2.Completion(
                transaction_id=begun.transaction_id, proposal_hash=row.proposal_hash
            ),
        )
    )
    assert receipt.refusal.code == "NOTIFY_HOST_OF_CANCEL"
    assert state_of(world, begun.transaction_id) == "VALIDATED"
    sound(world)


async def test_events_that_bind_nothing_are_recorded(world: ClearingWorld) -> None:
    gs, tha = await backed_world(world), world.senders["tha"]
    verdict = await tha.propose(cancellation(world, 900_001, 900_010))
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    ended = await event(gs, 1, 10)
    assert [n.outcome for n in ended.noticed] == [notices_pb2.NOTICE_OUTCOME_ENDED_BEFORE]
    nothing = await event(gs, 1001, 1010)
    assert nothing.effective
    assert list(nothing.noticed) == []
    verdict = await tha.propose(backed(world, 300_001, 910))
    assert failed(verdict) and "ID_UNDERLYING_UNIQUE" in failed(verdict)  # noqa: PT018  # one fact
    assert nothing.header.causation_id in failed(verdict)["ID_UNDERLYING_UNIQUE"]
    sound(world)


async def test_who_may_tell_what_of_a_programme(world: ClearingWorld) -> None:
    gs = await backed_world(world)
    art = await programme(world, "art", "ART")
    assert (await event(art, 1, 10)).refusal.code == "PERMISSION_DENIED"
    assert (await event(world.senders["tha"], 1, 10)).refusal.code == "PERMISSION_DENIED"
    assert (await event(gs, 10, 1)).refusal.code == "PAYLOAD_INVALID"
    assert (await event(gs, 1, 10, date="2023-08-02")).refusal.code == "PAYLOAD_INVALID"
    assert (await event(gs, 1, 10)).effective
    assert (await event(gs, 10, 11)).refusal.code == "ALREADY_EXISTS"
    with pytest.raises(ProtocolError, match="speaks for GS already"):
        await programme(world, "gs2", "GS")
    with pytest.raises(ProtocolError, match="programmes"):
        await programme(world, "nobody", "Nobody")
    sound(world)


# -- messages and maintenance -----------------------------------------------------------------------


async def test_nothing_is_looked_up_for_who_has_no_say(
    world: ClearingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the answer to a stranger nor the work of it tells of the units that are named."""
    gs = await backed_world(world)
    searched: list[Lookup] = []
    search = Loader._found

    def seen(self: Loader, lookups: Iterable[Lookup]) -> list[Found]:
        listed = list(lookups)
        searched.extend(listed)
        return search(self, listed)

    monkeypatch.setattr(Loader, "_found", seen)
    assert (await event(world.senders["che"], 1, 10)).refusal.code == "PERMISSION_DENIED"
    assert searched == []
    assert (await event(gs, 1, 10)).effective
    assert searched


async def test_administrators_write_to_each_other(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    seen = await last_mail(world, "che")

    async def write(*recipients: str, subject: str = "Year end") -> decision_pb2.Receipt:
        written = notices_pb2.AdministratorMessage(
            recipients=recipients, subject=subject, text="We close on 15 December."
        )
        return receipt_of(await tha.say(PayloadKind.ADMINISTRATOR_MESSAGE, written))

    assert (await write("CHE01")).effective
    assert await mail(world, "che", seen) == [("", ["administrator-message", "receipt"])]
    assert (await write()).refusal.code == "PAYLOAD_INVALID"
    assert (await write("CHE01", "CHE01")).refusal.code == "PAYLOAD_INVALID"
    assert (await write("CHE01", subject=" ")).refusal.code == "PAYLOAD_INVALID"
    assert (await write("CHE01", "XXX99")).refusal.code == "NOT_FOUND"
    sound(world)


async def test_nothing_new_in_a_maintenance_window(world: ClearingWorld) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    open_one = transfer(world, 1, 10)
    await tha.propose(open_one)
    await announce_maintenance(world, "CHE01", 1, 3)
    for node in ("tha", "che"):
        assert (await mail(world, node))[-1] == ("", ["maintenance-statement", "receipt"])
    world.clock.set(START + timedelta(hours=1))
    verdict = await tha.propose(transfer(world, 11, 20))
    assert "until 2023-08-01T03:00:00Z" in failed(verdict)["REG_OPERATIONAL"]
    assert (await che.accept(open_one.transaction_id)).state == decision_pb2.STATE_COMPLETED
    world.clock.set(START + timedelta(hours=3))
    verdict = await tha.propose(transfer(world, 11, 20))
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    sound(world)


@pytest.mark.parametrize(
    ("registry", "start", "end"), [("XXX99", 1, 2), ("CHE01", 2, 2), ("", -2, -1), ("", 1, 400)]
)
async def test_windows_that_cannot_be(
    world: ClearingWorld, registry: str, start: int, end: int
) -> None:
    with pytest.raises(ProtocolError):
        await announce_maintenance(world, registry, start, end)
