# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The regime of Article 6 of the Paris Agreement, as the engine asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, cast

from broker.regime.paris import known as knowing
from broker.regime.paris import reading
from broker.regime.paris.accounts import account_terms, paris_account
from broker.regime.paris.alike import Kinds, found_out, key_again, key_of, member
from broker.regime.paris.guards import GUARDS
from broker.regime.paris.lookups import stated_lookups
from broker.regime.paris.needs import needs_again, needs_of
from broker.regime.paris.postings import accounting_of, postings_of
from broker.regime.paris.recorded import recorded_as, recorded_units
from broker.regime.paris.registry_reports import reported
from broker.regime.paris.statements import READERS, STATEMENTS
from broker.regime.postings import Lookup, Postings, Restate
from broker.regime.regime import Judgement, Key, Known, Needs, Reported, TransactionType
from broker.rulebook.check import Finding, KnownAs, Rule
from broker.rulebook.general import proposal
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.case import Case
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.general.reported import ReportedActionType
from broker.rulebook.paris import completion
from broker.rulebook.paris.account_types import ACCOUNT_TYPES
from broker.rulebook.paris.alike import outline_of
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.catalogue import CATALOGUE, CHECKS, DIGEST, VERSION
from broker.rulebook.paris.completion import case_again, judge_completion
from broker.rulebook.paris.proposal import ParisProposed
from broker.rulebook.paris.reporting.report_rules import REPORT_RULES
from broker.rulebook.paris.rulebook import RULES, case_of, judge_booking
from itmo.clearing.v1 import directory_service_pb2
from itmo.core.v1 import decision_pb2, proposal_pb2, sharing_pb2, statements_pb2
from itmo.paris.v1 import terms_pb2
from itmo.unit_classes import class_of

FIRST_TRANSFER: Final = "FIRST_TRANSFER"
"""Marks a transaction that first transfers units, or would."""
TRANSACTION_TYPES: Final[Mapping[str, TransactionType]] = MappingProxyType(
    {
        each.value: TransactionType(each.value, issues=each is proposal.TransactionType.ISSUANCE)
        for each in proposal.TransactionType
    }
)


class ParisRegime:
    """See `broker.regime.regime.Regime`."""

    name: Final = "paris"
    version: Final = VERSION
    catalogue: Final = CATALOGUE
    digest: Final = DIGEST
    checks: Final[tuple[Rule, ...]] = CHECKS
    report_rules: Final = REPORT_RULES
    known_as: Final[Mapping[str, KnownAs]] = MappingProxyType({})
    account_types: Final = ACCOUNT_TYPES
    transaction_types: Final = TRANSACTION_TYPES
    guards: Final = GUARDS
    leads_to: Final[frozenset[str]] = frozenset()
    statements: Final = STATEMENTS

    def account_terms(
        self, written: statements_pb2.AccountStatement, registry: RegistryFacts
    ) -> str:
        """See `Regime`."""
        return account_terms(written, registry)

    def show_account(
        self, account: AccountFacts, shown: directory_service_pb2.Account, *, own: bool
    ) -> None:
        """See `Regime`: others are shown nothing."""
        if not own:
            return
        known = paris_account(account)
        shown.entity = known.entity
        terms = shown.terms.paris
        terms.non_ghg_metric, terms.party = known.non_ghg_metric, known.party or ""
        if known.role is not None:
            terms.role = terms_pb2.AccountRole.Value(f"ACCOUNT_ROLE_{known.role}")
        if known.ndc_period is not None:
            terms.ndc_period.first = known.ndc_period.first
            terms.ndc_period.last = known.ndc_period.last

    def read(self, key: Key, payload: bytes) -> object:
        """See `Regime`."""
        return READERS[key.kind](payload)

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
        return len(written.terms.paris.allotments)

    def proposed(self, written: proposal_pb2.ProposedTransaction, where: str) -> ParisProposed:
        """See `Regime`."""
        return reading.proposed(written, where)

    def numbered_by(self, proposed: proposal.Proposed, origin: str) -> str:  # noqa: ARG002  # see `Regime`
        """See `Regime`."""
        return origin

    def lookups(self, proposed: proposal.Proposed) -> frozenset[Lookup]:
        """See `Regime`."""
        return stated_lookups(cast("ParisProposed", proposed))

    def needs(self, case: Case) -> Needs:
        """See `Regime`."""
        return needs_of(case)

    def judge(
        self, case: Case, known: Known, written: proposal_pb2.ProposedTransaction
    ) -> Judgement:
        """See `Regime`."""
        proposed = cast("ParisProposed", case.proposed)
        key = key_of(case, proposed, known)
        alike = _PROPOSED.get(key)
        if alike is None:
            facts = case_of(knowing.case_of(case, known))
            judged, not_after = judge_booking(facts), _not_after(facts)
            if key is not None:
                shared = RULES.shared(outline_of(facts), facts.now.date())
                _PROPOSED.keep(key, found_out(facts, shared, not_after, known))
        else:
            facts = member(alike, case, proposed, known)
            judged, not_after = judge_booking(facts, alike.shared), alike.not_after
        marks = (FIRST_TRANSFER,) if judged.accounting.first_transfer else ()
        if not judged.valid:
            return Judgement(findings=judged.findings, valid=False, marks=marks)
        return Judgement(
            findings=judged.findings,
            valid=True,
            marks=marks,
            postings=postings_of(facts, written, judged.accounting),
            not_after=not_after,
            units=recorded_units(facts, judged.accounting),
        )

    def restated(self, change: Restate, attributes: bytes) -> decision_pb2.RecordedUnits | None:  # noqa: ARG002  # see `Regime`
        """See `Regime`: a transaction changes marks alone, and the verdict states these."""
        return None

    def recorded(self, attributes: bytes, state: str, registry: str) -> decision_pb2.RecordedUnits:  # noqa: ARG002  # see `Regime`
        """See `Regime`."""
        return recorded_as(attributes, state)

    def totals_class(self, attributes: bytes, state: str, registry: str) -> str:  # noqa: ARG002  # see `Regime`
        """See `Regime`."""
        said = recorded_as(attributes, state)
        return class_of(said.attributes, said.marks)

    def needs_again(self, case: Case, postings: Postings) -> Needs:
        """See `Regime`."""
        return needs_again(case, postings)

    def still_possible(self, case: Case, postings: Postings, known: Known) -> Finding | None:
        """See `Regime`."""
        accounting = accounting_of(postings)
        proposed = knowing.proposed_again(case.proposed, postings)
        key = key_again(case, proposed, postings, known)
        alike = _WAITING.get(key)
        if alike is not None:
            facts = member(alike, case, proposed, known, accounting)
            return judge_completion(facts, alike.shared)
        facts = case_again(knowing.case_again(case, proposed, known), accounting)
        if key is not None:
            shared = completion.RULES.shared(outline_of(facts), facts.now.date())
            _WAITING.keep(key, found_out(facts, shared, None, known))
        return judge_completion(facts)


_PROPOSED: Final = Kinds()
_WAITING: Final = Kinds()


def _not_after(facts: BookingCase) -> date | None:
    """Before which day it has to complete: a period that it books in is final then (2/CMA.3 annex para 12)."""
    days = [
        period.finality_date
        for entry in facts.accounting.entries
        if (party := facts.parties.get(entry.party)) is not None
        and (period := party.period_of(entry.year)) is not None
        and period.finality_date is not None
    ]
    return min(days, default=None)


PARIS: Final = ParisRegime()
