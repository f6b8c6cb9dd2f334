# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What happens in each step, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from broker.clearing.path.gate import OPERATOR_NODE
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.identifiers import AccountId
from itmo.lifecycle import ACTOR_OF, Actor, Event, State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.answer import answer_all
from registry_node.commands.propose import Submitted
from registry_node.paris.statements import ParisStatements
from registry_node.service import RegistryNode
from registry_node.store.rows import ItemStatus
from scenarios import noticing, reconciling, sharing_acting, stating
from scenarios.books import Reconcile, Resolve
from scenarios.kyoto import acting as kyoto
from scenarios.kyoto import wishes as kyoto_wishes
from scenarios.kyoto.model import (
    CloseRegistry,
    KyotoPropose,
    KyotoState,
    LogNoticeSpec,
    MoveActivity,
    OpeningSpec,
    Operated,
    PayShare,
)
from scenarios.model import (
    BROKER,
    Acknowledge,
    Answer,
    Authorize,
    Batch,
    Disturb,
    Disturbance,
    Maintain,
    Notify,
    Propose,
    Register,
    Report,
    Reverse,
    Scenario,
    SetStatus,
    Share,
    Step,
    UnderlyingEvent,
    Write,
)
from scenarios.network import PlayedNetwork
from scenarios.paris import wishes
from scenarios.paris.letters import Letters

Operation = SetStatus | Register | Maintain | Operated
"""What the clearing-house's operator does."""
_NOT_PASSED = frozenset({decision_pb2.OUTCOME_FAILED, decision_pb2.OUTCOME_INCONCLUSIVE})


@dataclass(frozen=True, slots=True)
class Acted:
    """What a step came to; findings with the clearing-house's words, in order."""

    id: str | None = None
    state: State | None = None
    findings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Traded:
    """A transaction under the name that the scenario gives it."""

    transaction_id: str
    proposer: str
    receiver: str


class Stage:
    """Where the steps of one scenario happen."""

    def __init__(
        self, network: PlayedNetwork, scenario: Scenario, account_ids: dict[str, AccountId]
    ) -> None:
        self.network = network
        self._scenario = scenario
        self._accounts = account_ids
        self._letters = Letters()
        self._traded: dict[str, _Traded] = {}
        self._notices: dict[str, str] = {}
        self._signers = {party: n.name for n in scenario.nodes for party in n.parties}
        self._runs = {registry: n.name for n in scenario.nodes for registry in n.registries}

    async def act(self, step: Step) -> Acted:
        """Moves the clock, lets the step happen, and waits until nobody has anything to say."""
        await self.network.move_to(step.time)
        action = step.action
        match action:
            case Propose() | KyotoPropose() | Batch() | Reverse() | Answer():
                return await self._trade(action)
            case Authorize():
                return await self._authorize(action)
            case (
                SetStatus()
                | Register()
                | Maintain()
                | KyotoState()
                | PayShare()
                | LogNoticeSpec()
                | OpeningSpec()
                | CloseRegistry()
                | MoveActivity()
            ):
                return await self._operate(action)
            case Share() | Report():
                return await self._share(action)
            case Reconcile() | Resolve():
                return await self._compare(action)
            case Notify() | UnderlyingEvent() | Acknowledge() | Write():
                return await self._say(action)
            case Disturb():
                return await self._disturb(action)
            case _:
                return Acted()

    async def state_of(self, name: str) -> State | None:
        """Where a transaction stands: at the clearing-house, or, where it is down, at its proposer."""
        traded = self._traded.get(name)
        return None if traded is None else await self._state(traded)

    # -- transactions -------------------------------------------------------------------------

    async def _trade(self, action: Propose | KyotoPropose | Batch | Reverse | Answer) -> Acted:
        match action:
            case Batch():
                return await self._propose_together(action)
            case Reverse():
                return await self._reverse(action)
            case Answer():
                return await self._answer(action)
            case _:
                return await self._propose(action)

    async def _propose(self, action: Propose | KyotoPropose) -> Acted:
        if isinstance(action, KyotoPropose):
            action = kyoto.with_account(action, self._scenario, self.network, self._accounts)
        traded = self._sides(action)
        node = self.network.node(traded.proposer)
        wish = self._wish(action)
        try:
            # Unchecked: a scenario asks what the clearing-house says, not what a node thinks of it.
            submitted = await node.propose(wish, unchecked=True)
        except ProtocolError as error:
            return Acted(action.id, None, _refusal(error))
        traded = _Traded(submitted.transaction_id, traded.proposer, traded.receiver)
        return await self._proposed(action.id, traded, node, submitted)

    async def _propose_together(self, action: Batch) -> Acted:
        sides = [self._sides(each) for each in action.proposals]
        node = self.network.node(sides[0].proposer)
        wanted = [self._wish(each) for each in action.proposals]
        names = ", ".join(each.id for each in action.proposals)
        try:
            submitted = await node.propose(*wanted, unchecked=True)
        except ProtocolError as error:
            return Acted(names, None, _refusal(error))
        acted: list[Acted] = []
        made = zip(action.proposals, sides, submitted.transaction_ids, strict=True)
        for each, traded, name in made:
            known = replace(traded, transaction_id=name)
            acted.append(await self._proposed(each.id, known, node, submitted))
        findings = dict.fromkeys(found for each in acted for found in each.findings)
        return Acted(names, _of_all(each.state for each in acted), tuple(findings))

    def _sides(self, action: Propose | KyotoPropose) -> _Traded:
        """Who proposes and who receives, before there is a transaction."""
        accounts = self._scenario.accounts
        return _Traded(
            transaction_id="",
            proposer=self._runs[accounts[action.from_account].registry],
            receiver=self._runs.get(accounts[action.to_account].registry, ""),
        )

    def _wish(self, action: Propose | KyotoPropose) -> proposal_pb2.ProposedTransaction:
        now = self.network.clock.now()
        if isinstance(action, KyotoPropose):
            return kyoto_wishes.proposed(action, self._scenario, self._accounts, now)
        wish = wishes.proposed(action, self._scenario, self._accounts, self._letters, now)
        if action.notice:
            wish.notice_id = self._notices.get(action.notice, "")
        return wish

    async def _reverse(self, action: Reverse) -> Acted:
        done = self._traded.get(action.reverses)
        if done is None:
            unknown = f"{action.reverses} never became a transaction"
            return Acted(action.id, None, ((Reason.TRANSACTION_UNKNOWN.value, unknown),))
        node = self.network.node(done.receiver)
        try:
            if action.agreed:
                await self.network.operator.state(
                    PayloadKind.REVERSAL_STATEMENT, stating.reversal(done.transaction_id, action)
                )
            submitted = await node.propose(wishes.reversal(done.transaction_id))
        except ProtocolError as error:
            return Acted(action.id, None, _refusal(error))
        traded = _Traded(submitted.transaction_id, done.receiver, done.proposer)
        return await self._proposed(action.id, traded, node, submitted)

    async def _proposed(
        self, name: str, traded: _Traded, node: RegistryNode, submitted: Submitted
    ) -> Acted:
        """What a proposal came to, once everybody has heard of it."""
        self._traded[name] = traded
        await self.network.settle()
        story = await node.story(traded.transaction_id)
        findings = tuple(
            (finding.check_id, finding.found)
            for finding in story.findings
            if finding.outcome in _NOT_PASSED
        )
        said = await self._said(node, submitted)
        return Acted(name, await self._state(traded), findings + said)

    async def _answer(self, action: Answer) -> Acted:
        names, known = ", ".join(action.ids), [self._traded.get(each) for each in action.ids]
        answered = [each for each in known if each is not None]
        if len(answered) < len(known):
            lost = ", ".join(name for name in action.ids if name not in self._traded)
            unknown = f"{lost} never became a transaction"
            return Acted(names, None, ((Reason.TRANSACTION_UNKNOWN.value, unknown),))
        proposer_speaks = ACTOR_OF[action.event] is Actor.PROPOSER
        node = self.network.node(answered[0].proposer if proposer_speaks else answered[0].receiver)
        said: tuple[tuple[str, str], ...]
        try:
            submitted = await _speak(node, action, [each.transaction_id for each in answered])
        except ProtocolError as error:
            said = _refusal(error)
        else:
            await self.network.settle()
            said = await self._said(node, submitted)
        states = [await self._state(each) for each in answered]
        return Acted(names, _of_all(states), said)

    async def _state(self, traded: _Traded) -> State | None:
        if self.network.house_runs:
            try:
                row, _ = await self.network.house.transaction(OPERATOR_NODE, traded.transaction_id)
            except ProtocolError as error:
                if error.reason is not Reason.TRANSACTION_UNKNOWN:
                    raise
            else:
                return row.state
        for name in (traded.proposer, traded.receiver):
            if self.network.runs(name):
                story = await self.network.node(name).story(traded.transaction_id)
                return story.transaction.state
        return None

    async def _said(self, node: RegistryNode, submitted: Submitted) -> tuple[tuple[str, str], ...]:
        """Why a message took no effect, or was not taken in."""
        item = (await node.outcome(submitted.message_id)).item
        no_effect = item.status is ItemStatus.DECIDED and not item.effective and item.code
        if no_effect or item.status is ItemStatus.REFUSED:
            return ((item.code, item.found),)
        return ()

    # -- statements ---------------------------------------------------------------------------

    async def _authorize(self, action: Authorize) -> Acted:
        node = self.network.node(self._signers[action.party])
        letter = self._letters.draft(action, self._scenario, self.network.clock.now().date())
        try:
            submitted, _ = await ParisStatements(node.work).authorize(stating.authorization(letter))
        except ProtocolError as error:
            return Acted(action.id, None, _refusal(error))
        await self.network.settle()
        item = (await node.outcome(submitted.message_id)).item
        said = await self._said(node, submitted)
        if not said or letter.version == 1:
            # Also a refused first version: what is issued under it still names what it says.
            self._letters.keep(letter)
        if item.status not in (ItemStatus.DECIDED, ItemStatus.REFUSED):
            return Acted(action.id)
        return Acted(action.id, State.INVALIDATED if said else State.COMPLETED, said)

    async def _operate(self, action: Operation) -> Acted:
        """What the clearing-house's operator states."""
        if isinstance(action, Register) and action.node:
            return await self._register(action)
        try:
            await self._stated(action)
        except ProtocolError as error:
            return Acted(_about(action), State.INVALIDATED, _refusal(error))
        await self.network.settle()
        return Acted(_about(action), State.COMPLETED)

    async def _stated(self, action: Operation) -> None:
        operator = self.network.operator
        match action:
            case SetStatus():
                await operator.set_registry_status(action.registry, action.status, action.reason)
            case Register():
                today = self.network.clock.now().date()
                statement = stating.registration(action, today)
                await operator.state(PayloadKind.ACTIVITY_STATEMENT, statement)
            case Maintain():
                await operator.state(
                    PayloadKind.MAINTENANCE_STATEMENT, noticing.maintenance(action)
                )
            case _:
                await kyoto.stated(self.network, action, self._accounts)

    async def _register(self, action: Register) -> Acted:
        """An activity is registered by a node."""
        node = self.network.node(action.node)
        today = self.network.clock.now().date()
        submitted = await ParisStatements(node.work).register_activity(
            stating.registration(action, today)
        )
        await self.network.settle()
        item = (await node.outcome(submitted.message_id)).item
        said = await self._said(node, submitted)
        if item.status not in (ItemStatus.DECIDED, ItemStatus.REFUSED):
            return Acted(_about(action))
        return Acted(_about(action), State.INVALIDATED if said else State.COMPLETED, said)

    async def _share(self, action: Share | Report) -> Acted:
        node = self.network.node(self._runs[action.registry])
        try:
            if isinstance(action, Share):
                submitted = await node.share(sharing_acting.statement(action))
            else:
                now = self.network.clock.now()
                written = sharing_acting.report(action, self._scenario, self._letters, now)
                submitted = await node.report(written)
        except ProtocolError as error:
            return Acted(action.registry, None, _refusal(error))
        await self.network.settle()
        item = (await node.outcome(submitted.message_id)).item
        said = await self._said(node, submitted)
        remarks = await node.remarks(submitted.message_id)
        found = (*said, *((remark.code, remark.found) for remark in remarks))
        if item.status not in (ItemStatus.DECIDED, ItemStatus.REFUSED):
            return Acted(action.registry)
        return Acted(action.registry, State.INVALIDATED if said else State.COMPLETED, found)

    async def _compare(self, action: Reconcile | Resolve) -> Acted:
        """What is done about a registry's books."""
        node = self.network.node(self._runs[action.registry])
        try:
            if isinstance(action, Resolve):
                await reconciling.resolve(self.network, node, action)
                await self.network.settle()
                return Acted(action.registry, State.COMPLETED)
            agreed, found = await reconciling.reconcile(self.network, node, action)
        except ProtocolError as error:
            return Acted(action.registry, State.INVALIDATED, _refusal(error))
        if agreed:
            return Acted(action.registry, State.COMPLETED)
        return Acted(action.registry, State.INVALIDATED, found)

    async def _say(self, action: Notify | UnderlyingEvent | Acknowledge | Write) -> Acted:
        """A message that others hear of; it takes effect, or its receipt says why not."""
        name = action.notice if isinstance(action, Acknowledge) else action.id
        try:
            node, submitted = await self._spoken(action)
        except ProtocolError as error:
            return Acted(name, None, _refusal(error))
        if not isinstance(action, Acknowledge):
            self._notices[name] = submitted.message_id
        await self.network.settle()
        item = (await node.outcome(submitted.message_id)).item
        said = await self._said(node, submitted)
        if item.status not in (ItemStatus.DECIDED, ItemStatus.REFUSED):
            return Acted(name)
        return Acted(name, State.INVALIDATED if said else State.COMPLETED, said)

    async def _spoken(
        self, action: Notify | UnderlyingEvent | Acknowledge | Write
    ) -> tuple[RegistryNode, Submitted]:
        match action:
            case Notify():
                node = self.network.node(self._signers[action.party])
                return node, await ParisStatements(node.work).notify(
                    noticing.unit_notice(action, self._letters)
                )
            case UnderlyingEvent():
                node = self.network.node(action.node)
                today = self.network.clock.now().date()
                return node, await ParisStatements(node.work).report_event(
                    noticing.programme_event(action, today)
                )
            case Write():
                node = self.network.node(action.node)
                return node, await node.write_to(noticing.message(action))
            case Acknowledge():
                node = self.network.node(action.node)
                notice_id = self._notices.get(action.notice, "")
                return node, await node.acknowledge(notice_id, action.note)

    # -- programs -----------------------------------------------------------------------------

    async def _disturb(self, action: Disturb) -> Acted:
        match action.disturbance:
            case Disturbance.CRASH:
                await self.network.crash(action.node)
            case Disturbance.RESTART:
                await self.network.restart(action.node)
            case Disturbance.OFFLINE | Disturbance.ONLINE:
                online = action.disturbance is Disturbance.ONLINE
                self.network.connect(action.node, connected=online)
        await self.network.settle()
        return Acted(action.node)


def _about(action: Operation) -> str:
    """What a statement of the operator's is called in the outcome."""
    if isinstance(action, Register):
        return action.activity
    if isinstance(action, KyotoState):
        return BROKER
    if isinstance(action, PayShare | MoveActivity):
        return action.activity
    if isinstance(action, LogNoticeSpec | OpeningSpec):
        return action.id
    return action.registry or BROKER


def _of_all(states: Iterable[State | None]) -> State | None:
    """Where all of some transactions stand; None where they do not stand alike."""
    found = set(states)
    return found.pop() if len(found) == 1 else None


async def _speak(node: RegistryNode, action: Answer, transaction_ids: list[str]) -> Submitted:
    if len(transaction_ids) > 1:
        kind = PayloadKind.ACCEPTANCE if action.event is Event.ACCEPT else PayloadKind.REJECTION
        return await node.work.run(
            lambda trip: answer_all(trip, kind, transaction_ids, reason=action.reason)
        )
    (transaction_id,) = transaction_ids
    match action.event:
        case Event.ACCEPT:
            return await node.accept(transaction_id, unchecked=True)
        case Event.REJECT:
            return await node.reject(transaction_id, action.reason, unchecked=True)
        case Event.COMPLETE:
            return await node.complete(transaction_id, unchecked=True)
        case _:
            return await node.withdraw(transaction_id, action.reason, unchecked=True)


def _refusal(error: ProtocolError) -> tuple[tuple[str, str], ...]:
    return ((error.metadata.get("code", error.reason.value), error.message),)
