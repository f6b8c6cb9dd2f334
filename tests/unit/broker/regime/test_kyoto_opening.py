# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units of an archive are brought in under a stated opening, long after the periods ended."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from broker.known_regimes import ALL_REGIMES
from broker.regime.kyoto.statements.archive_parts import digest_of
from broker.reports.kyoto.archives import archives, told_rows
from broker.reports.kyoto.held_units import held_units
from broker.verifying.verify import verify
from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import attributes_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.message.v1 import ranges_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from itmo.timestamps import timestamp
from registry_node.cli.kyoto.bring_in import proposed_of
from sef.archive import Archive, ArchiveBlock
from tests.kit.clearing import ClearingWorld, answer_to, failed, receipt_of
from tests.kit.kyoto import kyoto, kyoto_world, open_kyoto, state

ARCHIVE: Final = hashlib.sha256(b"archive").digest()
REPORT: Final = hashlib.sha256(b"report").digest()


async def world_after_the_true_up(totals: dict[tuple[int, int], int]) -> ClearingWorld:
    """The period is over; the operator stated the totals of Great Britain's archive."""
    world = await kyoto_world()
    await state(
        world,
        period=kyoto_pb2.CommitmentPeriod(
            period=1, first_day="2008-01-01", last_day="2012-12-31", true_up_ends="2015-11-18"
        ),
    )
    await open_kyoto(world.senders["gbr"], "GBR01", 230, period=1)
    await state(world, opening=opening(totals))
    return world


def opening(totals: dict[tuple[int, int], int], **said: Any) -> kyoto_pb2.Opening:  # noqa: ANN401  # fields of the message
    return kyoto_pb2.Opening(
        registry="GBR01",
        archive_digest=said.get("archive", ARCHIVE),
        report_digests=said.get("reports", [REPORT]),
        totals=[
            kyoto_pb2.OpeningTotal(
                account_type=account,
                unit_type=attributes_pb2.UnitType.ValueType(units),
                period=1,
                quantity=quantity,
            )
            for (account, units), quantity in totals.items()
        ],
    )


def brought_in(
    world: ClearingWorld,
    first: int,
    last: int,
    **said: Any,  # noqa: ANN401  # what is not as usual
) -> proposal_pb2.ProposedTransaction:
    """Units of the archive."""
    kind = said.pop("account_type", 100)
    archive = said.pop("archive", ARCHIVE)
    registry = said.pop("units", "GBR01")
    proposed = kyoto(world, "ISSUANCE", first, last, units=registry, to_type=kind)
    proposed.from_account = proposed.to_account
    units = attributes_pb2.UnitAttributes(
        unit_type=said.pop("unit_type", attributes_pb2.UNIT_TYPE_AAU),
        original_period=1,
        applicable_period=1,
        **said,
    )
    proposed.blocks[0].attributes.CopyFrom(rulebooks_pb2.UnitAttributes(kyoto=units))
    proposed.terms.kyoto.opening = archive
    return proposed


async def test_an_archive_is_brought_in_to_the_last_unit_and_every_count_is_true() -> None:
    world = await world_after_the_true_up({(100, 1): 100, (230, 5): 30, (300, 1): 50, (100, 3): 7})
    gbr = world.senders["gbr"]
    for each in (
        brought_in(world, 1, 100),
        brought_in(world, 101, 150, account_type=300),
        brought_in(
            world, 1, 30, units="IND01", account_type=230, project="IND9876",
            unit_type=attributes_pb2.UNIT_TYPE_CER,
        ),
        brought_in(
            world, 1, 7, units="CHE01", project="CHE22", track=attributes_pb2.TRACK_PARTY_VERIFIED,
            unit_type=attributes_pb2.UNIT_TYPE_ERU_FROM_AAU,
        ),
    ):  # fmt: skip
        told = await gbr.propose(each)
        assert told.state == decision_pb2.STATE_COMPLETED, failed(told)
    found = verify(world.connection, lambda _: None, ALL_REGIMES)
    assert found.problems == ()

    # What an archive brought in is used like any other unit: cancelled, and never twice.
    cancelled = kyoto(world, "CANCELLATION", 1, 10, to_type=230)
    assert (await gbr.propose(cancelled)).state == decision_pb2.STATE_COMPLETED
    again = await gbr.propose(kyoto(world, "CANCELLATION", 101, 101, to_type=230))
    assert again.state == decision_pb2.STATE_INVALIDATED


async def test_one_unit_more_than_the_archive_has_another_archive_and_a_second_time_are_refused() -> (
    None
):
    world = await world_after_the_true_up({(100, 1): 100})
    gbr = world.senders["gbr"]
    more = await gbr.propose(brought_in(world, 1, 101))
    assert list(failed(more)) == ["KP_OPENING_FITS"]
    assert "100 of the 100 of the archive are left" in failed(more)["KP_OPENING_FITS"]
    other = await gbr.propose(brought_in(world, 1, 100, archive=REPORT))
    assert list(failed(other)) == ["KP_OPENING_FITS"]
    elsewhere = await gbr.propose(brought_in(world, 1, 100, account_type=300))
    assert list(failed(elsewhere)) == ["KP_OPENING_FITS"]
    assert (await gbr.propose(brought_in(world, 1, 100))).state == decision_pb2.STATE_COMPLETED
    twice = await gbr.propose(brought_in(world, 1, 100))
    assert set(failed(twice)) == {"KP_OPENING_FITS", "ID_NO_OVERLAP_ISSUE"}


async def test_without_an_opening_nothing_is_issued_after_the_true_up() -> None:
    world = await world_after_the_true_up({(100, 1): 100})
    told = await world.senders["gbr"].propose(kyoto(world, "ISSUANCE", 1, 100))
    assert "KP_PERIOD_OPEN" in failed(told)
    await state(world, opening=opening({}))
    told = await world.senders["gbr"].propose(brought_in(world, 1, 100))
    assert list(failed(told)) == ["KP_OPENING_FITS"]


async def test_an_opening_names_its_reports_and_every_kind_of_units_once() -> None:
    world = await world_after_the_true_up({})
    twice = opening({(100, 1): 1})
    twice.totals.append(twice.totals[0])
    for wrong in (
        opening({}, reports=[]),
        opening({}, archive=b"short"),
        opening({(999, 1): 1}),
        twice,
    ):
        with pytest.raises(ProtocolError, match=r"opening.* expected"):
            await state(world, opening=wrong)
    # Only the operator states it: a node cannot grant itself units.
    said = kyoto_pb2.KyotoStatement(opening=opening({(100, 1): 5}))
    told = receipt_of(await world.senders["gbr"].say(PayloadKind.KYOTO_STATEMENT, said))
    assert (told.effective, told.refusal.code) == (False, "PERMISSION_DENIED")


async def test_what_waits_is_held_against_the_opening_again() -> None:
    world = await world_after_the_true_up({(100, 1): 100})
    gbr = world.senders["gbr"]
    waiting = brought_in(world, 1, 100)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    assert (await gbr.propose(waiting)).state == decision_pb2.STATE_VALIDATED
    await state(world, opening=opening({(100, 1): 99}))
    row, _ = await world.house.transaction(gbr.node, waiting.transaction_id)
    completion = proposal_pb2.Completion(
        transaction_id=waiting.transaction_id, proposal_hash=row.proposal_hash
    )
    told = receipt_of(await gbr.say(PayloadKind.COMPLETION, completion))
    assert (told.effective, told.refusal.code) == (False, "KP_OPENING_FITS")
    await state(world, opening=opening({(100, 1): 100}))
    told = receipt_of(await gbr.say(PayloadKind.COMPLETION, completion))
    assert told.effective or told.refusal.code != "KP_OPENING_FITS"


async def test_what_waits_is_kept_of_what_an_archive_has_left() -> None:
    world = await world_after_the_true_up({(100, 1): 100})
    gbr = world.senders["gbr"]
    waiting = brought_in(world, 1, 60)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    assert (await gbr.propose(waiting)).state == decision_pb2.STATE_VALIDATED
    over = failed(await gbr.propose(brought_in(world, 61, 101)))["KP_OPENING_FITS"]
    assert "40 of the 100 of the archive are left" in over
    assert (await gbr.propose(brought_in(world, 61, 100))).state == decision_pb2.STATE_COMPLETED


async def test_what_the_node_makes_of_an_archive_is_taken_in_whole() -> None:
    """One transaction for each kind of units in an account, and no more blocks than a proposal has."""
    many = limits.MAX_BLOCKS_PER_PROPOSAL + 1
    world = await world_after_the_true_up({(100, 1): many, (300, 1): 5, (100, 5): 2})
    blocks = [_block(row, row, 100) for row in range(1, many + 1)]
    blocks += [_block(many + 1, many + 5, 300), _block(1, 2, 100, registry="IND01", unit_type=5)]
    archive = Archive(blocks=tuple(blocks), digest=ARCHIVE)
    proposals = list(proposed_of(archive, ""))
    assert [sum(b.last - b.first + 1 for b in each.blocks) for each in proposals] == [500, 1, 2, 5]
    for each in proposals:
        each.transaction_id = world.transaction_id()
        each.from_registry = each.to_registry = "GBR01"
        told = await world.senders["gbr"].propose(each)
        assert told.state == decision_pb2.STATE_COMPLETED, failed(told)
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()


def _block(
    first: int, last: int, account_type: int, *, registry: str = "GBR01", unit_type: int = 1
) -> ArchiveBlock:
    return ArchiveBlock(
        row=1,
        registry=registry,
        first=first,
        last=last,
        unit_type=unit_type,
        original_period=1,
        applicable_period=1,
        activity=0,
        project="IND4711" if unit_type == 5 else "",
        track=0,
        expiry=None,
        account=make_account_id(RegistryId("GBR01"), account_type, 1),
        account_registry="GBR01",
        account_type=account_type,
    )


@pytest.mark.parametrize("waits", [False, True])
async def test_units_that_others_issued_are_not_brought_in_and_a_stranger_learns_nothing(
    waits: bool,
) -> None:
    world = await kyoto_world()
    gbr, che = world.senders["gbr"], world.senders["che"]
    issued = kyoto(world, "ISSUANCE", 1, 100)
    if waits:
        issued.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    await gbr.propose(issued)
    theirs = kyoto(world, "ISSUANCE", 51, 150, giver="CHE01", units="GBR01")
    theirs.terms.kyoto.opening = ARCHIVE
    assert "ID_NO_OVERLAP_ISSUE" not in failed(await che.propose(theirs))
    said = opening({(100, 1): 100})
    said.registry = "CHE01"
    await state(world, opening=said)
    theirs.transaction_id = world.transaction_id()
    assert list(failed(await che.propose(theirs))) == ["ID_NO_OVERLAP_ISSUE"]
    free = kyoto(world, "ISSUANCE", 101, 200, giver="CHE01", units="GBR01")
    free.terms.kyoto.opening = ARCHIVE
    assert (made := await che.propose(free)).state == decision_pb2.STATE_COMPLETED, failed(made)
    if waits:
        told = await answer_to(gbr, PayloadKind.COMPLETION, issued.transaction_id)
        assert told.state == decision_pb2.STATE_COMPLETED, told.refusal
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()


def part(
    number: int, previous: bytes = b"", *, first: int = 1, archive: bytes = ARCHIVE
) -> kyoto_pb2.ArchivePart:
    """A part of the trail in which units are issued into Great Britain's account."""
    account = make_account_id(RegistryId("GBR01"), 100, 1)
    row = kyoto_pb2.ArchivedRow(
        transaction=f"GB{number}",
        type=kyoto_pb2.ARCHIVED_TYPE_ISSUANCE,
        units=ranges_pb2.UnitRange(registry="GBR01", first=first, last=first + 49),
        attributes=attributes_pb2.UnitAttributes(
            unit_type=attributes_pb2.UNIT_TYPE_AAU, original_period=1, applicable_period=1
        ),
        from_account=account,
        to_account=account,
        at=timestamp(datetime(2009, 1, number, tzinfo=UTC)),
    )
    return kyoto_pb2.ArchivePart(
        registry="GBR01",
        archive_digest=archive,
        part=number,
        previous=previous,
        rows=[row],
    )


async def test_parts_count_for_nothing_before_the_opening_that_names_the_last() -> None:
    world = await world_after_the_true_up({})
    one = part(1)
    two = part(2, digest_of(one), first=51)
    whole = opening({(100, 1): 100})
    whole.parts, whole.last_part = 2, digest_of(two)
    with pytest.raises(ProtocolError, match="none of its 2 parts is on record"):
        await state(world, opening=whole)
    await state(world, archive_part=one)
    with pytest.raises(ProtocolError, match="1 parts are on record"):
        await state(world, opening=whole)
    assert archives(world.connection) == []
    # Out of turn, of another archive, or after another part: none of it is taken in.
    for wrong, told in (
        (part(3, digest_of(two)), "the last on record is part 1"),
        (part(1 + 1, ARCHIVE, first=51), "the last on record is part 1"),
        (part(2, digest_of(one), archive=REPORT), "state its part 1 first"),
        (part(2), "the digest of the part before"),
        (part(1, ARCHIVE), "none in the first"),
    ):
        with pytest.raises(ProtocolError, match=told):
            await state(world, archive_part=wrong)
    await state(world, archive_part=two)
    with pytest.raises(ProtocolError, match="the last on record is part 2"):
        await state(world, archive_part=two)
    await state(world, opening=whole)
    (archived,) = archives(world.connection)
    assert [row.first for row in told_rows(world.connection, archived)] == [1, 51]
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()
    # What is told is no unit of the record: nothing was brought in.
    assert held_units(world.connection) == []
    then = held_units(world.connection, as_of=datetime(2009, 1, 1, tzinfo=UTC))
    assert [(each.units.range.first, each.told_by) for each in then] == [(1, "GBR01")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", 99),
        ("transaction", ""),
        ("transaction", "x" * 65),
        ("to_account", "GB00GBR0110000000001"),
        ("from_account", "ZZZ01"),
        ("net_source_activity", 9),
    ],
)
async def test_a_row_that_no_report_could_read_is_refused(field: str, value: Any) -> None:  # noqa: ANN401  # of the field
    world = await world_after_the_true_up({})
    wrong = part(1)
    setattr(wrong.rows[0], field, value)
    with pytest.raises(ProtocolError):
        await state(world, archive_part=wrong)
    empty = part(1)
    empty.ClearField("rows")
    with pytest.raises(ProtocolError, match="rows and notices"):
        await state(world, archive_part=empty)


async def test_marks_are_brought_along() -> None:
    """Units that had left their Party are no first transfer, and replaced ones are replaced once."""
    said = opening({})
    for had_left, were_replaced, kind in ((True, False, 100), (False, True, 300)):
        said.totals.append(
            kyoto_pb2.OpeningTotal(
                account_type=kind, unit_type=attributes_pb2.UNIT_TYPE_AAU, period=1, quantity=10,
                had_left=had_left, were_replaced=were_replaced,
            )
        )  # fmt: skip
    world = await world_after_the_true_up({})
    gbr = world.senders["gbr"]
    await state(world, opening=said)
    plain = await gbr.propose(brought_in(world, 1, 10))
    assert "0 of the 0 of the archive are left" in failed(plain)["KP_OPENING_FITS"]
    left, replaced = brought_in(world, 1, 10), brought_in(world, 11, 20, account_type=300)
    left.terms.kyoto.had_left = replaced.terms.kyoto.were_replaced = True
    told = await gbr.propose(left)
    assert told.state == decision_pb2.STATE_COMPLETED, failed(told)
    told = await gbr.propose(replaced)
    assert told.state == decision_pb2.STATE_COMPLETED, failed(told)
    assert list(told.units[0].marks) == ["REPLACED"]
    found = {each.units.range.first: each.units.attributes for each in held_units(world.connection)}
    assert (found[1].transferred, found[1].replaced_by) == (True, "")
    assert (found[11].transferred, found[11].replaced_by) == (False, replaced.transaction_id)
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()
    # Such marks are of archives alone.
    new = kyoto(world, "ISSUANCE", 21, 30)
    new.terms.kyoto.had_left = True
    with pytest.raises(ProtocolError, match="opening is empty"):
        await gbr.propose(new)


async def test_a_registry_that_is_closed_says_so_and_refuses_everything() -> None:
    world = await world_after_the_true_up({(100, 1): 100})
    gbr, che = world.senders["gbr"], world.senders["che"]
    assert (await gbr.propose(brought_in(world, 1, 100))).state == decision_pb2.STATE_COMPLETED
    waiting = kyoto(world, "CANCELLATION", 91, 100, to_type=230)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    assert (await gbr.propose(waiting)).state == decision_pb2.STATE_VALIDATED
    closing = kyoto_pb2.RegistryClosing(
        registry="GBR01", seal=ARCHIVE, log_size=17, log_root=REPORT
    )
    await state(world, closing=closing)
    told = await gbr.propose(kyoto(world, "CANCELLATION", 1, 10, to_type=230))
    assert list(failed(told)) == ["KP_REGISTRY_CLOSED"]
    assert f"sealed with {ARCHIVE.hex()}" in failed(told)["KP_REGISTRY_CLOSED"]
    into = kyoto(world, "TRANSFER", 1, 10, giver="CHE01", taker="GBR01")
    assert "KP_REGISTRY_CLOSED" in failed(await che.propose(into))
    row, _ = await world.house.transaction(gbr.node, waiting.transaction_id)
    completion = proposal_pb2.Completion(
        transaction_id=waiting.transaction_id, proposal_hash=row.proposal_hash
    )
    receipt = receipt_of(await gbr.say(PayloadKind.COMPLETION, completion))
    assert (receipt.effective, receipt.refusal.code) == (False, "KP_REGISTRY_CLOSED")
    for wrong in (
        kyoto_pb2.RegistryClosing(registry="GBR01", seal=b"short", log_size=17, log_root=REPORT),
        kyoto_pb2.RegistryClosing(registry="GBR01", seal=ARCHIVE, log_root=REPORT),
        kyoto_pb2.RegistryClosing(registry="FRA01", seal=ARCHIVE, log_size=1, log_root=REPORT),
    ):
        with pytest.raises(ProtocolError, match="closing"):
            await state(world, closing=wrong)
