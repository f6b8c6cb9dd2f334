# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""All kinds of statements to the regime of the Paris Agreement, and how what they state is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from broker.regime.paris import stated_keys
from broker.regime.paris.statements import (
    activity,
    approach,
    authorization,
    levels,
    party,
    programme_event,
    unit_notice,
)
from broker.regime.statement import Statement
from itmo.payloads import PayloadKind

STATEMENTS: Final[Mapping[PayloadKind, Statement]] = MappingProxyType(
    {
        each.STATEMENT.kind: each.STATEMENT
        for each in (
            activity,
            approach,
            authorization,
            levels,
            party,
            programme_event,
            unit_notice,
        )
    }
)
READERS: Final[Mapping[str, Callable[[bytes], object]]] = MappingProxyType(
    {
        stated_keys.ACTIVITY: activity.read,
        stated_keys.APPROACH: approach.read,
        stated_keys.AUTHORIZATION: authorization.read,
        stated_keys.LEVELS: levels.read,
        stated_keys.PARTY: party.read,
    }
)
"""How the messages under each kind of key are read."""
