# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an authorization must say, and what a later version of it may change.

The final list of elements and the rules on changes of 4/CMA.6 were not at hand. What stands in for
them is all in this module, as two tables and two functions: 7/CMA.4 synthesis report, paras 21 and
29-30, AEF tables 2 and 5, and the secretariat's draft of an interoperability standard. Apply the
final text here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.authorization import (
    AuthorizationElement,
    AuthorizationHistory,
    AuthorizationKind,
    AuthorizationTiming,
    AuthorizationVersion,
    RevocationGround,
)
from broker.rulebook.paris.purposes import Purpose
from broker.rulebook.paris.underlying import given
from broker.rulebook.paris.years import YearSpan
from itmo.programmes import programme_of
from itmo.reasons import Reason

FIXED: Final = {
    AuthorizationElement.PARTY: "AUTH_EXISTS",
    AuthorizationElement.AUTHORIZATION_ID: "AUTH_EXISTS",
    AuthorizationElement.COOPERATIVE_APPROACH: "AUTH_CA_MATCH",
    AuthorizationElement.BINDS_FIRST_TRANSFERRED: "AUTH_CHANGE_AFTER_FT",
}
"""Elements that no later version changes, whatever changes are permitted, with the check that
guards each: units issued are identified by the first three (6/CMA.4 annex I paras 5, 33)."""

ALWAYS_OPEN: Final = frozenset(
    {
        AuthorizationElement.DATE,
        AuthorizationElement.DOCUMENT,
        AuthorizationElement.REVOKED,
    }
)
"""Elements that change without being listed: each version is a letter of its own date and hash, and
a revocation in extreme cases, such as fraud, cannot be signed away (7/CMA.4 synthesis report, para
29)."""

_BEFORE: Final = frozenset(
    {AuthorizationTiming.BEFORE_ISSUANCE, AuthorizationTiming.BEFORE_REGISTRATION}
)
_UP_TO: Final = frozenset(
    {AuthorizationTiming.UP_TO_ISSUANCE, AuthorizationTiming.UP_TO_REGISTRATION}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a version cannot take effect.

    Attributes:
        code: Check or reason, stable.
        found: What was found and what was expected.
    """

    code: str
    found: str


def faults_of(stated: AuthorizationVersion) -> Iterator[Fault]:
    """What does not fit within one version."""
    if stated.revoked != bool(stated.revocation_reason):
        yield Fault(
            Reason.PAYLOAD_INVALID,
            "revocation_reason: a revocation gives its reason, and nothing else does",
        )
    if stated.revoked != (stated.revocation_ground is not None):
        yield Fault(
            Reason.PAYLOAD_INVALID,
            "revocation_ground: a revocation states its ground, and nothing else does",
        )
    if AuthorizationKind.ENTITIES in stated.kinds and not stated.entities:
        yield Fault(Reason.PAYLOAD_INVALID, "entities: an authorization of entities names them")
    total = sum(stated.yearly_quantities.values())
    if stated.quantity is not None and total > stated.quantity:
        yield Fault(
            Reason.QUANTITY_INVALID,
            f"yearly_quantities: together {total}, above the total of {stated.quantity}",
        )
    yield from _faults_of_purposes(stated)
    outside = [year for year in sorted(stated.yearly_quantities) if year not in stated.vintages]
    if outside:
        yield Fault(
            Reason.PAYLOAD_INVALID, f"yearly_quantities: {outside[0]} is no vintage authorized"
        )
    if stated.ndc_periods and not _covered(stated.vintages, stated.ndc_periods):
        yield Fault(
            Reason.PAYLOAD_INVALID,
            f"vintages: {stated.vintages.first} to {stated.vintages.last} reach beyond the NDC"
            " periods stated",
        )
    if stated.end is not None and stated.end < (stated.start or stated.date):
        yield Fault(Reason.PAYLOAD_INVALID, f"end_date: {stated.end} is before the start")


def _faults_of_purposes(stated: AuthorizationVersion) -> Iterator[Fault]:
    named = [purpose for share in stated.purpose_quantities for purpose in share.purposes]
    if len(set(named)) != len(named) or not stated.purposes.issuperset(named):
        yield Fault(
            Reason.PAYLOAD_INVALID,
            "purpose_quantities: each purpose stands once, and is one that is authorized",
        )
    together = sum(share.quantity for share in stated.purpose_quantities)
    if stated.quantity is None or not stated.purpose_quantities:
        return
    if any(share.quantity > stated.quantity for share in stated.purpose_quantities):
        yield Fault(
            Reason.QUANTITY_INVALID,
            f"purpose_quantities: one is above the total of {stated.quantity}",
        )
    if stated.purposes == frozenset(named) and together < stated.quantity:
        yield Fault(
            Reason.QUANTITY_INVALID,
            f"purpose_quantities: together {together}, below the total of {stated.quantity}; the"
            " rest would have no purpose",
        )


def faults_between(
    before: AuthorizationVersion,
    after: AuthorizationVersion,
    issued: int,
    used: Mapping[Purpose, int],
) -> Iterator[Fault]:
    """What a later version may not do.

    Args:
        before: The latest version so far.
        after: The version that would follow it.
        issued: Units issued under the authorization.
        used: Units used or cancelled under it, by purpose.
    """
    if before.revoked:
        yield Fault("AUTH_NOT_REVOKED", f"authorization {before.id} was revoked for good")
    conditions = before.elements.get(AuthorizationElement.REVOCATION_CONDITIONS)
    if after.revocation_ground is RevocationGround.CONDITION_MET and not conditions:
        yield Fault(
            Reason.AUTH_CHANGE_NOT_PERMITTED,
            f"revocation_ground: version {before.version} states no condition of revocation that"
            " could be met; expected fraud or another extreme case",
        )
    changed = changes(before, after)
    for element, code in FIXED.items():
        if element in changed:
            yield Fault(
                code,
                f"{_named(element)} is fixed beforehand; it was"
                f" {_said(before, element)} and would be {_said(after, element)}",
            )
    if before.permitted_changes:
        refused = changed - before.permitted_changes - ALWAYS_OPEN
        if refused:
            yield Fault(
                Reason.AUTH_CHANGE_NOT_PERMITTED,
                f"version {before.version} permits changes of"
                f" {_names(before.permitted_changes)}; {_names(refused)} would change",
            )
    yield from _steps_back(before, after)
    if not after.difference:
        yield Fault(
            Reason.AUTH_DIFFERENCE_WRONG,
            f"difference: version {after.version} does not say what it changes",
        )
    if after.changed_elements != changed:
        yield Fault(
            Reason.AUTH_DIFFERENCE_WRONG,
            f"changed_elements: {_names(after.changed_elements)} stated,"
            f" {_names(changed)} differ from version {before.version}",
        )
    if not after.revoked:
        yield from _faults_of_quantities(after, issued, used)


def _steps_back(before: AuthorizationVersion, after: AuthorizationVersion) -> Iterator[Fault]:
    """A date, or purposes, that would be taken back."""
    if after.date < before.date:
        yield Fault(
            Reason.PAYLOAD_INVALID,
            f"date: {after.date} is before version {before.version}, which is dated {before.date}",
        )
    if before.purposes and not after.purposes:
        # Units of no named purpose are for nothing (para 22): a revocation, without its ground (29).
        yield Fault(
            Reason.AUTH_CHANGE_NOT_PERMITTED,
            f"purposes: version {before.version} names {', '.join(sorted(before.purposes))}, and none"
            " would be left; expected at least one, or a revocation that states its ground",
        )


def _faults_of_quantities(
    after: AuthorizationVersion, issued: int, used: Mapping[Purpose, int]
) -> Iterator[Fault]:
    """Quantities that would be less than what became of units already."""
    if after.quantity is not None and after.quantity < issued:
        yield Fault(
            "AUTH_QUANTITY_CAP",
            f"quantity: {after.quantity} is less than the {issued} units issued already",
        )
    for share in after.purpose_quantities:
        spent = sum(used.get(purpose, 0) for purpose in share.purposes)
        if share.quantity < spent:
            yield Fault(
                "AUTH_PURPOSE_CAP",
                f"purpose_quantities: {share.quantity} for {', '.join(sorted(share.purposes))} is"
                f" less than the {spent} units used already",
            )


def changes(
    before: AuthorizationVersion, after: AuthorizationVersion
) -> frozenset[AuthorizationElement]:
    """The elements in which two versions differ; the date, which every version has, left out."""
    return frozenset(
        element
        for element in AuthorizationElement
        if element is not AuthorizationElement.DATE
        and before.elements.get(element) != after.elements.get(element)
    )


def not_covered(terms: AuthorizationVersion, units: Attributes) -> str:
    """Of what other units an authorization is; empty: of these. What one of the two leaves out is as good.

    Source: 7/CMA.4 synthesis report, paras 19 and 21(f); AEF table 2, sectors, activity types, metric.
    """
    covers, behind = terms.covers, units.underlying
    programme = programme_of(behind.registry) if behind is not None and given(behind) else None
    stated = (
        ("underlying units", programme, covers.programmes),
        ("sector", units.sector, covers.sectors),
        ("activity type", units.activity_type, covers.activity_types),
        ("metric", units.metric, {covers.metric} - {""}),
        ("non-GHG metric", units.non_ghg_metric, {covers.non_ghg_metric} - {""}),
    )
    return "; ".join(
        f"{what}: {found} of the units, {', '.join(sorted(allowed))} of the authorization"
        for what, found, allowed in stated
        if found and allowed and found not in allowed
    )


def not_in_force(terms: AuthorizationVersion, today: date) -> str:
    """Why an authorization is not in force on a day; empty: it is. Its last day is included."""
    if terms.start is not None and today < terms.start:
        return f"is in force from {terms.start}; today is {today}"
    if terms.end is not None and today > terms.end:
        return f"was in force until {terms.end}; today is {today}"
    return ""


def too_late(timing: AuthorizationTiming, authorized: date, happened: date, what: str) -> str:
    """Why an authorization of that date comes too late; empty: it does not.

    The 7/CMA.4 synthesis report, paras 24-28, names several moments; which one holds is a setting
    of the approach.

    Args:
        timing: That setting.
        authorized: The date of the authorization.
        happened: The day of what it is counted from.
        what: What that is, in words.
    """
    if timing in _BEFORE and authorized >= happened:
        return f"is dated {authorized}; expected a day before {what}"
    if timing in _UP_TO and authorized > happened:
        return f"is dated {authorized}; expected no later than {what}"
    return ""


def authorized_since(history: AuthorizationHistory, terms: AuthorizationVersion) -> date:
    """Since when the purposes of a version are authorized: later versions that leave them do no harm.

    What an activity's units are for is fixed by its registration (7/CMA.4 synthesis report, para
    24); the quantity of the letter, say, is not.
    """
    since = terms.date
    for earlier in reversed(history.versions):
        if earlier.version >= terms.version:
            continue
        if not earlier.purposes.issuperset(terms.purposes):
            break
        since = min(since, earlier.date)
    return since


def _covered(vintages: YearSpan, periods: tuple[YearSpan, ...]) -> bool:
    reached = vintages.first - 1
    for period in sorted(periods, key=lambda each: each.first):
        if period.first <= reached + 1:
            reached = max(reached, period.last)
    return reached >= vintages.last


def _named(element: AuthorizationElement) -> str:
    return element.value.lower()


def _names(elements: frozenset[AuthorizationElement]) -> str:
    ordered = [_named(element) for element in AuthorizationElement if element in elements]
    return ", ".join(ordered) or "nothing"


def _said(version: AuthorizationVersion, element: AuthorizationElement) -> str:
    return version.elements.get(element) or "not stated"
