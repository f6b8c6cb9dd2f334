# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What was stated of Parties, approaches and activities, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.cli.stated import NONE, Facts
from itmo.runtime.db.connection import Connection

if TYPE_CHECKING:
    from itmo.paris.v1 import approaches_pb2, parties_pb2

CRITERIA: Final = {
    "agreement": "party_to_agreement",
    "ndc": "ndc_in_force",
    "authorization": "authorization_arrangements",
    "tracking": "tracking_arrangements",
    "inventory": "latest_inventory",
}


def party_facts(statement: parties_pb2.PartyStatement) -> Facts:
    """Says what a statement about a Party says."""
    from itmo.paris.v1 import parties_pb2

    held = statement.participation
    missing = [name for name, field in CRITERIA.items() if not getattr(held, field)]
    facts = {
        "initial report": statement.initial_report_date or NONE,
        "not eligible": " ".join(missing) or NONE,
    }
    for period in statement.ndc_periods:
        words = [
            _word(parties_pb2.NdcTarget.Name(period.target), "NDC_TARGET_"),
            _word(parties_pb2.AdjustmentMethod.Name(period.method), "ADJUSTMENT_METHOD_"),
            "first or first updated" if period.first_or_first_updated else "a later NDC",
        ]
        if period.finality_date:
            words.append(f"final from {period.finality_date}")
        facts[f"NDC {period.years.first}-{period.years.last}"] = ", ".join(words)
    return facts


def approach_facts(statement: approaches_pb2.CooperativeApproachStatement) -> Facts:
    """Says what a statement about a cooperative approach says."""
    from itmo.paris.v1 import approaches_pb2

    timing = statement.authorization_timing or approaches_pb2.AUTHORIZATION_TIMING_ANY_TIME
    return {
        "title": statement.title,
        "Parties": " ".join(statement.parties),
        "sectors": ", ".join(statement.sectors),
        "activity types": ", ".join(statement.activity_types),
        "metric": statement.non_ghg_metric or "t CO2 eq",
        "evidence": " ".join(each.hex() for each in statement.evidence_hashes) or NONE,
        "authorization timing": _word(
            approaches_pb2.AuthorizationTiming.Name(timing), "AUTHORIZATION_TIMING_"
        ),
    }


def stated_party(connection: Connection, party: str) -> Facts | None:
    """Returns what was stated last of a Party; None where nothing was."""
    from broker.reports.paris.parties import latest_statement

    found = latest_statement(connection, party)
    return None if found is None else party_facts(found)


def stated_approach(connection: Connection, name: str) -> Facts | None:
    """Returns what was stated last of a cooperative approach; None where nothing was."""
    from broker.reports.paris.parties import latest_approach

    found = latest_approach(connection, name)
    return None if found is None else approach_facts(found)


def stated_activity(connection: Connection, approach: str, name: str) -> Facts | None:
    """Returns when an activity was stated to be registered; None where nothing was."""
    from broker.reports.paris.activities import activities

    for each in activities(connection):
        if (each.cooperative_approach, each.activity) == (approach, name):
            return {"registered": each.registered.isoformat()}
    return None


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower().replace("_", "-")
