# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is found out on the outline of a case holds for every case that is like it."""

from collections.abc import Callable, Iterator
from dataclasses import Field, fields, is_dataclass, replace
from datetime import timedelta
from typing import Any, Final, TypeVar

import pytest

from broker.regime.paris.kinds import key_again, key_of
from broker.regime.postings import Booking, Move, Postings, Restate, Units
from broker.regime.regime import Said
from broker.rulebook.check import UNSEEN, Finding
from broker.rulebook.general.outline import outline
from broker.rulebook.paris import completion
from broker.rulebook.paris.alike import outline_of, with_counts, without_named
from broker.rulebook.paris.approaches import ApproachTotals
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.bookings import PlannedEntry
from broker.rulebook.paris.case import BookingCase, ParisCase
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.rulebook import RULES, case_of
from itmo.identifiers import TransactionId
from itmo.serials import SerialRange
from tests.kit.many import many
from tests.unit.broker.rulebook.bases import BASES
from tests.unit.broker.rulebook.overrides import case_from
from tests.unit.broker.rulebook.test_vectors import vectors

UNITS: Final = Units("THA01", SerialRange(1, 9))
_Case = TypeVar("_Case", bound=ParisCase)

DIFFERS: Final = {
    "": {"approach_totals", "lots", "accounting"},
    "message": {"creation_time", "clock_tolerance"},
    "proposed": {"transaction_id", "completion", "blocks"},
    "blocks.proposed": {"first", "last", "range"},
    "blocks.segments": {"range", "moved_by"},
}
"""Fields of facts in which cases that are alike may differ; a new one has to be looked at."""
ONLY_WHERE_NONE: Final = {"declared_quantity", "locked_by"}
"""Fields that cases share where they have nothing there."""
BEYOND: Final = {
    "issued_as": "what stands there beside it is read from it",
    "state": "what stands there beside it is read from it",
}
"""Fields that are in the key, and in the outline by what is read from them."""
READ_FROM: Final = {
    "attributes",
    "first_transferred",
    "authorized_at_issuance",
    "first_transfers_reversed",
}
FOLLOWS: Final = {"gap", "underlying_taken", "underlying_ended", "kyoto_units"}
"""Empty where one live range is moved as a whole: what may fill them belongs to issuances."""
NAMED: Final = {"parties", "approaches", "authorizations", "registrations"}
"""What was stated; it is in the key as a whole."""


class Asked:
    """Says that nothing was stated."""

    def said(self) -> Said:
        return Said((), ())


def key(case: BookingCase) -> object:
    return key_of(case, Asked())  # type: ignore[arg-type]  # all that is asked


def cases() -> Iterator[BookingCase]:
    """Cases of all vectors that may be like others."""
    for make in BASES.values():
        (block, *_) = (case := case_of(make())).blocks
        for each in block.segments:
            held = replace(each, locked_by=case.proposed.transaction_id)
            waits = replace(case, blocks=(replace(block, segments=(held,)),))
            if key(waits) is not None:
                yield waits
    for listed in vectors().values():
        for vector in listed:
            changes = vector.get("set", {})
            if not any(name.startswith(("entr", "first_transfer")) for name in changes):
                case = case_from(vector["base"], changes)
                if key(case) is not None:
                    yield case


def moved(case: BookingCase, first: int, last: int) -> BookingCase:
    """The same of other units."""
    (block,) = case.blocks
    (held,) = block.segments
    named = replace(block.proposed, first=first, last=last)
    held = replace(held, range=SerialRange(first, last), moved_by="x" if held.moved_by else "")
    return replace(
        case,
        proposed=replace(case.proposed, blocks=(named,)),
        blocks=(replace(block, proposed=named, segments=(held,)),),
    )


def declared(case: BookingCase, more: int) -> BookingCase:
    """The same with another quantity declared, where one is."""
    (block,) = case.blocks
    if block.proposed.declared_quantity is None:
        return case
    named = replace(block.proposed, declared_quantity=block.proposed.range.quantity + more)  # type: ignore[union-attr]  # it is one
    return replace(
        case,
        proposed=replace(case.proposed, blocks=(named,)),
        blocks=(replace(block, proposed=named),),
    )


def locked(case: BookingCase, by: str | None) -> BookingCase:
    """The same, locked by another transaction, where it is locked."""
    (block,) = case.blocks
    (held,) = block.segments
    if held.locked_by is None:
        return case
    held = replace(held, locked_by=TransactionId(by or case.proposed.transaction_id))
    return replace(case, blocks=(replace(block, segments=(held,)),))


def counted(case: _Case, quantity: int = 10**9) -> _Case:
    """The same with other counts."""
    return replace(
        case,
        authorizations={
            name: replace(
                each,
                issued_quantity=quantity,
                reserved_quantity=quantity,
                used=dict.fromkeys(each.used or {}, quantity),
            )
            for name, each in case.authorizations.items()
        },
        approach_totals={
            name: ApproachTotals(first_transferred=quantity // 2, used_or_cancelled=quantity // 3)
            for name in case.approach_totals
        },
    )


def variants(case: BookingCase) -> Iterator[BookingCase]:
    """Cases that are like it."""
    later = case.now.replace(hour=(case.now.hour + 5) % 24)
    other = replace(
        case.proposed, transaction_id=TransactionId(f"{case.proposed.transaction_id[:-1]}9")
    )
    late = replace(case.message, creation_time=later + timedelta(days=1))
    yield case
    yield counted(moved(declared(case, 1), 7, 7), 0)
    yield counted(moved(declared(case, 0), 5_000, 900_000), 400_000)
    yield replace(locked(counted(case, 10**9), None), proposed=other, now=later)
    yield replace(locked(moved(case, 1, 2), "another"), message=late)


def differing(outlined: Callable[[BookingCase], BookingCase]) -> list[tuple[Finding, Finding]]:
    """Findings that come out otherwise where what is alike was found out on an outline."""
    wrong = []
    for case in cases():
        for rules in (RULES, completion.RULES):
            shared = rules.shared(outlined(case), case.now.date())
            for variant in variants(case):
                assert key(variant) == key(case)
                booking = case_of(variant)
                fully = rules.judge(booking, case.now.date())
                shortly = rules.judge(booking, case.now.date(), shared)
                wrong += [pair for pair in zip(fully, shortly, strict=True) if pair[0] != pair[1]]
    return wrong


def test_what_is_alike_comes_to_the_same() -> None:
    assert len(list(cases())) > 200
    assert differing(outline_of) == []


def _told(case: BookingCase) -> BookingCase:
    made = outline_of(case)
    object.__setattr__(made.lots[0], "history", case.lots[0].history)
    return made


def _as_first(case: BookingCase) -> BookingCase:
    made = outline_of(case)
    object.__setattr__(made.proposed, "blocks", case.proposed.blocks)
    return made


@pytest.mark.parametrize(
    "outlined", many([_told, _as_first], {"_told"}, lambda each: each.__name__)
)
def test_an_outline_that_has_too_much_is_found(
    outlined: Callable[[BookingCase], BookingCase],
) -> None:
    assert differing(outlined)


def used(case: BookingCase, quantity: int) -> BookingCase:
    """The same of which so much was used, and as much issued as before."""
    histories = {
        name: replace(each, used=dict.fromkeys(each.used or {}, quantity))
        for name, each in case.authorizations.items()
    }
    return replace(case, authorizations=histories)


def counted_alike(case: BookingCase) -> Iterator[BookingCase]:
    """Cases that are like it, and whose letter has issued the same."""
    yield case
    yield used(moved(declared(case, 1), 7, 7), 0)
    yield used(moved(declared(case, 0), 5_000, 900_000), 10**9)
    yield locked(used(case, 10**9), "another")


def against_all(
    with_counts: Callable[[BookingCase, AuthorizationHistory], BookingCase],
) -> tuple[int, list[tuple[Finding | None, Finding | None]]]:
    """Of how many cases it is found out at once what stands against completing them; where wrongly."""
    found, wrong = 0, []
    for issued in (0, 400_000, 10**9):
        for case in cases():
            alike = case_of(counted(case, issued))
            (lot,) = alike.lots
            shared = completion.RULES.shared(outline_of(alike), alike.now.date())
            told = without_named(outline_of(alike))
            if lot.history is not None:
                told = with_counts(told, lot.history)
            try:
                against = completion.judge_completion(told, shared)
            except UNSEEN:
                continue
            found += 1
            for variant in counted_alike(alike):
                assert key(variant) == key(alike)
                fully = completion.judge_completion(case_of(variant))
                wrong += [] if fully == against else [(fully, against)]
    return found, wrong


@pytest.mark.slow
def test_what_is_counted_alike_is_completed_alike() -> None:
    found, wrong = against_all(with_counts)
    assert found > 400
    assert wrong == []


@pytest.mark.slow
def test_an_outline_that_has_what_was_used_is_found() -> None:
    def with_all(outlined: BookingCase, history: AuthorizationHistory) -> BookingCase:
        made = with_counts(outlined, history)
        (lot,) = made.lots
        object.__setattr__(lot, "history", history)
        object.__setattr__(lot, "range", SerialRange(1, 1))
        return made

    assert against_all(with_all)[1]


@pytest.mark.parametrize(
    "changed",
    [
        {"terms": '{"entity": "another"}'},
        {"restates": (Restate(UNITS, "a", "b"),)},
        {"bookings": (Booking("THA", 2022, -1, "WHY", "GHG", UNITS),)},
        {"bookings": (Booking("THA", 2022, 1, "WHY", "GHG", UNITS),)},
    ],
)
def test_what_was_fixed_is_in_the_key(changed: dict[str, Any]) -> None:
    case: Any = case_of(BASES["transfer"]())
    plain = Postings(moves=(Move(UNITS, "a", "b"),))
    asked: Any = Asked()
    first = key_again(case, plain, asked)
    assert first is not None
    assert key_again(case, replace(plain, **changed), asked) != first


def test_few_checks_look_at_each_transfer() -> None:
    base = case_of(BASES["transfer"]())
    shared = RULES.shared(outline_of(base), base.now.date())
    assert shared.valid
    assert [RULES.checks[at].id for at in shared.rest] == [
        "MSG_CLOCK",
        "ID_INTEGER_UNITS",
        "AUTH_QUANTITY_CAP",
    ]


# -- nothing is forgotten -------------------------------------------------------------------------


def _places(case: BookingCase) -> Iterator[tuple[str, object, Callable[[object], BookingCase]]]:
    """Facts of a case, and how the case is made with others in their place."""
    (block,) = case.blocks
    (held,) = block.segments
    yield "", case, lambda new: new  # type: ignore[misc,return-value]  # a case
    for name in (
        "message",
        "proposed",
        "from_registry",
        "to_registry",
        "from_account",
        "to_account",
    ):
        yield name, getattr(case, name), lambda new, name=name: replace(case, **{name: new})  # type: ignore[misc]  # bound now
    yield "blocks", block, lambda new: replace(case, blocks=(new,))  # type: ignore[arg-type]  # a block
    yield (
        "blocks.proposed",
        block.proposed,
        lambda new: replace(
            case,
            proposed=replace(case.proposed, blocks=(new,)),  # type: ignore[arg-type]  # a block
            blocks=(replace(block, proposed=new),),  # type: ignore[arg-type]  # a block
        ),
    )
    yield (
        "blocks.segments",
        held,
        lambda new: replace(case, blocks=(replace(block, segments=(new,)),)),  # type: ignore[arg-type]  # units
    )


def _fields(of: object) -> tuple[Field[Any], ...]:
    assert is_dataclass(of)
    return fields(of)


def test_what_an_outline_has_is_in_the_key() -> None:
    case = case_of(BASES["transfer"]())
    for place, facts, made in _places(case):
        for each in _fields(facts):
            differs = each.name in DIFFERS.get(place, set()) | NAMED | READ_FROM | FOLLOWS
            nested = each.name in {"blocks", "proposed", "segments", "message"}
            if differs or nested or not each.init or each.name.startswith(("allotment_", "ended_")):
                continue
            value = case.now + timedelta(days=1) if each.name == "now" else (object(),)
            changed = made(_changed(facts, each.name, value))
            assert key(changed) != key(case), f"{place}.{each.name}"


def _changed(facts: object, name: str, value: object) -> object:
    changed = replace(facts)  # type: ignore[type-var]  # a dataclass
    object.__setattr__(changed, name, value)
    return changed


def test_what_may_differ_is_not_in_an_outline() -> None:
    case = case_of(BASES["transfer"]())
    made = outline_of(case)
    for place, facts, _ in _places(case):
        outlined: Any = made
        for name in place.split(".") if place else ():
            outlined = getattr(outlined, name)
            outlined = outlined[0] if isinstance(outlined, tuple) else outlined
        missing = {each.name for each in _fields(facts) if not hasattr(outlined, each.name)}
        allowed = DIFFERS.get(place, set()) | ONLY_WHERE_NONE | set(BEYOND)
        assert missing <= allowed, place
    (lot,), (entry,) = made.lots, made.accounting.entries
    assert {f.name for f in fields(Lot) if not hasattr(lot, f.name)} == set()
    assert not hasattr(lot.history, "issued_quantity")
    assert {f.name for f in fields(PlannedEntry) if not hasattr(entry, f.name)} == {"generation"}
    for unread in ("first", "last", "quantity"):
        with pytest.raises(AttributeError):
            getattr(lot.range, unread)


def test_a_stand_in_is_never_told_nor_compared() -> None:
    case = case_of(BASES["transfer"]())
    made = outline_of(case)
    serials, now, quantity = made.lots[0].range, made.now, made.accounting.entries[0].quantity
    for told in (serials, now, quantity):
        for tell in (str, repr, "{}".format, lambda it: f"{it:%Y}"):
            with pytest.raises((AttributeError, TypeError)):
                tell(told)
    with pytest.raises(TypeError):
        assert serials == SerialRange(1, 2)
    with pytest.raises(TypeError):
        assert now < case.now
    assert quantity > 0
    assert quantity != 0
    for compare in (quantity.__gt__, quantity.__eq__):
        with pytest.raises(TypeError):
            compare(10)
    assert not hasattr(outline(Lot, registry="THA01"), "range")
