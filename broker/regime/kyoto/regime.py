# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The regime of the Kyoto Protocol, as the engine asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from broker.regime.kyoto import reading, stated_keys
from broker.regime.kyoto.accounts import account_terms, show_account
from broker.regime.kyoto.known import again, case_of
from broker.regime.kyoto.needed import needs_of
from broker.regime.kyoto.postings import (
    ended_units,
    postings_of,
    recorded_as,
    recorded_units,
    restated_units,
)
from broker.regime.kyoto.registry_reports import reported
from broker.regime.kyoto.statement import STATEMENT, read
from broker.regime.postings import Lookup, Postings, Restate
from broker.regime.regime import (
    Judgement,
    Key,
    Known,
    Needs,
    Reported,
    ToldOfAll,
    ToldOfProposed,
    TransactionType,
)
from broker.regime.seen import Forms
from broker.regime.statement import Statement
from broker.rulebook.check import Finding, KnownAs, Rule
from broker.rulebook.general import proposal
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.case import Case
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.general.reported import ReportedActionType
from broker.rulebook.kyoto import broadly, completion, rulebook
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES
from broker.rulebook.kyoto.catalogue import CATALOGUE, CHECKS, DIGEST, VERSION
from broker.rulebook.kyoto.cdm import numbered_by
from broker.rulebook.kyoto.completion import judge_completion, too_late
from broker.rulebook.kyoto.effects.of_transaction import TRANSACTION_TYPES
from broker.rulebook.kyoto.log_codes import LOG_CODES
from broker.rulebook.kyoto.proposal import KyotoProposed
from broker.rulebook.kyoto.rulebook import judge_proposal
from itmo.clearing.v1 import directory_service_pb2
from itmo.core.v1 import decision_pb2, proposal_pb2, sharing_pb2, statements_pb2
from itmo.payloads import PayloadKind
from itmo.unit_classes import class_of

PROPOSED: Final = Forms(rulebook.RULES, broadly.key_of, broadly.outline_of)
WAITING: Final = Forms(completion.RULES, broadly.key_of, broadly.outline_of)
REISSUED_ELSEWHERE: Final = "REISSUED_ELSEWHERE"
"""Mark of a cancellation whose units another scheme issues again: one reduction counts once."""


class KyotoRegime:
    """See `broker.regime.regime.Regime`."""

    name: Final = stated_keys.RULEBOOK
    version: Final = VERSION
    catalogue: Final = CATALOGUE
    digest: Final = DIGEST
    tells_restated: Final = True
    checks: Final[tuple[Rule, ...]] = CHECKS
    report_rules: Final[tuple[Rule, ...]] = ()
    known_as: Final[Mapping[str, KnownAs]] = LOG_CODES
    account_types: Final = ACCOUNT_TYPES
    transaction_types: Final[Mapping[str, TransactionType]] = MappingProxyType(
        {
            each.value: TransactionType(
                each.value, issues=each is proposal.TransactionType.ISSUANCE
            )
            for each in TRANSACTION_TYPES
        }
    )
    guards: Final[tuple[str, ...]] = ()
    leads_to: Final = frozenset({"paris"})
    statements: Final[Mapping[PayloadKind, Statement]] = MappingProxyType(
        {STATEMENT.kind: STATEMENT}
    )

    def read(self, key: Key, payload: bytes) -> object:  # noqa: ARG002  # the message says its key
        """See `Regime`."""
        return read(payload)

    def account_terms(
        self,
        written: statements_pb2.AccountStatement,
        registry: RegistryFacts,
    ) -> str:
        """See `Regime`."""
        return account_terms(written, registry)

    def show_account(
        self, account: AccountFacts, shown: directory_service_pb2.Account, *, own: bool
    ) -> None:
        """See `Regime`."""
        show_account(account, shown, own=own)

    def reported(
        self,
        written: sharing_pb2.ReportedHolding | sharing_pb2.ReportedAction,
        kind: ReportedActionType | None,
        where: str,
    ) -> Reported:
        """See `Regime`."""
        return reported(written, kind, where)

    def parts(self, written: proposal_pb2.ProposedTransaction) -> int:
        """See `Regime`."""
        return int(written.terms.kyoto.HasField("share"))

    def proposed(self, written: proposal_pb2.ProposedTransaction, where: str) -> KyotoProposed:
        """See `Regime`."""
        return reading.proposed(written, where)

    def numbered_by(self, proposed: proposal.Proposed, origin: str) -> str:
        """See `Regime`."""
        return numbered_by(proposed, origin)

    def lookups(self, proposed: proposal.Proposed) -> frozenset[Lookup]:  # noqa: ARG002  # see `Regime`
        """See `Regime`."""
        return frozenset()

    def needs(self, case: Case) -> Needs:
        """See `Regime`."""
        return needs_of(case)

    def judge(
        self, case: Case, known: Known, written: proposal_pb2.ProposedTransaction
    ) -> Judgement:
        """See `Regime`."""
        facts = case_of(case, known)
        judged = judge_proposal(facts, PROPOSED.shared(facts, known))
        marks = (REISSUED_ELSEWHERE,) if facts.proposed.reissued_in else ()
        if not judged.valid:
            return Judgement(findings=judged.findings, valid=False, marks=marks)
        return Judgement(
            findings=judged.findings,
            valid=True,
            marks=marks,
            postings=postings_of(facts, written, judged.effects),
            not_after=too_late(facts),
            units=recorded_units(facts),
            ends=ended_units(facts) if facts.proposed.begins is not None else (),
        )

    def restated(self, change: Restate, attributes: bytes) -> decision_pb2.RecordedUnits | None:
        """See `Regime`."""
        return restated_units(change, attributes)

    def recorded(self, attributes: bytes, state: str, registry: str) -> decision_pb2.RecordedUnits:
        """See `Regime`."""
        return recorded_as(attributes, state, registry)

    def totals_class(self, attributes: bytes, state: str, registry: str) -> str:
        """See `Regime`."""
        said = recorded_as(attributes, state, registry)
        return class_of(said.attributes, said.marks)

    def needs_again(self, case: Case, postings: Postings) -> Needs:
        """See `Regime`."""
        return needs_of(again(case, postings))

    def still_possible(self, case: Case, postings: Postings, known: Known) -> Finding | None:
        """See `Regime`."""
        # Its own reservation is what it completes, and others are judged when they complete.
        facts = case_of(again(case, postings), known, waiting=False)
        return judge_completion(facts, WAITING.shared(facts, known))

    def told_of_alike(self, case: Case, postings: Postings, known: Known) -> ToldOfAll | None:  # noqa: ARG002  # see `Regime`
        """See `Regime`: some checks look at each."""
        return None

    def told_of_proposed(self, case: Case, known: Known) -> ToldOfProposed | None:  # noqa: ARG002  # see `Regime`
        """See `Regime`: each is judged, by what it is broadly like."""
        return None


KYOTO: Final = KyotoRegime()
