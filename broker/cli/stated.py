# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house was told before: shown, and compared before it is replaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Final

import click

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from broker.cli.session import Session
    from itmo.core.v1 import statements_pb2

Facts = Mapping[str, str]
"""What a statement says, in words, by name."""

CRITERIA: Final = {
    "agreement": "party_to_agreement",
    "ndc": "ndc_in_force",
    "authorization": "authorization_arrangements",
    "tracking": "tracking_arrangements",
    "inventory": "latest_inventory",
}
_NONE: Final = "none"
_NOTHING: Final = "-"


def party_facts(statement: statements_pb2.PartyStatement) -> Facts:
    """Says what a statement about a Party says."""
    from itmo.core.v1 import statements_pb2 as pb

    held = statement.participation
    missing = [name for name, field in CRITERIA.items() if not getattr(held, field)]
    facts = {
        "initial report": statement.initial_report_date or _NONE,
        "not eligible": " ".join(missing) or _NONE,
    }
    for period in statement.ndc_periods:
        words = [
            _word(pb.NdcTarget.Name(period.target), "NDC_TARGET_"),
            _word(pb.AdjustmentMethod.Name(period.method), "ADJUSTMENT_METHOD_"),
            "first or first updated" if period.first_or_first_updated else "a later NDC",
        ]
        if period.finality_date:
            words.append(f"final from {period.finality_date}")
        facts[f"NDC {period.years.first}-{period.years.last}"] = ", ".join(words)
    return facts


def approach_facts(statement: statements_pb2.CooperativeApproachStatement) -> Facts:
    """Says what a statement about a cooperative approach says."""
    from itmo.core.v1 import statements_pb2 as pb

    timing = statement.authorization_timing or pb.AUTHORIZATION_TIMING_ANY_TIME
    return {
        "title": statement.title,
        "Parties": " ".join(statement.parties),
        "sectors": ", ".join(statement.sectors),
        "activity types": ", ".join(statement.activity_types),
        "metric": statement.non_ghg_metric or "t CO2 eq",
        "evidence": " ".join(each.hex() for each in statement.evidence_hashes) or _NONE,
        "authorization timing": _word(pb.AuthorizationTiming.Name(timing), "AUTHORIZATION_TIMING_"),
    }


def stated_party(connection: sqlite3.Connection, party: str) -> Facts | None:
    """Returns what was stated last of a Party; None where nothing was."""
    from broker.reports.parties import latest_statement

    found = latest_statement(connection, party)
    return None if found is None else party_facts(found)


def stated_approach(connection: sqlite3.Connection, name: str) -> Facts | None:
    """Returns what was stated last of a cooperative approach; None where nothing was."""
    from broker.reports.parties import latest_approach

    found = latest_approach(connection, name)
    return None if found is None else approach_facts(found)


def stated_activity(connection: sqlite3.Connection, approach: str, name: str) -> Facts | None:
    """Returns when an activity was stated to be registered; None where nothing was."""
    from broker.reports.directory import activities

    for each in activities(connection):
        if (each.cooperative_approach, each.activity) == (approach, name):
            return {"registered": each.registered.isoformat()}
    return None


def show_stated(run: Session, kind: str, name: str, facts: Facts | None) -> None:
    """Shows what was stated last.

    Raises:
        ProtocolError: NOT_FOUND, where nothing was.
    """
    if facts is None:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"Nothing is stated of {kind} {name} yet; state it with options or --file"
            f" (`broker {kind} --help`).",
            where=kind,
        )

    def text(screen: Screen) -> None:
        screen.line(f"{name}, as it was stated last", "bold")
        screen.facts(facts.items())
        screen.line("With options or --file it is stated anew, as a whole.", "dim")

    run.show({kind: name, "stated": dict(facts)}, text)


def confirm_change(
    run: Session, name: str, before: Facts | None, after: Facts, *, yes: bool
) -> None:
    """Shows what a statement would change of the one before, and asks.

    Raises:
        click.UsageError: --json cannot ask.
        click.Abort: not confirmed.
    """
    changed = [
        (each, f"{(before or {}).get(each, _NOTHING)} becomes {after.get(each, _NOTHING)}")
        for each in dict.fromkeys((*(before or {}), *after))
        if (before or {}).get(each) != after.get(each)
    ]
    if before is None or not changed:
        return
    if not run.as_json:
        screen = Screen()
        screen.line(f"{name} is stated already. What would change:", "bold")
        screen.facts(changed)
    if yes:
        return
    if run.as_json:
        listed = "; ".join(f"{each}: {text}" for each, text in changed)
        raise click.UsageError(f"--json cannot ask; say --yes to change {name}: {listed}")
    click.confirm("State it?", abort=True, err=True)


def stated_before(run: Session, find: Callable[[sqlite3.Connection], Facts | None]) -> Facts | None:
    """Returns what is found in the books; None where there are none yet, as before the first."""
    from broker.store.migrate import SCHEMA

    path = run.settings().database.path
    if not path.exists():
        return None
    with closing(SCHEMA.open_reader(path)) as connection:
        try:
            return find(connection)
        except sqlite3.OperationalError:
            return None  # not founded yet, or damaged: whoever opens it to write says which


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower().replace("_", "-")
