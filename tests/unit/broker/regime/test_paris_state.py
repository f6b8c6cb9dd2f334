# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The state of Paris units: one text for each, and changes carried over to others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.regime.paris.accounts import paris_account
from broker.regime.paris.state import UnitState, carried_over, read_state
from broker.reports.paris.invariants.adjustments import authorization_totals_are_true
from broker.reports.paris.invariants.underlying import underlying_units_stand_behind_one_unit
from broker.reports.paris.movements import Replay
from broker.reports.paris.unit_views import units
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.paris.accounts import AccountRole
from broker.rulebook.paris.years import YearSpan
from itmo.identifiers import AccountId, RegistryId
from tests.kit.clearing import trading_world

ISSUED = UnitState(vintage=2022, authorization_id='a"b\u00e9', authorization_version=1)


@pytest.mark.parametrize("state", [ISSUED, ISSUED.with_first_transfer()], ids=str)
def test_a_state_has_one_text(state: UnitState) -> None:
    assert read_state(state.text) == state
    assert " " not in state.text
    assert state.text.index('"authorization"') < state.text.index('"vintage"')


def test_a_reversal_is_counted() -> None:
    reversed_ = ISSUED.with_first_transfer().without_first_transfer()
    assert reversed_ == replace(ISSUED, first_transfers_reversed=1)


def test_a_change_is_carried_over_to_units_that_went_another_way() -> None:
    """As in a record that is played without a reversed transfer and its reversal."""
    before = replace(ISSUED, first_transfers_reversed=1)
    after = before.with_first_transfer()
    assert carried_over(before.text, before.text, after.text) == after.text
    assert carried_over(ISSUED.text, before.text, after.text) == ISSUED.with_first_transfer().text


def test_terms_of_an_account() -> None:
    account = AccountFacts(
        account_id=AccountId("TH-1"), registry=RegistryId("THA01"), account_type=200, final=True
    )
    assert paris_account(account).ndc_period is None
    terms = '{"entity":"E","ndc_first":2021,"ndc_last":2030,"role":"PENDING"}'
    read = paris_account(replace(account, terms=terms))
    assert (read.entity, read.role, read.final) == ("E", AccountRole.PENDING, True)
    assert read.ndc_period == YearSpan(2021, 2030)


async def test_reports_of_paris_leave_units_of_another_rulebook_alone() -> None:
    world = await trading_world()
    before = units(world.connection), list(Replay(world.connection).movements())
    for made in (
        "INSERT INTO issued_block VALUES ('THA01', 900001, 900009, 'x', 'other', x'ff')",
        (
            "INSERT INTO unit_block SELECT registry, 900001, 900009, 9, 900001, account_id, 'state',"
            " NULL, '', account_registry FROM unit_block LIMIT 1"
        ),
        "INSERT INTO restated VALUES (1, 'THA01', 900001, 900009, 'before', 'state')",
        "UPDATE account SET rulebook = 'other' WHERE account_type = 200",
    ):
        world.connection.execute(made)
    assert (units(world.connection), list(Replay(world.connection).movements())) == before
    assert list(authorization_totals_are_true(world.connection)) == []
    assert list(underlying_units_stand_behind_one_unit(world.connection)) == []
