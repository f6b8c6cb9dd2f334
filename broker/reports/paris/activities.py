# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Activities of cooperative approaches, and when they were registered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from broker.regime.paris.stated_keys import ACTIVITY, RULEBOOK, parts
from broker.regime.paris.statements.activity import read
from broker.regime.regime import Key
from broker.store.stated import Span, last_stated
from itmo.runtime.db.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityView:
    """An activity and when it was registered."""

    cooperative_approach: str
    activity: str
    registered: date


def activities(connection: Connection) -> list[ActivityView]:
    """Every activity that is known to be registered, by approach and name."""
    found = last_stated(connection, Span.every(RULEBOOK, ACTIVITY))
    return [
        ActivityView(cooperative_approach=approach, activity=name, registered=read(each.payload))
        for each in found
        for approach, name in [parts(Key(RULEBOOK, ACTIVITY, each.name))]
    ]
