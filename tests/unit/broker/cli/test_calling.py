# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Options, help, exit status, errors and plug-ins."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest

from broker.cli import checks, root
from broker.cli.failing import Unreachable
from broker.cli.root import COMMANDS
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import Exit, exit_of
from itmo.runtime.cli.screen import printable
from tests.unit.broker.cli.kit import broker, set_up


def every_command(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*words, name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*words, name))


@pytest.mark.parametrize("words", [(), *every_command(root)], ids=" ".join)
def test_help_of_every_command(words: tuple[str, ...]) -> None:
    ran = broker(*words, "--help")
    assert ran.exit_code == 0
    for told in ("Exit status: 0 done", "--json", "--dir"):
        assert told in ran.stdout


def test_every_command_is_there() -> None:
    assert set(COMMANDS) == {
        "init", "serve", "admit", "suspend", "resume", "party", "approach", "key", "registries",
        "accounts", "holdings", "transactions", "transaction", "checks", "adjustments", "balance",
        "authorization", "authorizations", "mailboxes", "refusals", "status", "clock", "verify", "timeline", "head", "migrate", "bench", "backup", "archive", "kyoto",
        "agree-to-reversal", "check-config", "aef", "actions", "sharing", "units", "summary",
        "notices", "maintenance", "activity", "activities", "tls", "sef", "reconciliation",
    }  # fmt: skip


def test_global_options_stand_before_or_after_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = set_up(tmp_path / "broker")
    expected = broker("--dir", place, "--json", "check-config").json
    assert expected["ok"] is True
    assert broker("check-config", "--json", "--dir", place).json == expected
    assert broker("--json", "clock", "--dir", place, "show").json["running"] is False
    monkeypatch.setenv("ITMO_BROKER_DIR", str(place))
    assert broker("check-config", "--json").json == expected
    elsewhere = broker("--dir", tmp_path, "check-config", "--json")
    assert (elsewhere.exit_code, elsewhere.json["error"]["reason"]) == (2, "CONFIGURATION_INVALID")


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["holdings", "--nonsense"], ["balance"], ["transactions", "--state", "x"], []],
)
def test_bad_usage(words: list[str]) -> None:
    assert broker(*words).exit_code == 2
    ran = broker("--json", *words)
    assert (ran.exit_code, ran.json["error"]["reason"]) == (2, "USAGE")


@pytest.mark.parametrize("words", [["registries"], ["verify"], ["status"], ["clock"], ["serve"]])
def test_no_configuration(tmp_path: Path, words: list[str]) -> None:
    ran = broker("--dir", tmp_path, *words)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "There is no broker.toml" in ran.stderr
    assert "reason: CONFIGURATION_INVALID" in ran.stderr
    assert "remedy: " in ran.stderr


@pytest.mark.on_sqlite(
    "the file comes with the first statement; on a server `init` makes the tables"
)
def test_no_database_yet(tmp_path: Path) -> None:
    place = set_up(tmp_path / "broker")
    ran = broker("--dir", place, "holdings", "--json")
    assert (ran.exit_code, ran.json["error"]["metadata"]["setting"]) == (2, "database")
    assert set(ran.json["error"]) == {"reason", "message", "metadata", "remedy", "again"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ProtocolError(Reason.NOT_FOUND, "x"), Exit.REFUSED),
        (ProtocolError(Reason.LEDGER_AUDIT_FAILED, "x"), Exit.REFUSED),
        (ProtocolError(Reason.IDENTIFIER_INVALID, "x"), Exit.USAGE),
        (ProtocolError(Reason.IDENTIFIER_INVALID, "x", code="IDENTIFIER_INVALID"), Exit.REFUSED),
        (ProtocolError(Reason.OVERLOADED, "x"), Exit.UNREACHABLE),
        (Unreachable("x"), Exit.UNREACHABLE),
        (ProtocolError(Reason.INTERNAL, "x"), Exit.FAULT),
    ],
)
def test_exit_status_of_a_refusal(error: ProtocolError, status: Exit) -> None:
    assert exit_of(error) is status


def test_a_fault_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> dict[str, str]:
        raise RuntimeError("a \x1b bug")

    monkeypatch.setattr(checks, "_facts", break_down)
    ran = broker("checks", "show", "FT_ONCE", "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (4, "INTERNAL")
    assert "a \\x1b bug" in ran.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Zürich, 東京", "Zürich, 東京"),
        ("\x1b[2J\r\n\t", "\\x1b[2J\\x0d\\x0a\\x09"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eabc\u2028\u200b", "\\u202eabc\\u2028\\u200b"),
        ("\U000e0001", "\\U000e0001"),
        ("\udcff", "\\udcff"),
    ],
)
def test_controls_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@click.command()
@click.option("--json", "as_json", is_flag=True)
def plugged(*, as_json: bool) -> None:
    """A plug-in."""
    click.echo(json.dumps({"as_json": as_json}))


@click.group()
def outer() -> None:
    """A plug-in with commands."""


outer.add_command(plugged)


@pytest.fixture
def plug_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    here = sys.modules[__name__]
    monkeypatch.setitem(sys.modules, "plug_in_of_a_test", here)
    points = [
        EntryPoint("outer", "plug_in_of_a_test:outer", "broker.commands"),
        EntryPoint("no-module", "there_is_no_such_module:x", "broker.commands"),
        EntryPoint("no-command", "plug_in_of_a_test:every_command", "broker.commands"),
        EntryPoint("holdings", "plug_in_of_a_test:outer", "broker.commands"),
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: points)
    monkeypatch.setattr(root, "_plugins", None)


@pytest.mark.usefixtures("plug_ins")
def test_plug_ins_are_commands_and_hear_of_json() -> None:
    assert "outer" in broker("--help").stdout
    assert broker("outer", "plugged").json == {"as_json": False}
    assert broker("--json", "outer", "plugged").json == {"as_json": True}
    assert broker("outer", "plugged", "--json").json == {"as_json": True}
    assert "--registry" in broker("holdings", "--help").stdout


@pytest.mark.usefixtures("plug_ins")
@pytest.mark.parametrize(
    ("name", "told"), [("no-module", "there_is_no_such_module"), ("no-command", "no click command")]
)
def test_a_broken_plug_in_says_so(name: str, told: str) -> None:
    ran = broker(name, "run", "--fast")
    assert ran.exit_code == 2
    assert f"The plug-in {name}" in ran.stderr
    assert told in ran.stderr
