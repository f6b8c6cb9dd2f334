# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Commands of one name are one command: whoever knows it at the clearing-house knows it in an office."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import click
import pytest

from broker.cli.checks import checks as operators_checks
from broker.cli.kyoto.sef import sef as operators_sef
from broker.cli.paris.adjustments import adjustments as operators_adjustments
from broker.cli.paris.aef import aef as operators_aef
from broker.cli.paris.balance import balance as operators_balance
from broker.cli.paris.summary import summary as operators_summary
from broker.cli.root import root as broker_program
from itmo.runtime.cli.times import DAY, MOMENT
from itmo.runtime.cli.times import DAY as OPERATORS_DAY
from office.command import aef as offices_aef
from registry_node.cli.checks import checks
from registry_node.cli.kyoto.sef import sef
from registry_node.cli.main import main as node_program
from registry_node.cli.paris.adjustments import adjustments
from registry_node.cli.paris.balance import balance
from registry_node.cli.paris.summary import summary

PAIRS = {
    "adjustments": (operators_adjustments, adjustments),
    "balance": (operators_balance, balance),
    "summary": (operators_summary, summary),
    "checks list": (operators_checks.commands["list"], checks.commands["list"]),
    "checks show": (operators_checks.commands["show"], checks.commands["show"]),
    "sef export": (operators_sef.commands["export"], sef.commands["export"]),
    "sef true-up": (operators_sef.commands["true-up"], sef.commands["true-up"]),
    "sef compare": (operators_sef.commands["compare"], sef.commands["compare"]),
    "aef export": (operators_aef.commands["export"], offices_aef.commands["export"]),
    "aef check": (operators_aef.commands["check"], offices_aef.commands["check"]),
}
PLACES = {"--dir", "--archive"}
"""Where a program keeps its files is its own; archives are in the record of the clearing-house alone."""


def options(command: click.Command) -> dict[str, str]:
    """What each option takes, by its name."""
    context = click.Context(command)
    return {
        each.opts[0]: each.make_metavar(context)
        for each in command.params
        if isinstance(each, click.Option) and each.opts[0] not in PLACES | {"--json", "--help"}
    }


@pytest.mark.parametrize("name", PAIRS)
def test_an_office_has_the_options_of_the_operator(name: str) -> None:
    theirs, ours = PAIRS[name]
    assert options(ours) == options(theirs)


def every(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every(command, f"{path} {name}")
        yield f"{path} {name}", command


@pytest.mark.parametrize("program", [broker_program, node_program], ids=["broker", "registry-node"])
def test_what_an_option_takes_is_said_in_words(program: click.Group) -> None:
    for path, command in every(program, ""):
        for option, takes in options(command).items():
            assert "%" not in takes, (path, option)


@pytest.mark.parametrize(
    "text", ["tomorrow", "2024-13-01", "2024-12-31T12:00:00", "2024-12-31T24:00:00Z", "", "9" * 30]
)
def test_a_wrong_time_is_told_with_a_right_one(text: str) -> None:
    for kind in (DAY, MOMENT, OPERATORS_DAY):
        with pytest.raises(click.BadParameter, match=r"such as 2024-12-31"):
            kind.convert(text, None, None)
    assert DAY.convert("2024-12-31", None, None) == OPERATORS_DAY.convert("2024-12-31", None, None)
    for zone in ("Z", "+02:00", ".500Z"):
        assert MOMENT.convert(f"2024-12-31T12:00:00{zone}", None, None).tzinfo is UTC
