# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of what authorizations say: their time, their purposes, and when they were given."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_TERMS: Final = "broker/rulebook/paris/authorization_terms.py"
_VECTORS: Final = "tests/unit/broker/rulebook/test_vectors.py"

BUGS: Final = (
    Bug(
        id="last-day-left-out",
        breaks="The last day of an authorization is not in force.",
        file=_TERMS,
        old="today > terms.end",
        new="today >= terms.end",
        tests=(_VECTORS,),
    ),
    Bug(
        id="ended-while-it-waits",
        breaks="What was validated on the last day is accepted the day after.",
        file="broker/rulebook/paris/completion.py",
        old='changes", _A, ("AUTH_IN_FORCE",)',
        new='changes", _A, ()',
        tests=("tests/unit/broker/clearing/test_completing.py",),
    ),
    Bug(
        id="use-not-counted",
        breaks="What is used for a purpose is not counted.",
        file="broker/regime/paris/tallies.py",
        old="yield used(host, named.id, purpose), segment.range.quantity",
        new="yield used(host, named.id, purpose), 0",
        tests=("tests/unit/broker/clearing/test_completing.py",),
    ),
    Bug(
        id="registered-too-late-by-a-day",
        breaks="A letter of the day of the registration comes before it.",
        file=_TERMS,
        old="timing in _BEFORE and authorized >= happened",
        new="timing in _BEFORE and authorized > happened",
        tests=(_VECTORS,),
    ),
    Bug(
        id="open-purpose-leaves-its-host",
        breaks="Units whose purpose is not named yet are transferred abroad.",
        file="broker/rulebook/paris/checks/authorization/auth_purpose_match.py",
        old="(not authorized(lot) or _unnamed(lot))",
        new="not authorized(lot)",
        tests=(_VECTORS,),
    ),
    Bug(
        id="snapshot-of-others",
        breaks="Holdings stated for comparison are compared with everybody's.",
        file="broker/clearing/sharing/sharing.py",
        old="        and account.registry == name\n",
        new="",
        tests=("tests/unit/broker/clearing/test_sharing.py",),
    ),
)
