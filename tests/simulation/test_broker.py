# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The real clearing-house in a bad world: messages lost, doubled, late, reordered; crashes."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from broker.reports.paris.as_of import units_as_of
from broker.reports.paris.held_then import units_then
from broker.reports.paris.timeline import Timeline
from itmo.core.v1 import decision_pb2
from itmo.payloads import PayloadKind, kind_of
from tests.kit.clearing import failed, stored
from tests.kit.many import many
from tests.kit.plays import BOTH, PARIS, PLAYS, Play
from tests.simulation.network import Faults, Simulation, open_ends, simulated
from tests.simulation.virtual import run

QUICK = {"paris": range(6), "toy": range(2), "kyoto": range(2), "both": range(1)}
SOON = {"paris-0", "paris-5", "kyoto-0", "toy-0"}
"""Of the quick ones those of the fast tests; the two rulebooks of `both` meet there in a test of their own."""
MEETING = (14,) if sys.version_info < (3, 12) else (71, 21)
"""Seeds of stories in which two rulebooks meet often: a later Python tells other stories, one alone shows not all of it."""
MANY = {
    "paris": range(100, 220),
    "toy": range(100, 130),
    "kyoto": range(100, 130),
    "both": range(100, 125),
}
GENTLE = Faults(lose_request=0, lose_answer=0, duplicate=0, crashes=1)
HARSH = Faults(lose_request=0.4, lose_answer=0.4, duplicate=0.4, delay=60, crashes=30)


def under_each(*soon: str) -> pytest.MarkDecorator:
    """Plays a test under each regime, in the fast tests under these."""
    plays = [
        pytest.param(play, id=name, marks=() if name in soon else pytest.mark.slow)
        for name, play in PLAYS.items()
    ]
    return pytest.mark.parametrize("play", plays)


def simulate(seed: int, faults: Faults, play: Play = PARIS) -> Simulation:
    if play.mixed is not None:
        faults = replace(faults, tick=10)
    return run(lambda loop: simulated(loop, seed, faults, play))


def check(simulation: Simulation) -> None:
    connection = simulation.world.connection
    told = f"seed {simulation.seed}, {simulation.faults}"
    assert list(open_ends(simulation)) == [], told
    assert simulation.broken + simulation.play.broken(connection) == [], told
    assert simulation.play.problems(connection) == (), told
    answered = {row[0].hex() for row in connection.execute("SELECT payload FROM message")}
    assert simulation.answers.keys() <= answered, told  # no acknowledged message is lost
    tables, now = Timeline().read_all(connection), simulation.world.clock.now()
    assert units_then(connection, tables, now, None, 10**6) == units_as_of(connection, now), told
    findings = judged(simulation)
    assert all("TX_ONE_RULEBOOK" in findings[each] for each in simulation.mixed), told
    connection.close()


@pytest.mark.parametrize("seed", many(range(4), {"0"}))
def test_batches_answered_together_over_lines_that_tear(seed: int) -> None:
    simulation = simulate(seed, Faults(batches=0.8, tear=0.3))
    kinds = {row[0] for row in simulation.world.connection.execute("SELECT kind FROM message")}
    told = {row[0] for row in simulation.world.connection.execute("SELECT kind FROM statement")}
    check(simulation)
    assert {"proposal-batch", "acceptance-batch"} <= kinds
    assert "receipt-batch" in told


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_many_batches_answered_together(seed: int) -> None:
    check(simulate(seed, Faults(batches=0.6, tear=0.3)))


def judged(simulation: Simulation) -> dict[str, dict[str, str]]:
    """What was found against each transaction that was proposed."""
    said = (each for answers in simulation.answers.values() for each in answers)
    verdicts = (
        decision_pb2.Verdict.FromString(each.payload)
        for each in said
        if kind_of(each.payload_type) is PayloadKind.VERDICT
    )
    return {r.transaction_id: failed(r) for verdict in verdicts for r in verdict.results}


@pytest.mark.parametrize(
    ("name", "seed"),
    many(
        [(name, seed) for name, seeds in QUICK.items() for seed in seeds],
        SOON,
        lambda each: "{}-{}".format(*each),
    ),
)
def test_everything_comes_to_its_end(name: str, seed: int) -> None:
    check(simulate(seed, Faults(), PLAYS[name]))


def test_transfers_endings_and_reversals_of_two_rulebooks_meet_in_one_group() -> None:
    completed, met, mixed = [], [], []
    for seed in MEETING:
        simulation = simulate(seed, Faults(), BOTH)
        rows = simulation.world.connection.execute(
            "SELECT DISTINCT rulebook, type FROM transaction_record WHERE state = 'COMPLETED'"
        ).fetchall()
        check(simulation)
        completed.append(set(rows))
        met.append(simulation.met)
        mixed.append(len(simulation.mixed))
    assert {
        ("paris", "ISSUANCE"),
        ("paris", "TRANSFER"),
        ("paris", "USE"),
        ("paris", "REVERSAL"),
        ("kyoto", "ISSUANCE"),
        ("kyoto", "TRANSFER"),
        ("kyoto", "RETIREMENT"),
    } in completed
    assert max(met) > 5
    assert max(mixed) > 3


@under_each("paris")
@pytest.mark.parametrize(
    "faults",
    [pytest.param(GENTLE, id="gentle", marks=pytest.mark.slow), pytest.param(HARSH, id="harsh")],
)
def test_other_weather(faults: Faults, play: Play) -> None:
    check(simulate(77, faults, play))


@under_each("paris")
def test_the_same_seed_tells_the_same_story(play: Play) -> None:
    one, two, other = (simulate(seed, Faults(), play) for seed in (5, 5, 6))
    assert one.trace == two.trace
    assert stored(one.world.connection) == stored(two.world.connection)
    assert one.trace != other.trace
    states = {
        row[0]
        for row in one.world.connection.execute("SELECT DISTINCT state FROM transaction_record")
    }
    assert "COMPLETED" in states


@pytest.mark.slow
@pytest.mark.parametrize("faults", [Faults(), HARSH], ids=["usual", "harsh"])
@pytest.mark.parametrize(
    ("name", "seed"), [(name, seed) for name, seeds in MANY.items() for seed in seeds]
)
def test_many_seeds(name: str, seed: int, faults: Faults) -> None:
    check(simulate(seed, faults, PLAYS[name]))
