# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The Kyoto rulebook: its checks against their vectors, its catalogue, and what transactions do."""

from dataclasses import replace
from datetime import date
from functools import cache
from inspect import unwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.rulebook.check import Check, Kept, Outcome, Provenance, judge
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto import document
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES
from broker.rulebook.kyoto.attributes import KyotoAttributes, state_of, with_state
from broker.rulebook.kyoto.case import KyotoBlock
from broker.rulebook.kyoto.catalogue import CHECKS, DIGEST
from broker.rulebook.kyoto.codes import Track, UnitType
from broker.rulebook.kyoto.completion import AGAIN, judge_completion
from broker.rulebook.kyoto.effects.of_transaction import TRANSACTION_TYPES
from broker.rulebook.kyoto.proposal import KyotoProposedBlock
from broker.rulebook.kyoto.rulebook import RULES, judge_proposal
from broker.rulebook.paris import catalogue as paris
from itmo.identifiers import TransactionId
from tests.unit.broker.rulebook.kyoto_bases import AAU, BASES, case_from, with_blocks

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "tests" / "vectors" / "kyoto"
PARIS = {rule.id: rule for rule in paris.CHECKS}
OWN = {rule.id: rule for rule in CHECKS if isinstance(rule, Check) and rule.id not in PARIS}
SHARED = [rule for rule in CHECKS if rule.id in PARIS]


@cache
def vectors() -> dict[str, list[dict[str, Any]]]:
    return {
        path.stem: yaml.load(path.read_bytes(), yaml.CSafeLoader)
        for path in sorted(FOLDER.glob("*.yaml"))
    }


def _all() -> list[Any]:
    return [
        pytest.param(check_id, vector, id=f"{check_id}: {vector['title']}")
        for check_id, listed in vectors().items()
        for vector in listed
    ]


@pytest.mark.parametrize(("check_id", "vector"), _all())
def test_vector(check_id: str, vector: dict[str, Any]) -> None:
    assert set(vector) <= {"title", "base", "set", "expect", "found", "conflict"}
    case = case_from(vector["base"], vector.get("set", {}))
    (finding,) = judge((OWN[check_id],), case, case.now.date())
    assert finding.outcome.value == vector["expect"], finding.found
    if finding.outcome in {Outcome.FAILED, Outcome.INCONCLUSIVE}:
        assert vector["found"] in finding.found
        assert finding.found.isascii()
        assert finding.conflicting_transaction_id == vector.get("conflict", "")
    assert len(RULES.judge(case, case.now.date())) == len(CHECKS)
    assert judge_proposal(case).valid <= (vector["expect"] in {"PASSED", "NOT_APPLICABLE"})


@pytest.mark.parametrize("check_id", OWN)
def test_check_has_a_passing_and_a_failing_vector(check_id: str) -> None:
    outcomes = {vector["expect"] for vector in vectors().get(check_id, ())}
    assert {"PASSED", "FAILED"} <= outcomes


@pytest.mark.parametrize("base", BASES)
def test_base_is_in_order(base: str) -> None:
    judgement = judge_proposal(BASES[base]())
    assert [(f.check.id, f.outcome, f.found) for f in judgement.findings if f.found] == []
    assert judgement.valid


# -- catalogue ------------------------------------------------------------------------------------


def test_at_least_ten_checks_are_its_own_and_the_others_are_those_of_paris_under_other_numbers() -> (
    None
):
    assert len([each for each in OWN if each.startswith("KP_")]) >= 10
    assert vectors().keys() == OWN.keys()
    for rule in SHARED:
        twin = PARIS[rule.id]
        if isinstance(rule, Check):
            assert isinstance(twin, Check)
            judged = [(id(each.run), id(unwrap(each.applies))) for each in (rule, twin)]
            assert judged[0] == judged[1]
        assert rule.citation != twin.citation


def test_numbers_of_the_log_stand_beside_our_ids() -> None:
    codes = {rule.id: rule.code for rule in CHECKS}
    assert codes["ID_KNOWN_AND_HELD"] == "4002 4003"
    assert codes["REG_EXISTS"] == "1501"
    (recalled,) = (rule for rule in CHECKS if rule.id == "ID_LOCKED")
    assert recalled.provenance is Provenance.UNCONFIRMED
    assert [rule.id for rule in CHECKS if isinstance(rule, Kept)] == [
        "MSG_SCHEMA",
        "MSG_SIGNATURE",
        "KP_BLOCKS_3000",
        "MSG_REPLAY",
        "KP_ENTITY",
    ]


def test_every_rule_says_where_it_comes_from_and_what_to_do() -> None:
    ids = [rule.id for rule in CHECKS]
    assert len(ids) == len(set(ids))
    for rule in CHECKS:
        assert rule.citation
        assert rule.scope
        assert rule.remedy.endswith(".")
    assert DIGEST not in {b"", paris.DIGEST}


def test_one_file_for_each_check_of_its_own() -> None:
    folder = ROOT / "broker" / "rulebook" / "kyoto" / "checks"
    files = {path for path in folder.glob("*/*.py") if path.name != "__init__.py"}
    assert files == {
        folder / rule.category.value / f"{rule.id.lower()}.py"
        for rule in CHECKS
        if rule.id not in PARIS
    }


def test_page_is_up_to_date() -> None:
    page = ROOT / "broker" / "rulebook" / "kyoto" / "CHECKS.md"
    assert page.read_text(encoding="utf-8") == document.page()


def test_account_types_take_what_they_are_for() -> None:
    assert ACCOUNT_TYPES[300].final, "type 300 retires here, and cancels in Paris"
    assert ACCOUNT_TYPES[300].entered_by == {"RETIREMENT"}
    assert {number for number, kind in ACCOUNT_TYPES.items() if not kind.final} == {
        100,
        110,
        120,
        121,
        130,
        131,
    }
    entered = {name for kind in ACCOUNT_TYPES.values() for name in kind.entered_by}
    # These have accounts, and no checks of their own yet.
    assert entered <= TRANSACTION_TYPES


# -- the general checks judge this rulebook's cases -------------------------------------------------


@pytest.mark.parametrize(
    ("base", "changes", "check_id", "found"),
    [
        ("transfer", {"from_account.account_type": 300}, "ACC_FINAL_NO_EXIT", "has type 300"),
        (
            "transfer",
            {"from_account.account_type": 300},
            "ACC_FROM_IS_HOLDING",
            "expected 100 (Party holding) or 110 (pending) or 120 (operator holding)",
        ),
        ("retirement", {"to_account.account_type": 230}, "ACC_TO_MATCHES_ACTION", "expected 300"),
        ("conversion", {"proposed.to_account": "GBR"}, "ACC_ISSUE_SELF", "a CONVERSION from"),
        ("retirement", {"proposed.to_registry": "CHE01"}, "ACC_USE_SAME_REGISTRY", "RETIREMENT"),
        ("transfer", {"to_registry": None}, "REG_EXISTS", "is not known"),
        ("retirement", {"to_account.rulebook": "paris"}, "TX_ONE_RULEBOOK", "expected kyoto"),
    ],
)
def test_a_general_check_reads_the_tables_of_this_rulebook(
    base: str, changes: dict[str, Any], check_id: str, found: str
) -> None:
    judgement = judge_proposal(case_from(base, changes))
    (finding,) = (each for each in judgement.findings if each.check.id == check_id)
    assert finding.outcome is Outcome.FAILED
    assert found in finding.found


def test_a_unit_locked_by_another_transaction_moves_in_no_rulebook() -> None:
    case = BASES["conversion"]()
    held = replace(case.blocks[0].segments[0], locked_by=TransactionId("other"))
    case = replace(case, blocks=(replace(case.blocks[0], segments=(held,)),))
    failed = [f.check.id for f in judge_proposal(case).findings if f.outcome is Outcome.FAILED]
    assert failed == ["ID_LOCKED"]


attributes = st.builds(
    KyotoAttributes,
    unit_type=st.none() | st.sampled_from(UnitType),
    original_period=st.integers(),
    applicable_period=st.integers(),
    activity=st.integers(),
    project=st.integers(),
    track=st.none() | st.sampled_from(Track),
    expiry=st.none() | st.dates(),
)
SIDES = ("from_registry", "to_registry", "from_account", "to_account")


@given(
    st.sampled_from(sorted(BASES)),
    st.sampled_from(TransactionType),
    st.lists(st.tuples(st.integers(), st.integers(), st.none() | attributes), max_size=3),
    st.sets(st.sampled_from(SIDES)),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_proposed_and_whatever_is_missing_a_judgement_comes_out(
    base: str,
    kind: TransactionType,
    drawn: list[tuple[int, int, KyotoAttributes | None]],
    missing: set[str],
    looked_up: bool,
) -> None:
    case = BASES[base]()
    pattern = BASES["transfer"]().blocks[0].segments[0]
    blocks = []
    for first, last, stated in drawn:
        proposed = KyotoProposedBlock(registry="GBR01", first=first, last=last, attributes=stated)
        segments = (
            (replace(pattern, range=proposed.range, attributes=stated),)
            if looked_up and proposed.range is not None and stated is not None
            else ()
        )
        blocks.append(KyotoBlock(proposed=proposed, segments=segments))
    case = with_blocks(replace(case, proposed=replace(case.proposed, type=kind)), *blocks)
    absent: dict[str, Any] = dict.fromkeys(missing)
    judgement = judge_proposal(replace(case, **absent))
    assert [finding.check for finding in judgement.findings] == list(CHECKS)
    assert all(finding.found.isascii() for finding in judgement.findings)
    if missing or not drawn:
        assert not judgement.valid


# -- what a transaction does ------------------------------------------------------------------------


def test_an_issuance_counts_against_the_assigned_amount_and_reserves_it() -> None:
    effects = judge_proposal(BASES["issuance"]()).effects
    (issue,) = effects.issues
    assert issue.piece.attributes == AAU
    assert dict(effects.counted) == {
        "kyoto-held:GBR:2": 1000,
        "kyoto-issued:GBR:2": 1000,
        "kyoto-reserve:GBR:2": 1000,
    }
    assert effects.reserved == (("kyoto-issued:GBR:2", 1000),)
    assert not effects.moves
    assert not effects.changes


def test_an_external_transfer_moves_what_the_parties_hold() -> None:
    effects = judge_proposal(BASES["transfer"]()).effects
    (move,) = effects.moves
    assert (move.piece.range.first, move.piece.range.last) == (1, 1000)
    assert dict(effects.counted) == {
        "kyoto-first-transferred:GBR:2": 1000,
        "kyoto-held:CHE:2": 1000,
        "kyoto-held:GBR:2": -1000,
        "kyoto-reserve:CHE:2": 1000,
        "kyoto-reserve:GBR:2": -1000,
    }
    assert dict(effects.reserved) == {
        "kyoto-first-transferred:GBR:2": 1000,
        "kyoto-reserve:GBR:2": 1000,
    }
    (change,) = effects.changes
    assert state_of(change.after) == '{"period":2,"transferred":1,"type":1}'


def test_a_conversion_makes_erus_where_the_units_are() -> None:
    effects = judge_proposal(BASES["conversion"]()).effects
    (change,) = effects.changes
    assert change.piece.attributes == AAU
    assert change.after == replace(
        AAU, unit_type=UnitType.ERU_FROM_AAU, project=1234, track=Track.PARTY_VERIFIED
    )
    assert not any((effects.moves, effects.issues))
    assert dict(effects.counted) == {
        "kyoto-converted:GBR:1234:1": 1000,
        "kyoto-converted-after:GBR:2": 1000,
    }
    assert effects.counted == effects.reserved


def test_a_retirement_is_counted_for_the_period() -> None:
    effects = judge_proposal(BASES["retirement"]()).effects
    assert dict(effects.counted) == {"kyoto-held:GBR:2": -1000, "kyoto-retired:GBR:2": 1000}
    assert len(effects.moves) == 1


def test_a_transaction_type_of_another_rulebook_enters_no_account() -> None:
    case = BASES["transfer"]()
    case = replace(case, proposed=replace(case.proposed, type=TransactionType.USE))
    failed = {f.check.id for f in judge_proposal(case).findings if f.outcome is Outcome.FAILED}
    assert "ACC_TO_MATCHES_ACTION" in failed


@pytest.mark.parametrize(
    ("units", "state"),
    [
        (AAU, '{"period":2,"type":1}'),
        (
            replace(AAU, unit_type=UnitType.ERU_FROM_AAU, project=7, track=Track.PARTY_VERIFIED),
            '{"period":2,"project":7,"track":1,"type":3}',
        ),
    ],
)
def test_the_state_of_units_is_canonical_and_read_back(units: KyotoAttributes, state: str) -> None:
    assert state_of(units) == state
    assert with_state(AAU, state) == units


# -- before a transaction that waits is completed -----------------------------------------------------


def test_what_is_judged_again_is_in_the_catalogue() -> None:
    assert {rule.id for rule in CHECKS} >= AGAIN


@pytest.mark.parametrize(
    ("changes", "against"),
    [
        ({}, None),
        ({"true_up": date(2022, 5, 1)}, "KP_TRF_PERIOD_OVER"),
        ({"counts": {"kyoto-reserve:GBR:2": {"quantity": 5499}}}, "KP_TRF_RESERVE"),
        ({"eligible": {"CHE": {"eligible": False}}}, "KP_TRF_ELIGIBLE"),
        ({"to_account.closed": True}, "ACC_EXISTS"),
        ({"to_registry.rulebooks": ["paris"]}, "TX_ONE_RULEBOOK"),
        ({"transaction_known": True}, None),
    ],
)
def test_what_changed_while_it_waited_stops_it(
    changes: dict[str, Any], against: str | None
) -> None:
    found = judge_completion(case_from("transfer", changes))
    assert (found and found.check.id) == against


def test_a_replacement_moves_what_acts_and_marks_what_it_replaces() -> None:
    case = BASES["replacement"]()
    effects = judge_proposal(case).effects
    (move,) = effects.moves
    assert (move.piece.registry, move.piece.range.first) == ("GBR01", 1)
    end, change = effects.changes
    assert end.piece == move.piece
    assert end.after.changed_by == case.proposed.transaction_id
    assert (change.piece.registry, change.piece.range.first) == ("IND01", 5001)
    assert change.after.replaced_by == case.proposed.transaction_id
    assert change.after == change.piece.attributes
    assert with_state(change.piece.attributes, state_of(change.after)) == change.after
    assert dict(effects.counted) == {"kyoto-held:GBR:2": -1000}


def test_a_change_of_the_date_of_expiry_changes_nothing_else() -> None:
    effects = judge_proposal(BASES["expiry_change"]()).effects
    (change,) = effects.changes
    assert change.after == replace(change.piece.attributes, expiry=date(2029, 6, 30))
    assert not any((effects.moves, effects.issues))
    assert effects.counted == effects.reserved == (("kyoto-met:9", 1000),)
