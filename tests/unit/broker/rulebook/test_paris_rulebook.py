# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The Paris rulebook as a whole: its entrance, its catalogue, first transfer and what it books."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from broker.regime.paris.regime import PARIS
from broker.rulebook.check import Category, Outcome, Rule, Rules, Severity, judge
from broker.rulebook.general.described import catalogue_of
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris import catalogue, document, mechanism
from broker.rulebook.paris.accounting import account
from broker.rulebook.paris.attributes import Metric, UnitType
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.catalogue import CHECKS, DIGEST
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.purposes import FirstTransferDefinition, Purpose
from broker.rulebook.paris.rulebook import RULES, case_of, judge_proposal
from itmo.serials import SerialRange
from tests.unit.broker.rulebook import bases
from tests.unit.broker.rulebook.overrides import case_from

ROOT = Path(__file__).parents[4]
NDC, IMP, OP = Purpose.NDC, Purpose.IMP, Purpose.OP
AUTHORIZATION = FirstTransferDefinition.AUTHORIZATION
ISSUANCE = FirstTransferDefinition.ISSUANCE
AT_USE = FirstTransferDefinition.USE_OR_CANCELLATION


# -- catalogue ------------------------------------------------------------------------------------


ORDER = (
    Category.MESSAGE,
    Category.REGISTRY,
    Category.ACCOUNT,
    Category.UNIT,
    ParisCategory.AUTHORIZATION,
    ParisCategory.FIRST_TRANSFER,
    Category.TRANSFER,
    ParisCategory.USE,
    ParisCategory.MECHANISM,
    ParisCategory.ADJUSTMENT,
    Category.WORKFLOW,
    Category.NOTIFICATION,
)
"""The order in which the groups are judged."""


def test_checks_stand_in_the_order_of_categories_one_file_each() -> None:
    places = [ORDER.index(check.category) for check in CHECKS]
    assert places == sorted(places)
    files = {
        name: {
            path.relative_to(folder).as_posix()
            for path in folder.glob("*/*.py")
            if path.name != "__init__.py"
        }
        for name in ("general", "paris")
        for folder in (ROOT / "broker" / "rulebook" / name / "checks",)
    }
    listed = {f"{check.category.value}/{check.id.lower()}.py" for check in CHECKS}
    assert files["paris"] == listed - files["general"]
    assert not files["paris"] & files["general"]


def test_the_digest_is_the_one_that_verdicts_have() -> None:
    """It changes with the version or a description only, and whoever changes one writes it here."""
    digest = "a7ab06591b15d00baf8d076dc486a23918309d1c29ed9a61b05867f0075f094c"
    assert digest == DIGEST.hex()


def test_ids_are_unique_over_all_rules() -> None:
    ids = [rule.id for rule in (*PARIS.checks, *PARIS.report_rules)]
    assert len(ids) == len(set(ids))


def test_only_the_caps_are_warnings() -> None:
    assert [c.id for c in CHECKS if c.severity is Severity.WARNING] == [
        "AUTH_QUANTITY_CAP",
        "AUTH_PURPOSE_CAP",
    ]


def test_every_check_says_where_it_comes_from_and_what_to_do() -> None:
    for check in CHECKS:
        assert check.title
        assert check.citation
        assert check.scope
        assert check.remedy.endswith(".")


def test_digest_is_the_same_in_another_process() -> None:
    code = "from broker.rulebook.paris.catalogue import DIGEST; print(DIGEST.hex())"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'proto'}", "PYTHONHASHSEED": "7"},
    )
    assert run.stdout.strip() == DIGEST.hex()
    assert len(DIGEST) == 32


def test_digest_changes_with_the_version_and_with_any_description() -> None:
    def digest(version: str, first: Rule) -> bytes:
        return sha256(catalogue_of(version, [mechanism.POLICY], (first, *CHECKS[1:]))).digest()

    assert digest(catalogue.VERSION, CHECKS[0]) == DIGEST
    assert digest("paris 2.0.0", CHECKS[0]) != DIGEST
    assert digest(catalogue.VERSION, replace(CHECKS[0], title="Else")) != DIGEST


def test_page_is_up_to_date() -> None:
    page = ROOT / "broker" / "rulebook" / "paris" / "CHECKS.md"
    assert page.read_text(encoding="utf-8") == document.page()


# -- judging --------------------------------------------------------------------------------------


def test_no_checks_judge_nothing() -> None:
    with pytest.raises(ValueError, match="judges nothing"):
        judge((), case_of(bases.transfer()), bases.NOW.date())


def test_an_id_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="same id"):
        Rules((CHECKS[0], CHECKS[0]))


def test_before_the_first_check_takes_effect_nothing_is_valid() -> None:
    facts = replace(bases.transfer(), now=datetime(2020, 12, 31, tzinfo=UTC))
    judgement = judge_proposal(facts)
    assert {finding.outcome for finding in judgement.findings} == {Outcome.NOT_APPLICABLE}
    assert not judgement.valid


def test_passed_findings_are_made_once() -> None:
    one, two = judge_proposal(bases.transfer()), judge_proposal(bases.transfer())
    assert all(a is b for a, b in zip(one.findings, two.findings, strict=True))
    assert [finding.check for finding in one.findings] == list(RULES.checks)


def test_missing_data_invalidate() -> None:
    judgement = judge_proposal(replace(bases.transfer(), parties={}))
    outcomes = {finding.outcome for finding in judgement.findings}
    assert Outcome.FAILED not in outcomes
    assert Outcome.INCONCLUSIVE in outcomes
    assert not judgement.valid


def test_a_warning_does_not_invalidate() -> None:
    facts = case_from("issuance", {"history.issued_quantity": 500000})
    judgement = judge_proposal(facts)
    failed = [f.check.id for f in judgement.findings if f.outcome is Outcome.FAILED]
    assert failed == ["AUTH_QUANTITY_CAP"]
    assert judgement.valid


def test_a_case_whose_units_were_not_looked_up_passes_no_check_over_units() -> None:
    case = case_of(replace(bases.transfer(), blocks=()))
    findings = {f.check.id: f.outcome for f in RULES.judge(case, bases.NOW.date())}
    for check_id in ("AUTH_EXISTS", "AUTH_CA_MATCH", "ID_LOCKED", "ID_VINTAGE_MIN", "USE_ONCE"):
        assert findings[check_id] is Outcome.INCONCLUSIVE


# -- first transfer -------------------------------------------------------------------------------


def moved(facts: ParisCase) -> list[str]:
    return [f"{registry}:{r}" for registry, r in account(facts).first_transfer]


def under(
    base: str, purposes: set[Purpose], definition: FirstTransferDefinition | None
) -> ParisCase:
    return case_from(
        base,
        {
            "authorization.purposes": frozenset(purposes),
            "authorization.definition": definition,
            "authorization.other_purposes": "CORSIA",
        },
    )


ALL = ["THA01:1-1916"]


@pytest.mark.parametrize(
    ("purposes", "definition", "issued", "exported", "cancelled"),
    [
        ({NDC}, None, [], ALL, []),
        ({OP}, AUTHORIZATION, ALL, [], []),
        ({OP}, ISSUANCE, ALL, [], []),
        ({OP}, AT_USE, [], [], ALL),
        ({IMP}, AT_USE, [], [], ALL),
        ({OP}, None, [], [], []),
        ({NDC, OP}, AUTHORIZATION, ALL, ALL, []),
        ({NDC, IMP, OP}, ISSUANCE, ALL, ALL, []),
        ({NDC, OP}, AT_USE, [], ALL, ALL),
    ],
)
def test_events_that_first_transfer(
    purposes: set[Purpose],
    definition: FirstTransferDefinition | None,
    issued: list[str],
    exported: list[str],
    cancelled: list[str],
) -> None:
    assert moved(under("issuance", purposes, definition)) == issued
    assert moved(under("transfer", purposes, definition)) == exported
    assert moved(under("cancellation", purposes, definition)) == cancelled


def test_v10_a_later_event_is_no_first_transfer() -> None:
    facts = under("transfer", {NDC, OP}, ISSUANCE)
    block = facts.blocks[0]
    segment = replace(block.segments[0], first_transferred=True)
    facts = replace(facts, blocks=(replace(block, segments=(segment,)),))
    assert moved(facts) == []
    assert account(facts).entries == ()


def test_v14_v15_parts_of_a_block_are_first_transferred_once_each() -> None:
    part = {"block.last": 400, "segments": [{"range": [1, 400]}]}
    assert moved(case_from("transfer", part)) == ["THA01:1-400"]
    mixed = {"segments": [{"range": [1, 400], "first_transferred": True}, {"range": [401, 1916]}]}
    assert moved(case_from("transfer", mixed)) == ["THA01:401-1916"]


@pytest.mark.parametrize(
    "kind",
    [
        UnitType.CER,
        UnitType.MCU,
        UnitType.UNAUTHORIZED_A64ER,
        UnitType.MITIGATION_OUTCOME,
        None,
    ],
)
def test_units_without_authorization_are_never_first_transferred(kind: UnitType | None) -> None:
    facts = case_from("transfer", {"units.unit_type": kind})
    assert moved(facts) == []


@pytest.mark.parametrize("target", ["THA01/310", "THA01/320", "THA01/330"])
def test_other_cancellations_at_home_are_no_first_transfer(target: str) -> None:
    judgement = judge_proposal(case_from("cancellation", {"to": target}))
    assert judgement.valid
    assert judgement.accounting.first_transfer == ()
    assert judgement.accounting.entries == ()


@pytest.mark.parametrize("target", ["THA01/100", "THA02/100"])
def test_transfers_inside_one_party_are_legal_and_no_first_transfer(target: str) -> None:
    judgement = judge_proposal(case_from("transfer", {"to": target}))
    assert judgement.valid
    assert judgement.accounting.first_transfer == ()


def test_units_in_the_mechanism_registry_belong_to_their_host() -> None:
    judgement = judge_proposal(case_from("transfer", {"from": "XMR01/100"}))
    assert judgement.valid
    assert judgement.accounting.first_transfer[0][1] == SerialRange(1, 1916)
    home = {"from": "XMR01/100", "to": "THA01/100"}
    judgement = judge_proposal(case_from("transfer", home))
    assert judgement.valid
    assert judgement.accounting.first_transfer == ()


def test_unknown_authorization_first_transfers_nothing_and_is_not_valid() -> None:
    judgement = judge_proposal(case_from("transfer", {"history": "unknown"}))
    assert judgement.accounting.first_transfer == ()
    assert not judgement.valid


def test_the_mechanism_is_open_to_every_party_and_other_approaches_are_not() -> None:
    def finding(approach: str) -> Outcome:
        facts = case_from(
            "transfer",
            {"units.cooperative_approach": approach, "to": "GHA01/100"},
        )
        known = replace(facts.approaches["CA000003"], parties=frozenset())
        judgement = judge_proposal(replace(facts, approaches={approach: known}))
        return next(f.outcome for f in judgement.findings if f.check.id == "AUTH_PARTY_IN_CA")

    assert finding("CA000001") is Outcome.PASSED
    assert finding("CA000003") is Outcome.FAILED


# -- bookings -------------------------------------------------------------------------------------


def rows(facts: ParisCase) -> list[tuple[str, str, int, int, str]]:
    return [(e.kind, e.party, e.year, e.quantity, e.metric) for e in account(facts).entries]


FIRST, USED = EntryKind.FIRST_TRANSFER, EntryKind.USE


def test_bookings_of_the_bases() -> None:
    assert rows(bases.issuance()) == []
    assert rows(bases.transfer()) == [(FIRST, "THA", 2022, 1916, "GHG")]
    assert rows(bases.use()) == [(USED, "CHE", 2024, -1916, "GHG")]
    assert rows(bases.cancellation()) == [(FIRST, "THA", 2022, 1916, "GHG")]
    assert rows(bases.cer_use()) == [(USED, "CHE", 2024, -1916, "GHG")]
    assert rows(bases.mechanism_use()) == [(USED, "CHE", 2024, -1916, "GHG")]


def test_v7_non_ghg_signs() -> None:
    metric = {"units.metric": "NON_GHG", "units.non_ghg_metric": "MWh"}
    assert rows(case_from("transfer", metric)) == [(FIRST, "THA", 2022, -1916, "MWh")]
    assert rows(case_from("use", metric)) == [(USED, "CHE", 2024, 1916, "MWh")]


def test_use_for_other_purposes_books_nothing_for_the_user() -> None:
    facts = case_from(
        "cancellation",
        {
            "from": "CHE01/100",
            "to": "CHE01/210",
            "proposed.type": "USE",
            "authorization.purposes": frozenset({IMP}),
        },
    )
    assert facts.proposed.type is TransactionType.USE
    judgement = judge_proposal(facts)
    assert [f.check.id for f in judgement.findings if f.found] == []
    assert rows(facts) == [(FIRST, "THA", 2022, 1916, "GHG")]


def test_a_metric_that_is_not_known_books_nothing_and_is_not_valid() -> None:
    facts = case_from("transfer", {"units.metric": None})
    assert rows(facts) == []
    assert not judge_proposal(facts).valid


def test_a_metric_called_ghg_never_mixes_with_tonnes() -> None:
    named = {"units.metric": Metric.NON_GHG, "units.non_ghg_metric": "GHG"}
    judgement = judge_proposal(case_from("transfer", named))
    assert "CA_SIGN" in {f.check.id for f in judgement.findings if f.outcome is Outcome.FAILED}
    assert not judgement.valid


def test_a_full_proposal_is_judged_in_reasonable_steps() -> None:
    facts = bases.transfer()
    block = facts.blocks[0]
    blocks = tuple(
        replace(
            block,
            proposed=replace(block.proposed, first=n * 10 + 1, last=n * 10 + 10),
            segments=(replace(block.segments[0], range=SerialRange(n * 10 + 1, n * 10 + 10)),),
        )
        for n in range(500)
    )
    proposed = replace(facts.proposed, blocks=tuple(b.proposed for b in blocks))
    judgement = judge_proposal(replace(facts, blocks=blocks, proposed=proposed))
    assert judgement.valid
    assert len(judgement.accounting.entries) == 500
