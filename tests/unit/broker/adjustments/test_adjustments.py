# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of corresponding adjustments; V numbers are the project's test vectors."""

from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.adjustments.entries import OUTSTANDING, Entry, net
from broker.regime.paris.adjustments.booked import entry_of, total
from broker.regime.paris.adjustments.methods import (
    Adjustment,
    adjusted,
    adjustment,
    average,
    counted_in,
    cumulative,
    elapsed,
)
from broker.rulebook.paris.bookings import EntryKind, PlannedEntry
from broker.rulebook.paris.years import AdjustmentMethod, NdcPeriod, NdcTarget, YearSpan
from itmo.identifiers import RegistryId
from itmo.parties import PartyCode
from itmo.quantity import MAX_QUANTITY
from itmo.serials import SerialRange
from tests.kit.entries import account_balances

DECADE = YearSpan(2021, 2030)
_serial = count(1)


def booked(
    party: str, year: int, quantity: int, *, in_year: int | None = None, metric: str = "GHG"
) -> Entry:
    host = (quantity > 0) == (metric == "GHG")
    first = next(_serial) * 10**9
    return entry_of(
        PlannedEntry(
            party=PartyCode(party),
            year=year,
            quantity=quantity,
            kind=EntryKind.FIRST_TRANSFER if host else EntryKind.USE,
            metric=metric,
            registry=RegistryId("THA01"),
            range=SerialRange(first, first + abs(quantity) - 1),
        ),
        in_year or year,
    )


THAILAND = (
    booked("THA", 2022, 1916, in_year=2023),
    booked("THA", 2023, 29222, in_year=2024),
)
SWITZERLAND = (booked("CHE", 2024, -1916, in_year=2025),)


def period(method: AdjustmentMethod) -> NdcPeriod:
    return NdcPeriod(years=DECADE, target=NdcTarget.SINGLE_YEAR, method=method)


def eb(party: str, year: int, inventory: int) -> int:
    entries = THAILAND + SWITZERLAND
    transferred = total(entries, party, year, EntryKind.FIRST_TRANSFER)
    used = total(entries, party, year, EntryKind.USE)
    return int(adjusted(inventory, Fraction(transferred - used)))


def test_v1_host_adds_by_vintage() -> None:
    assert eb("THA", 2022, 100_000_000) == 100_001_916
    assert eb("THA", 2023, 101_000_000) == 101_029_222
    assert eb("THA", 2024, 102_000_000) == 102_000_000


def test_v2_user_subtracts_by_year_of_use_and_held_units_give_nothing() -> None:
    assert eb("CHE", 2024, 40_000_000) == 39_998_084
    assert eb("CHE", 2023, 40_000_000) == 40_000_000


def test_v3_no_net_increase() -> None:
    balances = account_balances(THAILAND + SWITZERLAND)
    assert balances == {"THA": 31_138, "CHE": -1_916, OUTSTANDING: -29_222}
    assert sum(balances.values()) == 0


@pytest.mark.parametrize(
    ("year", "expected"),
    [(2021, 0), (2022, 0), (2023, Fraction(1916, 3)), (2024, Fraction(15569, 2))],
)
def test_v4_averaging_by_year_of_transfer(year: int, expected: Fraction) -> None:
    found = adjustment(period(AdjustmentMethod.AVERAGING), THAILAND, "THA", year)
    assert found.amount == expected
    assert not found.effective


def test_v5_averaging_takes_effect_in_the_ndc_year() -> None:
    entries = [booked("THA", 2021 + n, 60_000) for n in range(10)]
    found = adjustment(period(AdjustmentMethod.AVERAGING), entries, "THA", 2030)
    assert found == Adjustment(Fraction(60_000), effective=True)
    assert adjusted(100_000_000, found.amount) == 100_060_000


def test_v7_non_ghg_indicator_moves_the_other_way() -> None:
    entries = [
        booked("THA", 2025, -300, metric="MWh"),
        booked("CHE", 2025, 300, metric="MWh"),
    ]
    assert [entry.kind for entry in entries] == [EntryKind.FIRST_TRANSFER, EntryKind.USE]
    assert 5_000 + net(entries, "THA", 2025, "MWh") == 4_700
    assert 2_000 + net(entries, "CHE", 2025, "MWh") == 2_300
    assert net(entries, "THA", 2025) == 0
    assert account_balances(entries) == {}


def test_v8_first_transfer_by_authorization_is_added_at_once_and_never_subtracted() -> None:
    entries = [booked("GUY", 2021, 7_144_362, in_year=2024)]
    assert net(entries, "GUY", 2021) == 7_144_362
    assert account_balances(entries)[OUTSTANDING] == -7_144_362


def test_v9_only_what_is_cancelled_is_added() -> None:
    assert net([booked("GUY", 2024, 400)], "GUY", 2024) == 400


def test_v14_v15_parts_of_a_block_add_up_and_a_later_move_adds_nothing() -> None:
    entries = [booked("THA", 2022, 400), booked("THA", 2022, 600)]
    assert net(entries, "THA", 2022) == 1_000


def test_v16_by_vintage_and_by_year_of_first_transfer_the_same_total() -> None:
    # How vintages spread over the two years is not in the source; any spread gives both totals.
    entries = [
        booked("TZA", 2022, 67_497, in_year=2025),
        booked("TZA", 2023, 113_370, in_year=2025),
        booked("TZA", 2023, 116_756, in_year=2026),
        booked("TZA", 2024, 25_748, in_year=2026),
    ]
    assert [net(entries, "TZA", year) for year in (2022, 2023, 2024)] == [67_497, 230_126, 25_748]
    assert cumulative(DECADE, entries, "TZA", 2025) == 180_867
    assert cumulative(DECADE, entries, "TZA", 2026) - 180_867 == 142_504
    assert cumulative(DECADE, entries, "TZA", 2026) == 323_371
    assert adjusted(1_000_000, Fraction(67_497)) == 1_067_497


def test_v17_elapsed_years_count_years_without_inventory() -> None:
    entries = [booked("RWA", 2024, 7_317_501, in_year=2026)]
    assert average(DECADE, entries, "RWA", 2026) == Fraction(2439167, 2)
    assert float(average(DECADE, entries, "RWA", 2026)) == 1_219_583.5


@pytest.mark.parametrize("method", [AdjustmentMethod.TRAJECTORY, AdjustmentMethod.BUDGET])
def test_trajectory_and_budget_take_the_entries_of_the_year(method: AdjustmentMethod) -> None:
    found = adjustment(period(method), THAILAND, "THA", 2023)
    assert found == Adjustment(Fraction(29_222), effective=True)


def test_use_counts_in_the_year_it_is_for() -> None:
    used = booked("CHE", 2024, -1916, in_year=2025)
    assert counted_in(used, DECADE) == 2024
    assert cumulative(DECADE, [used], "CHE", 2024) == -1916


def test_a_first_transfer_after_the_period_counts_in_its_last_year() -> None:
    late = booked("THA", 2030, 10, in_year=2031)
    assert average(DECADE, [late], "THA", 2030) == 1


def test_other_periods_do_not_mix() -> None:
    late = booked("THA", 2031, 10, in_year=2031)
    assert cumulative(DECADE, [late], "THA", 2030) == 0


@pytest.mark.parametrize("year", [2020, 2031])
def test_no_average_outside_the_period(year: int) -> None:
    with pytest.raises(ValueError, match="outside the period"):
        elapsed(DECADE, year)


@pytest.mark.parametrize(
    ("debit", "credit", "amount"),
    [
        ("THA", "CHE", 1),
        (OUTSTANDING, OUTSTANDING, 1),
        (OUTSTANDING, "THA", 0),
        (OUTSTANDING, "THA", -1),
        (OUTSTANDING, "THA", MAX_QUANTITY + 1),
    ],
)
def test_entries_have_one_party_and_a_positive_amount(debit: str, credit: str, amount: int) -> None:
    with pytest.raises(ValueError, match="an entry"):
        Entry(
            kind=EntryKind.USE,
            debit=debit,
            credit=credit,
            amount=amount,
            metric="GHG",
            year=2024,
            transaction_year=2024,
            registry=RegistryId("THA01"),
            range=SerialRange(1, 1),
        )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["THA", "CHE", "GHA"]),
            st.integers(2021, 2030),
            st.integers(-(10**8), 10**8).filter(bool),
        )
    )
)
def test_the_ledger_always_sums_to_zero(rows: list[tuple[str, int, int]]) -> None:
    entries = [booked(*row) for row in rows]
    balances = account_balances(entries)
    assert sum(balances.values()) == 0
    for party in {row[0] for row in rows}:
        by_year = sum(net(entries, party, year) for year in range(2021, 2031))
        assert by_year == balances[party] == sum(q for p, _, q in rows if p == party)
