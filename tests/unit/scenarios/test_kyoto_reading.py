# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Scenario files under the rulebook kyoto: what is read, and how faults are named."""

from __future__ import annotations

from datetime import date

import pytest

from broker.rulebook.kyoto.codes import Mechanism, Track
from scenarios.kyoto import defaults
from scenarios.kyoto.model import AmountSpec, KyotoPropose
from scenarios.model import Rulebook
from tests.unit.scenarios.worlds import line_of, problems, reading

VALID = """\
scenario: A small one of Kyoto
rulebook: kyoto
clock: 2009-03-02T00:00:00Z
nodes:
  gbr: {kind: national, registries: [GBR01]}
  nzl: {kind: national, registries: [NZL01]}
parties:
  GBR: {kyoto: {periods: {1: {base_year: 779904144, percentage: 87.5, years: 5, allowances: {3: 9}}}}}
projects:
  NZ-1001: {host: NZL, track: 1, status: registered}
accounts:
  gbr-holding: {registry: GBR01, type: 100, period: 1}
  gbr-retired: {registry: GBR01, type: 300, period: 1}
  nzl-holding: {registry: NZL01, type: 120, period: 1}
steps:
  - issue: {id: i1, account: nzl-holding, blocks: [{unit: AAU, first: 1, last: 10}]}
  - convert: {id: c1, account: nzl-holding, to: ERU, project: NZ-1001, track: 1, blocks: [{registry: NZL01, first: 1, last: 5}]}
  - retire: {id: r1, from: gbr-holding, to: gbr-retired, blocks: [{registry: GBR01, first: 1, last: 5}]}
  - change_expiry: {id: e1, blocks: [{registry: GBR01, first: 1, last: 5}], expiry: 2017-12-31}
  - replace: {id: p1, from: gbr-holding, to: gbr-retired, blocks: [{registry: GBR01, first: 6, last: 7}], replaced: [{registry: GBR01, first: 1, last: 2}]}
expect:
  holdings: {nzl-holding: {AAU: 5, ERU: 5}}
"""


def changed(old: str, new: str) -> str:
    assert VALID.count(old) == 1, f"{old!r} occurs {VALID.count(old)} times"
    return VALID.replace(old, new)


def test_the_valid_one_is_read_in_full() -> None:
    story = reading(VALID)
    assert story.rulebooks == {Rulebook.KYOTO}
    told = story.kyoto.parties["GBR"].periods[1]  # type: ignore[index]  # a code, as text
    assert told.amount == AmountSpec(
        quantity=3_412_080_630, base_emissions=779_904_144, base_year=1990, per_myriad=8_750
    )
    assert told.allowances == {3: 9}
    assert story.kyoto.projects["NZ-1001"].project == "NZL1001"
    converted = story.steps[1].action
    assert isinstance(converted, KyotoPropose)
    assert (converted.project, converted.track) == ("NZL1001", Track.PARTY_VERIFIED)
    assert story.steps[3].action.expiry == date(2017, 12, 31)  # type: ignore[union-attr]
    assert [b.replaced for b in story.steps[4].action.blocks] == [False, True]  # type: ignore[union-attr]


def test_what_is_not_stated_is_in_order() -> None:
    world = defaults.world(reading(VALID))
    assert sorted(world.periods) == [1, 2]
    new_zealand = world.parties["NZL"]  # type: ignore[index]  # a code, as text
    assert new_zealand.eligible
    amount = new_zealand.periods[1].amount
    assert amount is not None
    assert (amount.quantity, amount.per_myriad) == (5 * defaults.AMOUNT, 10_000)
    assert world.projects["NZ-1001"].mechanism is Mechanism.JOINT_IMPLEMENTATION


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("rulebook: kyoto", "rulebook: tokyo", "rulebook", "one of paris, kyoto"),
        ("percentage: 87.5", "percentage: 87.555", "parties.GBR.kyoto.periods.1.percentage", "87.5"),
        ("percentage: 87.5", "percentage: much", "parties.GBR.kyoto.periods.1.percentage", "number"),
        ("base_year: 779904144, ", "", "parties.GBR.kyoto.periods.1.percentage", "go together"),
        ("{3: 9}", "{8: 9}", "parties.GBR.kyoto.periods.1.allowances.8", "from 1 to 7"),
        ("{3: 9}", "{forests: 9}", "parties.GBR.kyoto.periods.1.allowances.forests", "forest management"),
        ("years: 5,", "years: 5, reserve: 12,", "parties.GBR.kyoto.periods.1.reserve", "multiple"),
        ("  NZ-1001: {host", "  Wind: {host", "projects.Wind", "NZ-1001"),
        ("{host: NZL, track", "{track", "projects.NZ-1001", "host is missing"),
        ("status: registered", "status: known", "projects.NZ-1001.status", "one of registered"),
        ("unit: AAU", "unit: aau", "steps[0].issue.blocks[0].unit", "one of AAU"),
        ("unit: AAU, ", "", "steps[0].issue.blocks[0]", "unit is missing"),
        ("to: ERU", "to: CER", "steps[1].convert.to", "one of ERU"),
        ("project: NZ-1001,", "project: NZ-1002,", "steps[1].convert.project", "no project 'NZ-1002'"),
        ("track: 1, blocks", "track: 3, blocks", "steps[1].convert.track", "from 1 to 2"),
        ("to: gbr-retired, blocks: [{registry: GBR01, first: 1", "to: gone, blocks: [{registry: GBR01, first: 1",
         "steps[2].retire.to", "no account 'gone'"),
        ("expiry: 2017", "expires: 2017", "steps[3].change_expiry", "expiry is missing"),
        ("2017-12-31", "2017-13-31", "steps[3].change_expiry.expiry", "a date such as"),
        (", replaced: [{registry: GBR01, first: 1, last: 2}]", "", "steps[4].replace", "replaced is missing"),
        ("- change_expiry", "- authorize", "steps[3].authorize", "write rulebook: paris beside it"),
        ("- change_expiry", "- chnge_expiry", "steps[3].chnge_expiry", "did you mean change_expiry"),
        ("- change_expiry", "- rulebook: rome\n    change_expiry", "steps[3].rulebook", "one of paris, kyoto"),
        ("- change_expiry: {id: e1,", "- pay_share: {activity: NZ-1001, amount: 0.001,",
         "steps[3].pay_share.amount", "1500.20"),
        ("- change_expiry: {id: e1,", "- pay_share: {activity: NZ-1001, amount: ten,",
         "steps[3].pay_share.amount", "such as"),
        ("- change_expiry: {id: e1,", "- notice: {id: e1, type: 14, registry: GBR01,",
         "steps[3].notice.type", "from 1 to 13"),
        ("- change_expiry: {id: e1,", "- notice: {type: 10, registry: GBR01, updates: n1,",
         "steps[3].notice.updates", "no notice 'n1'"),
        ("- change_expiry: {id: e1,", "- bring_in: {id: b1, opening: o1, account: gbr-holding,",
         "steps[3].bring_in.opening", "no step before this one is an opening"),
        ("- change_expiry: {id: e1,", "- opening: {id: o1, registry: GBR01, balances: [],",
         "steps[3].opening.balances", "at least one block"),
        ("- change_expiry: {id: e1,",
         "- opening: {id: o1, registry: GBR01, balances: [{account: gbr-holding, first: 1, last: 2}],",
         "steps[3].opening.balances[0]", "is missing"),
        ("- change_expiry: {id: e1,", "- close: {registry: FRA01,", "steps[3].close.registry", "FRA01"),
        ("- change_expiry: {id: e1,", "- move_activity: {activity: NZ-1001, from: soon,",
         "steps[3].move_activity.from", "expected a date"),
        ("- change_expiry: {id: e1,", "- notice: {type: 3, registry: GBR01,",
         "steps[3].notice", "a notice has an id"),
        ("expiry: 2017-12-31", "expiry: 2017-12-31, notice: 5",
         "steps[3].change_expiry.notice", "quotation marks"),
        ("{AAU: 5,", "{AAUs: 5,", "expect.holdings.nzl-holding.AAUs", "one of AAU"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_and_key(old: str, new: str, key: str, says: str) -> None:
    text = changed(old, new)
    found = [problem for problem in problems(text) if problem.key == key]
    assert found, problems(text)
    assert says in found[0].text
    if "missing" not in says:
        assert found[0].line == line_of(text, new.partition("\n")[0] or key.rpartition(".")[2])


def test_a_step_of_paris_may_stand_in_a_file_of_kyoto() -> None:
    text = changed(
        "steps:\n",
        "steps:\n  - rulebook: paris\n    register: {activity: A, cooperative_approach: {name: CA0003, unknown: true}}\n",
    )
    assert problems(text) == []
    assert reading(text).rulebooks == {Rulebook.KYOTO, Rulebook.PARIS}
