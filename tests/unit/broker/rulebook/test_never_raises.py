# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a proposer writes and whatever is missing, a judgement comes out, and never an exception."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.rulebook.check import Outcome
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.attributes import (
    Attributes,
    AuthorizationRef,
    Cer,
    Metric,
    MitigationType,
    Underlying,
    UnitType,
)
from broker.rulebook.paris.blocks import ParisBlock, ParisSegment
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.catalogue import CHECKS
from broker.rulebook.paris.proposal import ParisProposed, ParisProposedBlock
from broker.rulebook.paris.rulebook import judge_proposal
from itmo.identifiers import TransactionId
from tests.kit.drawn import drawn
from tests.unit.broker.rulebook.bases import BASES, NOW, OTHER_TX, TX

SEEN = ["THA01", "CHE01", "XMR01", "THA", "CHE", "XMR", "CA000003", "CA0003", "1006.4/2810", "GHG"]
HOSTILE = [
    "",
    " ",
    "NA",
    "\u0421HE01",
    "\uff23\uff28\uff25\uff10\uff11",
    "CHE0\uff11",
    "CHE\u200b01",
    "\ud800",
    "x" * 64,
    "\x00",
]
text = st.one_of(st.sampled_from(SEEN + HOSTILE), st.text(max_size=70))
integer = st.one_of(
    st.integers(-3, 2100),
    st.integers(),
    st.sampled_from([0, 1, 1916, 2**63 - 2, 2**63 - 1, 2**64, -(2**70), 10**5000]),
)
moments = st.one_of(
    st.datetimes(timezones=st.just(UTC)), st.datetimes(), st.just(NOW + timedelta(hours=1))
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


attributes = st.builds(
    Attributes,
    unit_type=maybe(st.sampled_from(UnitType)),
    cooperative_approach=text,
    first_transferring_party=text,
    vintage=integer,
    authorization=maybe(st.builds(AuthorizationRef, text, integer)),
    metric=maybe(st.sampled_from(Metric)),
    non_ghg_metric=text,
    mitigation_type=maybe(st.sampled_from(MitigationType)),
    sector=text,
    activity_type=text,
    underlying=maybe(st.builds(Underlying, text, text, text)),
    cer=maybe(st.builds(Cer, text, text, st.booleans())),
)
blocks = st.builds(
    ParisProposedBlock,
    registry=text,
    first=integer,
    last=integer,
    declared_quantity=maybe(integer),
    attributes=maybe(attributes),
)
proposals = st.builds(
    ParisProposed,
    transaction_id=st.just(TX),
    type=st.sampled_from(TransactionType),
    from_account=text,
    to_account=text,
    from_registry=text,
    to_registry=text,
    blocks=st.lists(blocks, max_size=4).map(tuple),
    first_transfer=maybe(st.booleans()),
    year_of_use=maybe(integer),
    purpose=text,
    entity=text,
    deadline=maybe(moments),
)
flags = st.fixed_dictionaries(
    {name: st.booleans() for name in ("registries", "accounts", "knowledge", "blocks", "holdings")}
)


def stored(
    block: ParisProposedBlock, pattern: ParisSegment, locked: TransactionId | None
) -> ParisBlock:
    """What a ledger could hold in the range of a block."""
    wanted = block.range
    if wanted is None:
        return ParisBlock(proposed=block)
    segment = replace(pattern, range=wanted, locked_by=locked)
    return ParisBlock(proposed=block, segments=(segment,))


def facts_for(base: str, proposed: ParisProposed, kept: dict[str, bool]) -> ParisCase:
    facts = BASES[base]()
    pattern = BASES["transfer"]().blocks[0].segments[0]
    locked = OTHER_TX if kept["accounts"] else None
    found = tuple(
        stored(b, pattern, locked) if kept["holdings"] else ParisBlock(proposed=b)
        for b in proposed.blocks
    )
    facts = replace(facts, proposed=proposed, blocks=found if kept["blocks"] else ())
    if not kept["registries"]:
        facts = replace(facts, from_registry=None, to_registry=None)
    if not kept["accounts"]:
        facts = replace(facts, from_account=None, to_account=None)
    if not kept["knowledge"]:
        facts = replace(facts, parties={}, approaches={}, authorizations={}, approach_totals={})
    return facts


@pytest.mark.slow
@drawn(st.sampled_from(sorted(BASES)), proposals, flags, few=150, many=400)
def test_arbitrary_proposals_yield_findings(
    base: str, proposed: ParisProposed, kept: dict[str, bool]
) -> None:
    judgement = judge_proposal(facts_for(base, proposed, kept))
    assert [finding.check for finding in judgement.findings] == list(CHECKS)
    # The accounts and registries are garbage or do not fit the units, so it can never be valid.
    assert not judgement.valid
    for finding in judgement.findings:
        assert finding.found.isascii()
        assert len(finding.found) <= 2000


@given(
    st.sampled_from(sorted(BASES)),
    maybe(attributes),
    integer,
    integer,
    maybe(integer),
    maybe(st.booleans()),
)
@settings(max_examples=300, deadline=None)
def test_one_garbled_block_in_a_sound_case(
    base: str,
    stated: Attributes | None,
    first: int,
    last: int,
    declared: int | None,
    claim: bool | None,
) -> None:
    facts = BASES[base]()
    sound = facts.blocks[0]
    block = replace(
        sound.proposed, first=first, last=last, declared_quantity=declared, attributes=stated
    )
    pattern = sound.segments[0] if sound.segments else None
    made = stored(block, pattern, None) if pattern else ParisBlock(proposed=block)
    proposed = replace(facts.proposed, blocks=(block,), first_transfer=claim)
    judgement = judge_proposal(replace(facts, blocks=(made,), proposed=proposed))
    outcomes = {finding.outcome for finding in judgement.findings}
    if block.range is None:
        assert Outcome.FAILED in outcomes
        assert not judgement.valid
    assert judgement.valid == all(
        f.outcome in {Outcome.PASSED, Outcome.NOT_APPLICABLE} or f.severity.value == "WARNING"
        for f in judgement.findings
    )


@given(st.sampled_from(sorted(BASES)), attributes, st.booleans())
@settings(max_examples=200, deadline=None)
def test_odd_records_yield_findings(base: str, recorded: Attributes, done: bool) -> None:
    """Stored attributes are canonical by contract; should they not be, nothing must break."""
    facts = BASES[base]()
    block = facts.blocks[0]
    made = replace(
        block,
        segments=tuple(
            replace(s, attributes=recorded, first_transferred=done) for s in block.segments
        ),
    )
    assert judge_proposal(replace(facts, blocks=(made,))).findings


def test_dates_without_a_time_zone() -> None:
    facts = BASES["transfer"]()
    naive = datetime(2025, 3, 1, 12)  # noqa: DTZ001  # the point of the test
    facts = replace(facts, message=replace(facts.message, creation_time=naive))
    assert not judge_proposal(facts).valid
