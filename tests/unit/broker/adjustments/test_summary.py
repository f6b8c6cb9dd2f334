# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The structured summary, and how known wrong implementations would differ from it."""

from __future__ import annotations

from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.adjustments.entries import OUTSTANDING, Entry
from broker.regime.paris.adjustments.booked import entry_of
from broker.regime.paris.adjustments.methods import adjusted
from broker.regime.paris.adjustments.summary import (
    MADE_OF,
    Counted,
    Levels,
    Role,
    YearSummary,
    figure,
    period_total,
    year_summary,
)
from broker.rulebook.paris.bookings import EntryKind, PlannedEntry
from broker.rulebook.paris.years import AdjustmentMethod, NdcPeriod, NdcTarget, YearSpan
from itmo.identifiers import RegistryId
from itmo.parties import PartyCode
from itmo.serials import SerialRange
from tests.kit.entries import account_balances

DECADE = YearSpan(2021, 2030)
_serial = count(1)
AVERAGING = NdcPeriod(years=DECADE, target=NdcTarget.SINGLE_YEAR, method=AdjustmentMethod.AVERAGING)
BUDGET = NdcPeriod(years=DECADE, target=NdcTarget.MULTI_YEAR, method=AdjustmentMethod.BUDGET)


def booked(
    kind: EntryKind, party: str, year: int, amount: int, in_year: int, metric: str = "GHG"
) -> Entry:
    first = next(_serial) * 10**9
    adds = (kind is EntryKind.FIRST_TRANSFER) == (metric == "GHG")
    return entry_of(
        PlannedEntry(
            party=PartyCode(party),
            year=year,
            quantity=amount if adds else -amount,
            kind=kind,
            metric=metric,
            registry=RegistryId("THA01"),
            range=SerialRange(first, first + amount - 1),
        ),
        in_year,
    )


def moved(
    party: str, vintage: int, amount: int, in_year: int, *, metric: str = "GHG", **more: bool
) -> Counted:
    entry = booked(EntryKind.FIRST_TRANSFER, party, vintage, amount, in_year, metric)
    return Counted(entry=entry, role=Role.FIRST_TRANSFERRED, **more)


def other(party: str, vintage: int, amount: int, in_year: int) -> Counted:
    entry = booked(EntryKind.FIRST_TRANSFER, party, vintage, amount, in_year)
    return Counted(entry=entry, role=Role.OTHER_PURPOSES)


def used(party: str, year: int, amount: int, *, metric: str = "GHG") -> Counted:
    entry = booked(EntryKind.USE, party, year, amount, year + 1, metric)
    return Counted(entry=entry, role=Role.USED)


TANZANIA = (
    moved("TZA", 2022, 67_497, 2025),
    moved("TZA", 2023, 113_370, 2025),
    moved("TZA", 2023, 116_756, 2026),
    moved("TZA", 2024, 25_748, 2026),
)


def column(
    counted: tuple[Counted, ...],
    year: int,
    *,
    party: str = "TZA",
    period: NdcPeriod | None = BUDGET,
    levels: Levels | None = None,
    metric: str = "GHG",
) -> YearSummary:
    return year_summary(party, year, counted, levels or Levels(), period, metric)


def test_v16_net_runs_by_year_of_first_transfer_and_the_adjustment_by_vintage() -> None:
    columns = {year: column(TANZANIA, year) for year in range(2021, 2031)}
    assert [columns[y].total_adjustment for y in (2022, 2023, 2024)] == [67_497, 230_126, 25_748]
    assert [columns[y].net for y in (2022, 2025, 2026)] == [0, 180_867, 142_504]
    assert sum(c.net for c in columns.values()) == 323_371
    assert sum(c.total_adjustment for c in columns.values()) == 323_371
    assert [columns[y].cumulative_net for y in (2024, 2025, 2026, 2030)] == [
        0, 180_867, 323_371, 323_371,
    ]  # fmt: skip


def test_v16_the_balance_goes_up_where_the_workbook_lets_it_go_down() -> None:
    levels = Levels(inventory={2022: 150_000_000})
    found = column(TANZANIA, 2022, levels=levels)
    workbook = 150_000_000 - found.total_adjustment
    assert found.emissions_balance == 150_067_497
    assert workbook == 149_932_503 != found.emissions_balance


def test_v17_the_average_divides_by_elapsed_years_not_by_inventories() -> None:
    rwanda = (moved("RWA", 2024, 7_317_501, 2026),)
    levels = Levels(inventory=dict.fromkeys(range(2021, 2025), 1))
    found = column(rwanda, 2026, party="RWA", period=AVERAGING, levels=levels)
    workbook = Fraction(found.cumulative_net or 0, len(levels.inventory))
    assert found.average == Fraction(2_439_167, 2)
    assert float(workbook) == 1_829_375.25 != float(found.average)
    assert found.adjustment is not None
    assert not found.adjustment.effective


def test_other_purposes_stand_in_their_own_row_and_in_the_net() -> None:
    found = column((other("GUY", 2021, 7_144_362, 2024),), 2024, party="GUY")
    assert (found.first_transferred, found.other_purposes, found.net) == (0, 7_144_362, 7_144_362)
    assert column((other("GUY", 2021, 7_144_362, 2024),), 2021, party="GUY").total_adjustment == (
        7_144_362
    )


def test_mitigation_outside_the_scope_is_added_and_shown_apart() -> None:
    counted = (moved("GHA", 2023, 10, 2024), moved("GHA", 2023, 7, 2024, outside_scope=True))
    found = column(counted, 2023, party="GHA")
    assert (found.total_adjustment, found.outside_scope) == (17, 7)


def test_v7_an_indicator_moves_the_other_way_while_the_net_stays_a_net_of_transfers() -> None:
    levels = Levels(inventory={2025: 5_000})
    counted = (
        moved("TUN", 2025, 300, 2025, metric="MWh"),
        used("CHE", 2025, 300, metric="MWh"),
        moved("TUN", 2025, 9, 2025),
    )
    host = column(counted, 2025, party="TUN", levels=levels, metric="MWh")
    assert (host.net, host.total_adjustment) == (300, -300)
    assert host.emissions_balance == 4_700
    user = column(counted, 2025, party="CHE", levels=Levels(inventory={2025: 2_000}), metric="MWh")
    assert (user.net, user.total_adjustment) == (-300, 300)
    assert user.emissions_balance == 2_300
    assert host.cumulative_net == 300


def test_policies_without_a_target_balance_the_part_of_the_inventory_they_affect() -> None:
    levels = Levels(inventory={2022: 150_000_000}, inventory_part={2022: 9_000_000})
    assert column(TANZANIA, 2022, levels=levels).emissions_balance == 9_067_497


def test_targets_stand_in_the_row_of_their_kind_of_ndc() -> None:
    levels = Levels(target={2025: 5})
    multi, single = (column((), 2025, period=p, levels=levels) for p in (BUDGET, AVERAGING))
    assert (multi.trajectory_single_year, multi.trajectory_multi_year) == (None, 5)
    assert (single.trajectory_single_year, single.trajectory_multi_year) == (5, None)


def test_a_multi_year_period_is_taken_together_once_every_year_is_known() -> None:
    whole = Levels(
        inventory=dict.fromkeys(range(2021, 2031), 100), target=dict.fromkeys(range(2021, 2031), 90)
    )
    columns = [column(TANZANIA, year, levels=whole) for year in range(2021, 2031)]
    found = period_total(BUDGET, columns, whole)
    assert found is not None
    assert (found.inventory, found.target, found.adjustment) == (1_000, 900, 323_371)
    assert found.emissions_balance == 324_371
    gap = Levels(inventory=dict.fromkeys(range(2021, 2030), 100))
    partial = period_total(BUDGET, columns, gap)
    assert partial is not None
    assert (partial.inventory, partial.target, partial.emissions_balance) == (None, None, None)
    assert period_total(AVERAGING, columns, whole) is None


def test_a_reversal_takes_back_in_the_year_of_the_first_transfer() -> None:
    forth = moved("THA", 2022, 1_000, 2023)
    entry = Entry(
        kind=EntryKind.FIRST_TRANSFER_REVERSAL,
        debit="THA",
        credit=OUTSTANDING,
        amount=1_000,
        metric="GHG",
        year=2022,
        transaction_year=2023,
        registry=RegistryId("THA01"),
        range=SerialRange(1, 1_000),
    )
    back = Counted(entry=entry, role=Role.FIRST_TRANSFERRED)
    found = column((forth, back), 2023, party="THA")
    assert (found.first_transferred, found.net, found.cumulative_net) == (0, 0, 0)
    assert column((forth, back), 2022, party="THA").total_adjustment == 0


# -- known wrong implementations ------------------------------------------------------------------


def test_undp_f1_use_lowers_and_acquisition_changes_nothing() -> None:
    inventory, transferred, acquired, spent = 40_000_000, 0, 31_138, 1_916
    wrong = inventory + transferred - acquired + spent
    assert adjusted(inventory, Fraction(transferred - spent)) == 39_998_084
    assert wrong == 39_970_778


def test_undp_f15_every_part_of_a_block_is_a_first_transfer() -> None:
    parts = (moved("THA", 2022, 400, 2023), moved("THA", 2022, 600, 2024))
    born_transferred = parts[1:]  # there the child of a split counts as transferred already
    assert column(parts, 2022, party="THA").total_adjustment == 1_000
    assert column(born_transferred, 2022, party="THA").total_adjustment == 600


def test_undp_f13_missing_data_give_no_balance() -> None:
    assert column(TANZANIA, 2022).emissions_balance is None
    assert (
        column(TANZANIA, 2022, period=None, levels=Levels(inventory={2022: 1})).emissions_balance
        is None
    )


def test_gsv_what_is_adjusted_was_first_transferred() -> None:
    """Gambia's 196 652 t stand in the workbook's adjustment and not in its first transfers."""
    gambia = (moved("GMB", 2023, 196_652, 2024),)
    years = range(2021, 2031)
    columns = [column(gambia, year, party="GMB") for year in years]
    assert sum(c.total_adjustment for c in columns) == sum(c.first_transferred for c in columns)


# -- properties -----------------------------------------------------------------------------------

_rows = st.lists(
    st.tuples(
        st.sampled_from(["first", "other", "use"]),
        st.sampled_from(["THA", "CHE"]),
        st.integers(2021, 2030),
        st.integers(1, 10**8),
        st.integers(2021, 2030),
    )
)


def counted_of(rows: list[tuple[str, str, int, int, int]]) -> tuple[Counted, ...]:
    make = {"first": moved, "other": other}
    return tuple(
        used(party, year, amount) if kind == "use" else make[kind](party, year, amount, in_year)
        for kind, party, year, amount, in_year in rows
    )


@given(_rows)
def test_every_figure_is_the_sum_of_what_it_is_made_of(
    rows: list[tuple[str, str, int, int, int]],
) -> None:
    counted = counted_of(rows)
    for party in ("THA", "CHE"):
        own = [c for c in counted if c.entry.party == party]
        for year in (2021, 2025, 2030):
            found = column(counted, year, party=party)
            for name, test in MADE_OF.items():
                made_of = [c for c in own if test(c, year)]
                assert getattr(found, name) == figure(name, made_of, year)


@given(_rows)
def test_over_a_period_both_populations_come_to_the_same(
    rows: list[tuple[str, str, int, int, int]],
) -> None:
    counted = counted_of(rows)
    columns = [column(counted, year, party="THA") for year in range(2021, 2031)]
    total = sum(c.total_adjustment for c in columns)
    assert sum(c.net for c in columns) == total == columns[-1].cumulative_net


@given(_rows, st.integers(0, 20))
def test_at_any_time_parties_and_outstanding_sum_to_zero(
    rows: list[tuple[str, str, int, int, int]], until: int
) -> None:
    entries = [c.entry for c in counted_of(rows)[:until]]
    balances = account_balances(entries)
    assert sum(balances.values()) == 0
    assert -balances.get(OUTSTANDING, 0) == sum(entry.quantity for entry in entries)


@given(_rows, st.integers(2021, 2030))
def test_averages_are_exact(rows: list[tuple[str, str, int, int, int]], year: int) -> None:
    found = column(counted_of(rows), year, party="THA", period=AVERAGING)
    assert found.average is not None
    assert found.average * (year - 2020) == found.cumulative_net


@pytest.mark.parametrize("metric", ["GHG", "MWh"])
def test_entries_of_other_metrics_and_parties_play_no_part(metric: str) -> None:
    counted = (moved("THA", 2022, 5, 2023, metric=metric), used("CHE", 2022, 5, metric=metric))
    found = column(counted, 2022, party="GHA", metric=metric)
    assert (found.net, found.total_adjustment, found.used) == (0, 0, 0)
