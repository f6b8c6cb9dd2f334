# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of the Paris rulebook in the order in which they are judged, and their digest."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Final

from broker.rulebook.check import Check, Kept, listed
from broker.rulebook.general.checks.account import (
    acc_exists,
    acc_final_no_exit,
    acc_from_is_holding,
    acc_id_format,
    acc_issue_self,
    acc_to_matches_action,
    acc_use_same_registry,
)
from broker.rulebook.general.checks.message import (
    msg_clock,
    msg_replay,
    msg_schema,
    msg_sender_is_from_registry,
    msg_signature,
)
from broker.rulebook.general.checks.registry import reg_exists, reg_operational, reg_sharing_level
from broker.rulebook.general.checks.transfer import tx_one_rulebook
from broker.rulebook.general.checks.unit import (
    id_integer_units,
    id_known_and_held,
    id_locked,
    id_no_overlap_issue,
    id_one_account,
    id_qty_equals_range,
    id_range_order,
    id_reconciled,
)
from broker.rulebook.general.checks.workflow import (
    rev_fits_transfer,
    state_legal,
    state_reversal_agreed,
    state_timeout_24h,
)
from broker.rulebook.general.described import catalogue_of
from broker.rulebook.paris import mechanism
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.checks.account import (
    acc_metric_specific,
    acc_ndc_period_set,
    acc_retire_own_party,
)
from broker.rulebook.paris.checks.adjustment import (
    ca_avg_formula,
    ca_freeze,
    ca_method_fixed,
    ca_no_net_increase,
    ca_outside_ndc_too,
    ca_paired,
    ca_sign,
)
from broker.rulebook.paris.checks.authorization import (
    auth_ca_match,
    auth_change_after_ft,
    auth_entity,
    auth_exists,
    auth_in_force,
    auth_initial_report,
    auth_not_revoked,
    auth_oimp_named,
    auth_party_in_ca,
    auth_purpose_cap,
    auth_purpose_match,
    auth_quantity_cap,
    auth_timing,
    auth_units_covered,
    auth_user_party,
    auth_version_current,
    auth_vintage_window,
)
from broker.rulebook.paris.checks.first_transfer import (
    ft_before_use,
    ft_dual_earliest,
    ft_flag_required,
    ft_intl_other_party,
    ft_once,
    ft_only_by_host,
)
from broker.rulebook.paris.checks.mechanism import (
    a64_allotments_fit,
    a64_ca_is_1,
    a64_mcu_no_export,
    a64_omge_min_2pct,
    a64_pending_first,
    a64_sop_5pct,
)
from broker.rulebook.paris.checks.notification import notify_host_of_cancel
from broker.rulebook.paris.checks.registry import reg_party_eligible
from broker.rulebook.paris.checks.transfer import tx_not_self, tx_two_sides
from broker.rulebook.paris.checks.unit import (
    id_ca_alias,
    id_cer_ends,
    id_cer_pre2021,
    id_cer_serial,
    id_format,
    id_immutable_attrs,
    id_mo_evidence,
    id_underlying_pair,
    id_underlying_unique,
    id_vintage_min,
)
from broker.rulebook.paris.checks.use import (
    oimp_entity_and_purpose,
    use_not_host,
    use_once,
    use_same_ndc_period,
    use_year_given,
)
from broker.rulebook.paris.judging import IN_FORCE

VERSION: Final = "paris 1.0.0"
"""Part of the digest: raise it when a check decides differently under the same description."""


_listed: Final = partial(listed, effective=IN_FORCE)


CHECKS: Final[tuple[Check[BookingCase] | Kept[BookingCase], ...]] = (
    _listed(msg_schema.RULE, "UNFCCC ITMO API v0.0.5"),
    _listed(msg_signature.RULE, "6/CMA.4 annex I para 10"),
    _listed(msg_sender_is_from_registry.CHECK, "UNFCCC ITMO API processTxn"),
    _listed(msg_replay.RULE, "UNFCCC ITMO hub, lost-message diagram"),
    _listed(msg_clock.CHECK, "common nomenclatures item 24"),
    _listed(reg_exists.CHECK, "common nomenclatures items 1, 28"),
    _listed(reg_operational.CHECK, "UNFCCC ITMO API Registry.operationalStatus"),
    _listed(reg_sharing_level.CHECK, "7/CMA.4 synthesis report, paras 14-18"),
    reg_party_eligible.CHECK,
    _listed(acc_exists.CHECK, "2/CMA.3 annex para 29"),
    _listed(acc_id_format.CHECK, "UNFCCC ITMO API Account.accountId"),
    _listed(acc_from_is_holding.CHECK, "common nomenclatures item 52"),
    _listed(acc_to_matches_action.CHECK, "common nomenclatures item 52"),
    _listed(acc_use_same_registry.CHECK, "common nomenclatures item 52"),
    _listed(acc_issue_self.CHECK, "UNFCCC ITMO API ProposedTransaction"),
    _listed(acc_final_no_exit.CHECK, "2/CMA.3 annex para 21(e); 7/CMA.4 annex I para 45"),
    acc_ndc_period_set.CHECK,
    acc_retire_own_party.CHECK,
    acc_metric_specific.CHECK,
    id_format.CHECK,
    id_ca_alias.CHECK,
    _listed(id_range_order.CHECK, "secretariat AEF checker, ITMOBlock"),
    _listed(id_qty_equals_range.CHECK, "6/CMA.4 annex I para 5; CHE AEF 2024 as the real case"),
    _listed(id_no_overlap_issue.CHECK, "common nomenclatures items 29-30"),
    _listed(id_known_and_held.CHECK, "7/CMA.4 annex I para 31; consistency check ISC04"),
    _listed(id_one_account.CHECK, "7/CMA.4 annex I para 31"),
    id_immutable_attrs.CHECK,
    _listed(id_integer_units.CHECK, "7/CMA.4 annex I para 28"),
    id_vintage_min.CHECK,
    id_cer_pre2021.CHECK,
    id_cer_serial.CHECK,
    id_cer_ends.CHECK,
    _listed(id_locked.CHECK, "UNFCCC ITMO API TransactionError example 1"),
    _listed(id_reconciled.CHECK, "7/CMA.4 synthesis report, paras 15 and 17"),
    id_underlying_pair.CHECK,
    id_underlying_unique.CHECK,
    id_mo_evidence.CHECK,
    auth_exists.CHECK,
    auth_version_current.CHECK,
    auth_initial_report.CHECK,
    auth_ca_match.CHECK,
    auth_party_in_ca.CHECK,
    auth_purpose_match.CHECK,
    auth_oimp_named.CHECK,
    auth_entity.CHECK,
    auth_user_party.CHECK,
    auth_quantity_cap.CHECK,
    auth_purpose_cap.CHECK,
    auth_vintage_window.CHECK,
    auth_units_covered.CHECK,
    auth_not_revoked.CHECK,
    auth_in_force.CHECK,
    auth_timing.CHECK,
    auth_change_after_ft.CHECK,
    ft_flag_required.CHECK,
    ft_once.CHECK,
    ft_only_by_host.CHECK,
    ft_intl_other_party.CHECK,
    ft_dual_earliest.CHECK,
    ft_before_use.CHECK,
    tx_two_sides.CHECK,
    tx_not_self.CHECK,
    _listed(tx_one_rulebook.CHECK, "protocol, chapter 8, rulebooks"),
    use_same_ndc_period.CHECK,
    use_year_given.CHECK,
    use_not_host.CHECK,
    use_once.CHECK,
    oimp_entity_and_purpose.CHECK,
    a64_pending_first.CHECK,
    a64_allotments_fit.CHECK,
    a64_sop_5pct.CHECK,
    a64_omge_min_2pct.CHECK,
    a64_mcu_no_export.CHECK,
    a64_ca_is_1.CHECK,
    ca_paired.RULE,
    ca_sign.CHECK,
    ca_outside_ndc_too.RULE,
    ca_method_fixed.CHECK,
    ca_avg_formula.CHECK,
    ca_no_net_increase.CHECK,
    ca_freeze.CHECK,
    _listed(state_legal.CHECK, "UNFCCC ITMO hub, state charts"),
    _listed(state_timeout_24h.CHECK, "UNFCCC ITMO hub, timeout diagram"),
    _listed(
        state_reversal_agreed.CHECK,
        "UNFCCC ITMO hub, reverting diagram; 6/CMA.4 annex I para 17(c)",
    ),
    _listed(rev_fits_transfer.CHECK, "UNFCCC ITMO hub, reverting diagram; 6/CMA.4 annex I para 10"),
    notify_host_of_cancel.CHECK,
)


CATALOGUE: Final = catalogue_of(VERSION, [mechanism.POLICY], CHECKS)
DIGEST: Final = sha256(CATALOGUE).digest()
"""SHA-256 of the catalogue; goes into every verdict."""
