# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node sef`: a registry's own report from its node's books, against the log's summary of it."""

from __future__ import annotations

import json
import shlex
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broker.rulebook.general.registries import OperationalStatus
from broker.store.engines import DATABASE_ID
from itmo.admission import BrokerKey, read_admission, write_admission
from itmo.core.v1 import proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.identifiers import NodeId, RegistryId
from itmo.kyoto.v1 import attributes_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.message.v1 import ranges_pb2
from itmo.node_kinds import NodeKind
from itmo.parties import PartyCode
from itmo.payloads import PayloadKind
from registry_node.app import DATABASE
from registry_node.cli import main
from registry_node.store.database import APPLICATION_ID
from registry_node.store.rows import ItemStatus
from scenarios.model import NodeSpec
from scenarios.network import BROKER_NODE, NETWORK_ID, PlayedNetwork
from sef.entries import EntryKind
from tests.api.test_node_setup import admission_for
from tests.architecture.documents import executed_blocks
from tests.kit.own_sefs import differing, of_node
from tests.unit.broker.cli.kit import broker, set_up

START = datetime(2010, 3, 1, tzinfo=UTC)
STATED = (
    {
        "period": kyoto_pb2.CommitmentPeriod(
            period=1, first_day="2008-01-01", last_day="2012-12-31", true_up_ends="2015-11-18"
        )
    },
    {"project": kyoto_pb2.Project(project="GBR22")},
    {
        "removal_allowance": kyoto_pb2.RemovalAllowance(
            party="GBR",
            period=1,
            activity=attributes_pb2.LULUCF_ACTIVITY_FOREST_MANAGEMENT,
            quantity=500,
        )
    },
    *(
        said
        for party in ("GBR", "CHE")
        for said in (
            {"assigned_amount": kyoto_pb2.AssignedAmount(party=party, period=1, quantity=1000)},
            {"eligibility": kyoto_pb2.Eligibility(party=party, eligible=True)},
            {
                "inventory": kyoto_pb2.Inventory(
                    party=party, year=2007, emissions=1, reviewed_on="2009-04-15"
                )
            },
        )
    ),
)
NOTICE = kyoto_pb2.LogNotice(
    number=7,
    type=kyoto_pb2.LOG_NOTICE_TYPE_REVERSAL_OF_STORAGE,
    registry="GBR01",
    project="IND7",
    quantity=12,
    due_date="2011-06-30",
    period=1,
    units=[ranges_pb2.UnitRange(registry="IND01", first=1, last=12)],
)
ATTRIBUTES = {
    unit: attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UnitType.Value(f"UNIT_TYPE_{unit}"),
        original_period=1,
        applicable_period=1,
        lulucf_activity=activity,
    )
    for unit, activity in (
        ("AAU", attributes_pb2.LULUCF_ACTIVITY_UNSPECIFIED),
        ("RMU", attributes_pb2.LULUCF_ACTIVITY_FOREST_MANAGEMENT),
    )
}


@dataclass
class Year:
    """A world with accounts, in which things happen."""

    network: PlayedNetwork
    accounts: dict[str, str]

    async def open(self, name: str, kind: int) -> None:
        registry = f"{name.upper()}01"
        wish = statements_pb2.AccountStatement(
            registry=registry, account_type=kind, rulebook="kyoto"
        )
        if kind >= 200:
            wish.terms.kyoto.period = 1
        _, row = await self.network.node(name).open_account(wish)
        await self.network.settle()
        self.accounts[f"{name} {kind}"] = row.account_id

    async def do(
        self, kind: str, account: str, to: str, first: int, last: int, issued: str = ""
    ) -> None:
        """Proposes a transaction of British units, which the other side accepts."""
        giver, taker = account.partition(" ")[0], to.partition(" ")[0]
        wish = proposal_pb2.ProposedTransaction(
            type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{kind}"),
            from_account=self.accounts[account],
            to_account=self.accounts[to],
            blocks=[units_pb2.UnitBlock(registry="GBR01", first=first, last=last)],
            rulebook="kyoto",
        )
        if issued:
            wish.blocks[0].attributes.CopyFrom(
                rulebooks_pb2.UnitAttributes(kyoto=ATTRIBUTES[issued])
            )
        if kind == "CONVERSION":
            wish.terms.kyoto.become.project = "GBR22"
            wish.terms.kyoto.become.track = attributes_pb2.TRACK_PARTY_VERIFIED
        node = self.network.node(giver)
        said = await node.propose(wish)
        await self.network.settle()
        item = (await node.outcome(said.message_id)).item
        assert (item.status, item.effective) == (ItemStatus.DECIDED, True), item
        if giver != taker:
            await self.network.node(taker).accept(said.transaction_id)
            await self.network.settle()


@pytest.fixture
async def year() -> AsyncIterator[Year]:
    """Great Britain issues, converts, trades both ways, cancels and retires; so does Switzerland."""
    specs = [
        NodeSpec(
            name=NodeId(name),
            registries=(RegistryId(f"{party}01"),),
            parties=(PartyCode(party),),
            kind=NodeKind.NATIONAL,
        )
        for name, party in (("gbr", "GBR"), ("che", "CHE"))
    ]
    network = PlayedNetwork(specs, START)
    made = Year(network, {})
    try:
        await network.start()
        for said in STATED:
            await network.operator.state(
                PayloadKind.KYOTO_STATEMENT, kyoto_pb2.KyotoStatement(**said)
            )
        for name in ("GBR01", "CHE01"):
            await network.operator.set_registry_status(
                RegistryId(name), OperationalStatus.OPERATIONAL, "", ["kyoto"]
            )
        for account in (
            "gbr 100",
            "gbr 121",
            "gbr 230",
            "gbr 300",
            "che 100",
            "che 230",
            "che 300",
        ):
            name, _, kind = account.partition(" ")
            await made.open(name, int(kind))
        await made.do("ISSUANCE", "gbr 100", "gbr 100", 1, 1000, "AAU")
        await made.do("ISSUANCE", "gbr 100", "gbr 100", 1001, 1100, "RMU")
        await made.do("CONVERSION", "gbr 100", "gbr 100", 101, 200)
        await network.move_to(START + timedelta(days=365))
        await made.do("TRANSFER", "gbr 100", "gbr 121", 1, 50)
        await made.do("TRANSFER", "gbr 100", "che 100", 151, 250)
        await made.do("TRANSFER", "che 100", "gbr 100", 241, 250)
        await made.do("TRANSFER", "gbr 100", "che 100", 249, 250)
        await made.do("CANCELLATION", "gbr 121", "gbr 230", 1, 5)
        await made.do("RETIREMENT", "gbr 100", "gbr 300", 301, 330)
        await made.do("RETIREMENT", "che 100", "che 300", 151, 160)
        await made.do("CANCELLATION", "che 100", "che 230", 201, 203)
        await network.operator.state(
            PayloadKind.KYOTO_STATEMENT, kyoto_pb2.KyotoStatement(log_notice=NOTICE)
        )
        await network.settle()
        yield made
    finally:
        await network.close()


async def test_a_nodes_own_report_is_the_logs_cell_by_cell(year: Year) -> None:
    compared, found = await differing(year.network)
    assert compared == 4
    assert found == []
    kinds = {each.kind for each in await of_node(year.network, "gbr")}
    assert kinds >= {EntryKind.TRANSFER_IN, EntryKind.TRANSFER_OUT, EntryKind.REQUIREMENT}
    outs = [
        (each.first, each.serials)
        for each in await of_node(year.network, "gbr")
        if each.kind is EntryKind.TRANSFER_OUT
    ]
    assert sorted(outs) == [
        (False, "GBR01-249-250"),
        (True, "GBR01-151-200"),
        (True, "GBR01-201-250"),
    ]
    early = await of_node(year.network, "gbr", date(2010, 12, 31), START + timedelta(days=100))
    assert {each.kind for each in early} == {EntryKind.ISSUANCE, EntryKind.CONVERSION}


def node(place: Path, *words: object) -> Result:
    return CliRunner().invoke(main, ["--dir", str(place), *map(str, words)])


FROM_FILES = pytest.mark.on_sqlite("the folders of both programs are made of copies of their files")


async def folders(year: Year, tmp_path: Path) -> tuple[Path, Path]:
    """The folder of the British node, and that of the broker, with what they have stored."""
    place = tmp_path / "node"
    place.mkdir(mode=0o700)
    words = ("--node", "gbr", "--kind", "national", "--registry", "GBR01", "--network", NETWORK_ID)
    assert node(place, "init", *words).exit_code == 0
    file = admission_for(place, "h:1", "gbr", NETWORK_ID)
    keys = tuple(
        BrokerKey(each.purpose, each.raw, each.not_before, each.not_after)
        for each in year.network._broker_keys()
    )
    made = replace(
        read_admission(file.read_text()),
        broker_node=BROKER_NODE, broker_keys=keys,
    )  # fmt: skip
    file.write_text(write_admission(made))
    ran = node(place, "join", file)
    assert ran.exit_code == 0, ran.output
    (place / "data").mkdir(exist_ok=True)
    store = year.network.members[NodeId("gbr")].store
    with closing(sqlite3.connect(place / "data" / DATABASE)) as copy:
        await store._database.run(lambda db: db.backup(copy))
        copy.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    log = set_up(tmp_path / "broker", "--rulebook", "kyoto")
    with closing(sqlite3.connect(log / "broker.sqlite")) as copy:
        assert isinstance(year.network.database, sqlite3.Connection)
        year.network.database.backup(copy)
        copy.execute(f"PRAGMA application_id = {DATABASE_ID}")
    return place, log


@FROM_FILES
async def test_the_command_writes_what_compares_and_one_unit_changed_by_hand_is_named(
    year: Year, tmp_path: Path
) -> None:
    place, log = await folders(year, tmp_path)
    own, theirs = tmp_path / "own.xlsx", tmp_path / "log.xlsx"
    words = ("sef", "export", "GBR", 2011, "--period", 1)
    ran = node(place, *words, "--out", own)
    assert ran.exit_code == 0, ran.output
    assert broker("--dir", log, *words, "--out", theirs).exit_code == 0
    ran = node(place, "sef", "compare", own, theirs)
    assert ran.exit_code == 0, ran.output
    assert node(place, "sef", "check", own).exit_code == 0
    with closing(sqlite3.connect(place / "data" / DATABASE)) as db, db:
        row = db.execute(
            "SELECT registry, first, last, account_id, attributes, marks, reserved_by FROM holding"
            " WHERE first = 331"
        ).fetchone()
        db.execute("DELETE FROM holding WHERE first = 331")
        db.execute("INSERT INTO holding VALUES (?, ?, ?, ?, ?, ?, ?)", (row[0], 332, *row[2:]))
    assert node(place, *words, "--out", own).exit_code == 0
    ran = node(place, "sef", "compare", own, theirs, "--json")
    assert ran.exit_code == 1
    differences = json.loads(ran.stdout)["differences"]
    assert {(each["one"]["sheet"], each["row"], each["unit"]) for each in differences} == {
        (sheet, row, "AAU") for sheet in ("TABLE1", "TABLE4") for row in ("Party holding", "total")
    }
    assert node(place, "sef", "check", own).exit_code == 1


@pytest.mark.slow
@FROM_FILES
async def test_the_commands_of_the_page_do_what_it_says(
    year: Year, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, log = await folders(year, tmp_path)
    monkeypatch.chdir(tmp_path)
    lines = executed_blocks()["sef-own"].text.splitlines()
    assert len(lines) == 5
    for line in lines:
        program, *words = shlex.split(line)
        ran = node(place, *words) if program == "registry-node" else broker("--dir", log, *words)
        assert ran.exit_code == 0, (line, ran.stdout, ran.stderr)


@FROM_FILES
async def test_what_the_node_keeps_no_books_of_is_refused(year: Year, tmp_path: Path) -> None:
    place, _ = await folders(year, tmp_path)
    ran = node(place, "sef", "export", "CHE", 2011, "--period", 1)
    assert ran.exit_code == 2
    assert "keeps no books of CHE" in " ".join(ran.stderr.split())
    with closing(sqlite3.connect(place / "data" / DATABASE)) as db, db:
        db.execute("DROP TRIGGER proof_no_delete")
        db.execute("DELETE FROM proof_transaction")
        db.execute("DELETE FROM proof WHERE kind = 'verdict'")
    ran = node(place, "sef", "export", "GBR", 2011, "--period", 1)
    assert ran.exit_code != 0
    assert "LEDGER_AUDIT_FAILED" in ran.stderr


@FROM_FILES
async def test_retired_units_are_listed_by_serial_numbers(year: Year, tmp_path: Path) -> None:
    place, _ = await folders(year, tmp_path)
    ran = node(place, "sef", "true-up", "GBR", 1)
    assert ran.exit_code == 0, ran.output
    assert "GBR01-301-330" in ran.stdout
