# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The real clearing-house in a bad world: messages lost, doubled, late, reordered; crashes."""

from __future__ import annotations

import pytest

from tests.kit.clearing import stored
from tests.kit.plays import PARIS, PLAYS, Play
from tests.simulation.network import Faults, Simulation, open_ends, simulated
from tests.simulation.virtual import run

QUICK = {"paris": range(6), "toy": range(2), "kyoto": range(2)}
UNDER_EACH = pytest.mark.parametrize("play", PLAYS.values(), ids=list(PLAYS))
MANY = {"paris": range(100, 220), "toy": range(100, 130), "kyoto": range(100, 130)}
GENTLE = Faults(lose_request=0, lose_answer=0, duplicate=0, crashes=1)
HARSH = Faults(lose_request=0.4, lose_answer=0.4, duplicate=0.4, delay=60, crashes=30)


def simulate(seed: int, faults: Faults, play: Play = PARIS) -> Simulation:
    return run(lambda loop: simulated(loop, seed, faults, play))


def check(simulation: Simulation) -> None:
    connection = simulation.world.connection
    told = f"seed {simulation.seed}, {simulation.faults}"
    assert list(open_ends(simulation)) == [], told
    assert simulation.play.broken(connection) == [], told
    assert simulation.play.problems(connection) == (), told
    answered = {row[0].hex() for row in connection.execute("SELECT payload FROM message")}
    assert simulation.answers.keys() <= answered, told  # no acknowledged message is lost
    connection.close()


@pytest.mark.parametrize(
    ("name", "seed"), [(name, seed) for name, seeds in QUICK.items() for seed in seeds]
)
def test_everything_comes_to_its_end(name: str, seed: int) -> None:
    check(simulate(seed, Faults(), PLAYS[name]))


@UNDER_EACH
@pytest.mark.parametrize("faults", [GENTLE, HARSH], ids=["gentle", "harsh"])
def test_other_weather(faults: Faults, play: Play) -> None:
    check(simulate(77, faults, play))


@UNDER_EACH
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
