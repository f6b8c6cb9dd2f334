# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How much registries share, and what those report that do not take part in full.

A report is never refused for what it says, only for how: what cannot be so is found, kept, and told
in the receipt. No report moves a unit of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, cast

from broker.clearing.decision.desk import Desk
from broker.clearing.path.received import Received
from broker.clearing.sharing import report_reading
from broker.clearing.sharing.report_reading import FREQUENCIES, LEVELS, ROLES, Report
from broker.clearing.sharing.sharing_rows import (
    FindingState,
    ReportedActionRow,
    ReportFindingRow,
    ReportRow,
    SharingRow,
    switches_to_text,
)
from broker.regime.refusals import NoEffect
from broker.regime.regimes import Regimes
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.general.reported import (
    ACTION_ONCE,
    FREQUENCY,
    ONE_ACCOUNT,
    STANDING,
    Claim,
    Found,
    ReportedUnits,
    Step,
    compare,
    compare_with_ledger,
    double_claims,
    joined,
    roll,
)
from broker.rulebook.general.sharing import WITHIN, ReportFrequency, SharingLevel, Switch
from itmo import limits
from itmo.clock import from_ms, to_ms
from itmo.core.v1 import sharing_pb2
from itmo.reasons import Reason
from itmo.serials import SerialRange

Remark = tuple[str, str]
"""The id of a check, and what was found."""

_MAX_FINDINGS: Final = 100
"""Of one report; an administrator mends the first ones, and the next report shows the others."""
_MAX_OPEN: Final = 1_000
"""Findings about what happened that are kept open of one registry: every report of it is carried on from
them. Who leaves so many unanswered is told of more in its receipts only."""
_MAX_REMARKS: Final = 20
"""In one receipt, which stays a page long; `broker sharing --findings` lists all."""


def state_sharing(desk: Desk, received: Received) -> None:
    """Takes in how much a registry shares from now on.

    At level TRANSACT the ledger alone says what it holds: what it reported before is forgotten.

    Raises:
        NoEffect, ProtocolError: malformed, not from the registry's node, or a switch that no
            registry has.
    """
    written = cast("sharing_pb2.SharingStatement", received.payload)
    registry = _own(desk, received, written.registry)
    level, frequency = LEVELS.get(written.level), FREQUENCIES.get(written.frequency)
    if level is None or (frequency is None) != (level is SharingLevel.TRANSACT):
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            "expected a level, and a frequency at every level but TRANSACT",
        )
    switches = frozenset(_switches(desk, written))
    shared, effects = desk.world.shared, desk.effects.shared
    before = shared.statements.get(registry.registry)
    shared.statements[registry.registry] = SharingRow(
        registry=registry.registry,
        level=level.value,
        frequency=frequency.value if frequency else "",
        switched_off=switches_to_text(switches),
        message_id=received.header.message_id,
        stated_at=desk.now_ms,
        last_as_of=before.last_as_of if before else None,
        # After level TRANSACT reports begin anew: there is nothing that holdings could follow from.
        last_report=before.last_report
        if before is not None and level is not SharingLevel.TRANSACT
        else None,
    )
    effects.statements.add(registry.registry)
    desk.world.registries[registry.registry] = replace(registry, level=level, switched_off=switches)
    if level is SharingLevel.TRANSACT:
        shared.holdings[registry.registry] = ()
        effects.holdings.add(registry.registry)
        _carry_on(desk, received, registry, (), set())


def _switches(desk: Desk, written: sharing_pb2.SharingStatement) -> Iterator[Switch]:
    optional = {name for name, check in desk.charter.regimes.checks.items() if check.optional}
    seen = set()
    for each in written.switched_off:
        role = ROLES.get(each.role)
        if each.check_id not in optional or role is None or each.check_id in seen:
            listed = ", ".join(sorted(optional))
            raise NoEffect(
                Reason.PAYLOAD_INVALID,
                f"switched_off names {each.check_id[:40]!a}; each of the optional checks ({listed})"
                " can be switched off once, with a role",
            )
        seen.add(each.check_id)
        yield each.check_id, role


def take_report(desk: Desk, received: Received) -> tuple[Remark, ...]:
    """Takes in what is in the books of a registry, and checks it.

    Of a registry that takes part in full the ledger has what it holds and does: it states holdings
    to be compared alone, with the ledger as it stands.

    Returns:
        What was found, for the receipt.

    Raises:
        NoEffect, ProtocolError: malformed, out of turn, or not from the registry's node.
    """
    written = cast("sharing_pb2.RegistryReport", received.payload)
    registry = _own(desk, received, written.registry)
    stated = desk.world.shared.statements.get(registry.registry)
    report = report_reading.report(written, desk.charter.regimes)
    if stated is None or registry.level is SharingLevel.TRANSACT:
        found = _compared(desk, registry, report)
        _answer(desk, registry, report)
        _store(desk, received, registry, report)
        return _carry_on(desk, received, registry, found, {each[0] for each in report.answers})
    _check_turn(desk, registry, stated, report)
    _answer(desk, registry, report)
    found = _judge(desk, registry, stated, report)
    _store(desk, received, registry, report)
    return _carry_on(desk, received, registry, found, {each[0] for each in report.answers})


def _compared(desk: Desk, registry: RegistryFacts, report: Report) -> tuple[Found, ...]:
    """Compares what a registry that takes part in full holds with the ledger."""
    name = registry.registry
    if report.steps:
        raise NoEffect(
            "REG_SHARING_LEVEL",
            f"{name} takes part in full; the ledger has its actions. It states holdings alone, to be"
            " compared, or states level VIEW or NOTIFY first",
        )
    if not report.complete:
        raise NoEffect(Reason.PAYLOAD_INVALID, "holdings stated to be compared are complete")
    if abs(desk.now - report.as_of) > limits.CLOCK_TOLERANCE:
        raise NoEffect(
            Reason.CLOCK_SKEW,
            f"as_of is {report.as_of:%Y-%m-%dT%H:%M:%SZ}; holdings of {name} are compared with the"
            f" ledger as it stands now, at {desk.now:%Y-%m-%dT%H:%M:%SZ}",
        )
    if name in desk.world.shared.not_compared:
        raise NoEffect(
            Reason.TOO_MANY_BLOCKS,
            f"the ledger has more than {limits.MAX_REPORTED_HOLDINGS} ranges in accounts of {name};"
            " so many are not compared in one report: `broker holdings` lists them",
        )
    return compare_with_ledger(tuple(_booked(desk, name)), joined(report.holdings))


def _booked(desk: Desk, name: str) -> Iterator[ReportedUnits]:
    """What the ledger has in accounts of a registry, as far as its report is compared with it."""
    rows = (
        (unit, account)
        for unit in desk.world.units.rows()
        if (account := desk.world.accounts.get(unit.account_id)) is not None
        and account.registry == name
    )
    yield from joined(
        ReportedUnits(
            reporter=name,
            registry=unit.registry,
            first=unit.first,
            last=unit.last,
            rulebook=account.rulebook,
            account_type=account.account_type,
        )
        for unit, account in rows
    )


def _own(desk: Desk, received: Received, name: str) -> RegistryFacts:
    registry = desk.world.registries.get(name)
    if registry is None or registry.node != received.header.sender_node:
        raise NoEffect(
            "MSG_SENDER_IS_FROM_REGISTRY",
            f"{received.header.sender_node} does not speak for registry {name[:10]!a}",
        )
    return registry


def _check_turn(desk: Desk, registry: RegistryFacts, stated: SharingRow, report: Report) -> None:
    if registry.level is SharingLevel.VIEW and not report.complete:
        raise NoEffect(Reason.PAYLOAD_INVALID, "a report at level VIEW is complete")
    held = len(desk.world.shared.holdings.get(registry.registry, ()))
    # An action cuts one range into three at most.
    if not report.complete and held + 2 * len(report.steps) > limits.MAX_REPORTED_HOLDINGS:
        raise NoEffect(
            Reason.TOO_MANY_BLOCKS,
            f"{registry.registry} holds units in {held} ranges and would in up to"
            f" {held + 2 * len(report.steps)}; {limits.MAX_REPORTED_HOLDINGS} are kept: send a"
            " complete report with neighbouring blocks joined, or fewer actions",
        )
    if report.as_of > desk.now + limits.CLOCK_TOLERANCE:
        raise NoEffect(Reason.CLOCK_SKEW, "as_of lies in the future")
    if stated.last_as_of is not None and to_ms(report.as_of) <= stated.last_as_of:
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"as_of must be later than {from_ms(stated.last_as_of):%Y-%m-%dT%H:%M:%SZ}, up to which"
            f" {registry.registry} has reported",
        )


def _answer(desk: Desk, registry: RegistryFacts, report: Report) -> None:
    shared = desk.world.shared
    for finding_id, _ in report.answers:
        row = shared.findings.get(finding_id)
        if (
            row is None
            or row.reporter != registry.registry
            or not _told(row.code, row.registry, row.reporter)
        ):
            raise NoEffect(
                Reason.NOT_FOUND,
                f"{registry.registry} has no open finding {finding_id[:60]!a} to be answered",
            )
    for finding_id, text in report.answers:
        _put(desk, replace(shared.findings[finding_id], state=FindingState.ANSWERED, answer=text))


# -- what cannot be so ----------------------------------------------------------------------------


def _judge(
    desk: Desk, registry: RegistryFacts, stated: SharingRow, report: Report
) -> tuple[Found, ...]:
    """Checks a report and takes over what the registry holds by it."""
    name = registry.registry
    shared = desk.world.shared
    held = shared.holdings.get(name, ())
    new, found = [], []
    for step, time in zip(report.steps, report.times, strict=True):
        if (name, step.action_id) in shared.actions:
            text = f"action {step.action_id} was reported before; it was not counted again"
            found.append(_about(ACTION_ONCE, step, text))
            continue
        new.append(step)
        if desk.now - time > WITHIN[ReportFrequency(stated.frequency)] or _before(stated, time):
            text = f"action {step.action_id} of {time:%Y-%m-%dT%H:%M:%SZ} was reported late"
            found.append(_about(FREQUENCY, step, text))
    carried, broken = roll(held, new, partial(_final, desk.charter.regimes))
    found.extend(broken)
    if report.complete:
        if stated.last_report is not None:
            found.extend(compare(carried, report.holdings))
        # In the order in which they are stored, so that books that stay are not written anew.
        carried = tuple(sorted(report.holdings, key=lambda each: (each.registry, each.first)))
    if carried != held:
        shared.holdings[name] = carried
        desk.effects.shared.holdings.add(name)
    found.extend(double_claims(carried, _claims(desk, name, carried)))
    return tuple(found)


def _final(regimes: Regimes, units: ReportedUnits) -> bool:
    if units.rulebook not in regimes.names:
        return False  # reported while it was judged here
    kind = regimes[units.rulebook].account_types.get(units.account_type)
    return kind is not None and kind.final


def _before(stated: SharingRow, time: datetime) -> bool:
    """True when an earlier report already said everything up to that time."""
    return stated.last_as_of is not None and to_ms(time) <= stated.last_as_of


def _claims(desk: Desk, reporter: str, rows: Iterable[ReportedUnits]) -> Iterator[Claim]:
    """Units that the ledger or the reports of others have outside the registry."""
    world = desk.world
    for row in rows:
        for unit in world.units.overlapping(row.registry, SerialRange(row.first, row.last)):
            holder = world.accounts[unit.account_id].registry
            if holder != reporter:
                # Cut to the row: a stored range that several rows cross is claimed once for each.
                first, last = max(row.first, unit.first), min(row.last, unit.last)
                yield Claim(row.registry, first, last, holder, "the clearing-house's ledger")
    for other, listed in world.shared.holdings.items():
        if other != reporter:
            for each in listed:
                yield Claim(
                    each.registry, each.first, each.last, other, "the report of another registry"
                )


def _about(code: str, step: Step, text: str) -> Found:
    units = step.units
    return Found(code=code, registry=units.registry, first=units.first, last=units.last, found=text)


# -- what is kept ---------------------------------------------------------------------------------


def _store(desk: Desk, received: Received, registry: RegistryFacts, report: Report) -> None:
    name, message_id = registry.registry, received.header.message_id
    shared, effects = desk.world.shared, desk.effects.shared
    if registry.level is not SharingLevel.TRANSACT:
        shared.statements[name] = replace(
            shared.statements[name], last_as_of=to_ms(report.as_of), last_report=message_id
        )
        effects.statements.add(name)
    effects.reports.append(
        ReportRow(
            message_id=message_id,
            registry=name,
            as_of=to_ms(report.as_of),
            complete=int(report.complete),
            holdings=len(report.holdings),
            actions=len(report.steps),
            received_at=desk.now_ms,
        )
    )
    for ordinal, (step, time) in enumerate(zip(report.steps, report.times, strict=True)):
        if (name, step.action_id) in shared.actions:
            continue
        shared.actions.add((name, step.action_id))
        effects.actions.append(
            ReportedActionRow(
                message_id=message_id,
                ordinal=ordinal,
                reporter=name,
                action_id=step.action_id,
                acted_at=to_ms(time),
                type=step.type,
                registry=step.units.registry,
                first=step.units.first,
                last=step.units.last,
                account_type=step.units.account_type,
                counterparty=step.counterparty,
                rulebook=step.units.rulebook,
                marks=step.units.marks,
            )
        )


def _carry_on(
    desk: Desk,
    received: Received,
    registry: RegistryFacts,
    found: tuple[Found, ...],
    answered_now: set[str],
) -> tuple[Remark, ...]:
    """Carries the registry's findings on.

    What the books no longer show is closed. What happened once is closed by the first report after
    the one that answered it.
    """
    shared, message_id = desk.world.shared, received.header.message_id
    now = {each.key: each for each in found}
    for row in list(shared.findings.values()):
        if row.reporter != registry.registry or now.pop(row.key, None) is not None:
            continue
        settled = row.state is FindingState.ANSWERED and row.finding_id not in answered_now
        if row.code in STANDING or settled:
            _put(desk, replace(row, state=FindingState.CLOSED, closed_by=message_id))
            del shared.findings[row.finding_id]
    waiting = sum(
        row.reporter == registry.registry and row.code not in STANDING
        for row in shared.findings.values()
    )
    for number, each in _numbered(now.values(), registry.registry):
        if each.code not in STANDING:
            if waiting >= _MAX_OPEN:
                continue
            waiting += 1
        _put(
            desk,
            ReportFindingRow(
                finding_id=f"{message_id}/{number}",
                reporter=registry.registry,
                party=registry.party,
                code=each.code,
                registry=each.registry,
                first=each.first,
                last=each.last,
                other=each.other,
                found=each.found,
                state=FindingState.OPEN,
                opened_at=desk.now_ms,
                changed_at=desk.now_ms,
                answer="",
                closed_by=None,
            ),
        )
    return _remarks(
        tuple(each for each in found if _told(each.code, each.registry, registry.registry))
    )


def _told(code: str, registry: str, reporter: str) -> bool:
    """Whether a finding is for the reporter too, or for the clearing-house's operator alone.

    That units are held elsewhere is told of the reporter's own units only: a false report must not
    find out whether others' units exist.
    """
    return code != ONE_ACCOUNT or registry == reporter


def _numbered(found: Iterable[Found], reporter: str) -> Iterator[tuple[int, Found]]:
    """Findings with their numbers: what the reporter is told first, whatever else there is."""
    told: list[Found] = []
    kept: list[Found] = []
    for each in found:
        (told if _told(each.code, each.registry, reporter) else kept).append(each)
    yield from enumerate(told[:_MAX_FINDINGS], 1)
    yield from enumerate(kept[:_MAX_FINDINGS], _MAX_FINDINGS + 1)


def _put(desk: Desk, row: ReportFindingRow) -> None:
    changed = replace(row, changed_at=desk.now_ms)
    desk.world.shared.findings[row.finding_id] = changed
    desk.effects.shared.findings[row.finding_id] = changed


def _remarks(found: tuple[Found, ...]) -> tuple[Remark, ...]:
    remarks = [(each.code, each.found) for each in found[:_MAX_REMARKS]]
    if len(found) > _MAX_REMARKS:
        remarks.append((found[_MAX_REMARKS].code, f"and {len(found) - _MAX_REMARKS} more"))
    return tuple(remarks)
