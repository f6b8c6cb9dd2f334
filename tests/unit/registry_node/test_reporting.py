# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A registry reports as often as it said, from its own ledger or from the file of its system."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from itmo.core.v1 import sharing_pb2
from itmo.identifiers import NodeId, PartyCode, RegistryId
from itmo.node_kinds import NodeKind
from itmo.reasons import ProtocolError
from registry_node.adapters.report_file import ReportFile, read_report
from registry_node.reporting import Reporter
from registry_node.service import RegistryNode
from registry_node.store.rows import ItemStatus
from scenarios.model import NodeSpec
from scenarios.network import PlayedNetwork
from tests.kit.clearing import paris_terms

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HEAD = "row,units,account_type,cooperative_approach,vintage,action_id,time,type,counterparty\n"
HOLDING = "holding,VUT01:1-50,100,CA0003,2022,,,,\n"


@pytest.fixture
async def network() -> AsyncIterator[PlayedNetwork]:
    spec = NodeSpec(
        name=NodeId("vut"),
        kind=NodeKind.NATIONAL,
        registries=(RegistryId("VUT01"),),
        parties=(PartyCode("VUT"),),
    )
    made = PlayedNetwork([spec], START)
    await made.start()
    yield made
    await made.close()


async def share(network: PlayedNetwork, level: str, frequency: str) -> None:
    statement = sharing_pb2.SharingStatement(
        level=sharing_pb2.SharingLevel.Value(f"SHARING_LEVEL_{level}"),
        frequency=sharing_pb2.ReportFrequency.Value(f"REPORT_FREQUENCY_{frequency}"),
    )
    await network.node("vut").share(statement)
    await network.settle()


async def pumped(network: PlayedNetwork) -> int:
    made = await network.node("vut").pump_reports()
    await network.settle()
    return made


def from_file(network: PlayedNetwork, path: Path) -> RegistryNode:
    """The node, with the books of its registry system in a file."""
    node = network.node("vut")
    node._reporter = Reporter(node.work, ReportFile(path))
    return node


def reports(network: PlayedNetwork) -> list[tuple[int, int]]:
    return network.database.execute(
        "SELECT holdings, actions FROM registry_report ORDER BY as_of"
    ).fetchall()


@pytest.mark.parametrize(("frequency", "period"), [("DAILY", DAY), ("YEARLY", 366 * DAY)])
async def test_a_report_goes_out_when_it_is_due(
    network: PlayedNetwork, frequency: str, period: timedelta
) -> None:
    assert await pumped(network) == 0, "it takes part in full"
    await share(network, "VIEW", frequency)
    assert await pumped(network) == 1, "the first one at once"
    assert await pumped(network) == 0
    await network.move_to(START + period - timedelta(seconds=1))
    assert await pumped(network) == 0
    await network.move_to(START + period)
    assert await pumped(network) == 1
    assert reports(network) == [(0, 0)] * 2
    (shared,) = await network.node("vut").shared()
    assert shared.reported_until == START + period
    assert shared.due == START + 2 * period


async def test_what_happens_is_reported_at_once_by_who_said_so(
    network: PlayedNetwork, tmp_path: Path
) -> None:
    file = tmp_path / "books.csv"
    file.write_text(HEAD + HOLDING)
    from_file(network, file)
    await share(network, "VIEW", "AT_ONCE")
    assert await pumped(network) == 1
    await network.move_to(START + HOUR)
    assert await pumped(network) == 0, "nothing happened"
    when = (START + HOUR).isoformat().replace("+00:00", "Z")
    action = f"action,VUT01:41-50,0,,,s1,{when},TRANSFER,GHA01\n"
    file.write_text(HEAD + HOLDING.replace("1-50", "1-40") + action)
    assert await pumped(network) == 1
    assert await pumped(network) == 0, "the action is not reported twice"
    await network.move_to(START + HOUR + DAY)
    assert await pumped(network) == 1, "silence once a day"
    assert reports(network) == [(1, 0), (1, 1), (1, 0)]
    found = network.database.execute("SELECT count(*) FROM report_finding").fetchone()
    assert found == (0,)


async def test_books_that_cannot_be_read_raise_one_alarm(
    network: PlayedNetwork, tmp_path: Path
) -> None:
    file = tmp_path / "books.csv"
    node = from_file(network, file)
    await share(network, "VIEW", "DAILY")
    assert [await pumped(network) for _ in range(3)] == [0, 0, 0]
    assert len((await node.status()).alarms) == 1
    file.write_text(HEAD + HOLDING)
    assert await pumped(network) == 1


async def test_a_refused_report_is_not_sent_every_minute(
    network: PlayedNetwork, tmp_path: Path
) -> None:
    file = tmp_path / "books.csv"
    file.write_text(HEAD + HOLDING.replace("100", "150"))  # no such account type
    node = from_file(network, file)
    await share(network, "VIEW", "DAILY")
    assert await pumped(network) == 1
    assert await pumped(network) == 0
    await network.move_to(START + HOUR)
    file.write_text(HEAD + HOLDING)
    assert await pumped(network) == 1
    assert reports(network) == [(1, 0)]
    (shared,) = await node.shared()
    assert shared.reported_until == START + HOUR


async def test_what_goes_on_being_so_raises_one_alarm(network: PlayedNetwork) -> None:
    await share(network, "NOTIFY", "DAILY")
    node = network.node("vut")
    for hours in (1, 2):
        await network.move_to(START + hours * HOUR)
        written = sharing_pb2.RegistryReport()
        action = written.actions.add(
            action_id=f"t{hours}",
            type=sharing_pb2.REPORTED_ACTION_TYPE_USE,
            account_type=200,
            terms=paris_terms(year_of_use=2024),
        )
        action.time.FromDatetime(START)
        action.block.registry, action.block.first, action.block.last = "VUT01", 1, 5
        await node.report(written)
        await network.settle()
    alarms = [alarm.found for alarm in (await node.status()).alarms]
    assert len(alarms) == len(set(alarms)) == 3, "t1, t2, and t2 was reported late"


async def test_what_was_found_is_told_and_raises_an_alarm(network: PlayedNetwork) -> None:
    await share(network, "NOTIFY", "DAILY")
    node = network.node("vut")
    written = sharing_pb2.RegistryReport()
    action = written.actions.add(
        action_id="t1",
        type=sharing_pb2.REPORTED_ACTION_TYPE_TRANSFER,
        counterparty="GHA01",
    )
    action.time.FromDatetime(START)
    action.block.registry, action.block.first, action.block.last = "VUT01", 1, 5
    submitted = await node.report(written)
    await network.settle()
    outcome = await node.outcome(submitted.message_id)
    assert (outcome.item.status, outcome.item.effective) == (ItemStatus.DECIDED, True)
    (remark,) = await node.remarks(submitted.message_id)
    assert remark.code == "ID_KNOWN_AND_HELD"
    assert [alarm.code for alarm in (await node.status()).alarms] == ["ID_KNOWN_AND_HELD"]


async def test_a_registry_that_takes_part_in_full_compares_its_ledger_when_it_likes(
    network: PlayedNetwork,
) -> None:
    node = network.node("vut")
    submitted = await node.report(sharing_pb2.RegistryReport(), from_ledger=True)
    await network.settle()
    assert (await node.outcome(submitted.message_id)).item.effective
    assert await node.remarks(submitted.message_id) == []
    wrong = sharing_pb2.RegistryReport()
    row = wrong.holdings.add(account_type=100)
    row.block.registry, row.block.first, row.block.last = "VUT01", 1, 5
    row.block.attributes.paris.first_transferring_party = "VUT"
    row.block.attributes.paris.cooperative_approach = "CA0003"
    submitted = await node.report(wrong)
    await network.settle()
    (remark,) = await node.remarks(submitted.message_id)
    assert remark.code == "REC_REGISTRY_SNAPSHOT"
    assert await pumped(network) == 0, "it has nothing to report on schedule"
    await network.move_to(START + HOUR)
    await share(network, "VIEW", "YEARLY")
    assert await pumped(network) == 1, (
        "the first report is due at once, whatever was compared before"
    )


# -- files ----------------------------------------------------------------------------------------


def test_csv_and_json_say_the_same(tmp_path: Path) -> None:
    when = "2024-01-01T00:00:00Z"
    sheet, tree = tmp_path / "books.csv", tmp_path / "books.json"
    sheet.write_text(HEAD + HOLDING + f"action,VUT01:1-9,0,,,t1,{when},transfer,GHA01\n")
    held = {"units": "VUT01:1-50", "account_type": 100, "cooperative_approach": "CA0003"}
    sold = {"units": "VUT01:1-9", "action_id": "t1", "time": when, "type": "TRANSFER"}
    tree.write_text(
        json.dumps(
            {
                "holdings": [{**held, "vintage": 2022}],
                "actions": [{**sold, "counterparty": "GHA01"}],
            }
        )
    )
    assert read_report(sheet, "VUT01") == read_report(tree, "VUT01")
    read = read_report(sheet)
    assert read.complete
    assert read.holdings[0].block.attributes.paris.first_transferring_party == "VUT"


def test_rows_of_other_registries_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "books.csv"
    file.write_text(
        "row,registry,units,account_type\n"
        "holding,VUT01,VUT01:1-5,100\nholding,VUT02,VUT02:1-5,100\nholding,,VUT01:9,100\n"
    )
    read = read_report(file, "VUT01")
    assert [(each.block.registry, each.block.first) for each in read.holdings] == [
        ("VUT01", 1),
        ("VUT01", 9),
    ]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("b.csv", HEAD + "holding,1-50,100,,,,,,\n", "line 2: units name no registry"),
        ("b.csv", HEAD + "holding,VUT01:9-1,100,,,,,,\n", "line 2"),
        ("b.csv", HEAD + "holding,VUT01:1,ten,,,,,,\n", "account_type is"),
        ("b.csv", HEAD + "other,VUT01:1,100,,,,,,\n", "expected holding or action"),
        ("b.csv", HEAD + "holding,VUT01:1,100,,,t1,,,\n", "a holding has no action_id"),
        ("b.csv", HEAD + "action,VUT01:1,100,,,t1,now,USE,\n", "line 2"),
        ("b.csv", HEAD + "action,VUT01:1,100,,,t1,2024-01-01T00:00:00Z,SELL,\n", "type is"),
        ("b.csv", HEAD + "holding,VUT01:1\n", "another number of cells"),
        ("b.csv", "row,unit\n", "unknown column"),
        ("b.json", "{", "no JSON"),
        ("b.json", '{"holding": []}', "expected an object"),
        ("b.json", '{"holdings": {}}', "expected a list"),
        ("b.json", '{"holdings": [{"units": ["VUT01:1"]}]}', "holdings[0]"),
        ("b.json", '{"holdings": [{"first_transferred": 1, "units": "VUT01:1"}]}', "yes or no"),
    ],
)
def test_a_file_that_is_not_understood_names_the_place(
    tmp_path: Path, name: str, text: str, found: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(ProtocolError) as refused:
        read_report(file, "VUT01")
    assert found in refused.value.message
    assert refused.value.message.startswith(name)
