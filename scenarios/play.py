# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Plays a scenario: the world is stated, then the steps happen, then the books are compared."""

from __future__ import annotations

from collections.abc import Iterator

from itmo.runtime.db.connection import Connection
from scenarios.acting import Acted, Stage
from scenarios.document import ScenarioInvalid
from scenarios.invariants import broken_books, broken_invariants
from scenarios.judging import judge
from scenarios.model import Scenario, Step
from scenarios.network import PlayedNetwork
from scenarios.outcome import ExpectationResult, Played, StepResult, exactly
from scenarios.world import set_up


async def play(scenario: Scenario, database: Connection | None = None) -> Played:
    """Plays a scenario.

    Args:
        scenario: What is played.
        database: The clearing-house's, empty, with tables; it is closed. Left out, one in memory.

    Raises:
        ScenarioInvalid: the clearing-house does not take the world that the file describes.
    """
    network = PlayedNetwork(scenario.nodes, scenario.clock, database)
    try:
        return await play_on(network, scenario)
    finally:
        await network.close()


async def play_on(network: PlayedNetwork, scenario: Scenario) -> Played:
    """Plays a scenario on a new network of its nodes, which stays as it is at the end.

    Raises:
        ScenarioInvalid: the clearing-house does not take the world that the file describes.
    """
    problems, account_ids = await set_up(network, scenario)
    if problems:
        raise ScenarioInvalid(scenario.file, problems)
    stage = Stage(network, scenario, account_ids)
    steps: list[StepResult] = []
    expectations: list[ExpectationResult] = []
    broken: list[str] = []
    for step in scenario.steps:
        acted = await stage.act(step)
        broken += [f"after line {step.line}: {each}" for each in broken_books(network)]
        held = list(_judge_step(step, acted))
        for name, state in step.expect.states.items() if step.expect else ():
            path = f"steps[{step.index}].states.{name}"
            held.append(exactly(path, state, await stage.state_of(name)))
        expectations += held
        steps.append(_result(step, acted, ok=all(each.ok for each in held)))
    expectations += judge(scenario.expect, network.database, account_ids)
    for name, state in scenario.expect.transactions.items():
        expectations.append(exactly(f"transactions.{name}", state, await stage.state_of(name)))
    broken += await broken_invariants(network, account_ids)
    expectations.append(_invariants(broken))
    return Played(
        file=scenario.file,
        title=scenario.title,
        log_root=network.log_root().hex(),
        steps=tuple(steps),
        expectations=tuple(expectations),
    )


def _judge_step(step: Step, acted: Acted) -> Iterator[ExpectationResult]:
    if step.expect is None:
        return
    path = f"steps[{step.index}]"
    if step.expect.state is not None:
        yield exactly(f"{path}.state", step.expect.state, acted.state)
    if step.expect.findings:
        found = [name for name, _ in acted.findings]
        yield ExpectationResult(
            path=f"{path}.findings",
            expected=list(step.expect.findings),
            actual=found,
            ok=set(step.expect.findings) <= set(found),
        )


def _result(step: Step, acted: Acted, *, ok: bool) -> StepResult:
    return StepResult(
        index=step.index,
        line=step.line,
        action=step.action.verb,
        id=acted.id,
        state=acted.state,
        findings=tuple(name for name, _ in acted.findings),
        found=tuple(found for _, found in acted.findings),
        ok=ok,
    )


def _invariants(broken: list[str]) -> ExpectationResult:
    if broken:
        return ExpectationResult(path="invariants", expected=True, actual=broken, ok=False)
    return exactly("invariants", expected=True, actual=True)
