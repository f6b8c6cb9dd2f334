# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Each row of a report is read under the rulebook of its units."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from broker.clearing.sharing.report_reading import report
from broker.regime.kyoto.regime import KYOTO
from broker.regime.paris.regime import PARIS
from broker.regime.regimes import Regimes
from itmo.core.v1 import rulebooks_pb2, sharing_pb2
from itmo.kyoto.v1 import attributes_pb2 as kyoto
from itmo.paris.v1 import attributes_pb2 as paris
from itmo.reasons import ProtocolError

BOTH = Regimes((PARIS, KYOTO))


def said(*account_types: int) -> sharing_pb2.RegistryReport:
    """A report of an ITMO and an AAU, each in an account of its type."""
    made = sharing_pb2.RegistryReport(registry="CHE01", as_of=Timestamp(seconds=1), complete=True)
    for serial, account_type in enumerate(account_types, 1):
        row = made.holdings.add(account_type=account_type)
        row.block.registry, row.block.first, row.block.last = "CHE01", serial, serial
    own = paris.UnitAttributes(
        first_transferring_party="CHE", cooperative_approach="CA0001", vintage=2022
    )
    made.holdings[0].block.attributes.CopyFrom(rulebooks_pb2.UnitAttributes(paris=own))
    made.holdings[0].marks.append("FIRST_TRANSFERRED")
    aau = kyoto.UnitAttributes(original_period=2, applicable_period=2)
    made.holdings[1].block.attributes.CopyFrom(rulebooks_pb2.UnitAttributes(kyoto=aau))
    return made


def test_rows_of_two_rulebooks_stand_in_one_report() -> None:
    itmo, aau = report(said(100, 121), BOTH).holdings
    assert (itmo.rulebook, itmo.marks, itmo.listed_under) == (
        "paris",
        "FIRST_TRANSFERRED",
        "CA000001",
    )
    assert (aau.rulebook, aau.account_type, aau.listed_under) == ("kyoto", 121, "")
    assert kyoto.UnitAttributes.FromString(aau.attributes).applicable_period == 2


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda made: made.holdings[0].marks.append("LOST"), "holdings[0].marks"),
        (lambda made: made.holdings[1].marks.append("FIRST_TRANSFERRED"), "holdings[1].marks"),
        (lambda made: setattr(made.holdings[0], "account_type", 121), "holdings[0].account_type"),
        (lambda made: setattr(made.holdings[1], "account_type", 320), "holdings[1].account_type"),
    ],
)
def test_words_and_account_types_of_another_rulebook_are_refused(
    change: Callable[[sharing_pb2.RegistryReport], object], where: str
) -> None:
    made = said(100, 121)
    change(made)
    with pytest.raises(ProtocolError) as caught:
        report(made, BOTH)
    assert caught.value.metadata["where"] == where


def test_where_a_rulebook_is_not_judged_its_units_are_refused() -> None:
    with pytest.raises(ProtocolError, match=r"are those of kyoto"):
        report(said(100, 100), Regimes((PARIS,)))
