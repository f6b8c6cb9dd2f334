# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A Party's own office, through its node: its adjustments, balance, summary, AEFs, and the rulebook."""

from __future__ import annotations

import importlib.metadata
import json
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aef.drawn_document import read_drawn
from aef.model import Submission
from aef.workbook_writing import write_workbook
from broker.known_regimes import regimes_of
from broker.regime.paris.regime import PARIS
from broker.reports.paris import balances
from broker.reports.paris.aef.drawing import draw_all
from broker.reports.paris.aef.ledger_context import ledger_context
from broker.reports.paris.tracing import traced
from broker.rulebook.check import Kept
from broker.rulebook.paris.catalogue import DIGEST
from itmo.clearing.v1 import adjustment_service_pb2 as adjustments_pb
from itmo.clearing.v1 import aef_service_pb2, rulebook_service_pb2
from itmo.identifiers import NetworkId, NodeId, RegistryId
from itmo.node_kinds import NodeKind
from itmo.paris.v1 import parties_pb2, terms_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import Exit
from itmo.runtime.rpc.callers import identify_as
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.server import add_unix_port, make_server, stop_gracefully
from registry_node.adapters.grpc_office import GrpcPartyAccounts
from registry_node.adapters.line import Line
from registry_node.api import office_service
from registry_node.api.operator_service import OPERATOR_LIMITS
from registry_node.cli import main
from registry_node.identity import Identity
from tests.api.broker_kit import Served, served, trading
from tests.architecture.sources import ROOT
from tests.kit.clearing import BROKER, NETWORK, transfer, use
from tests.kit.commands import ran
from tests.kit.kyoto import kyoto_world

YEARS = terms_pb2.YearSpan(first=2022, last=2023)


@pytest.fixture
async def broker() -> AsyncIterator[Served]:
    """Switzerland acquired units 1 to 100 of Thailand and used ten of them for 2022."""
    async with trading() as running:
        world = running.world
        moved = transfer(world, 1, 100)
        await running.tha.propose(moved)
        await running.che.accept(moved.transaction_id)
        await running.che.propose(use(world, 1, 10, 2022))
        yield running


async def asking(broker: Served, name: str) -> GrpcPartyAccounts:
    return GrpcPartyAccounts(Line((await broker.line(name)).channel))


def questions(party: str) -> dict[str, Callable[[GrpcPartyAccounts], Awaitable[object]]]:
    """Everything that is only for the node that a Party designated."""
    adjustments = adjustments_pb.ListAdjustmentsRequest(party=party)
    balance = adjustments_pb.GetBalanceRequest(party=party, year=2022)
    summary = adjustments_pb.GetSummaryRequest(party=party, years=YEARS)
    aefs = aef_service_pb2.DrawAefsRequest(party=party)
    return {
        "adjustments": lambda office: office.adjustments(adjustments),
        "balance": lambda office: office.balance(balance),
        "summary": lambda office: office.summary(summary),
        "aefs": lambda office: office.aefs(aefs),
    }


@pytest.mark.parametrize("question", questions(""))
async def test_a_party_sees_its_own_and_nobody_elses(broker: Served, question: str) -> None:
    for name, own in (("tha", "THA"), ("che", "CHE"), ("deu", "DEU")):
        accounts = await asking(broker, name)
        for party in ("THA", "CHE", "DEU", "JPN"):
            if party == own:
                await questions(party)[question](accounts)
                continue
            with pytest.raises(ProtocolError) as refused:
                await questions(party)[question](accounts)
            assert refused.value.reason is Reason.PERMISSION_DENIED


async def test_adjustments_say_what_the_operator_sees_of_them(broker: Served) -> None:
    for name, party in (("tha", "THA"), ("che", "CHE")):
        accounts = await asking(broker, name)
        request = adjustments_pb.ListAdjustmentsRequest(party=party, page_size=1)
        shown: list[adjustments_pb.Adjustment] = []
        while True:
            page = await accounts.adjustments(request)
            shown.extend(page.adjustments)
            request.page_token = page.next_page_token
            if not page.next_page_token:
                break
        known = traced(broker.world.connection, party)
        assert len(known) == len(shown) > 0
        for entry, one in zip(known, shown, strict=True):
            assert (one.entry_id, one.party, one.year, one.quantity) == (
                entry.entry_id, entry.party, entry.year, entry.quantity,
            )  # fmt: skip
            assert (one.registry, one.first, one.last) == (entry.registry, entry.first, entry.last)
            assert adjustments_pb.AdjustmentKind.Name(one.kind).endswith(entry.kind)
            assert (one.from_account, one.to_account) == (entry.from_account, entry.to_account)
            assert one.authorization_id == entry.authorization
        other_year = adjustments_pb.ListAdjustmentsRequest(party=party, year=2050)
        assert not (await accounts.adjustments(other_year)).adjustments


async def test_a_balance_says_how_it_comes_about(broker: Served) -> None:
    accounts = await asking(broker, "tha")
    told = await accounts.balance(adjustments_pb.GetBalanceRequest(party="THA", year=2022))
    known = balances.balance(broker.world.connection, "THA", 2022)
    assert told.first_transferred == known.first_transferred == 100
    assert known.period is not None
    assert (told.period.first, told.period.last) == (known.period.first, known.period.last)
    assert parties_pb2.AdjustmentMethod.Name(told.method).endswith(str(known.method))
    assert known.adjustment is not None
    assert told.adjustment.numerator == known.adjustment.numerator
    assert told.effective == known.effective
    assert told.HasField("balance") == (known.balance is not None)


async def test_a_summary_has_every_row_and_a_page(broker: Served) -> None:
    accounts = await asking(broker, "che")
    told = await accounts.summary(adjustments_pb.GetSummaryRequest(party="CHE", years=YEARS))
    assert [each.year for each in told.years] == [2022, 2023]
    rows = {each.name: each for each in told.rows}
    used = rows["used"].figures
    assert [(each.value.numerator, each.value.denominator) for each in used] == [(10, 1), (0, 1)]
    assert not rows["inventory"].figures[0].HasField("value"), "not stated"
    assert told.page.lower().startswith("<!doctype html>")
    assert "CHE" in told.page


@pytest.mark.parametrize(("first", "last"), [(2023, 2022), (1900, 2000), (2000, 2050), (0, 0)])
async def test_years_that_make_no_table_are_refused(broker: Served, first: int, last: int) -> None:
    years = terms_pb2.YearSpan(first=first, last=last)
    accounts = await asking(broker, "che")
    with pytest.raises(ProtocolError) as refused:
        await accounts.summary(adjustments_pb.GetSummaryRequest(party="CHE", years=years))
    assert refused.value.reason is Reason.PAYLOAD_INVALID


async def test_aefs_are_those_that_the_operator_draws(broker: Served) -> None:
    everything = draw_all(broker.world.connection, submitted=broker.world.clock.now().date())
    for name, party in (("tha", "THA"), ("che", "CHE")):
        accounts = await asking(broker, name)
        answer = await accounts.aefs(aef_service_pb2.DrawAefsRequest(party=party))
        drawn = read_drawn(answer.drawn, party)
        own = [each for each in everything if each.heading.party == party]
        assert [each.source for each in drawn.submissions] == [each.source for each in own]
        for ours, theirs in zip(drawn.submissions, own, strict=True):
            assert len(ours.actions) == len(theirs.actions)
            assert ours.heading.submitted == theirs.heading.submitted
            assert ours.from_ledger
        (leaves,) = broker.world.connection.execute("SELECT count(*) FROM log_leaf").fetchone()
        place = answer.position
        assert (place.decisions, place.network_id) == (leaves, NETWORK)
        (leaf,) = broker.world.connection.execute(
            "SELECT leaf_hash FROM log_leaf ORDER BY log_index DESC"
        ).fetchone()
        assert place.last_leaf == leaf
        known = ledger_context(broker.world.connection, own)
        assert drawn.context.summaries == known.summaries
        assert drawn.context.first_reports == known.first_reports
        assert set(drawn.context.approaches) < set(known.approaches)
        assert all(
            each.open_to_all or party in each.parties for each in drawn.context.approaches.values()
        )
    one = await (await asking(broker, "che")).aefs(
        aef_service_pb2.DrawAefsRequest(party="CHE", year=2021, version="2.1")
    )
    for version in ("1", "abc", "01.0", "1.0 "):
        wrong = aef_service_pb2.DrawAefsRequest(party="CHE", version=version)
        with pytest.raises(ProtocolError) as refused:
            await (await asking(broker, "che")).aefs(wrong)
        assert refused.value.reason is Reason.PAYLOAD_INVALID
    (empty,) = read_drawn(one.drawn, "CHE").submissions
    assert (empty.heading.reported_year, empty.heading.version, empty.actions) == (2021, "2.1", ())


async def test_every_admitted_node_is_told_the_rulebook(broker: Served) -> None:
    accounts = await asking(broker, "deu")
    told = await accounts.checks(rulebook_service_pb2.ListChecksRequest())
    assert [(each.name, each.digest) for each in told.rulebooks] == [("paris", DIGEST)]
    assert {each.rulebook for each in told.checks} == {"paris"}
    assert [each.check_id for each in told.checks] == [
        rule.id for rule in (*PARIS.checks, *PARIS.report_rules)
    ]
    assert {each.check_id for each in told.checks if each.kept_by} == {
        rule.id for rule in PARIS.checks + PARIS.report_rules if isinstance(rule, Kept)
    }
    assert {each.check_id: each.remedy for each in told.checks}["ID_LOCKED"]


# -- the node's commands --------------------------------------------------------------------------


@dataclass
class Terminal:
    """A folder whose node answers on its socket, with a real connection to a real broker."""

    folder: Path

    async def run(self, *words: str) -> tuple[int, str]:
        """Runs a command; returns its exit status and what it printed."""
        done = await ran(main, "--dir", self.folder, *words)
        return done.exit_code, done.output

    async def ask(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        code, text = await self.run(*words, "--json")
        assert code == 0, text
        return json.loads(text)


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The office is plugged in, also in a checkout that is not installed anew."""
    points = [EntryPoint("aef", "office.command:aef", "registry_node.commands")]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: points)
    monkeypatch.setattr(main, "_plugins", None)


@pytest.fixture
async def terminal(broker: Served, tmp_path: Path, plugged: None) -> AsyncIterator[Terminal]:
    async with swiss_terminal(broker, tmp_path) as made:
        yield made


@asynccontextmanager
async def swiss_terminal(broker: Served, tmp_path: Path) -> AsyncIterator[Terminal]:
    identity = Identity(
        node=NodeId("che"),
        kind=NodeKind.NATIONAL,
        registries=(RegistryId("CHE01"),),
        network_id=NetworkId(NETWORK),
        test_network=True,
        broker_node=BROKER,
    )
    (tmp_path / "node.toml").write_text("[node]\nid = 'che'\n")
    guard = CallGuard(identify=identify_as(NETWORK, identity.node), limits=OPERATOR_LIMITS)
    server = make_server(interceptors=[guard])
    office_service.add_to_server(
        office_service.OfficeServicer(identity, await asking(broker, "che")), server
    )
    add_unix_port(server, tmp_path / "node.sock")
    await server.start()
    yield Terminal(tmp_path)
    await stop_gracefully(server, guard=guard, grace_seconds=0)


async def test_the_office_reads_its_accounts(terminal: Terminal) -> None:
    told = await terminal.ask("adjustments", "--explain")
    assert [each["quantity"] for each in told["adjustments"]] == ["-10"]
    assert told["sums"] == [{"year": 2022, "metric": "t CO2 eq", "quantity": "-10"}]
    code, text = await terminal.run("adjustments", "--year", "2022", "--explain")
    assert code == 0
    for part in ("-10", "USE", "THA01:1-10", "Sums"):
        assert part in text
    assert "Nothing is booked" in (await terminal.run("adjustments", "--year", "2030"))[1]
    code, text = await terminal.run("adjustments", "--as-of", "2020-01-01")
    assert "Nothing is booked" in text

    told = await terminal.ask("balance", "--year", "2022", "--explain")
    assert told["used"] == "10"
    assert len(told["entries"]) == 1
    code, text = await terminal.run("balance", "--year", "2022", "--party", "CHE")
    assert (code, "-10" in text, "NDC period" in text) == (0, True, True)
    assert text.startswith("CHE 2022, t CO2 eq")
    code, text = await terminal.run("balance", "--year", "2021")
    assert ("used               0\n" in text, "-0" in text) == (True, False)


async def test_the_office_prints_its_summary(terminal: Terminal, tmp_path: Path) -> None:
    page = tmp_path / "summary.html"
    code, text = await terminal.run("summary", "--period", "2021-2030", "--html", str(page))
    assert code == 0
    for part in ("Outcomes used", "2021", "2030", "Status"):
        assert part in text
    assert page.read_text().lower().startswith("<!doctype html>")
    code, text = await terminal.run("summary", "--year", "2022", "--as-of", "2019-12-31")
    assert "Structured summary of CHE, as of 2019-12-31 23:59:59Z: t CO2 eq" in text
    assert "\n0 decisions of network" in text, "the log as of then"
    told = await terminal.ask("summary", "--year", "2022")
    assert "page" not in told
    assert "entries" not in told
    told = await terminal.ask("summary", "--year", "2022", "--explain")
    (entry,) = told["entries"]
    made = {each["name"]: each["figures"][0]["entry_ids"] for each in told["rows"]}
    assert made["used"] == made["net"] == [entry["entry_id"]]
    assert made["first_transferred"] == made["inventory"] == []
    code, text = await terminal.run("summary", "--year", "2022", "--explain")
    assert (code, "Outcomes used, 2022" in text, "THA01:1-10" in text) == (0, True, True)
    assert (await terminal.run("summary", "--year", "2022", "--period", "2021-2030"))[
        0
    ] == Exit.USAGE
    code, text = await terminal.run("summary", "--year", "2022", "--party", "THA")
    assert (code, "PERMISSION_DENIED" in text) == (Exit.REFUSED, True)


async def test_the_office_reads_the_rulebook(terminal: Terminal) -> None:
    code, text = await terminal.run("checks", "list", "--category", "unit")
    assert (code, "ID_LOCKED" in text, "ACC_EXISTS" in text) == (0, True, False)
    shown = await terminal.ask("checks", "show", "ID_LOCKED")
    assert shown["remedy"]
    code, text = await terminal.run("checks", "show", "ID_LOCKED")
    assert (code, shown["remedy"] in text) == (0, True)
    assert (await terminal.run("checks", "show", "NOTHING"))[0] == Exit.REFUSED
    # A number of the international transaction log, which no rulebook of this network knows.
    assert (await terminal.run("checks", "show", "4010"))[0] == Exit.REFUSED
    assert (await terminal.run("checks", "list", "--category", "soil"))[0] == Exit.USAGE


async def test_a_network_of_kyoto_alone_offers_what_is_kyoto_s(tmp_path: Path) -> None:
    async with served(regimes=regimes_of(["kyoto"])) as running:
        await kyoto_world(running.world)
        async with swiss_terminal(running, tmp_path) as terminal:
            told = await terminal.ask("checks", "show", "4010")
            assert (told["provenance"], told["rulebook"]) == ("UNCONFIRMED", "kyoto")
            assert told["rules"] == [each["check_id"] for each in told["checks"]]
            code, text = await terminal.run("checks", "show", "4010")
            assert (code, told["rules"][0] in text, told["title"] in text) == (0, True, True)
            (rule,) = told["rules"][:1]
            shown = await terminal.ask("checks", "show", rule)
            assert shown["known_as"]
            code, text = await terminal.run("adjustments")
            assert (code, "CALL_NOT_OFFERED" in text) == (Exit.REFUSED, True), text


# -- AEFs in the office ---------------------------------------------------------------------------


def theirs_name(submission: Submission) -> str:
    """The name that a file has where none is given."""
    return f"AEF_{submission.heading.party}_{submission.heading.reported_year}.xlsx"


async def test_the_office_exports_what_the_operator_would(
    terminal: Terminal, broker: Served, tmp_path: Path
) -> None:
    """The same bytes, so that nothing depends on where it was written."""
    (folder := tmp_path / "out").mkdir()
    told = await terminal.ask("aef", "export", "--all", "--out", str(folder))
    drawn = draw_all(broker.world.connection, submitted=broker.world.clock.now().date(), only="CHE")
    assert len(told["files"]) == len(drawn) > 0
    for shown, submission in zip(told["files"], drawn, strict=True):
        theirs = tmp_path / "theirs.xlsx"
        write_workbook(submission, theirs)
        assert (folder / theirs_name(submission)).read_bytes() == theirs.read_bytes()
        assert shown["file"] == str(folder / theirs_name(submission))
        assert shown["year"] == submission.heading.reported_year
    (leaves,) = broker.world.connection.execute("SELECT count(*) FROM log_leaf").fetchone()
    assert (told["position"]["decisions"], told["position"]["network"]) == (str(leaves), NETWORK)
    year = str(drawn[-1].heading.reported_year)
    code, text = await terminal.run("aef", "export", "--year", year, "--out", str(folder))
    assert (code, "exists" in text) == (Exit.USAGE, True)
    named = folder / "own.json"
    code, text = await terminal.run(
        "aef", "export", "--party", "CHE", "--year", year, "--out", str(named), "--version", "1.1"
    )
    assert (code, f"{leaves} decisions of network" in text) == (0, True), text
    assert json.loads(named.read_text())["submission"]["version"] == "1.1"
    assert (await terminal.run("aef", "export"))[0] == Exit.USAGE
    code, text = await terminal.run("aef", "export", "--year", year, "--party", "THA")
    assert (code, "PERMISSION_DENIED" in text) == (Exit.REFUSED, True)


async def test_the_office_checks_its_own_with_the_others_files(
    terminal: Terminal, broker: Served, tmp_path: Path
) -> None:
    """The other side's file is given; of the ledger only what is its own is asked."""
    files: list[str] = []
    for submission in draw_all(broker.world.connection, only="THA"):
        files.append(str(tmp_path / f"tha{len(files)}.xlsx"))
        write_workbook(submission, Path(files[-1]))
    page = tmp_path / "checked.html"
    _, text = await terminal.run(
        "aef", "check", *files, "--ledger", "--first", "THA:2022", "--skip", "IRC01",
        "--html", str(page),
    )  # fmt: skip
    assert "CHE" in text
    assert page.read_text().lower().startswith("<!doctype html>")
    code, text = await terminal.run("aef", "check", *files, "--ledger", "--json")
    tree = json.loads(text)
    assert tree["evidence"]["program"].startswith("registry-node ")
    assert code == (0 if tree["clean"] else Exit.REFUSED)
    from_ledger = {each["party"] for each in tree["submissions"] if each["from_ledger"]}
    assert from_ledger == {"CHE"}
    wrong = [each for each in tree["findings"] if each["state"] == "INCONSISTENT"]
    assert wrong == []


async def test_files_are_checked_without_asking_anybody(tmp_path: Path, plugged: None) -> None:
    """The node need not run, and what is in the files goes nowhere."""
    terminal = Terminal(tmp_path)
    (tmp_path / "node.toml").write_text("[node]\n")
    torn = tmp_path / "torn.xlsx"
    torn.write_bytes(b"PK\x03\x04 and no more")
    code, text = await terminal.run("aef", "check", str(torn))
    assert (code, "torn.xlsx" in text) == (Exit.USAGE, True)
    code, text = await terminal.run("aef", "check", "--ledger")
    assert (code, f"registry-node --dir {tmp_path} serve" in text) == (Exit.UNREACHABLE, True)
    assert (await terminal.run("aef", "check"))[0] == Exit.USAGE
    assert (await terminal.run("aef", "check", "--year", "2024", str(torn)))[0] == Exit.USAGE


def test_the_office_plugs_into_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = project["entry-points"]["registry_node.commands"]
    assert named == {"aef": "office.command:aef"}
    points = [
        *(EntryPoint(name, value, "registry_node.commands") for name, value in named.items()),
        EntryPoint("broken", "there_is_no_such_module:x", "registry_node.commands"),
        EntryPoint("no-command", "office.command:__doc__", "registry_node.commands"),
        EntryPoint("status", "office.command:aef", "registry_node.commands"),
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: points)
    monkeypatch.setattr(main, "_plugins", None)
    told = CliRunner().invoke(main, ["--help"]).output
    assert "aef" in told
    assert "how the node is doing" in CliRunner().invoke(main, ["status", "--help"]).output
    for name in ("broken", "no-command"):
        done = CliRunner().invoke(main, [name, "--json"])
        assert done.exit_code == Exit.USAGE
        assert json.loads(done.stdout)["error"]["reason"] == "CONFIGURATION_INVALID"
    for name in ("export", "check"):
        assert CliRunner().invoke(main, ["aef", name, "--help"]).exit_code == 0
