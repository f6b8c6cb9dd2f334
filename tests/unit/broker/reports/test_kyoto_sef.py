# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reports in the standard electronic format from the record: what happened, tied over years and Parties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from broker.known_regimes import ALL_REGIMES
from broker.reports.kyoto.sef_entries import sef_entries
from itmo.core.v1 import decision_pb2
from itmo.reasons import ProtocolError
from sef.checks.casefile import Filed
from sef.checks.judging import judge
from sef.derivation import Asked, derive
from sef.entries import Entry, EntryKind, registry_of
from sef.layouts import LAYOUTS
from sef.model import CellKind, Row, Side, Spot, Submission, Table, Unit
from sef.opening import read_file
from sef.xml_writing import write_xml
from tests.kit.clearing import ClearingWorld, new_world
from tests.kit.kyoto import AAUS, kyoto, kyoto_world, open_kyoto

TODAY = date(2012, 1, 1)


async def played() -> tuple[ClearingWorld, datetime]:
    """Great Britain issues in 2010 and converts; in 2011 Switzerland acquires, retires and cancels."""
    start = datetime(2010, 6, 1, tzinfo=UTC)
    world = await kyoto_world(await new_world(regimes=ALL_REGIMES, start=start))
    gbr, che = world.senders["gbr"], world.senders["che"]
    await open_kyoto(che, "CHE01", 230, period=1)
    await gbr.propose(kyoto(world, "ISSUANCE", 1, AAUS))
    await gbr.propose(kyoto(world, "CONVERSION", 101, 200))
    between = world.clock.now()
    world.clock.advance(timedelta(days=300))
    moved = kyoto(world, "TRANSFER", 51, 150, taker="CHE01")
    await gbr.propose(moved)
    await che.accept(moved.transaction_id)
    await che.propose(kyoto(world, "RETIREMENT", 101, 150, giver="CHE01", to_type=300))
    await che.propose(kyoto(world, "CANCELLATION", 51, 60, giver="CHE01", to_type=230))
    return world, between


def report(entries: list[Entry], party: str, year: int) -> Submission:
    found = derive(entries, Asked(party=party, year=year, period=1))
    assert found is not None
    return found


def numbers(submission: Submission, *tables: Table) -> dict[Spot, int]:
    return {
        spot: cell.quantity
        for spot, cell in submission.cells.items()
        if cell.kind is CellKind.NUMBER and spot.table in tables
    }


async def test_reports_say_what_happened_and_tie() -> None:
    world, _ = await played()
    entries = sef_entries(world.connection, TODAY)
    reports = [report(entries, party, year) for party in ("GB", "CH") for year in (2010, 2011)]
    british, swiss = reports[1], reports[3]
    assert numbers(reports[0], Table.END) == {
        Spot(Table.END, Row.PARTY_HOLDING, Side.QUANTITY, Unit.AAU): 900,
        Spot(Table.END, Row.PARTY_HOLDING, Side.QUANTITY, Unit.ERU): 100,
        Spot(Table.END, Row.TOTAL, Side.QUANTITY, Unit.AAU): 900,
        Spot(Table.END, Row.TOTAL, Side.QUANTITY, Unit.ERU): 100,
    }
    converted = numbers(reports[0], Table.INTERNAL)
    assert converted[Spot(Table.INTERNAL, Row.PARTY_VERIFIED, Side.ADDITIONS, Unit.ERU)] == 100
    assert converted[Spot(Table.INTERNAL, Row.PARTY_VERIFIED, Side.SUBTRACTIONS, Unit.AAU)] == 100
    issued = Spot(Table.STARTING_VALUES, Row.ISSUED_AAUS, Side.ADDITIONS, Unit.AAU)
    assert numbers(british, Table.STARTING_VALUES)[issued] == AAUS
    assert list(british.rows(Table.EXTERNAL)) == ["CH", Row.SUBTOTAL]
    for unit in (Unit.AAU, Unit.ERU):
        assert british.number(Table.EXTERNAL, "CH", Side.SUBTRACTIONS, unit) == 50
        assert swiss.number(Table.EXTERNAL, "GB", Side.ADDITIONS, unit) == 50
    assert swiss.number(Table.RETIREMENT, Row.RETIREMENT, Side.QUANTITY, Unit.ERU) == 50
    assert swiss.number(Table.INTERNAL, Row.VOLUNTARY, Side.SUBTRACTIONS, Unit.AAU) == 10
    assert swiss.number(Table.END, Row.VOLUNTARY, Side.QUANTITY, Unit.AAU) == 10
    judgement = judge(Filed(number, each) for number, each in enumerate(reports))
    assert judgement.found == ()


async def test_a_report_can_be_made_again_as_it_was_known_at_a_moment() -> None:
    world, between = await played()
    early = sef_entries(world.connection, TODAY, between)
    assert {each.kind for each in early} == {EntryKind.ISSUANCE, EntryKind.CONVERSION}
    all_entries = sef_entries(world.connection, TODAY)
    again = derive(all_entries, Asked(party="GB", year=2011, period=1, as_of=between))
    assert again is not None
    assert again.cells == report(early, "GB", 2011).cells
    assert list(again.rows(Table.EXTERNAL)) == [Row.SUBTOTAL]


async def test_entries_bear_the_serials_and_the_transaction() -> None:
    world, _ = await played()
    retired = [e for e in sef_entries(world.connection, TODAY) if e.kind is EntryKind.RETIREMENT]
    assert [each.serials for each in retired] == ["GBR01-101-150"]
    assert all(each.transaction for each in retired)


def test_registries_are_named_by_two_letters_and_the_mechanism_by_three() -> None:
    assert [registry_of(party) for party in ("GBR", "XEU", "XCD")] == ["GB", "EU", "CDM"]


async def test_after_the_last_true_up_corrections_stand_in_their_tables_alone(
    tmp_path: Path,
) -> None:
    world = await kyoto_world(
        await new_world(regimes=ALL_REGIMES, start=datetime(2026, 3, 30, tzinfo=UTC))
    )
    gbr = world.senders["gbr"]
    await open_kyoto(gbr, "GBR01", 230, period=1)
    await gbr.propose(kyoto(world, "ISSUANCE", 1, AAUS))
    cancelled = kyoto(world, "CANCELLATION", 1, 10, to_type=230)
    await gbr.propose(cancelled)
    corrected = [
        kyoto(world, "CANCELLATION", 11, 14, to_type=230),
        kyoto(world, "RETIREMENT", 21, 26, to_type=300),
        kyoto(world, "CONVERSION", 31, 33),
    ]
    for each in corrected:
        each.terms.kyoto.corrective = True
        assert (await gbr.propose(each)).state == decision_pb2.STATE_COMPLETED
    said = report(sef_entries(world.connection, date(2026, 12, 31)), "GB", 2026)
    assert said.layout == "cp1-2024"
    assert said.number(Table.INTERNAL, Row.VOLUNTARY, Side.SUBTRACTIONS, Unit.AAU) == 10
    assert said.number(Table.RETIREMENT, Row.RETIREMENT, Side.QUANTITY, Unit.AAU) == 0
    write_xml(said, LAYOUTS[said.layout], tmp_path / "sef.xml")
    read = read_file(tmp_path / "sef.xml")
    assert read.findings == ()
    assert read.submission.cells == said.cells
    assert [
        (spot.table, spot.side, spot.unit, cell.quantity)
        for spot, cell in said.cells.items()
        if spot.table in {Table.CORRECTIONS, Table.CORRECTED_RETIREMENT} and cell.quantity
    ] == [
        (Table.CORRECTIONS, Side.SUBTRACTIONS, Unit.AAU, 4),
        (Table.CORRECTIONS, Side.ADDITIONS, Unit.ERU, 3),
        (Table.CORRECTIONS, Side.SUBTRACTIONS, Unit.AAU, 3),
        (Table.CORRECTED_RETIREMENT, Side.QUANTITY, Unit.AAU, 6),
    ]


async def test_what_no_table_of_corrections_shows_is_none() -> None:
    world = await kyoto_world(await new_world(regimes=ALL_REGIMES))
    wanted = kyoto(world, "CARRY_OVER", 1, 10)
    wanted.terms.kyoto.corrective = True
    wanted.terms.kyoto.become.applicable_period = 2
    with pytest.raises(ProtocolError, match=r"terms\.kyoto\.corrective"):
        await world.senders["gbr"].propose(wanted)
