# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every check of the Paris rulebook against its vectors in tests/vectors/paris and general."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker.rulebook.check import Check, Outcome, judge
from broker.rulebook.paris.catalogue import CHECKS
from broker.rulebook.paris.rulebook import RULES, case_of, judge_proposal
from tests.unit.broker.rulebook.bases import BASES
from tests.unit.broker.rulebook.overrides import case_from

VECTORS = Path(__file__).parents[3] / "vectors"
BY_ID = {check.id: check for check in CHECKS if isinstance(check, Check)}

CATALOGUE = [
    "MSG_SCHEMA",
    "MSG_SIGNATURE",
    "MSG_SENDER_IS_FROM_REGISTRY",
    "MSG_REPLAY",
    "MSG_CLOCK",
    "REG_EXISTS",
    "REG_OPERATIONAL",
    "REG_SHARING_LEVEL",
    "REG_PARTY_ELIGIBLE",
    "ACC_EXISTS",
    "ACC_ID_FORMAT",
    "ACC_FROM_IS_HOLDING",
    "ACC_TO_MATCHES_ACTION",
    "ACC_USE_SAME_REGISTRY",
    "ACC_ISSUE_SELF",
    "ACC_FINAL_NO_EXIT",
    "ACC_NDC_PERIOD_SET",
    "ACC_RETIRE_OWN_PARTY",
    "ACC_METRIC_SPECIFIC",
    "ID_FORMAT",
    "ID_CA_ALIAS",
    "ID_RANGE_ORDER",
    "ID_QTY_EQUALS_RANGE",
    "ID_NO_OVERLAP_ISSUE",
    "ID_KNOWN_AND_HELD",
    "ID_ONE_ACCOUNT",
    "ID_IMMUTABLE_ATTRS",
    "ID_INTEGER_UNITS",
    "ID_VINTAGE_MIN",
    "ID_CER_PRE2021",
    "ID_CER_SERIAL",
    "ID_CER_ENDS",
    "ID_LOCKED",
    "ID_RECONCILED",
    "ID_UNDERLYING_PAIR",
    "ID_UNDERLYING_UNIQUE",
    "ID_MO_EVIDENCE",
    "AUTH_EXISTS",
    "AUTH_VERSION_CURRENT",
    "AUTH_INITIAL_REPORT",
    "AUTH_CA_MATCH",
    "AUTH_PARTY_IN_CA",
    "AUTH_PURPOSE_MATCH",
    "AUTH_OIMP_NAMED",
    "AUTH_ENTITY",
    "AUTH_USER_PARTY",
    "AUTH_QUANTITY_CAP",
    "AUTH_PURPOSE_CAP",
    "AUTH_VINTAGE_WINDOW",
    "AUTH_UNITS_COVERED",
    "AUTH_NOT_REVOKED",
    "AUTH_IN_FORCE",
    "AUTH_TIMING",
    "AUTH_CHANGE_AFTER_FT",
    "FT_FLAG_REQUIRED",
    "FT_ONCE",
    "FT_ONLY_BY_HOST",
    "FT_INTL_OTHER_PARTY",
    "FT_DUAL_EARLIEST",
    "FT_BEFORE_USE",
    "TX_TWO_SIDES",
    "TX_NOT_SELF",
    "TX_ONE_RULEBOOK",
    "USE_SAME_NDC_PERIOD",
    "USE_YEAR_GIVEN",
    "USE_NOT_HOST",
    "USE_ONCE",
    "OIMP_ENTITY_AND_PURPOSE",
    "A64_PENDING_FIRST",
    "A64_ALLOTMENTS_FIT",
    "A64_SOP_5PCT",
    "A64_OMGE_MIN_2PCT",
    "A64_MCU_NO_EXPORT",
    "A64_CA_IS_1",
    "CA_PAIRED",
    "CA_SIGN",
    "CA_OUTSIDE_NDC_TOO",
    "CA_METHOD_FIXED",
    "CA_AVG_FORMULA",
    "CA_NO_NET_INCREASE",
    "CA_FREEZE",
    "STATE_LEGAL",
    "STATE_TIMEOUT_24H",
    "STATE_REVERSAL_AGREED",
    "REV_FITS_TRANSFER",
    "NOTIFY_HOST_OF_CANCEL",
]
KEYS = {"title", "base", "set", "expect", "found", "conflict", "severity"}


@cache
def vectors() -> dict[str, list[dict[str, Any]]]:
    return {
        path.stem: yaml.load(path.read_bytes(), yaml.CSafeLoader)
        for folder in ("general", "paris")
        for path in sorted((VECTORS / folder).glob("*.yaml"))
    }


def _all() -> list[Any]:
    return [
        pytest.param(check_id, vector, id=f"{check_id}: {vector['title']}")
        for check_id, listed in vectors().items()
        for vector in listed
    ]


@pytest.mark.parametrize(("check_id", "vector"), _all())
def test_vector(check_id: str, vector: dict[str, Any]) -> None:
    assert set(vector) <= KEYS
    case = case_from(vector["base"], vector.get("set", {}))
    (finding,) = judge((BY_ID[check_id],), case, case.now.date())
    assert finding.outcome.value == vector["expect"], finding.found
    if finding.outcome in {Outcome.FAILED, Outcome.INCONCLUSIVE}:
        # A vector that does not pass says what the administrator reads.
        assert vector["found"] in finding.found
        assert finding.found.isascii()
        assert len(finding.found) <= 2000
    # The other checks must cope with the case too.
    assert len(RULES.judge(case, case.now.date())) == len(CHECKS)
    assert finding.conflicting_transaction_id == vector.get("conflict", "")
    assert finding.severity.value == vector.get("severity", finding.check.severity.value)


@pytest.mark.parametrize("base", BASES)
def test_base_is_in_order(base: str) -> None:
    judgement = judge_proposal(BASES[base]())
    wrong = [(f.check.id, f.outcome, f.found) for f in judgement.findings if f.found]
    assert wrong == []
    assert judgement.valid


def test_vectors_name_known_checks_and_the_catalogue_is_complete() -> None:
    assert [check.id for check in CHECKS] == CATALOGUE
    assert vectors().keys() == BY_ID.keys(), "what is kept elsewhere is broken there"


@pytest.mark.parametrize("check_id", BY_ID)
def test_check_has_a_passing_and_a_failing_vector(check_id: str) -> None:
    outcomes = {vector["expect"] for vector in vectors().get(check_id, ())}
    assert {"PASSED", "FAILED"} <= outcomes


def test_case_of_a_base_has_no_gap() -> None:
    assert all(case_of(make()).gap == "" for make in BASES.values())
