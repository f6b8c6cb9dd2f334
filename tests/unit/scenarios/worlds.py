# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A small valid scenario to spoil: one line is exchanged, and the reader must say which."""

from scenarios.document import ScenarioInvalid
from scenarios.model import Scenario
from scenarios.reading import read
from scenarios.values import Problem

VALID = """\
scenario: A small one
clock: 2023-08-01T00:00:00Z
nodes:
  tha: {kind: national, registries: [THA01]}
  che: {kind: national, registries: [CHE01]}
parties:
  THA: {ndc: {start: 2021, end: 2030}, inventory: {2022: 1000}}
cooperative_approaches:
  CA0003: {parties: [THA, CHE], metric: GHG}
accounts:
  tha-holding: {registry: THA01, type: 100}
  che-holding: {registry: CHE01, type: 100}
steps:
  - authorize: {id: A1, party: THA, cooperative_approach: CA0003, purposes: [NDC]}
  - issue: {id: i1, account: tha-holding, authorization: A1, blocks: [{first: 1, last: 10, vintage: 2022}]}
  - after: 2h
    transfer: {id: t1, from: tha-holding, to: che-holding, blocks: [{registry: THA01, first: 1, last: 5}]}
    expect: {state: VALIDATED}
  - accept: t1
  - crash: che
  - restart: che
expect:
  holdings: {che-holding: 5}
  adjustments: {THA: {2022: 5}}
  units: {"THA01:1": {account: che-holding}}
"""


def changed(old: str, new: str) -> str:
    """The valid scenario with one piece exchanged."""
    assert VALID.count(old) == 1, f"{old!r} occurs {VALID.count(old)} times"
    return VALID.replace(old, new)


def line_of(text: str, piece: str) -> int:
    """The line in which a piece of text stands."""
    assert text.count(piece) >= 1, piece
    return text[: text.index(piece)].count("\n") + 1


def reading(text: str) -> Scenario:
    """Reads a scenario from text."""
    return read("test.yaml", text.encode())


def problems(text: str) -> list[Problem]:
    """The faults of a scenario; none when it is valid."""
    try:
        reading(text)
    except ScenarioInvalid as invalid:
        return invalid.problems
    return []
