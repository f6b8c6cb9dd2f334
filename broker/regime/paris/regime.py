# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The regime of Article 6 of the Paris Agreement, as the engine asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from broker.regime.paris import judgement, reading
from broker.regime.paris.accounts import account_terms, paris_account
from broker.regime.paris.guards import GUARDS
from broker.regime.paris.lookups import stated_lookups
from broker.regime.paris.needs import needs_again, needs_of
from broker.regime.paris.recorded import recorded_as
from broker.regime.paris.registry_reports import reported
from broker.regime.paris.statements.all_statements import READERS, STATEMENTS
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
from broker.rulebook.check import Finding, KnownAs, Rule
from broker.rulebook.general import proposal
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.case import Case
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.general.reported import ReportedActionType
from broker.rulebook.paris.account_types import ACCOUNT_TYPES
from broker.rulebook.paris.catalogue import CATALOGUE, CHECKS, DIGEST, VERSION
from broker.rulebook.paris.proposal import ParisProposed
from broker.rulebook.paris.reporting.report_rules import REPORT_RULES
from itmo.clearing.v1 import directory_service_pb2
from itmo.core.v1 import decision_pb2, proposal_pb2, sharing_pb2, statements_pb2
from itmo.paris.v1 import terms_pb2
from itmo.unit_classes import class_of

TRANSACTION_TYPES: Final[Mapping[str, TransactionType]] = MappingProxyType(
    {
        each.value: TransactionType(
            each.value,
            issues=each is proposal.TransactionType.ISSUANCE,
            read_again=each is not proposal.TransactionType.TRANSFER,
        )
        for each in proposal.TransactionType
    }
)


class ParisRegime:
    """See `broker.regime.regime.Regime`."""

    name: Final = "paris"
    version: Final = VERSION
    catalogue: Final = CATALOGUE
    digest: Final = DIGEST
    tells_restated: Final = False
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
        return judgement.judge(case, known, written)

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
        return judgement.still_possible(case, postings, known)

    def told_of_alike(self, case: Case, postings: Postings, known: Known) -> ToldOfAll | None:
        """See `Regime`."""
        return judgement.told_of_alike(case, postings, known)

    def told_of_proposed(self, case: Case, known: Known) -> ToldOfProposed | None:
        """See `Regime`."""
        return judgement.told_of_proposed(case, known)


PARIS: Final = ParisRegime()
