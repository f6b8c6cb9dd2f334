# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs in what is judged once for all transactions that are alike."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_SEEN: Final = "tests/unit/broker/regime/test_seen.py"
_WAITING: Final = "tests/unit/broker/clearing/test_waiting_alike.py"
_PROPOSED: Final = "tests/unit/broker/clearing/test_proposed_alike.py"
_ONE_KEY: Final = "test_what_has_one_key_differs_in_its_id_and_serials_alone"
_LOOKED_AT: Final = "test_a_kind_is_asked_about_once_and_serials_that_matter_are_looked_at"
_TRUE: Final = "test_an_outline_is_true_of_all_that_have_its_key"

BUGS: Final = (
    Bug(
        id="alike-though-locked",
        breaks="A transfer of locked units is taken to be like one of units that are free.",
        file="broker/regime/paris/kinds.py",
        old="        held.locked_by is None,\n",
        new="",
        tests=("tests/unit/broker/rulebook/test_alike.py::test_what_an_outline_has_is_in_the_key",),
    ),
    Bug(
        id="waiting-alike-though-bound",
        breaks="Units that a notice binds are handed over like those before them in the message.",
        file="broker/clearing/decision/waiting_alike.py",
        old="if world.notices.bound or world.reconciled.quarantined:",
        new="if world.reconciled.quarantined:",
        tests=(f"{_WAITING}::{_LOOKED_AT}",),
    ),
    Bug(
        id="waiting-alike-though-disputed",
        breaks="Units that are disputed are handed over like those before them in the message.",
        file="broker/clearing/decision/waiting_alike.py",
        old="if world.notices.bound or world.reconciled.quarantined:",
        new="if world.notices.bound:",
        tests=(f"{_WAITING}::{_LOOKED_AT}",),
    ),
    Bug(
        id="waiting-alike-after-a-statement",
        breaks="A transfer that waits is taken to be like those before a registry was suspended.",
        file="broker/clearing/decision/waiting_alike.py",
        old="        world.stated_so_far,\n",
        new="",
        tests=(f"{_WAITING}::test_what_is_stated_between_two_messages_is_seen",),
    ),
    Bug(
        id="waiting-alike-of-other-units",
        breaks="A transfer that waits is taken to be like one of units that were issued otherwise.",
        file="broker/clearing/decision/waiting_alike.py",
        old="        held.issued_first,\n",
        new="",
        tests=(f"{_WAITING}::test_what_has_one_key_differs_in_its_id_and_serials_alone",),
    ),
    Bug(
        id="proposed-alike-though-bound",
        breaks="Units that a notice binds are proposed like those before them in the message.",
        file="broker/clearing/decision/proposed_alike.py",
        old="if world.notices.bound or world.reconciled.quarantined:",
        new="if world.reconciled.quarantined:",
        tests=(f"{_PROPOSED}::{_LOOKED_AT}",),
    ),
    Bug(
        id="proposed-alike-though-disputed",
        breaks="Units that are disputed are proposed like those before them in the message.",
        file="broker/clearing/decision/proposed_alike.py",
        old="if world.notices.bound or world.reconciled.quarantined:",
        new="if world.notices.bound:",
        tests=(f"{_PROPOSED}::{_LOOKED_AT}",),
    ),
    Bug(
        id="proposed-alike-though-known",
        breaks="An id that was used is taken to be like one that is new.",
        file="broker/clearing/decision/proposed_alike.py",
        old="    if proposed.transaction_id in world.transactions:\n        return None\n",
        new="",
        tests=(f"{_PROPOSED}::{_ONE_KEY}",),
    ),
    Bug(
        id="proposed-alike-in-part",
        breaks="Units of which some live in another row are taken to be like those that lie in one.",
        file="broker/clearing/decision/proposed_alike.py",
        old="held.first > serials.first or held.last < serials.last or",
        new="held.first > serials.first or",
        tests=(f"{_PROPOSED}::{_ONE_KEY}",),
    ),
    Bug(
        id="proposed-alike-of-other-units",
        breaks="A transfer is taken to be like one of units that were issued otherwise.",
        file="broker/clearing/decision/proposed_alike.py",
        old="        held.issued_first,\n",
        new="",
        tests=(f"{_PROPOSED}::{_ONE_KEY}",),
    ),
    Bug(
        id="proposed-alike-by-an-old-count",
        breaks="What is issued under a letter meanwhile does not tell transfers from those before it.",
        file="broker/regime/paris/judgement.py",
        old="    key = alike, counts(alike, known)\n    shared = _COUNTED_PROPOSED",
        new="    key = alike\n    shared = _COUNTED_PROPOSED",
        tests=(f"{_PROPOSED}::test_what_is_issued_meanwhile_is_counted",),
    ),
    Bug(
        id="receipts-silent-of-units",
        breaks="Receipts do not say what became of units whose kind a transaction changed.",
        file="broker/regime/kyoto/regime.py",
        old="tells_restated: Final = True",
        new="tells_restated: Final = False",
        tests=(
            (
                "tests/unit/broker/regime/test_kyoto_story.py::"
                "test_issued_transferred_converted_and_retired"
            ),
        ),
    ),
    Bug(
        id="alike-though-bound",
        breaks="A transfer of units that wait for another one is taken to be like any other.",
        file="broker/regime/paris/kinds.py",
        old="        or block.bound\n",
        new="",
        tests=("tests/unit/broker/rulebook/test_alike.py::test_what_an_outline_has_is_in_the_key",),
    ),
    Bug(
        id="outline-tells-too-much",
        breaks="A quantity that is declared is taken to be none in all that are alike.",
        file="broker/rulebook/paris/alike.py",
        old='known = {"declared_quantity": None} if block.declared_quantity is None else {}',
        new='known = {"declared_quantity": None}',
        tests=("tests/unit/broker/rulebook/test_alike.py::test_what_is_alike_comes_to_the_same",),
    ),
    Bug(
        id="broadly-alike-though-bound",
        breaks="What is there in one transaction only, and read, does not tell its kind from others.",
        file="broker/rulebook/general/outline.py",
        old="tuple([_is_nothing(each) for each in self._nothing(facts)])",
        new="()",
        tests=(
            "tests/unit/broker/rulebook/test_broadly.py::test_what_is_there_once_is_another_kind",
        ),
    ),
    Bug(
        id="ranges-told-apart-unseen",
        breaks="Ranges that are not known are taken to be different ones, since nobody compares them.",
        file="broker/rulebook/general/outline.py",
        old="        return 0\n",
        new="        return id(self)\n",
        tests=(
            "tests/unit/broker/rulebook/test_broadly.py::test_unknown_ranges_are_never_told_apart",
        ),
    ),
    Bug(
        id="like-the-first-in-quantity",
        breaks="A transfer counts as many units as the first one that was like it.",
        file="broker/regime/paris/postings.py",
        old="(name, each // before * now)",
        new="(name, each)",
        tests=("tests/property/test_alike.py::test_the_same_is_decided_without_it",),
    ),
    Bug(
        id="kind-whatever-was-stated",
        breaks="A verdict is used again although something else was stated meanwhile.",
        file="broker/regime/seen.py",
        old="key = form, marks",
        new="key = form",
        tests=(f"{_SEEN}::test_what_was_judged_once_holds_for_what_was_stated_then",),
    ),
    Bug(
        id="statements-of-a-kind-let-go",
        breaks="A later statement may be taken for the one that had its place in memory.",
        file="broker/regime/seen.py",
        old="known = _Form(shared, statements)",
        new="known = _Form(shared, ())",
        tests=(f"{_SEEN}::test_what_was_judged_once_holds_for_what_was_stated_then",),
    ),
    Bug(
        id="kind-of-any-day",
        breaks="A verdict is used again on another day.",
        file="broker/rulebook/paris/broadly.py",
        old="        case.now.date(),\n        CASE.key",
        new="        CASE.key",
        tests=(f"tests/unit/broker/rulebook/test_broadly.py::{_TRUE}",),
    ),
    Bug(
        id="kind-whoever-gives",
        breaks="Transfers from accounts of another type, or closed ones, are judged as one kind.",
        file="broker/rulebook/paris/broadly.py",
        old="        None if giving is None else ACCOUNT.key(giving),\n",
        new="",
        tests=(f"tests/unit/broker/rulebook/test_broadly.py::{_TRUE}",),
    ),
    Bug(
        id="kind-whatever-is-issued",
        breaks="Issuances of other units, under other terms, are judged as one kind.",
        file="broker/rulebook/paris/broadly.py",
        old="        ATTRIBUTES.key(lot.attributes) if lot.segment is None else None,\n",
        new="",
        tests=(f"tests/unit/broker/rulebook/test_broadly.py::{_TRUE}",),
    ),
    Bug(
        id="kyoto-kind-of-any-day",
        breaks="Under Kyoto a verdict is used again on another day.",
        file="broker/rulebook/kyoto/broadly.py",
        old="        case.now.date(),\n        CASE.key",
        new="        CASE.key",
        tests=(f"tests/unit/broker/rulebook/test_kyoto_broadly.py::{_TRUE}",),
    ),
    Bug(
        id="kyoto-kind-wherever-units-lie",
        breaks="Under Kyoto units that are not all that was named are judged as if they were.",
        file="broker/rulebook/kyoto/broadly.py",
        old="        places.setdefault((named.registry, named.range), len(places)),\n",
        new="",
        tests=(f"tests/unit/broker/rulebook/test_kyoto_broadly.py::{_TRUE}",),
    ),
)
