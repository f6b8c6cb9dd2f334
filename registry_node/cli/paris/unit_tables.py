# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Answers of the meta-registry, page by page and as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from itmo.clearing.v1 import meta_registry_service_pb2 as meta
from itmo.runtime.cli.screen import Screen
from itmo.timestamps import moment
from registry_node.cli import showing


def show_positions(screen: Screen, found: Iterable[meta.UnitPosition]) -> None:
    """Prints where units are."""
    rows = [
        (
            range_of(each),
            each.holder,
            each.account_id or "-",
            str(each.account_type),
            "yes" if each.first_transferred else "no",
            source_of(each.source),
        )
        for each in found
    ]
    heads = ("units", "registry", "account", "type", "first transferred", "source")
    screen.table(heads, rows)


def show_actions(screen: Screen, found: Iterable[meta.UnitAction]) -> None:
    """Prints what happened to units."""
    rows = [
        (
            showing.time_of(each.time),
            each.type,
            range_of(each),
            each.from_account or each.from_registry or "-",
            each.to_account or each.to_registry,
            each.action_id,
            source_of(each.source),
        )
        for each in found
    ]
    screen.table(("when", "what", "units", "from", "to", "action", "source"), rows)


def range_of(each: Any) -> str:  # noqa: ANN401  # three messages with the same three fields
    """Units as they are written."""
    return f"{each.registry}:{each.first}-{each.last}"


def source_of(source: meta.Source) -> str:
    """Who says so."""
    if not source.reported_by:
        return "ledger"
    return f"reported by {source.reported_by} as of {moment(source.as_of, 'as_of'):%Y-%m-%d}"
