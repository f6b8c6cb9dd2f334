# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a check of Paris looks at in any vector, its need was declared before it was judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

import pytest

from broker.regime.paris import needs, stated_keys, tallies
from broker.regime.paris.reading import canonical_approach
from broker.regime.paris.recorded import _written
from broker.regime.paris.state import issued_as
from broker.regime.regime import Needs
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.paris.blocks import ParisBlock, ParisSegment
from broker.rulebook.paris.case import BookingCase, ParisCase
from broker.rulebook.paris.rulebook import judge_proposal
from tests.unit.broker.rulebook.overrides import case_from
from tests.unit.broker.rulebook.test_vectors import vectors

K = TypeVar("K")
V = TypeVar("V")
VECTORS = [
    pytest.param(vector, id=f"{check}: {vector['title']}")
    for check, listed in vectors().items()
    for vector in listed
]


class Watched(Mapping[K, V], Generic[K, V]):
    """A mapping that notes what it is asked for."""

    def __init__(self, told: Mapping[K, V]) -> None:
        self._told = told
        self.asked: set[K] = set()
        self.searched = False

    def __getitem__(self, key: K) -> V:
        self.asked.add(key)
        return self._told[key]

    def __iter__(self) -> Iterator[K]:
        self.searched = True
        return iter(self._told)

    def __len__(self) -> int:
        return len(self._told)


def _as_known(case: ParisCase) -> ParisCase:
    """The case as the engine has it: what is true of units as it is stored."""
    return replace(
        case, blocks=tuple(map(_block, case.blocks)), named_accounts=case.allotment_accounts
    )


def _block(block: ParisBlock) -> ParisBlock:
    return replace(block, segments=tuple(map(_segment, block.segments)))


def _segment(segment: ParisSegment) -> ParisSegment:
    stated = segment.attributes
    return replace(
        segment, issued_as=_written(stated).SerializeToString(), state=issued_as(stated).text
    )


def _watched(case: BookingCase) -> BookingCase:
    return replace(
        case,
        parties=Watched(case.parties),
        approaches=Watched(case.approaches),
        approach_totals=Watched(case.approach_totals),
        authorizations=Watched(case.authorizations),
        registrations=Watched(case.registrations),
    )


def _asked(mapping: Mapping[Any, Any]) -> set[Any]:
    assert isinstance(mapping, Watched)
    return mapping.asked


def _undeclared(case: BookingCase, declared: Needs) -> list[object]:
    """What was looked at, of which nothing was declared; no name is no need."""
    asked = {stated_keys.party(name) for name in _asked(case.parties) if name}
    asked |= {stated_keys.authorization(*name) for name in _asked(case.authorizations)}
    # Messages and stored attributes are read into the six-digit form; vectors have others, too.
    named = set(map(canonical_approach, _asked(case.approaches) | _asked(case.approach_totals)))
    last = set(map(stated_keys.approach, named))
    last |= {stated_keys.activity(*name) for name in _asked(case.registrations)}
    counts = {
        each
        for name in map(canonical_approach, _asked(case.approach_totals))
        for each in tallies.of_approach(name)
    }
    found: list[object] = []
    # A search goes over authorizations that are named anyway; those were asked for by name, too.
    letters = isinstance(case.authorizations, Watched) and case.authorizations.searched
    if letters and case.lots and not declared.stated_under:
        found.append("letters were searched")
    searched = {each for each in asked if any(w.covers(each) for w in declared.stated_under)}
    found += sorted(asked - declared.histories - searched)
    found += sorted(last - declared.stated)
    return found + sorted(counts - declared.tallies)


@pytest.mark.parametrize("vector", VECTORS)
def test_what_a_check_looks_at_was_declared(
    vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_it_is(account: AccountFacts) -> AccountFacts:
        return account  # a vector has the rulebook's own accounts, not stored ones

    monkeypatch.setattr(needs, "paris_account", as_it_is)
    case = _watched(case_from(vector["base"], vector.get("set", {})))
    known = _as_known(case)
    declared = needs.needs_of(replace(known, reversed=None))
    if case.reversed is not None:
        for entry in case.reversed.entries:
            needs.party(declared, entry.party)
    judge_proposal(case)
    assert _undeclared(case, declared) == []
