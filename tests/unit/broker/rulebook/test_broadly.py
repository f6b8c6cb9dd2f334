# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is found out on a broad outline holds for every case with the same key, whatever its names and numbers."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

import pytest

from broker.rulebook.check import Finding
from broker.rulebook.general.disputes import DisputedUnits
from broker.rulebook.general.outline import Sketch, SomeSerials
from broker.rulebook.paris import broadly, completion
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.authorization import AuthorizationHistory, AuthorizationVersion
from broker.rulebook.paris.case import BookingCase, ParisCase
from broker.rulebook.paris.rulebook import RULES, case_of
from itmo.identifiers import AccountId, TransactionId
from itmo.serials import SerialRange
from tests.unit.broker.rulebook.bases import BASES
from tests.unit.broker.rulebook.outlined import altered_cases, looked_at, untrue
from tests.unit.broker.rulebook.overrides import case_from
from tests.unit.broker.rulebook.test_alike import counted
from tests.unit.broker.rulebook.test_vectors import vectors

BY_HAND: Final = {
    broadly.CASE: {
        *("now", "message", "proposed", "from_account", "to_account", "blocks", "lots"),
        *("parties", "approaches", "registrations", "authorizations", "accounting"),
    },
    broadly.PROPOSED: {"blocks"},
    broadly.BLOCK: {"proposed", "segments"},
    broadly.PROPOSED_BLOCK: {"range", "attributes"},
    broadly.SEGMENT: {"range", "attributes"},
    broadly.LOT: {"range", "attributes", "segment", "history", "terms"},
    broadly.ENTRY: {"quantity", "range"},
}
"""Fields that an outline has without their standing in a list; what of them is alike is in the key."""
LEFT_OUT: Final = {
    broadly.CASE: {"approach_totals"},
    broadly.MESSAGE: {"creation_time", "clock_tolerance"},
    broadly.PROPOSED: {"transaction_id", "from_account", "to_account", "completion"},
    broadly.ACCOUNT: {"account_id", "terms"},
    broadly.PROPOSED_BLOCK: {"first", "last"},
    broadly.SEGMENT: {"account_id", "moved_by", "issued_as", "state"},
    broadly.ENTRY: {"generation"},
}
"""Fields in which cases of one kind may differ; a new one has to be looked at."""


def plain(case: BookingCase) -> ParisCase:
    names = (each.name for each in fields(ParisCase))
    return ParisCase(**{name: getattr(case, name) for name in names})


@cache
def cases() -> tuple[ParisCase, ...]:
    """Cases of all vectors that are of some kind, as they were before anything was accounted for."""
    found = [plain(case_of(make())) for make in BASES.values()]
    for listed in vectors().values():
        for vector in listed:
            changes = vector.get("set", {})
            if not any(name.startswith(("entr", "first_transfer")) for name in changes):
                found.append(plain(case_from(vector["base"], changes)))
    return tuple(each for each in found if broadly.key_of(case_of(each)) is not None)


# -- changes that no key sees ---------------------------------------------------------------------


def with_blocks(case: ParisCase, change: Callable[[Any], Any]) -> ParisCase:
    blocks = tuple(change(each) for each in case.blocks)
    named = tuple(each.proposed for each in blocks)
    return replace(case, proposed=replace(case.proposed, blocks=named), blocks=blocks)


def moved(case: ParisCase) -> ParisCase:
    """The same of other units, a thousand times as many of them."""

    def by(serials: SerialRange) -> SerialRange:
        return SerialRange(serials.first * 1_000 - 999, serials.last * 1_000)

    def change(block: Any) -> Any:  # noqa: ANN401  # a block
        named = block.proposed
        if named.range is None:
            return block
        serials = by(named.range)
        return replace(
            block,
            proposed=replace(named, first=serials.first, last=serials.last),
            segments=tuple(
                replace(each, range=by(each.range), moved_by="x") for each in block.segments
            ),
        )

    return with_blocks(case, change)


def apart(case: ParisCase) -> ParisCase:
    """The same of units each of which begins where no other does, and overlaps what it overlapped not."""
    places = iter(range(1, 100))

    def change(block: Any) -> Any:  # noqa: ANN401  # a block
        start = next(places) * 10**9
        named = block.proposed
        if named.range is None:
            return block

        def by(serials: SerialRange) -> SerialRange:
            return SerialRange(serials.first + start, serials.last + start)

        serials = by(named.range)
        return replace(
            block,
            proposed=replace(named, first=serials.first, last=serials.last),
            segments=tuple(replace(each, range=by(each.range)) for each in block.segments),
        )

    return with_blocks(case, change)


def in_one_place(case: ParisCase) -> ParisCase:
    """The same, where each block names what the first names."""
    first = case.blocks[0].proposed

    def change(block: Any) -> Any:  # noqa: ANN401  # a block
        named = replace(block.proposed, first=first.first, last=first.last)
        return replace(block, proposed=named)

    return with_blocks(case, change)


def elsewhere(case: ParisCase) -> ParisCase:
    """The same between other accounts of their kind."""

    def named(name: str) -> str:
        return f"{name[:-1]}8"

    def account(found: Any) -> Any:  # noqa: ANN401  # an account, or none
        return found and replace(found, account_id=AccountId(named(found.account_id)))

    proposed = replace(
        case.proposed,
        from_account=named(case.proposed.from_account),
        to_account=named(case.proposed.to_account),
    )
    return replace(
        case,
        proposed=proposed,
        from_account=account(case.from_account),
        to_account=account(case.to_account),
    )


def otherwise_named(case: ParisCase) -> ParisCase:
    """The same with other texts, wherever there are some; sent and proposed at another time."""
    proposed = case.proposed
    texts: dict[str, Any] = {
        name: "another" for name in ("purpose", "entity", "notice_id") if getattr(proposed, name)
    }
    if proposed.deadline is not None:
        texts["deadline"] = proposed.deadline + timedelta(days=3)
    texts["transaction_id"] = TransactionId(f"{proposed.transaction_id[:-1]}9")

    def stated(attributes: Attributes | None) -> Attributes | None:
        if attributes is None:
            return None
        names = ("sector", "activity_type", "activity")
        other: dict[str, Any] = {name: "another" for name in names if getattr(attributes, name)}
        behind = attributes.underlying
        return replace(
            attributes,
            **other,
            underlying=behind and replace(behind, first_unit_id="another"),
            cer=attributes.cer and replace(attributes.cer, kyoto_serial="another"),
        )

    def change(block: Any) -> Any:  # noqa: ANN401  # a block
        named = replace(block.proposed, attributes=stated(block.proposed.attributes))
        held = tuple(
            replace(
                each,
                attributes=stated(each.attributes),
                locked_by=each.locked_by and TransactionId("another"),
                account_id=AccountId("another"),
            )
            for each in block.segments
        )
        return replace(block, proposed=named, segments=held)

    changed = with_blocks(replace(case, proposed=replace(proposed, **texts)), change)
    later = case.now.replace(hour=(case.now.hour + 5) % 24)
    late = replace(case.message, creation_time=later + timedelta(days=1))
    return replace(changed, now=later, message=late)


CHANGES: Final = (moved, apart, in_one_place, elsewhere, otherwise_named, counted)


def variants(case: ParisCase) -> Iterator[BookingCase]:
    """Cases of its kind."""
    every = case
    yield case_of(case)
    for change in CHANGES:
        every = change(every)
        yield case_of(change(case))
    yield case_of(every)


def compared(
    outlined: Callable[[BookingCase], BookingCase],
) -> Iterator[list[tuple[Finding, Finding]]]:
    """Of each case that is like another one, the findings that come out otherwise on an outline."""
    for case in cases():
        booking = case_of(case)
        key = broadly.key_of(booking)
        alike = [each for each in variants(case) if broadly.key_of(each) == key]
        for rules in (RULES, completion.RULES):
            shared = rules.shared(outlined(booking), case.now.date())
            for variant in alike:
                fully = rules.judge(variant, case.now.date())
                shortly = rules.judge(variant, case.now.date(), shared)
                yield [pair for pair in zip(fully, shortly, strict=True) if pair[0] != pair[1]]


@pytest.mark.slow
def test_what_is_broadly_alike_comes_to_the_same() -> None:
    found = list(compared(broadly.outline_of))
    assert [each for each in found if each] == []
    assert len(cases()) > 400
    assert len(found) > 10 * len(cases()), "most variants of most cases are of their kind"


STATED: Final = (AuthorizationVersion, AuthorizationHistory)
OF_LOTS: Final = r"proposed\.blocks|lots\[.\]\.range|blocks\[.\]\.segments(\[.\]\.range)?$"
OF_SEGMENTS: Final = rf"{OF_LOTS}|lots\[.\]\.(segment\b|attributes)"
"""What follows from others: where lots lie, and what they have of segments, where there are some."""


def test_an_outline_is_true_of_all_that_have_its_key() -> None:
    """Whatever is changed in a case: another key, or what the outline says is so nevertheless."""
    of_each = [case_of(make()) for make in BASES.values()]
    several = [each for each in map(case_of, cases()) if len(each.lots) > 1 or len(each.blocks) > 1]
    found = 0
    for case in (*of_each, *several[::24]):
        key = broadly.key_of(case)
        if key is None:
            continue
        outlined = broadly.outline_of(case)
        assert untrue(outlined, case) == []
        follows = OF_SEGMENTS if any(each.segments for each in case.blocks) else OF_LOTS
        for place, changed in altered_cases(case, STATED, follows):
            if broadly.key_of(changed) == key:
                assert untrue(outlined, changed) == [], place
                found += 1
    assert found > 1_000


def test_which_letters_there_are_tells_kinds_apart_and_what_is_undone_is_of_none() -> None:
    case = case_of(BASES["transfer"]())
    assert case.authorizations
    assert broadly.key_of(replace(case, authorizations={})) != broadly.key_of(case)
    undone = replace(case.accounting, first_transfer_undone=case.accounting.first_transfer)
    assert undone.first_transfer_undone
    assert broadly.key_of(replace(case, accounting=undone)) is None


def test_what_is_there_once_is_another_kind() -> None:
    """A check that found nothing there says nothing of a case in which there is something."""
    plain_one = BASES["transfer"]()
    (block,) = plain_one.blocks
    late = replace(plain_one.proposed, deadline=plain_one.now)
    disputed = replace(
        block, disputed=(DisputedUnits("THA01", block.segments[0].range, "THA01", "x"),)
    )
    kinds = [
        broadly.key_of(case_of(each))
        for each in (
            plain_one,
            replace(plain_one, proposed=late),
            replace(plain_one, blocks=(disputed,)),
        )
    ]
    assert len(set(kinds)) == len(kinds)


def _with(case: BookingCase, place: str, value: Any) -> BookingCase:  # noqa: ANN401  # facts
    made: Any = broadly.outline_of(case)
    *way, name = place.split(".")
    at = made
    for step in way:
        at = getattr(at, step)
        at = at[0] if isinstance(at, tuple) else at
    if at is not None:
        object.__setattr__(at, name, value(case))
    return made  # type: ignore[no-any-return]  # a case


LEAKS: Final[dict[str, Callable[[BookingCase], object]]] = {
    "proposed": lambda case: case.proposed,
    "proposed.deadline": lambda case: case.proposed.deadline,
    "blocks": lambda case: case.blocks,
    "lots.history": lambda case: case.lots[0].history,
    "lots.range": lambda case: case.lots[0].range,
    "lots.attributes": lambda case: case.lots[0].attributes,
    "from_account": lambda case: case.from_account,
}


@pytest.mark.parametrize("leak", LEAKS)
def test_an_outline_that_has_too_much_is_found(leak: str) -> None:
    """Planted: what differs stands in the outline after all."""
    assert any(compared(lambda case: _with(case, leak, LEAKS[leak])))


@pytest.mark.parametrize("base", ["transfer", "issuance", "use", "cancellation", "cer_use"])
def test_few_checks_look_at_each(base: str) -> None:
    case = case_of(BASES[base]())
    shared = RULES.shared(broadly.outline_of(case), case.now.date())
    assert len(shared.rest) <= 13


SKETCHES: Final[tuple[Sketch[Any], ...]] = tuple(
    each for each in vars(broadly).values() if isinstance(each, Sketch)
)


@pytest.mark.parametrize("sketch", SKETCHES, ids=lambda each: each.kind.__name__)
def test_every_field_was_looked_at(sketch: Sketch[Any]) -> None:
    assert looked_at(sketch, BY_HAND, LEFT_OUT)


def test_unknown_ranges_are_never_told_apart() -> None:
    with pytest.raises(TypeError):
        assert {SomeSerials(), SomeSerials()}
