# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An underlying unit backs one unit only."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import issuing, joined, unknown
from broker.rulebook.general.wording import name
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.underlying import given, standing_behind
from itmo.underlying import unit_id


def _applies(case: ParisCase) -> bool:
    return issuing(case) and any(
        block.attributes is not None
        and (given(block.attributes.underlying) or block.attributes.cer is not None)
        for block in case.proposed.blocks
    )


def _run(case: ParisCase) -> Failure | None:
    failures = []
    claimed = []
    for place, block in enumerate(case.blocks, 1):
        failures += [
            Failure(
                f"underlying units {name(taken.first_unit_id)} to {name(taken.last_unit_id)} of"
                f" {name(taken.registry)} already back {backed}; block {place} names some of them"
            )
            for taken, backed in block.underlying_taken
        ]
        failures += [
            Failure(
                f"underlying units {name(ended.first_unit_id)} to {name(ended.last_unit_id)} of"
                f" {name(ended.registry)} were cancelled or used there (message {told}); block"
                f" {place} names some of them"
            )
            for ended, told in block.underlying_ended
        ]
        stated = block.proposed.attributes
        if stated is None or not (given(stated.underlying) or stated.cer is not None):
            continue
        behind = standing_behind(stated)
        if behind is None:
            failures.append(unknown(f"the underlying units of block {place} make no range"))
        else:
            claimed.append((behind, place))
    claimed.sort()
    for (one, first), (two, second) in pairwise(claimed):
        if one.overlaps(two):
            failures.append(
                Failure(
                    f"blocks {first} and {second} name the same underlying units from"
                    f" {name(unit_id(two, two.first))} on"
                )
            )
    return joined(failures)


CHECK: Final[Check[ParisCase]] = Check(
    id="ID_UNDERLYING_UNIQUE",
    title="An underlying unit backs one unit only, and none once it has ended",
    category=Category.UNIT,
    citation="7/CMA.4 synthesis report, para 19; 7/CMA.4 annex I paras 18-24",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances with a block that names underlying units or a Kyoto serial",
    remedy="Issue only against underlying units, or CERs, that back nothing else and have not ended.",
    applies=_applies,
    run=_run,
)
