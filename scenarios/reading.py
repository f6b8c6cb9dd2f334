# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Strict reading of scenario files: every fault of a file, with its line and key, in one go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from itmo.files import read_plain_file
from itmo.identifiers import CooperativeApproachId, PartyCode
from itmo.plain_yaml import MAX_BYTES
from itmo.reasons import ProtocolError
from scenarios import defaults, world_reading
from scenarios.document import ScenarioInvalid, parse
from scenarios.expectation_reading import expectations
from scenarios.expectations import Expectations
from scenarios.fields import Fields
from scenarios.kyoto import world_reading as kyoto_reading
from scenarios.model import (
    BROKER,
    RULEBOOKS,
    AccountSpec,
    ApproachSpec,
    NodeSpec,
    PartySpec,
    Rulebook,
    Scenario,
    Step,
)
from scenarios.names import Names
from scenarios.step_reading import steps
from scenarios.values import EPOCH, Problem, Value


def read_file(path: Path) -> Scenario:
    """Reads a scenario file.

    Raises:
        ScenarioInvalid: with every fault found.
    """
    try:
        content = read_plain_file(path, MAX_BYTES)
    except ProtocolError as error:
        fault = Problem(1, "", f"the file {error.metadata['found']}")
        raise ScenarioInvalid(str(path), [fault]) from None
    return read(str(path), content)


def read(file: str, content: bytes) -> Scenario:
    """Reads the content of a scenario file.

    Raises:
        ScenarioInvalid: with every fault found.
    """
    root = parse(file, content)
    scenario = _scenario(file, root)
    if root.problems:
        raise ScenarioInvalid(file, root.problems)
    return scenario


def _scenario(file: str, root: Value) -> Scenario:
    fields = Fields(
        root,
        required="scenario clock nodes steps",
        optional="rulebook periods parties projects cooperative_approaches accounts expect",
    )
    names = Names(
        rulebook=fields.default("rulebook", lambda v: v.choice(RULEBOOKS), Rulebook.PARIS)
    )
    names.rulebooks.add(names.rulebook)
    clock: datetime = fields.need("clock", Value.time, EPOCH)
    nodes: tuple[NodeSpec, ...] = fields.need("nodes", lambda v: world_reading.nodes(v, names), ())
    stated: Mapping[PartyCode, PartySpec] = fields.default(
        "parties", lambda v: world_reading.parties(v, names), {}
    )
    approaches: Mapping[CooperativeApproachId, ApproachSpec] = fields.default(
        "cooperative_approaches", lambda v: world_reading.approaches(v, names), {}
    )
    kyoto = kyoto_reading.world(fields, names, {p: spec.kyoto for p, spec in stated.items()})
    accounts: Mapping[str, AccountSpec] = fields.default(
        "accounts", lambda v: world_reading.accounts(v, names), {}
    )
    played: tuple[Step, ...] = fields.need("steps", lambda v: steps(v, clock, names), ())
    expect = fields.default("expect", lambda v: expectations(v, names), Expectations())
    if BROKER in names.crashed:
        fault = "the clearing-house crashed and was not restarted, so nothing can be asked of it"
        root.problems.append(Problem(names.crashed[BROKER], "steps", fault))
    return Scenario(
        file=file,
        title=fields.need("scenario", Value.text, ""),
        clock=clock,
        rulebooks=frozenset(names.rulebooks),
        nodes=nodes,
        parties={
            party: stated.get(party, defaults.party(party)) for party in sorted(names.parties)
        },
        approaches=approaches,
        kyoto=kyoto,
        accounts={**accounts, **names.strangers},
        steps=played,
        expect=expect,
    )
