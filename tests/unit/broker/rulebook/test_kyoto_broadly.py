# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is found out on a broad outline of a Kyoto case holds for every case with the same key."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

import pytest

from broker.rulebook.check import Finding
from broker.rulebook.general.outline import Sketch
from broker.rulebook.kyoto import broadly, completion
from broker.rulebook.kyoto.case import Count, KyotoCase
from broker.rulebook.kyoto.rulebook import RULES
from itmo.identifiers import AccountId, TransactionId
from itmo.serials import SerialRange
from tests.unit.broker.rulebook.kyoto_bases import BASES, case_from, with_blocks
from tests.unit.broker.rulebook.outlined import altered_cases, looked_at, untrue
from tests.unit.broker.rulebook.test_kyoto import vectors

BY_HAND: Final = {
    broadly.CASE: {
        *("now", "message", "proposed", "from_account", "to_account", "blocks"),
        *broadly.STATED,
    },
    broadly.PROPOSED: {"blocks"},
    broadly.BLOCK: {"proposed", "segments"},
    broadly.PROPOSED_BLOCK: {"range", "attributes"},
    broadly.SEGMENT: {"range", "attributes"},
}
"""Fields that an outline has without their standing in a list; what of them is alike is in the key."""
LEFT_OUT: Final = {
    broadly.CASE: {"counts"},
    broadly.MESSAGE: {"creation_time", "clock_tolerance"},
    broadly.PROPOSED: {"transaction_id", "from_account", "to_account", "completion"},
    broadly.ACCOUNT: {"account_id", "terms"},
    broadly.PROPOSED_BLOCK: {"first", "last"},
    broadly.SEGMENT: {"account_id", "moved_by", "issued_as", "state"},
}
"""Fields in which cases of one kind may differ; a new one has to be looked at."""


@cache
def cases() -> tuple[KyotoCase, ...]:
    """Cases of all vectors that are of some kind."""
    found = [make() for make in BASES.values()]
    for listed in vectors().values():
        found += [case_from(each["base"], each.get("set", {})) for each in listed]
    return tuple(each for each in found if broadly.key_of(each) is not None)


def moved(case: KyotoCase, step: int = 0) -> KyotoCase:
    """The same of other units, a thousand times as many; or each block in a place of its own."""

    def by(serials: SerialRange, place: int) -> SerialRange:
        if step:
            return SerialRange(serials.first + place * step, serials.last + place * step)
        return SerialRange(serials.first * 1_000 - 999, serials.last * 1_000)

    blocks = []
    for place, block in enumerate(case.blocks, 1):
        serials = block.proposed.range
        assert serials is not None
        now = by(serials, place)
        blocks.append(
            replace(
                block,
                proposed=replace(block.proposed, first=now.first, last=now.last),
                segments=tuple(
                    replace(each, range=by(each.range, place), moved_by="x")
                    for each in block.segments
                ),
            )
        )
    return with_blocks(case, *blocks)


def apart(case: KyotoCase) -> KyotoCase:
    return moved(case, 10**9)


def otherwise_named(case: KyotoCase) -> KyotoCase:
    """The same with other names and texts, wherever there are some; at another time of the day."""
    proposed = case.proposed
    names = ("purpose", "beneficiary", "notice_id", "reissued_in")
    texts: dict[str, Any] = {name: "another" for name in names if getattr(proposed, name)}
    if proposed.deadline is not None:
        texts["deadline"] = proposed.deadline + timedelta(days=3)
    accounts = [
        found and replace(found, account_id=AccountId("another"))
        for found in (case.from_account, case.to_account)
    ]
    blocks = [
        replace(
            block,
            segments=tuple(
                replace(
                    each,
                    account_id=AccountId("another"),
                    attributes=replace(
                        each.attributes,
                        changed_by=each.attributes.changed_by and "another",
                        replaced_by=each.attributes.replaced_by and "another",
                    ),
                )
                for each in block.segments
            ),
        )
        for block in case.blocks
    ]
    later = case.now.replace(hour=(case.now.hour + 5) % 24)
    changed = replace(
        case,
        now=later,
        message=replace(case.message, creation_time=later + timedelta(days=1)),
        proposed=replace(
            proposed,
            transaction_id=TransactionId("another"),
            from_account="another",
            to_account="yet another",
            **texts,
        ),
        from_account=accounts[0],
        to_account=accounts[1],
    )
    return with_blocks(changed, *blocks)


def counted(case: KyotoCase) -> KyotoCase:
    return replace(case, counts=dict.fromkeys(case.counts, Count(10**9, 10**6)))


def uncounted(case: KyotoCase) -> KyotoCase:
    return replace(case, counts={})


CHANGES: Final = (moved, apart, otherwise_named, counted, uncounted)


def compared(
    outlined: Callable[[KyotoCase], KyotoCase],
) -> Iterator[list[tuple[Finding, Finding]]]:
    """Of each case that is like another one, the findings that come out otherwise on an outline."""
    for case in cases():
        key = broadly.key_of(case)
        every = moved(counted(otherwise_named(case)))
        alike = [case, every, *(change(case) for change in CHANGES)]
        for rules in (RULES, completion.RULES):
            shared = rules.shared(outlined(case), case.now.date())
            for variant in alike:
                if broadly.key_of(variant) != key:
                    continue
                fully = rules.judge(variant, case.now.date())
                shortly = rules.judge(variant, case.now.date(), shared)
                yield [pair for pair in zip(fully, shortly, strict=True) if pair[0] != pair[1]]


@pytest.mark.slow
def test_what_is_broadly_alike_comes_to_the_same() -> None:
    found = list(compared(broadly.outline_of))
    assert [each for each in found if each] == []
    assert len(cases()) > 200
    assert len(found) > 10 * len(cases()), "most variants of most cases are of their kind"


def test_an_outline_is_true_of_all_that_have_its_key() -> None:
    """Whatever is changed in a case: another key, or what the outline says is so nevertheless."""
    of_each = [make() for make in BASES.values()]
    several = [each for each in cases() if len(each.blocks) > 1]
    found = 0
    for case in (*of_each, *several[::24]):
        key, outlined = broadly.key_of(case), broadly.outline_of(case)
        assert key is not None
        assert untrue(outlined, case) == []
        for place, changed in altered_cases(case):
            if broadly.key_of(changed) == key:
                assert untrue(outlined, changed) == [], place
                found += 1
    assert found > 1_000


LEAKS: Final[dict[str, Callable[[KyotoCase], object]]] = {
    "counts": lambda case: case.counts,
    "blocks": lambda case: case.blocks,
    "proposed": lambda case: case.proposed,
    "from_account": lambda case: case.from_account,
}


@pytest.mark.parametrize("leak", LEAKS)
def test_an_outline_that_has_too_much_is_found(leak: str) -> None:
    """Planted: what differs stands in the outline after all."""

    def leaking(case: KyotoCase) -> KyotoCase:
        made = broadly.outline_of(case)
        object.__setattr__(made, leak, LEAKS[leak](case))
        return made

    assert any(compared(leaking))


@pytest.mark.parametrize("base", BASES)
def test_few_checks_look_at_each(base: str) -> None:
    case = BASES[base]()
    shared = RULES.shared(broadly.outline_of(case), case.now.date())
    assert len(shared.rest) <= 11


SKETCHES: Final[tuple[Sketch[Any], ...]] = tuple(
    each for each in vars(broadly).values() if isinstance(each, Sketch)
)


@pytest.mark.parametrize("sketch", SKETCHES, ids=lambda each: each.kind.__name__)
def test_every_field_was_looked_at(sketch: Sketch[Any]) -> None:
    assert looked_at(sketch, BY_HAND, LEFT_OUT)
