# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is stated of targets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from broker.regime.fields import short
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.statements.kind import Kind, at_least_one, invalid
from broker.regime.regime import SEPARATOR, Key
from broker.rulebook.kyoto.tables import ACTIVITIES
from broker.rulebook.kyoto.targets import WHOLE, Target
from itmo import limits
from itmo.identifiers import parse_party_code
from itmo.kyoto.v1 import statements_pb2

_MAX_YEARS: Final = 50
"""A target for longer than that was never stated."""
_MAX_LISTED: Final = 50
"""Conditions, gases or sectors of one target: more than any pledge named."""
_LEAST: Final = -WHOLE
"""No Party ever pledged to emit more than twice its base."""


def _target(written: statements_pb2.Target) -> tuple[Key, Target]:
    name = short(written.name, "target.name")
    if not name or SEPARATOR in name:
        raise invalid("target.name", f"a name without {SEPARATOR}")
    base = written.base_emissions
    if not 0 < base <= limits.MAX_UNITS:
        raise invalid("target.base_emissions", f"1 to {limits.MAX_UNITS}")
    first = at_least_one(written.first_year, "target.first_year", "a calendar year")
    if not first <= written.last_year < first + _MAX_YEARS:
        raise invalid("target.last_year", f"a year from {first} on, at most {_MAX_YEARS} in all")
    least, most = written.least_per_myriad, written.most_per_myriad
    if not _LEAST <= least <= most <= WHOLE:
        raise invalid("target.most_per_myriad", f"{_LEAST} to {WHOLE}, and not below the least")
    if not set(written.activities) <= ACTIVITIES.keys():
        raise invalid("target.activities", f"of {', '.join(map(str, ACTIVITIES))}")
    if written.abroad_per_myriad > WHOLE:
        raise invalid("target.abroad_per_myriad", f"at most {WHOLE}")
    party = parse_party_code(written.party, "target.party")
    return stated_keys.target(party, name), Target(
        party=party,
        name=name,
        base_year=at_least_one(written.base_year, "target.base_year", "a calendar year"),
        base_emissions=base,
        first_year=first,
        last_year=written.last_year,
        least=least,
        most=most,
        conditions=_texts(written.conditions, "target.conditions"),
        conditions_met=written.conditions_met,
        gases=_texts(written.gases, "target.gases"),
        sectors=_texts(written.sectors, "target.sectors"),
        activities=tuple(sorted(set(written.activities))),
        land_use_rule=short(written.land_use_rule, "target.land_use_rule"),
        abroad=written.abroad_per_myriad if written.HasField("abroad_per_myriad") else WHOLE,
        period=written.period,
    )


def _texts(listed: Iterable[str], where: str) -> tuple[str, ...]:
    texts = tuple(short(each, where) for each in listed)
    if len(texts) > _MAX_LISTED:
        raise invalid(where, f"at most {_MAX_LISTED}")
    return texts


KINDS: Final = (Kind("target", _target),)
