# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what every proposal says under the rulebook paris."""

from __future__ import annotations

from typing import Final

from broker.rulebook.general.proposal import TransactionType
from itmo.lifecycle import Completion
from scenarios.fields import Fields
from scenarios.model import BlockSpec, Propose
from scenarios.names import Names, Sides
from scenarios.paris.authorization_reading import entity
from scenarios.proposal_reading import completion, timeout, transaction
from scenarios.values import Value

PROPOSAL: Final = "completion first_transfer purpose entity deadline note"


def propose(
    verb: str,
    kind: TransactionType,
    fields: Fields,
    names: Names,
    giver: str,
    taker: str,
    written: tuple[BlockSpec, ...],
    *,
    notice: str = "",
) -> Propose:
    """A proposal from the keys that all of them share."""
    return Propose(
        verb=verb,
        type=kind,
        id=transaction(fields, names, Sides(names.node_of(giver), names.node_of(taker))),
        from_account=giver,
        to_account=taker,
        blocks=written,
        completion=fields.default("completion", completion, Completion.ON_ACCEPTANCE),
        first_transfer=fields.maybe("first_transfer", Value.boolean),
        year=fields.maybe("year", Value.year),
        purpose=fields.default("purpose", Value.text, ""),
        entity=fields.default("entity", entity, ""),
        deadline=fields.maybe("deadline", timeout),
        note=fields.default("note", Value.text, ""),
        notice=notice,
    )
