# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""In what books and record differ, in words for alarms and for the command line."""

from __future__ import annotations

from itmo.core.v1 import reconciliation_pb2 as pb


def difference_text(each: pb.Difference) -> str:
    """Says of units in what they differ, in words."""
    units = f"{each.units.registry}:{each.units.first}-{each.units.last}"
    match each.kind:
        case pb.DIFFERENCE_KIND_MISSING:
            return f"{units} are in {each.recorded_account} by the record, and missing here"
        case pb.DIFFERENCE_KIND_SURPLUS:
            return (
                f"{units} are in {each.stated_account} here, and not this registry's by the record"
            )
        case pb.DIFFERENCE_KIND_ACCOUNT:
            return f"{units} are in {each.stated_account} here, and in {each.recorded_account} by the record"
        case _:
            return (
                f"{units} are {each.stated_class} here, and {each.recorded_class} by the record"
                if each.stated_class != each.recorded_class
                else f"{units} have other attributes or marks here, or their account another type, than by the record"
            )
