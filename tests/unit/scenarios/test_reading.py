# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, date, datetime, timedelta

import pytest

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.years import AdjustmentMethod, NdcTarget, YearSpan
from scenarios.model import Propose
from tests.unit.scenarios.worlds import VALID, changed, line_of, problems, reading


def test_the_valid_one_is_read_in_full() -> None:
    scenario = reading(VALID)
    assert scenario.title == "A small one"
    assert [node.name for node in scenario.nodes] == ["tha", "che"]
    assert scenario.nodes[0].parties == ("THA",)
    transfer = scenario.steps[2]
    assert isinstance(transfer.action, Propose)
    assert transfer.action.type is TransactionType.TRANSFER
    assert transfer.time == datetime(2023, 8, 1, 2, tzinfo=UTC)
    assert transfer.line == line_of(VALID, "transfer:")
    assert scenario.steps[3].time == transfer.time


def test_what_is_not_stated_is_in_order() -> None:
    scenario = reading(VALID)
    assert scenario.parties["CHE"].eligible  # type: ignore[index]  # a code, as text
    assert scenario.parties["CHE"].initial_report == date(2021, 1, 1)  # type: ignore[index]
    [ndc] = scenario.parties["CHE"].ndc  # type: ignore[index]
    assert (ndc.years, ndc.target) == (YearSpan(2021, 2030), NdcTarget.MULTI_YEAR)
    assert ndc.method is AdjustmentMethod.TRAJECTORY
    assert all(approach.evidence for approach in scenario.approaches.values())


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("scenario: A small one", "titel: A small one", "titel", "unknown key 'titel'"),
        ("type: 100}\n  che", "typ: 100}\n  che", "accounts.tha-holding.typ", "did you mean type"),
        ("first: 1, last: 10,", "first: 1,", "steps[1].issue.blocks[0]", "last is missing"),
        ("first: 1, last: 10,", "first: one, last: 10,", "steps[1].issue.blocks[0].first", "'one'"),
        ("first: 1, last: 10,", "first: 0x1, last: 10,", "steps[1].issue.blocks[0].first", "whole"),
        ("first: 1, last: 10,", "first: 010, last: 10,", "steps[1].issue.blocks[0].first", "whole"),
        ("first: 1, last: 10,", "first: 1:30, last: 10,", "steps[1].issue.blocks[0].first", "whole"),
        ("first: 1, last: 10,", "first: 1.5, last: 10,", "steps[1].issue.blocks[0].first", "whole"),
        ("first: 1, last: 10,", "first: -1, last: 10,", "steps[1].issue.blocks[0].first", "from 0"),
        ("first: 1, last: 10,", "first: true, last: 10,", "steps[1].issue.blocks[0].first", "whole"),
        ("kind: national, registries: [CHE01]", "kind: regional, registries: [CHE01]",
         "nodes.che.kind", "one of national, international, mechanism"),
        ("registries: [CHE01]", "registries: CHE01", "nodes.che.registries", "a list"),
        ("registries: [CHE01]", "registries: []", "nodes.che.registries", "at least one"),
        ("registries: [CHE01]", "registries: [THA01]", "nodes.che.registries[0]", "tha runs"),
        ("registries: [CHE01]", "registries: [QQQ01]", "nodes.che.registries[0]", "'QQQ01'"),
        ("  che: {kind", "  broker: {kind", "nodes.broker", "part of the clearing-house"),
        ("  che: {kind", "  Che: {kind", "nodes.Che", "node id"),
        ("clock: 2023-08-01T00:00:00Z", "clock: 2023-08-01T00:00:00+02:00", "clock", "UTC"),
        ("clock: 2023-08-01T00:00:00Z", "clock: 2023-08-01T00:00:00", "clock", "UTC"),
        ("clock: 2023-08-01T00:00:00Z", "clock: 2023-08-01", "clock", "UTC"),
        ("clock: 2023-08-01T00:00:00Z", "clock: 2023-02-30T00:00:00Z", "clock", "UTC"),
        ("clock: 2023-08-01T00:00:00Z", "clock: 9999-02-01T00:00:00Z", "clock", "before 9000"),
        ("after: 2h", "after: 2 hours", "steps[2].after", "90s, 5m, 2h or 3d"),
        ("after: 2h", "after: -2h", "steps[2].after", "90s, 5m, 2h or 3d"),
        ("after: 2h", "after: 999999999d", "steps[2].after", "thousand years"),
        ("after: 2h", "at: 2023-07-31T23:59:59Z", "steps[2].at", "never goes back"),
        ("parties: [THA, CHE], metric", "parties: [THA, C], metric",
         "cooperative_approaches.CA0003.parties[1]", "'C'"),
        ("end: 2030", "end: 2020", "parties.THA.ndc.end", "before it starts"),
        ("registry: CHE01, type", "registry: SWE01, type", "accounts.che-holding.registry", "SWE01"),
        ("authorization: A1", "authorization: A2", "steps[1].issue.authorization", "'A2'"),
        ("authorization: A1", "authorization: {name: A2}",
         "steps[1].issue.authorization.name", "'A2'"),
        ("authorization: A1", "authorization: A2, unknown: maybe",
         "steps[1].issue.unknown", "true or false"),
        ("party: THA, coop", "unknown: true, party: SWE, coop",
         "steps[0].authorize.party", "no node signs for SWE"),
        ("ndc: {start: 2021", "unknown: true, ndc: {start: 2021", "parties.THA", "leave the other"),
        ("from: tha-holding", "from: tha", "steps[2].transfer.from", "no account 'tha'"),
        ("blocks: [{registry: THA01, first", "blocks: [{registry: THA09, first",
         "steps[2].transfer.blocks[0].registry", "THA09"),
        ("- accept: t1", "- accept: t2", "steps[3].accept", "no transaction 't2'"),
        ("- accept: t1", "- accpt: t1", "steps[3].accpt", "did you mean accept"),
        ("- accept: t1", "- {accept: t1, reject: t1}", "steps[3].reject", "does one thing"),
        ("- accept: t1", "- at: 2023-08-02T00:00:00Z", "steps[3]", "does nothing"),
        ("- accept: t1", "- suspend: SWE01", "steps[3].suspend", "SWE01"),
        ("- accept: t1", "- offline: broker", "steps[3].offline", "crash and restart"),
        ("- accept: t1", "- online: che", "steps[3].online", "not offline"),
        ("- restart: che", "- restart: tha", "steps[5].restart", "has not crashed"),
        ("- restart: che", "- crash: che", "steps[5].crash", "crashed in line"),
        ("state: VALIDATED", "state: VALID", "steps[2].expect.state", "one of PROPOSED"),
        ("state: VALIDATED", "findings: ID_LOCKED", "steps[2].expect.findings", "a list"),
        ("state: VALIDATED", "findings: [locked]", "steps[2].expect.findings[0]", "ID_LOCKED"),
        ("id: t1, from", "id: i1, from", "steps[2].transfer.id", "has the id 'i1' already"),
        ("id: t1, from", "id: 5001, from", "steps[2].transfer.id", "quotation marks"),
        ("{che-holding: 5}", "{che-holding: five}", "expect.holdings.che-holding", "'five'"),
        ("{che-holding: 5}", "{che-ndc: 5}", "expect.holdings.che-ndc", "no account"),
        ("{2022: 5}", "{22: 5}", "expect.adjustments.THA.22", "1900"),
        ('"THA01:1"', '"THA01-1"', "expect.units.THA01-1", "THA01:1"),
        ('"THA01:1"', '"SWE01:1"', "expect.units.SWE01:1", "SWE01"),
        ("expect:\n  holdings", "expect:\n  invariants: false\n  holdings", "expect.invariants", "true"),
        ("purposes: [NDC]", "purposes: [NIL]", "steps[0].authorize.purposes[0]", "one of NDC"),
        ("party: THA, coop", "party: SWE, coop", "steps[0].authorize.party", "no node signs for SWE"),
        ("cooperative_approach: CA0003, p", "cooperative_approach: CA0004, p",
         "steps[0].authorize.cooperative_approach", "CA000004"),
        ("vintage: 2022}", "vintage: 2022, colour: red}", "steps[1].issue.blocks[0].colour", "colour"),
        ("scenario: A small one", 'scenario: "a\\e[2Jb"', "scenario", "visible"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_and_key(old: str, new: str, key: str, says: str) -> None:
    text = changed(old, new)
    found = [problem for problem in problems(text) if problem.key == key]
    assert len(found) == 1, problems(text)
    assert says in found[0].text
    fresh = next(
        number
        for number, (before, after) in enumerate(
            zip(VALID.splitlines(), text.splitlines(), strict=False), 1
        )
        if before != after
    )
    # Where a line was added, the fault stands in it or in the one that it pushed down.
    assert found[0].line in range(fresh, fresh + 1 + new.count("\n"))


def test_all_faults_of_a_file_are_named_in_one_go_and_in_order() -> None:
    text = changed("registry: CHE01, type: 100", "registry: CHE01, type: high")
    text = text.replace("clock: 2023", "clock: in 2023").replace("accept: t1", "accept: t9")
    text = text.replace("metric: GHG", "metrik: GHG")
    found = problems(text)
    assert [problem.key for problem in found] == [
        "clock",
        "cooperative_approaches.CA0003.metrik",
        "accounts.che-holding.type",
        "steps[3].accept",
    ]
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


def test_a_key_that_occurs_twice_is_named_with_both_lines() -> None:
    text = VALID + "scenario: Another title\n"
    [problem] = problems(text)
    assert (problem.line, problem.key) == (text.count("\n"), "scenario")
    assert "line 1" in problem.text


def test_both_forms_of_an_approach_are_the_same_one() -> None:
    assert (
        problems(changed("cooperative_approach: CA0003, p", "cooperative_approach: CA000003, p"))
        == []
    )
    text = changed("metric: GHG}", "metric: GHG}\n  CA000003: {parties: [THA]}")
    [problem] = problems(text)
    assert "in its other form" in problem.text


@pytest.mark.parametrize(
    ("step", "key", "says"),
    [
        ("reconcile: SWE01", "steps[3].reconcile", "SWE01"),
        ("reconcile: {registry: THA01, snapshot: 2023-01-01T00:00:00Z}", "steps[3].reconcile", "never"),
        ("reconcile: {registry: THA01, differs: [{registry: THA01, first: 5, last: 4}]}",
         "steps[3].reconcile.differs[0].last", "before the first"),
        ("resolve: {registry: THA01, because: x}", "steps[3].resolve.because", "unknown key"),
    ],
)  # fmt: skip
def test_steps_about_books_are_read(step: str, key: str, says: str) -> None:
    [problem] = problems(changed("- accept: t1", f"- {step}"))
    assert problem.key == key
    assert says in problem.text


THEIRS = (
    "{id: c, from: che-holding, to: che-holding, blocks: [{registry: THA01, first: 8, last: 8}]}"
)
OFFERED = (
    "{id: t2, from: tha-holding, to: che-holding, blocks: [{registry: THA01, first: 6, last: 7}]}"
)


@pytest.mark.parametrize(
    ("step", "key", "says"),
    [
        (f"batch: [{{transfer: {OFFERED}}}]", "steps[3].batch", "2 proposals at least"),
        (f"batch: [{{transfer: {OFFERED}}}, {{accept: t1}}]", "steps[3].batch[1]", "one proposal"),
        (f"batch: [{{transfer: {OFFERED}}}, {{transfer: {OFFERED}}}]",
         "steps[3].batch[1].transfer.id", "has the id 't2' already"),
        (f"batch: [{{transfer: {OFFERED}}}, {{cancel: {THEIRS}}}]", "steps[3].batch",
         "che, tha cannot propose under one signature"),
        ("accept: []", "steps[3].accept", "at least"),
        ("accept: [t1, t1]", "steps[3].accept", "once"),
        ("accept: [t1, t9]", "steps[3].accept[1]", "no transaction 't9'"),
        ("withdraw: [t1, i1]", "steps[3].withdraw", "one by one"),
        ("reject: {id: [t1, i1], reason: no}", "steps[3].reject", "che, tha cannot answer"),
        ("{accept: t1, expect: {states: {t9: COMPLETED}}}", "steps[3].expect.states.t9", "t9"),
        ("{accept: t1, expect: {states: {t1: DONE}}}", "steps[3].expect.states.t1", "'DONE'"),
    ],
)  # fmt: skip
def test_steps_about_many_are_read(step: str, key: str, says: str) -> None:
    found = problems(changed("- accept: t1", f"- {step}"))
    assert [key] == [each.key for each in found][:1], found
    assert says in found[0].text


@pytest.mark.parametrize("step", ["convert", "retire", "replace", "carry_over", "change_expiry"])
def test_a_step_of_the_other_rulebook_says_under_which_it_is(step: str) -> None:
    text = changed("- accept: t1", f"- {step}: {{id: x}}")
    [problem] = problems(text)
    assert problem.key == f"steps[3].{step}"
    assert "write rulebook: kyoto beside it" in problem.text
    assert problem.line == line_of(text, f"- {step}")


def test_nobody_acts_who_has_crashed() -> None:
    text = changed("  - accept: t1\n  - crash: che\n", "  - crash: che\n  - accept: t1\n")
    [problem] = problems(text)
    assert (problem.key, "crashed in line" in problem.text) == ("steps[4].accept", True)


def test_the_clearing_house_must_run_at_the_end() -> None:
    [problem] = problems(changed("- crash: che\n  - restart: che", "- crash: broker"))
    assert "was not restarted" in problem.text


def test_nothing_is_expected_of_a_step_that_concerns_no_transaction() -> None:
    [problem] = problems(
        changed("- crash: che\n", "- crash: che\n    expect: {state: COMPLETED}\n")
    )
    assert problem.key == "steps[4].expect"


@pytest.mark.parametrize(
    ("step", "hours"),
    [
        ("- wait: 24h", 24),
        ("- wait: 1d12h", 36),
        ("- wait: 2023-08-03T02:00:00Z", 48),
        ("- {wait: , after: 3h}", 3),
        ("- {wait: {for: 30m}}", 0.5),
        ("- {wait: {until: 2023-08-02T02:00:00Z}}", 24),
    ],
)
def test_a_wait_takes_a_length_or_a_point_in_time(step: str, hours: float) -> None:
    scenario = reading(changed("- accept: t1", step))
    assert scenario.steps[3].time - scenario.steps[2].time == timedelta(hours=hours)


def test_an_amendment_names_an_authorization_that_exists() -> None:
    assert problems(changed("- accept: t1", "- amend: {authorization: A1, quantity: 5}")) == []
    assert problems(changed("- accept: t1", "- amend: {id: A1, quantity: 5}")) == []
    assert problems(changed("- accept: t1", "- revoke: A1")) == []
    [problem] = problems(changed("- accept: t1", "- revoke: A7"))
    assert problem.key == "steps[3].revoke"
    [problem] = problems(changed("- accept: t1", "- amend: {quantity: 5}"))
    assert "name the authorization" in problem.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("authorization: A1", "authorization: A2, unknown: true"),
        ("authorization: A1", "authorization: {name: A2, unknown: true}"),
        ("vintage: 2022}", "vintage: 2022, authorization: A7, unknown: true}"),
        ("from: tha-holding", "from: {name: nowhere, unknown: true}"),
        ("to: che-holding", "to: nowhere, unknown: true"),
        ("registry: CHE01, type", "unknown: true, registry: SWE01, type"),
        ("- accept: t1", "- revoke: {id: A7, party: THA, unknown: true}"),
        ("- accept: t1", "- amend: {id: {name: A7, unknown: true}, party: THA, quantity: 5}"),
    ],
)
def test_a_name_that_is_said_to_be_unknown_may_be(old: str, new: str) -> None:
    assert problems(changed(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("authorization: A1", "authorization: A2"),
        ("from: tha-holding", "from: nowhere"),
        ("registry: CHE01, type", "registry: SWE01, type"),
        ("cooperative_approach: CA0003, p", "cooperative_approach: CA0004, p"),
    ],
)
def test_who_wants_to_see_what_is_found_is_told_how_to_name_the_unknown(old: str, new: str) -> None:
    assert "unknown: true" in " ".join(each.text for each in problems(changed(old, new)))


def test_a_name_said_to_be_unknown_stays_so_for_others() -> None:
    text = changed("from: tha-holding", "from: {name: nowhere, unknown: true}")
    [problem] = problems(text.replace("{che-holding: 5}", "{elsewhere: 5}"))
    assert "no account 'elsewhere'" in problem.text
    assert reading(text).accounts["nowhere"].unknown


def test_an_authorization_is_made_once() -> None:
    again = "- authorize: {id: A1, party: THA, cooperative_approach: CA0003, purposes: [OP]}"
    [problem] = problems(changed("- accept: t1", again))
    assert "use amend" in problem.text
