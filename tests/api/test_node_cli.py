# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The command line against a running node: output, JSON, exit status."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from itmo.lifecycle import State
from itmo.reasons import CATALOGUE, ProtocolError, Reason
from itmo.runtime.cli.contract import Exit, exit_of
from itmo.runtime.rpc.callers import identify_as
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.server import LOCAL, add_unix_port, make_server, stop_gracefully
from registry_node.api import job_service
from registry_node.api.operator_service import OPERATOR_LIMITS, OperatorServicer, add_to_server
from registry_node.cli import main
from registry_node.paris import paris_service
from registry_node.service import RegistryNode
from tests.kit import wishes
from tests.kit.commands import ran
from tests.unit.registry_node.broker_double import Network

COMMANDS = sorted(main.commands)


@dataclass
class Terminal:
    """A folder whose node runs, and another node that answers by hand."""

    folder: Path
    network: Network
    node: RegistryNode
    other: RegistryNode
    other_account: str

    async def run(self, *words: str) -> tuple[int, str]:
        """Runs a command; returns its exit status and what it printed."""
        done = await ran(main, "--dir", self.folder, *words)
        return done.exit_code, done.stdout if "--json" in words else done.stdout + done.stderr

    async def ask(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        code, text = await self.run(*words, "--json")
        assert code == 0, text
        return json.loads(text)


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    network = Network()
    node = await network.join("tha-registry", "THA01")
    other = await network.join("che-registry", "CHE01")
    _, account = await other.open_account(wishes.account())
    (tmp_path / "node.toml").write_text("[node]\nid = 'tha-registry'\n")
    guard = CallGuard(
        identify=identify_as(node.identity.network_id, node.identity.node), limits=OPERATOR_LIMITS
    )
    server = make_server(limits=LOCAL, interceptors=[guard])
    look_up = paris_service.looking_up(node, None)
    add_to_server(OperatorServicer(node, look_up=look_up), server)
    paris_service.add_to_server(paris_service.ParisServicer(node), server)
    job_service.add_to_server(job_service.JobServicer(node), server)
    add_unix_port(server, tmp_path / "node.sock")
    await server.start()
    await node.start()
    await other.start()
    yield Terminal(tmp_path, network, node, other, account.account_id)
    await node.stop()
    await other.stop()
    await stop_gracefully(server, guard=guard, grace_seconds=0)
    for store in network.stores.values():
        await store.close()


async def test_a_day_at_the_terminal(terminal: Terminal) -> None:
    opened = await terminal.ask("open-account", "--type", "100")
    account = opened["account"]["account_id"]
    assert opened["outcome"]["effective"] is True
    authorization = terminal.folder / "authorization.yaml"
    authorization.write_text(
        'id: "1006.4/2810"\nparty: THA\ncooperative_approach: CA0003\npurposes: [NDC]\n'
        "quantity: 500000\nparties: [CHE]\nvintages: [2022, 2030]\ndate: 2022-11-01\n"
    )
    assert (await terminal.ask("authorize", str(authorization)))["version"] == 1
    issued = await terminal.ask(
        "issue", account, "1-1916", "--authorization", "1006.4/2810", "--vintage", "2022"
    )
    block = issued["outcome"]["transaction"]["blocks"][0]
    assert block["attributes"]["paris"]["first_transferring_party"] == "THA"
    assert block["attributes"]["paris"]["authorization"]["version"] == 1
    assert issued["outcome"]["transaction"]["state"] == "STATE_COMPLETED"

    proposed = await terminal.ask("propose", account, terminal.other_account, "THA01:1-916")
    name = proposed["outcome"]["transaction"]["transaction_id"]
    code, text = await terminal.run("accounts")
    assert (code, "1 916" in text, "916" in text) == (0, True, True)
    code, text = await terminal.run("propose", account, terminal.other_account, "1-10")
    assert code == Exit.REFUSED
    assert "INSUFFICIENT_HOLDINGS" in text
    assert name in text

    accepted = await terminal.other.accept(name)
    assert (await terminal.other.outcome(accepted.message_id, 30)).item.effective
    store = terminal.network.stores["tha-registry"]
    changed = asyncio.Event()
    store.listen(changed.set)
    while sum(row.quantity for row in await terminal.node.holdings()) != 1000:
        await changed.wait()
        changed.clear()
    (held,) = (await terminal.ask("holdings"))["holdings"]
    assert (held["block"]["first"], held["block"]["last"]) == ("917", "1916")
    code, text = await terminal.run("transaction", name)
    assert code == 0
    assert "COMPLETED" in text
    assert "acceptance" in text
    verified = await terminal.node.verify()
    assert (verified.checked, verified.problems) == (verified.valid, ())


async def test_cers_are_brought_over_with_their_kyoto_serial(terminal: Terminal) -> None:
    account = (await terminal.ask("open-account", "--type", "100"))["account"]["account_id"]
    issued = await terminal.ask(
        "issue", account, "1-1000", "--unit-type", "CER", "--party", "IND", "--vintage", "2019",
        "--cooperative-approach", "CA000001", "--activity", "CDM 9876",
        "--kyoto-serial", "IN-5-1-1000-2-2-0-9876", "--registered", "2013-01-01",
    )  # fmt: skip
    stated = issued["outcome"]["transaction"]["blocks"][0]["attributes"]["paris"]
    assert stated["unit_type"] == "UNIT_TYPE_CER"
    assert stated["cer"]["kyoto_serial"] == "IN-5-1-1000-2-2-0-9876"
    assert stated["cer"]["project_registration_date"] == "2013-01-01"


async def test_refusals_are_shown_check_by_check(terminal: Terminal) -> None:
    account = (await terminal.ask("open-account", "--type", "100"))["account"]["account_id"]
    terminal.network.broker.invalid = "ACC_FINAL_NO_EXIT"
    words = ("propose", account, terminal.other_account, "1-10", "--unchecked")
    code, text = await terminal.run(*words)
    assert code == Exit.REFUSED
    for part in ("INVALIDATED", "ACC_FINAL_NO_EXIT", "something", "6/CMA.4", "leave the account"):
        assert part in text
    code, text = await terminal.run(*words, "--json")
    assert code == Exit.REFUSED
    told = json.loads(text)["outcome"]["transaction"]
    assert told["findings"][0]["outcome"] == "OUTCOME_FAILED"
    (remedy,) = told["remedies"]
    assert remedy == {"check_id": "ACC_FINAL_NO_EXIT", "remedy": "leave the account alone"}
    shown = (await terminal.run("transaction", told["transaction_id"]))[1]
    assert "leave the account alone" in shown


async def test_a_refusal_by_a_reason_says_what_to_do(terminal: Terminal) -> None:
    code, text = await terminal.run("accept", "018cc251-f400-7000-8000-000000000001", "--json")
    assert code == Exit.REFUSED
    error = json.loads(text)["error"]
    assert error["remedy"] == CATALOGUE[Reason(error["reason"])].remedy


async def test_the_reason_of_a_rejection_reaches_the_proposer(terminal: Terminal) -> None:
    """Also where it looks like markup of the terminal."""
    account = (await terminal.ask("open-account", "--type", "100"))["account"]["account_id"]
    words = ("issue", account, "1-10", "--vintage", "2022", "--party", "THA")
    await terminal.ask(*words, "--cooperative-approach", "CA0003")
    name = (await terminal.ask("propose", account, terminal.other_account, "1-10"))["outcome"][
        "transaction"
    ]["transaction_id"]
    why = "not ours [red]; ask the ministry[/red]"
    rejected = await terminal.other.reject(name, why)
    assert (await terminal.other.outcome(rejected.message_id, 30)).item.effective
    changed = asyncio.Event()
    terminal.network.stores["tha-registry"].listen(changed.set)
    while (await terminal.node.story(name)).transaction.state is not State.REJECTED:
        await changed.wait()
        changed.clear()
    told = await terminal.ask("transaction", name)
    assert told["transaction"]["reason"] == why
    for listing in (("transaction", name), ("transactions",)):
        assert why in (await terminal.run(*listing))[1]
    (row,) = [
        each
        for each in (await terminal.ask("transactions"))["transactions"]
        if each["transaction_id"] == name
    ]
    assert row["reason"] == why
    (own,) = await terminal.other.transactions()
    assert await terminal.other.reasons([own]) == [why]


async def test_the_reason_of_a_withdrawal_reaches_the_receiver(terminal: Terminal) -> None:
    account = (await terminal.ask("open-account", "--type", "100"))["account"]["account_id"]
    words = ("issue", account, "1-10", "--vintage", "2022", "--party", "THA")
    await terminal.ask(*words, "--cooperative-approach", "CA0003")
    name = (await terminal.ask("propose", account, terminal.other_account, "1-10"))["outcome"][
        "transaction"
    ]["transaction_id"]
    withdrawn = await terminal.ask("withdraw", name, "--reason", "sold elsewhere")
    assert withdrawn["outcome"]["transaction"]["reason"] == "sold elsewhere"
    changed = asyncio.Event()
    terminal.network.stores["che-registry"].listen(changed.set)
    while (await terminal.other.story(name)).transaction.state is not State.TERMINATED:
        await changed.wait()
        changed.clear()
    assert (await terminal.other.story(name)).reason == "sold elsewhere"


async def test_status_inbox_clock_and_pages(terminal: Terminal) -> None:
    assert "Nothing waits" in (await terminal.run("inbox"))[1]
    code, text = await terminal.run("clock", "2030-01-01T00:00:00Z")
    assert (code, "2030-01-01" in text) == (0, True)
    code, text = await terminal.run("clock", "2029-01-01T00:00:00Z", "--json")
    assert (code, json.loads(text)["error"]["reason"]) == (1, "CLOCK_NOT_SETTABLE")
    found = await terminal.ask("status")
    assert (found["node"], found["outbox_depth"]) == ("tha-registry", 0)
    code, text = await terminal.run("transactions", "--page", "x")
    assert (code, "PAGE_TOKEN_INVALID" in text) == (2, True)
    code, _ = await terminal.run("transaction", "nothing")
    assert code == Exit.REFUSED


async def test_no_decision_in_time_is_said_and_has_its_code(terminal: Terminal) -> None:
    terminal.network.links["tha-registry"].reachable = False
    code, text = await terminal.run("open-account", "--type", "100", "--wait", "0.01")
    assert (code, "Queued" in text) == (Exit.UNREACHABLE, True)
    code, _ = await terminal.run("open-account", "--type", "100", "--wait", "0")
    assert code == Exit.DONE


def test_without_a_node_the_program_says_so(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text("[node]\n")
    result = CliRunner().invoke(main, ["--dir", str(tmp_path), "status", "--json"])
    assert result.exit_code == Exit.UNREACHABLE
    assert json.loads(result.stdout)["error"]["reason"] == "PROGRAM_NOT_RUNNING"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_json(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "--json" in result.output
    assert (main.commands[name].help or "").strip().split("\n")[0].rstrip(".")


@pytest.mark.parametrize(
    "words",
    [
        ["propose", "a", "b", "10-1"],
        ["propose", "a", "b", "THA01:x"],
        ["open-account", "--ndc", "soon"],
        ["inventory", "THA", "2022"],
        ["nothing"],
        ["check-config"],
    ],
)
def test_wrong_input_has_exit_code_two(words: list[str], tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["--dir", str(tmp_path), *words]).exit_code == Exit.USAGE


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("id: x\ncolour: red\n", "colour"),
        ("purposes: [WAR]\n", "purposes"),
        ("quantity: many\n", "quantity"),
        ("vintages: [2022]\n", "vintages"),
        ("- a list\n", ""),
        ("{", ""),
    ],
)
def test_authorization_files_are_read_strictly(text: str, key: str, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    result = CliRunner().invoke(main, ["--dir", str(tmp_path), "authorize", str(file), "--json"])
    assert result.exit_code == Exit.USAGE
    error = json.loads(result.stdout)["error"]
    assert error["reason"] == "PAYLOAD_INVALID"
    assert key in error["message"]
    assert str(file) in error["message"]


def test_every_reason_has_an_exit_code() -> None:
    assert {exit_of(ProtocolError(reason, "")) for reason in Reason} == {
        Exit.REFUSED,
        Exit.USAGE,
        Exit.UNREACHABLE,
        Exit.FAULT,
    }


def test_own_faults_have_their_own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("registry_node.settings.load", broken)
    result = CliRunner().invoke(main, ["--dir", str(tmp_path), "check-config"])
    assert result.exit_code == Exit.FAULT


async def test_transactions_of_another_rulebook_have_commands_of_their_own(
    terminal: Terminal,
) -> None:
    opened = await terminal.ask("kyoto", "open-account", "--type", "100")
    account = opened["account"]["account_id"]
    retirement = await terminal.ask("kyoto", "open-account", "--type", "300", "--period", "1")
    issued = await terminal.ask("kyoto", "issue", account, "1-100", "--period", "1")
    told = issued["outcome"]["transaction"]
    assert told["blocks"][0]["attributes"]["kyoto"]["unit_type"] == "UNIT_TYPE_AAU"
    converted = await terminal.ask(
        "kyoto", "convert", account, "11-20", "--project", "THA22", "--track", "1"
    )
    assert converted["outcome"]["transaction"]["type"] == "TRANSACTION_TYPE_CONVERSION"
    offered = await terminal.ask("kyoto", "transfer", account, terminal.other_account, "1-5")
    assert offered["outcome"]["transaction"]["type"] == "TRANSACTION_TYPE_TRANSFER"
    words = ("kyoto", "retire", account, retirement["account"]["account_id"], "50-60")
    assert (await terminal.ask(*words))["outcome"]["effective"] is True


async def test_every_type_of_kyoto_transaction_has_a_command(terminal: Terminal) -> None:
    account = (await terminal.ask("kyoto", "open-account", "--type", "100"))["account"][
        "account_id"
    ]
    final = {
        kind: (await terminal.ask("kyoto", "open-account", "--type", kind, "--period", "1"))[
            "account"
        ]["account_id"]
        for kind in ("230", "411")
    }
    issued = await terminal.ask(
        "kyoto", "issue", account, "1-100", "--period", "1", "--unit-type", "tCER",
        "--activity", "afforestation-and-reforestation", "--project", "THA22", "--expiry", "2017-12-31",
    )  # fmt: skip
    units = issued["outcome"]["transaction"]["blocks"][0]["attributes"]["kyoto"]
    assert units["unit_type"] == "UNIT_TYPE_TCER"
    assert units["expiry_date"] == "2017-12-31"
    code, text = await terminal.run("holdings")
    assert code == Exit.DONE
    for part in ("tCER", "afforestation and reforestation", "THA22", "2017-12-31", "expiry"):
        assert part in text, text
    assert "first transferred" not in text

    name = issued["outcome"]["transaction"]["transaction_id"]
    code, text = await terminal.run("transaction", name)
    assert (
        "tCER, period 1, afforestation and reforestation, project THA22, expires 2017-12-31"
        in " ".join(text.split())
    )

    async def told(*words: str) -> dict[str, Any]:
        transaction: dict[str, Any] = (await terminal.ask("kyoto", *words))["outcome"][
            "transaction"
        ]
        return transaction

    cancelled = await told(
        "cancel", account, final["230"], "1-2", "--purpose", "a flight", "--beneficiary", "a traveller",
        "--notice", "7", "--note", "thanks", "--reissued-in", "VCS", "--corrective",
    )  # fmt: skip
    assert cancelled["terms"]["kyoto"]["beneficiary"] == "a traveller"
    code, text = await terminal.run("transaction", cancelled["transaction_id"])
    for part in (
        "log notice: 7",
        "purpose: a flight",
        "beneficiary: a traveller",
        "corrective: yes",
    ):
        assert part in text, text
    assert (cancelled["type"], cancelled["note"]) == ("TRANSACTION_TYPE_CANCELLATION", "thanks")
    replaced = await told("replace", account, final["411"], "3-4", "--replaces", "THA01:5-6")
    # Units that are only named do not count.
    assert (replaced["type"], replaced["quantity"]) == ("TRANSACTION_TYPE_REPLACEMENT", "2")
    carried = await told("carry-over", account, "7-8", "--to-period", "2")
    assert carried["type"] == "TRANSACTION_TYPE_CARRY_OVER"
    changed = await told("change-expiry", account, "9-10", "--expiry", "2020-12-31")
    assert changed["type"] == "TRANSACTION_TYPE_EXPIRY_DATE_CHANGE"


async def test_cers_are_issued_with_their_share_for_adaptation(terminal: Terminal) -> None:
    pending = await terminal.ask("kyoto", "open-account", "--type", "110")
    fund = await terminal.ask("kyoto", "open-account", "--type", "100", "--adaptation-fund")
    accounts = [each["account"]["account_id"] for each in (pending, fund)]
    words = ("kyoto", "issue", accounts[0], "THA01:1-100", "--period", "1", "--unit-type", "CER")
    issued = await terminal.ask(*words, "--project", "THA22", "--share", f"{accounts[1]}:99-100")
    assert issued["outcome"]["effective"] is True
    held = (await terminal.ask("holdings", accounts[1]))["holdings"]
    assert [(each["block"]["first"], each["block"]["last"]) for each in held] == [("99", "100")]
    code, text = await terminal.run(*words, "--share", "99")
    assert code == Exit.USAGE
    assert "ACCOUNT:99-100" in text


async def test_codes_of_kyoto_are_written_as_code_or_word(terminal: Terminal) -> None:
    account = (await terminal.ask("kyoto", "open-account", "--type", "100"))["account"][
        "account_id"
    ]
    words = ("kyoto", "issue", account, "1-5", "--period", "1", "--unit-type")
    issued = await terminal.ask(*words, "2", "--activity", "3")
    units = issued["outcome"]["transaction"]["blocks"][0]["attributes"]["kyoto"]
    assert units["unit_type"] == "UNIT_TYPE_RMU"
    assert units["lulucf_activity"] == "LULUCF_ACTIVITY_FOREST_MANAGEMENT"
    code, text = await terminal.run(*words, "EUA")
    assert code == Exit.USAGE
    assert "5 or cer" in text
