# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of the Kyoto rulebook in the order in which they are judged, and their digest."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Final

from broker.rulebook.check import Check, Kept, Provenance, listed
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
from broker.rulebook.general.checks.workflow import state_legal, state_timeout_24h
from broker.rulebook.general.described import catalogue_of
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.checks.account import (
    kp_entity,
)
from broker.rulebook.kyoto.checks.cancellation import (
    kp_can_aau_cp2,
    kp_can_cdm_only,
    kp_can_netsource,
    kp_can_noncompliance,
    kp_can_period,
)
from broker.rulebook.kyoto.checks.carry_over import (
    kp_co_compliance,
    kp_co_limit,
    kp_co_period,
    kp_co_registry,
    kp_co_source,
    kp_co_target,
    kp_co_units,
    kp_co_window,
)
from broker.rulebook.kyoto.checks.cdm import (
    kp_cdm_fee,
    kp_cdm_letter,
    kp_cdm_moved,
    kp_cdm_pending,
    kp_cdm_project,
    kp_cdm_share,
)
from broker.rulebook.kyoto.checks.conversion import (
    kp_conv_origin,
    kp_conv_period,
    kp_conv_project,
    kp_conv_status,
    kp_conv_track2,
    kp_conv_units,
)
from broker.rulebook.kyoto.checks.expiry import kp_exp_notice
from broker.rulebook.kyoto.checks.external import (
    kp_sop_account,
    kp_sop_cp2,
    kp_trf_eligible,
    kp_trf_expired,
    kp_trf_lulucf_cer,
    kp_trf_period_over,
    kp_trf_ppsr,
    kp_trf_reserve,
)
from broker.rulebook.kyoto.checks.issuance import (
    kp_expiry_present,
    kp_iss_not_both,
    kp_iss_target,
    kp_issue_allowance,
    kp_issue_amount,
    kp_issue_cap,
    kp_issue_one_type,
    kp_issue_origin,
    kp_issue_period,
)
from broker.rulebook.kyoto.checks.message import (
    kp_blocks_3000,
)
from broker.rulebook.kyoto.checks.notice import kp_notice_fits, kp_notice_named
from broker.rulebook.kyoto.checks.opening import kp_opening_fits
from broker.rulebook.kyoto.checks.registry import kp_registry_closed
from broker.rulebook.kyoto.checks.replacement import (
    kp_rep_equal,
    kp_rep_expired,
    kp_rep_lcer_expiry,
    kp_rep_lcer_project,
    kp_rep_once,
    kp_rep_period,
    kp_rep_tcer,
)
from broker.rulebook.kyoto.checks.retirement import (
    kp_ret_cer,
    kp_ret_period,
    kp_ret_registry,
    kp_ret_window,
)
from broker.rulebook.kyoto.checks.transition import (
    kp_transition_account,
    kp_transition_project,
    kp_transition_units,
)
from broker.rulebook.kyoto.checks.unit import (
    kp_attributes_of_type,
    kp_attributes_on_record,
    kp_one_period,
    kp_period_open,
    kp_supplementary,
    kp_units_ended,
)
from broker.rulebook.kyoto.judging import IN_FORCE
from broker.rulebook.kyoto.opening import spared
from broker.rulebook.kyoto.tables import NAMES, text_of

VERSION: Final = "kyoto 0.1.0"
"""Part of the digest: raise it when a check decides differently under the same description."""

_listed: Final = partial(listed, effective=IN_FORCE)
_ISSUE_SELF: Final = replace(
    acc_issue_self.CHECK,
    title="What happens to units where they are names one account twice, other transactions two",
    remedy="In an issuance, a conversion or a change of expiry date name one account twice; else two.",
)

CHECKS: Final[tuple[Check[KyotoCase] | Kept[KyotoCase], ...]] = (
    _listed(
        msg_schema.RULE, "UNFCCC secretariat, ITL transaction checks, Bonn 2004", code="KP-WSDL"
    ),
    _listed(
        msg_signature.RULE,
        "UNFCCC secretariat, ITL transaction checks, Bonn 2004",
        code="KP-CERTIFICATE",
    ),
    kp_blocks_3000.RULE,
    _listed(msg_sender_is_from_registry.CHECK, "Data Exchange Standards, message viability"),
    _listed(msg_replay.RULE, "protocol, chapter 6: the older exchange had no message id"),
    _listed(msg_clock.CHECK, "Data Exchange Standards, provideTime"),
    _listed(
        reg_exists.CHECK,
        "Data Exchange Standards, message viability",
        code="1501",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(
        kp_registry_closed.unless_closed(reg_operational.CHECK),
        "Data Exchange Standards, registry status",
        code="1503 1504",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(
        reg_sharing_level.CHECK,
        "protocol, chapter 13",
        code="1510",
        provenance=Provenance.UNCONFIRMED,
    ),
    kp_registry_closed.CHECK,
    kp_entity.RULE,
    _listed(
        acc_exists.CHECK,
        "registry checks of the United Kingdom",
        code="5154 5253 5902 5906 REG-1002 REG-1003 REG-2002 REG-2003",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(
        acc_id_format.CHECK,
        "Data Exchange Standards, data integrity",
        code="2007 2008",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(acc_from_is_holding.CHECK, "registry checks of the United Kingdom", code="REG-1007"),
    _listed(
        spared(acc_to_matches_action.CHECK),
        "Data Exchange Standards, cancellation and retirement",
        code="5153 5252 REG-2007",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(
        acc_use_same_registry.CHECK,
        "Data Exchange Standards, general transaction checks",
        code="4006",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(
        _ISSUE_SELF,
        "Data Exchange Standards, issuance and conversion",
        code="KP-CONV-SAME",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(
        acc_final_no_exit.CHECK,
        "13/CMP.1 annex para 42",
        code="KP-RETIRED-OR-CANCELLED",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(
        id_range_order.CHECK,
        "Data Exchange Standards, data integrity",
        code="2013 2014 4012",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(
        id_qty_equals_range.CHECK,
        "registry checks of the United Kingdom; protocol, chapter 4",
        code="5904 REG-3007",
    ),
    _listed(id_no_overlap_issue.CHECK, "13/CMP.1 annex para 42", code="KP-ISSUED-WRONGLY"),
    _listed(
        id_known_and_held.CHECK,
        "Data Exchange Standards, general transaction checks",
        code="4002 4003",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(id_one_account.CHECK, "13/CMP.1 annex para 42", code="KP-TWO-REGISTRIES"),
    _listed(id_integer_units.CHECK, "registry checks of the United Kingdom", code="REG-3008"),
    _listed(
        id_locked.CHECK,
        "Data Exchange Standards, general transaction checks",
        code="4010",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(
        id_reconciled.CHECK,
        "13/CMP.1 annex para 42; Data Exchange Standards, general transaction checks",
        code="4008 KP-OPEN-DISCREPANCY",
        provenance=Provenance.UNCONFIRMED,
    ),
    kp_attributes_of_type.CHECK,
    kp_attributes_on_record.CHECK,
    kp_units_ended.CHECK,
    spared(kp_one_period.CHECK),
    spared(kp_period_open.CHECK),
    kp_supplementary.CHECK,
    _listed(tx_one_rulebook.CHECK, "protocol, chapter 8"),
    spared(kp_issue_origin.CHECK),
    spared(kp_issue_one_type.CHECK),
    spared(kp_issue_period.CHECK),
    spared(kp_issue_cap.CHECK),
    spared(kp_issue_amount.CHECK),
    spared(kp_issue_allowance.CHECK),
    spared(kp_iss_target.CHECK),
    spared(kp_iss_not_both.CHECK),
    spared(kp_cdm_pending.CHECK),
    spared(kp_cdm_project.CHECK),
    spared(kp_cdm_moved.CHECK),
    spared(kp_cdm_share.CHECK),
    spared(kp_cdm_fee.CHECK),
    kp_cdm_letter.CHECK,
    kp_expiry_present.CHECK,
    kp_conv_units.CHECK,
    kp_conv_origin.CHECK,
    kp_conv_project.CHECK,
    kp_conv_status.CHECK,
    kp_conv_track2.CHECK,
    spared(kp_conv_period.CHECK),
    kp_trf_eligible.CHECK,
    kp_trf_expired.CHECK,
    kp_trf_reserve.CHECK,
    kp_trf_period_over.CHECK,
    kp_trf_lulucf_cer.CHECK,
    kp_trf_ppsr.CHECK,
    kp_sop_cp2.CHECK,
    kp_sop_account.CHECK,
    kp_can_cdm_only.CHECK,
    kp_can_period.CHECK,
    kp_can_aau_cp2.CHECK,
    kp_ret_registry.CHECK,
    kp_ret_period.CHECK,
    kp_ret_cer.CHECK,
    kp_ret_window.CHECK,
    kp_co_registry.CHECK,
    kp_co_source.CHECK,
    kp_co_units.CHECK,
    kp_co_period.CHECK,
    kp_co_target.CHECK,
    kp_co_limit.CHECK,
    kp_co_window.CHECK,
    kp_co_compliance.CHECK,
    kp_rep_tcer.CHECK,
    kp_rep_lcer_expiry.CHECK,
    kp_rep_lcer_project.CHECK,
    kp_rep_period.CHECK,
    kp_rep_expired.CHECK,
    kp_rep_once.CHECK,
    kp_rep_equal.CHECK,
    kp_can_netsource.CHECK,
    kp_can_noncompliance.CHECK,
    kp_exp_notice.CHECK,
    kp_notice_named.CHECK,
    kp_notice_fits.CHECK,
    kp_opening_fits.CHECK,
    kp_transition_units.CHECK,
    kp_transition_project.CHECK,
    kp_transition_account.CHECK,
    _listed(
        state_legal.CHECK,
        "Data Exchange Standards, message sequence",
        code="3001",
        provenance=Provenance.UNCONFIRMED,
    ),
    _listed(state_timeout_24h.CHECK, "Data Exchange Standards, time-out of transactions"),
)
"""Numbers are those of the international transaction log; ours are the ids."""

CATALOGUE: Final = catalogue_of(VERSION, map(text_of, NAMES), CHECKS)
DIGEST: Final = sha256(CATALOGUE).digest()
"""SHA-256 over the version, the tables and every check's description; goes into every verdict."""
