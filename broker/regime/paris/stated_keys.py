# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Under which keys signed messages state something of Paris."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from broker.regime.regime import SEPARATOR, Key
from broker.rulebook.paris.years import LevelKind

RULEBOOK: Final = "paris"
PARTY: Final = "party"
APPROACH: Final = "approach"
ACTIVITY: Final = "activity"
AUTHORIZATION: Final = "authorization"
LEVELS: Final = "levels"
_KEPT: Final = 4_096
"""Keys of each kind kept as they were made: what is traded in a day."""


@lru_cache(_KEPT)
def party(name: str) -> Key:
    """What is known of a Party; every statement counts (CA_METHOD_FIXED)."""
    return Key(RULEBOOK, PARTY, name)


@lru_cache(_KEPT)
def approach(name: str) -> Key:
    """A cooperative approach."""
    return Key(RULEBOOK, APPROACH, name)


@lru_cache(_KEPT)
def activity(approach_id: str, name: str) -> Key:
    """When an activity was registered."""
    return Key(RULEBOOK, ACTIVITY, f"{approach_id}{SEPARATOR}{name}")


@lru_cache(_KEPT)
def authorization(party_code: str, authorization_id: str) -> Key:
    """An authorization; every statement is a version."""
    return Key(RULEBOOK, AUTHORIZATION, f"{party_code}{SEPARATOR}{authorization_id}")


def levels(party_code: str, kind: LevelKind, metric: str) -> Key:
    """Yearly figures of a Party; what was stated last of a year holds."""
    return Key(RULEBOOK, LEVELS, SEPARATOR.join((party_code, kind, metric)))


@lru_cache(_KEPT)
def parts(key: Key) -> tuple[str, str]:
    """The wider part of a name, and the rest."""
    wider, _, rest = key.name.partition(SEPARATOR)
    return wider, rest


def letters(party_code: str) -> Key:
    """Every authorization of a Party."""
    return Key(RULEBOOK, AUTHORIZATION, party_code)
