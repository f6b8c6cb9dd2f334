# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A planned life of the registry of the clean development mechanism, played through a real house.

Every transaction is signed and judged. What happens in one month meets at once: batches of proposals
are handed in without waiting for each other's answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import chain, islice
from typing import Any, Final, cast

from broker.known_regimes import ALL_REGIMES
from broker.rulebook.kyoto.fees import IssuanceRequest, owed_for
from broker.rulebook.kyoto.tables import PERIODS
from itmo import limits
from itmo.chain import SenderChain
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2, units_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.payloads import OPERATOR_NODE, PayloadKind
from tests.kit.clearing import (
    BROKER,
    NETWORK,
    ClearingWorld,
    Sender,
    failed,
    new_world,
    receipt_of,
    verdict_of,
)
from tests.kit.kyoto import open_kyoto, take_part
from tests.replay.cdm_plan import (
    ADMINISTRATIVE,
    FUND,
    HOLDINGS,
    PARTIES,
    PENDING,
    VOLUNTARY,
    Activity,
    Ended,
    Issuance,
    Month,
    Plan,
    Transfer,
    Units,
)
from tests.replay.cdm_printed import (
    CER,
    SHARE,
    TCER,
)

CDM: Final = "XCD01"
_FUND_NUMBER: Final = HOLDINGS + 1
_THIRD_PERIOD: Final = kyoto_pb2.CommitmentPeriod(
    period=3, first_day="2021-01-01", last_day="2030-12-31", true_up_ends="2033-12-31"
)
"""Invented: tCERs of the second period expire at its end, and it never came."""
_EXPIRY: Final = {1: "2020-12-31", 2: "2030-12-31"}
_LCER_EXPIRY: Final = "2035-12-31"
LIFETIME: Final = timedelta(days=3_650)
"""Of keys: nobody changes them in this life."""
_AT_ONCE: Final = 40
"""Messages of a sender under way at a time."""


class Replay:
    """A house, and a plan that is played in it month by month."""

    def __init__(self, world: ClearingWorld, plan: Plan, operator: Sender) -> None:
        self.world, self.plan, self.operator = world, plan, operator
        self.cdm = world.senders["cdm"]
        self.known: set[Activity] = set()
        self.letters: set[tuple[str, Activity]] = set()

    async def play(self, months: Iterable[Month]) -> None:
        """One month after the other."""
        for month in months:
            self.world.clock.set(max(month.at, self.world.clock.now() + timedelta(minutes=1)))
            await self._introduce(month)
            await self._propose(self.cdm, [self._issuance(each) for each in month.issuances])
            away = [each for each in month.transfers if isinstance(each.taker, str)]
            moved = [self._transfer(each) for each in month.transfers]
            ended = [self._ended(each) for each in month.ended]
            await self._propose(self.cdm, moved + ended)
            taken = [
                (each, written)
                for each, written in zip(month.transfers, moved, strict=True)
                if each in away
            ]
            await self._accept(taken)

    async def deregister(self, count: int) -> None:
        """So many activities end at their own request."""
        chosen = [each for each in self.plan.activities if not each.programme][:count]
        said = [_project(each) for each in chosen]
        for each in said:
            each.project.status = kyoto_pb2.PROJECT_STATUS_DEREGISTERED
        await self._state(self.operator, said)

    async def _introduce(self, month: Month) -> None:
        """What is stated of activities that begin, and of Parties to which units are forwarded."""
        new = list(dict.fromkeys(each.units.activity for each in month.issuances))
        new = [each for each in new if each not in self.known]
        self.known.update(new)
        day = self.world.clock.now().date()
        said = [_project(each) for each in new]
        for transfer in month.transfers:
            for activity in _forwarded(transfer):
                letter = (str(transfer.taker), activity)
                if letter not in self.letters:
                    self.letters.add(letter)
                    said.append(_letter(letter[0], activity, day))
        await self._state(self.operator, said)
        await self._state(
            self.cdm, [each for activity in new for each in self._fees(activity, day)]
        )

    def _fees(self, activity: Activity, day: date) -> Iterator[kyoto_pb2.KyotoStatement]:
        """One request for all that will be issued, and so much money as will be needed."""
        asked, leaving = self.plan.asked[activity], self.plan.leaving.get(activity, 0)
        # What goes to the fund of units that are paid for is paid for, too.
        paid_for = leaving if activity.exempt else min(asked, -(-leaving * SHARE // (SHARE - 1)))
        request = IssuanceRequest(number=1, requested_on=day, quantity=asked)
        yield kyoto_pb2.KyotoStatement(
            issuance_request=kyoto_pb2.IssuanceRequest(
                project=activity.name,
                request_number=1,
                requested_on=day.isoformat(),
                quantity=asked,
            )
        )
        if leaving:
            yield kyoto_pb2.KyotoStatement(
                fee_payment=kyoto_pb2.FeePayment(
                    project=activity.name,
                    payment_number=1,
                    paid_on=day.isoformat(),
                    cents=owed_for((request,), paid_for),
                )
            )

    async def _state(self, sender: Sender, said: Sequence[kyoto_pb2.KyotoStatement]) -> None:
        def calls() -> Iterator[Coroutine[Any, Any, Any]]:
            for each in said:
                yield sender.say(PayloadKind.KYOTO_STATEMENT, each)

        for answer in await _together(calls()):
            receipt = receipt_of(answer)
            assert receipt.effective, receipt.refusal

    async def _propose(
        self, sender: Sender, transactions: Sequence[proposal_pb2.ProposedTransaction]
    ) -> None:
        def calls() -> Iterator[Coroutine[Any, Any, Any]]:
            # The receiver sees a whole batch: there is one for each registry.
            pairs = dict.fromkeys(each.to_registry for each in transactions)
            for some in chain.from_iterable(
                _in_messages([each for each in transactions if each.to_registry == registry])
                for registry in pairs
            ):
                batch = proposal_pb2.ProposalBatch(transactions=some)
                yield sender.say(PayloadKind.PROPOSAL_BATCH, batch)

        for answer in await _together(calls()):
            for result in verdict_of(answer).results:
                assert result.state in _FINE, failed(result)

    async def _accept(
        self, taken: Sequence[tuple[Transfer, proposal_pb2.ProposedTransaction]]
    ) -> None:
        by_sender: dict[str, list[str]] = {}
        for transfer, written in taken:
            by_sender.setdefault(str(transfer.taker), []).append(written.transaction_id)

        async def of_one(registry: str, names: list[str]) -> None:
            sender = self.world.senders[registry[:3].lower()]
            for name in names:
                receipt = await sender.accept(name)
                assert receipt.state == decision_pb2.STATE_COMPLETED, receipt.refusal

        await asyncio.gather(*(of_one(*each) for each in by_sender.items()))

    # -- transactions as they are signed ----------------------------------------------------------

    def _issuance(self, issuance: Issuance) -> proposal_pb2.ProposedTransaction:
        units = issuance.units
        written = self._written("ISSUANCE", _account(PENDING), _account(PENDING), (units,))
        written.blocks[0].attributes.kyoto.CopyFrom(_attributes(units))
        if issuance.share:
            written.terms.kyoto.share.account = _account(FUND)
            written.terms.kyoto.share.first = units.first
            written.terms.kyoto.share.last = units.first + issuance.share - 1
        return written

    def _transfer(self, transfer: Transfer) -> proposal_pb2.ProposedTransaction:
        giver, taker = _account(transfer.giver), _account(transfer.taker)
        return self._written("TRANSFER", giver, taker, transfer.blocks)

    def _ended(self, ended: Ended) -> proposal_pb2.ProposedTransaction:
        to = make_account_id(RegistryId(CDM), ended.account_type, ended.blocks[0].period)
        written = self._written("CANCELLATION", _account(PENDING), to, ended.blocks)
        written.terms.kyoto.purpose = ended.purpose
        written.terms.kyoto.reissued_in = ended.reissued_in
        return written

    def _written(
        self, kind: str, giver: str, taker: str, blocks: Iterable[Units]
    ) -> proposal_pb2.ProposedTransaction:
        return proposal_pb2.ProposedTransaction(
            transaction_id=self.world.transaction_id(),
            type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{kind}"),
            from_account=giver,
            to_account=taker,
            from_registry=giver[4:9],
            to_registry=taker[4:9],
            blocks=[
                units_pb2.UnitBlock(
                    registry=f"{each.activity.host}01", first=each.first, last=each.last
                )
                for each in blocks
            ],
            rulebook="kyoto",
        )


_FINE: Final = frozenset({decision_pb2.STATE_COMPLETED, decision_pb2.STATE_VALIDATED})


async def founded(plan: Plan) -> Replay:
    """A house with the registry and its accounts, in which nothing was issued yet."""
    world = await new_world(regimes=ALL_REGIMES, start=plan.months[0].at - timedelta(days=1))
    for number, known in PERIODS.items():
        period = kyoto_pb2.CommitmentPeriod(
            period=number,
            first_day=known.first_day.isoformat(),
            last_day=known.last_day.isoformat(),
            true_up_ends=known.true_up_ends.isoformat(),
        )
        await _said(world, period=period)
    await _said(world, period=_THIRD_PERIOD)
    cdm = await world.admit("cdm", CDM, key_lifetime=LIFETIME)
    await take_part(world, CDM, "kyoto")
    await open_kyoto(cdm, CDM, 110)
    for number in range(1, HOLDINGS + 1):
        await open_kyoto(cdm, CDM, 100, number=number)
    statement = statements_pb2.AccountStatement(
        account_id=_account(FUND), registry=CDM, account_type=100, rulebook="kyoto"
    )
    statement.terms.kyoto.role = terms_pb2.ACCOUNT_ROLE_ADAPTATION_FUND
    assert receipt_of(await cdm.say(PayloadKind.ACCOUNT_STATEMENT, statement)).effective
    for kind in (VOLUNTARY, ADMINISTRATIVE):
        for period_number in (1, 2):
            await open_kyoto(cdm, CDM, kind, number=period_number, period=period_number)
    for registry in PARTIES:
        sender = await world.admit(registry[:3].lower(), registry, key_lifetime=LIFETIME)
        await take_part(world, registry, "kyoto")
        await open_kyoto(sender, registry, 100)
        eligible = kyoto_pb2.Eligibility(party=registry[:3], eligible=True)
        await _said(world, eligibility=eligible)
        for period_number in (1, 2):
            # By its base it is known how many forest units a Party may acquire; invented.
            amount = kyoto_pb2.AssignedAmount(
                party=registry[:3],
                period=period_number,
                quantity=3_412_080_630,
                base_emissions=779_904_144,
                base_year=1990,
                per_myriad=8_750,
            )
            await _said(world, assigned_amount=amount)
    return Replay(world, plan, await _operator(world))


async def _said(world: ClearingWorld, **said: Any) -> None:  # noqa: ANN401  # fields of the message
    await world.operator.state(PayloadKind.KYOTO_STATEMENT, kyoto_pb2.KyotoStatement(**said))


async def _operator(world: ClearingWorld) -> Sender:
    """The operator as a sender whose messages need not wait for each other."""
    standing = await world.house.sender_standing(OPERATOR_NODE)
    chain = SenderChain(
        node=OPERATOR_NODE,
        recipient=BROKER,
        network_id=NETWORK,
        signer=world.parts.operator_signer,
        ids=world.ids,
        next_sequence=standing.next_sequence,
        previous_payload_hash=standing.previous_payload_hash,
    )
    return Sender(OPERATOR_NODE, (), chain, world)


async def _together(calls: Iterator[Coroutine[Any, Any, Any]]) -> list[Any]:
    """The answers to messages of one sender, of which many are under way at a time."""
    answers: list[Any] = []
    while some := list(islice(calls, _AT_ONCE)):
        answers += await asyncio.gather(*some)
    return answers


def _in_messages(
    transactions: Sequence[proposal_pb2.ProposedTransaction],
) -> Iterator[list[proposal_pb2.ProposedTransaction]]:
    """As many to a message as it may have, with their blocks."""
    some, blocks = list[proposal_pb2.ProposedTransaction](), 0
    for each in transactions:
        size = len(each.blocks) + each.terms.kyoto.HasField("share")
        full = len(some) == limits.MAX_PROPOSALS_PER_BATCH
        if some and (full or blocks + size > limits.MAX_BLOCKS_PER_MESSAGE):
            yield some
            some, blocks = [], 0
        some.append(each)
        blocks += size
    if some:
        yield some


def _account(where: str | int) -> str:
    if where == PENDING:
        return make_account_id(RegistryId(CDM), 110, 1)
    if where == FUND:
        return make_account_id(RegistryId(CDM), 100, _FUND_NUMBER)
    if isinstance(where, int):
        return make_account_id(RegistryId(CDM), 100, where)
    return make_account_id(RegistryId(where), 100, 1)


def _attributes(units: Units) -> attributes_pb2.UnitAttributes:
    forest = units.kind != CER
    expiry = _EXPIRY[units.period] if units.kind == TCER else _LCER_EXPIRY
    return attributes_pb2.UnitAttributes(
        unit_type=cast("attributes_pb2.UnitType.ValueType", units.kind),
        original_period=units.period,
        applicable_period=units.period,
        project=units.activity.name,
        lulucf_activity=attributes_pb2.LULUCF_ACTIVITY_AFFORESTATION_AND_REFORESTATION
        if forest
        else attributes_pb2.LULUCF_ACTIVITY_UNSPECIFIED,
        expiry_date=expiry if forest else "",
    )


def _project(activity: Activity) -> kyoto_pb2.KyotoStatement:
    return kyoto_pb2.KyotoStatement(
        project=kyoto_pb2.Project(
            project=activity.name,
            mechanism=kyoto_pb2.MECHANISM_CLEAN_DEVELOPMENT,
            exempt_from_share=activity.exempt,
            programme=activity.name if activity.programme else "",
        )
    )


def _letter(taker: str, activity: Activity, day: date) -> kyoto_pb2.KyotoStatement:
    return kyoto_pb2.KyotoStatement(
        forwarding_letter=kyoto_pb2.ForwardingLetter(
            party=taker[:3], project=activity.name, signed_on=day.isoformat()
        )
    )


def _forwarded(transfer: Transfer) -> Iterator[Activity]:
    if transfer.giver == PENDING and isinstance(transfer.taker, str):
        yield from dict.fromkeys(each.activity for each in transfer.blocks)
