# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs in the life of a transaction: proposal, answer, time-out, reversal, statements."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_BOTH: Final = (
    "tests/simulation/test_broker.py::test_transfers_endings_and_reversals_of_two_rulebooks_meet_in_one_group",
)

BUGS: Final = (
    Bug(
        id="letters-of-others",
        breaks="A registry issues under a letter of another Party.",
        file="broker/regime/paris/known.py",
        old="asked.designated(host) == case.message.sender_node",
        new="True",
        tests=(
            ("tests/property/test_strangers.py::test_a_stranger_is_told_the_same_in_two_worlds"),
        ),
    ),
    Bug(
        id="booked-in-the-year-of-the-deed",
        breaks=("What is booked at a proposal is stored with the year in which it is proposed."),
        file="broker/regime/paris/postings.py",
        old="        year=entry.year,\n        quantity=entry.quantity,\n        kind=entry.kind.value,",
        new="        year=2023,\n        quantity=entry.quantity,\n        kind=entry.kind.value,",
        tests=(
            (
                "tests/unit/broker/clearing/test_other_purposes.py::test_a_first_transfer"
                "_by_use_is_booked_in_the_year_of_the_mitigation"
            ),
        ),
    ),
    Bug(
        id="answered-beside",
        breaks="A message that one proposer sees answers to another one's transactions, too.",
        file="broker/clearing/transactions/answer.py",
        old="if known.proposer_node != proposer:",
        new="if False:",
        tests=(
            (
                "tests/unit/broker/clearing/test_answers_together.py"
                "::test_what_another_proposer_offered_is_not_answered_beside"
            ),
        ),
    ),
    Bug(
        id="signed-ahead-of-nothing",
        breaks="Messages that are signed ahead all lie behind the same one.",
        file="registry_node/outbox/items.py",
        old="        place = signed.sender_sequence, signed.payload_hash",
        new="        place = place",
        tests=(
            (
                "tests/unit/registry_node/test_sending_ahead.py"
                "::test_many_go_on_one_stream_and_a_few_one_by_one"
            ),
        ),
    ),
    Bug(
        id="bulk-yields-for-ever",
        breaks="A large batch waits as long as single messages come.",
        file="broker/clearing/path/lanes.py",
        old="each.yielded < _YIELDS",
        new="each.yielded >= 0",
        tests=(
            (
                "tests/unit/broker/clearing/test_lanes.py"
                "::test_bulk_lets_single_messages_go_first_and_is_not_kept_for_long"
            ),
        ),
    ),
    Bug(
        id="no-lock",
        breaks="A validated offer locks nothing.",
        file="broker/clearing/decision/desk.py",
        old="            world.units.lock(units.registry, units.range, transaction_id)",
        new="            pass",
        tests=(
            ("tests/unit/broker/clearing/test_racing.py::test_fifty_transfers_of_the_same_units"),
        ),
    ),
    Bug(
        id="beginning-under-the-first-rulebook",
        breaks="What begins in a transition is kept under the rulebook of what ended.",
        file="broker/clearing/transactions/settle.py",
        old="            _issue(desk, row, issue, begins.rulebook)",
        new="            _issue(desk, row, issue, row.rulebook)",
        tests=(
            (
                "tests/unit/broker/regime/test_transition.py::test_it_ends_and_begins_in_one_dec"
                "ision_once_the_mechanism_registry_accepts"
            ),
        ),
    ),
    Bug(
        id="beginning-judged-once",
        breaks="What begins in a transition that waits is not judged again at the acceptance.",
        file="broker/clearing/transactions/completing.py",
        old="    if against is None and postings.begins is not None:",
        new="    if against is not None and postings.begins is not None:",
        tests=(
            (
                "tests/unit/broker/regime/test_transition.py::test_the_other_rulebook_is_judged_"
                "again_at_the_acceptance"
            ),
        ),
    ),
    Bug(
        id="beginning-not-reserved",
        breaks="A transition that waits does not reserve the numbers of what begins.",
        file="broker/clearing/decision/desk.py",
        old="                world.reservations.reserve(row)",
        new="                _ = row if part is not postings else world.reservations.reserve(row)",
        tests=(
            (
                "tests/unit/broker/regime/test_transition.py::test_who_comes_second_is_told_by_w"
                "hom_the_units_went_over"
            ),
        ),
    ),
    Bug(
        id="issuance-not-reserved",
        breaks="Issuances that wait do not count against the authorized quantity.",
        file="broker/clearing/decision/desk.py",
        old="            world.tallies.reserve(name, quantity)",
        new="            pass",
        tests=(
            (
                "tests/unit/broker/clearing/test_defects_mended.py::test_an_issuance_wait"
                "s_while_its_authorization_is_revoked"
            ),
        ),
    ),
    Bug(
        id="waiting-target-closed",
        breaks="An account that an open offer needs may be closed in the same group.",
        file="broker/clearing/transactions/propose.py",
        old="            desk.world.occupied_accounts.add(each.to_account)\n",
        new="            pass\n",
        tests=(
            (
                "tests/unit/broker/clearing/test_defects_mended.py::test_an_account_fille"
                "d_and_closed_in_one_group"
            ),
        ),
    ),
    Bug(
        id="deadline-past-finality",
        breaks="An offer may wait beyond the day on which its period is final.",
        file="broker/regime/paris/judgement.py",
        old="return min(days, default=None)",
        new="return None",
        tests=(
            (
                "tests/unit/broker/reports/paris/test_finality.py::test_an_open_transaction_end"
                "s_when_the_period_is_final"
            ),
        ),
    ),
    Bug(
        id="invalid-offer-shown",
        breaks="An invalidated proposal is shown to its receiver.",
        file="broker/clearing/transactions/propose.py",
        old=("receivers = {row.receiver_node for row in rows if row.state is State.VALIDATED}"),
        new="receivers = {row.receiver_node for row in rows}",
        tests=(("tests/unit/broker/clearing/test_mailboxes.py::test_deliveries_of_each_decision"),),
    ),
    Bug(
        id="findings-of-another",
        breaks="The second result of a batch refers to the wrong findings.",
        file="broker/clearing/transactions/propose.py",
        old="findings_of=0 if earlier == ordinal else earlier + 1,",
        new="findings_of=0 if earlier == ordinal else earlier,",
        tests=(
            ("tests/unit/broker/clearing/test_batches.py::test_a_full_batch_with_mixed_outcomes"),
        ),
    ),
    Bug(
        id="spent-not-counted",
        breaks="A use of units first transferred before does not count as used.",
        file="broker/regime/paris/tallies.py",
        old="if spends and (first or held.first_transferred) else 0",
        new="if spends and first else 0",
        tests=("tests/unit/broker/clearing/test_life.py::test_a_use_completes_at_once",),
    ),
    Bug(
        id="proposer-may-accept",
        breaks="The proposer accepts its own offer.",
        file="broker/clearing/transactions/answer.py",
        old=("may = row.proposer_node if ACTOR_OF[event] is Actor.PROPOSER else row.receiver_node"),
        new="may = sender",
        tests=("tests/unit/broker/clearing/test_life.py::test_a_use_waits_for_its_proposer",),
    ),
    Bug(
        id="proposal-hash-not-compared",
        breaks="An acceptance of other bytes than were proposed is taken.",
        file="broker/clearing/transactions/answer.py",
        old="if answered.proposal_hash != row.proposal_hash:",
        new="if not answered.proposal_hash:",
        tests=("tests/unit/broker/clearing/test_life.py::test_hashes_that_do_not_fit",),
    ),
    Bug(
        id="rejection-keeps-lock",
        breaks="A rejected offer keeps its units locked.",
        file="broker/clearing/transactions/answer.py",
        old="        row = desk.move(row, Event.REJECT)\n        desk.release(row.transaction_id)",
        new="        row = desk.move(row, Event.REJECT)",
        tests=("tests/unit/broker/clearing/test_life.py::test_a_transfer_is_rejected",),
    ),
    Bug(
        id="withdrawal-keeps-lock",
        breaks="A withdrawn offer keeps its units locked.",
        file="broker/clearing/transactions/answer.py",
        old=(
            "        row = desk.move(row, Event.WITHDRAW, "
            "cause=TerminationCause.WITHDRAWN)\n"
            "        desk.release(row.transaction_id)"
        ),
        new="        row = desk.move(row, Event.WITHDRAW, cause=TerminationCause.WITHDRAWN)",
        tests=("tests/unit/broker/clearing/test_life.py::test_a_proposal_is_withdrawn",),
    ),
    Bug(
        id="receiver-not-told",
        breaks="The receiver does not hear of a withdrawal or completion.",
        file="broker/clearing/transactions/answer.py",
        old="if row.receiver_node is not None and row.receiver_node != row.proposer_node:",
        new=(
            "if row.receiver_node is not None and row.state is not State.TERMINATED "
            "and row.receiver_node != row.proposer_node:"
        ),
        tests=(("tests/unit/broker/clearing/test_mailboxes.py::test_deliveries_of_each_decision"),),
    ),
    Bug(
        id="time-out-keeps-lock",
        breaks="A timed-out offer keeps its units locked.",
        file="broker/clearing/transactions/expire.py",
        old="    desk.release(row.transaction_id)\n",
        new="",
        tests=(
            ("tests/unit/broker/clearing/test_life.py::test_an_acceptance_at_the_deadline_loses"),
        ),
    ),
    Bug(
        id="time-out-a-moment-late",
        breaks="At exactly its deadline an offer is still open.",
        file="broker/clearing/transactions/expire.py",
        old="row.deadline <= now",
        new="row.deadline < now",
        tests=(
            ("tests/unit/broker/clearing/test_life.py::test_an_acceptance_at_the_deadline_loses"),
        ),
    ),
    Bug(
        id="invalid-offer-readable",
        breaks="A receiver reads invalidated proposals.",
        file="broker/clearing/decision/strangers.py",
        old=(
            "return node == row.receiver_node and row.state not in {State.PROPOSED, "
            "State.INVALIDATED}"
        ),
        new="return node == row.receiver_node",
        tests=("tests/unit/broker/clearing/test_mailboxes.py::test_what_each_side_sees",),
    ),
    Bug(
        id="strangers-units-judged",
        breaks="A proposal is judged by units in any account.",
        file="broker/clearing/decision/strangers.py",
        old="        and holder.registry == source.registry\n",
        new="",
        tests=(
            ("tests/property/test_strangers.py::test_a_stranger_is_told_the_same_in_two_worlds"),
        ),
    ),
    Bug(
        id="strangers-account-known",
        breaks="The accounts of other nodes are known whatever their type.",
        file="broker/clearing/decision/strangers.py",
        old=("if account is None or account.closed or not account.listed:"),
        new="if account is None:",
        tests=(
            ("tests/property/test_strangers.py::test_a_stranger_is_told_the_same_in_two_worlds"),
        ),
    ),
    Bug(
        id="strangers-reversal-known",
        breaks="A reversal of somebody else's transaction is judged.",
        file="broker/clearing/transactions/reversing.py",
        old="row.rulebook != proposed.rulebook or not takes_part(row, sender):",
        new="row.rulebook != proposed.rulebook:",
        tests=(
            ("tests/property/test_strangers.py::test_a_stranger_is_told_the_same_in_two_worlds"),
        ),
    ),
    Bug(
        id="double-claim-told",
        breaks="A reporter learns that units of others exist.",
        file="broker/clearing/sharing/sharing.py",
        old="return code != ONE_ACCOUNT or registry == reporter",
        new="return True",
        tests=(
            ("tests/property/test_strangers.py::test_a_stranger_is_told_the_same_in_two_worlds"),
        ),
    ),
    Bug(
        id="lifecycle-accepts-twice",
        breaks="An accepted offer may be rejected.",
        file="proto/itmo/lifecycle.py",
        old="to = table.get((state, event))",
        new=(
            "to = table.get((state if (state, event) != (State.ACCEPTED, "
            "Event.REJECT) else State.VALIDATED, event))"
        ),
        tests=("tests/unit/itmo/test_lifecycle.py::test_every_pair_of_state_and_event",),
    ),
    Bug(
        id="proposal-judged-by-the-first-regime",
        breaks="Whatever its rulebook, a proposal is judged by the network's first regime.",
        file="broker/clearing/transactions/propose.py",
        old="    regime = regimes[proposed.rulebook]",
        new="    regime = regimes.first",
        tests=_BOTH,
    ),
    Bug(
        id="waiting-judged-by-the-first-regime",
        breaks="What waits is read again by the network's first regime, whatever its rulebook.",
        file="broker/clearing/decision/declaring.py",
        old="    regime = regimes[row.rulebook]",
        new="    regime = regimes.first",
        tests=_BOTH,
    ),
    Bug(
        id="completion-judged-by-the-first-regime",
        breaks="The network's first regime says whether a completion is still possible.",
        file="broker/clearing/transactions/completing.py",
        old="regimes[row.rulebook].still_possible",
        new="regimes.first.still_possible",
        tests=_BOTH,
    ),
    Bug(
        id="accounts-of-two-rulebooks",
        breaks="A transaction moves units into an account of another rulebook.",
        file="broker/rulebook/general/checks/transfer/tx_one_rulebook.py",
        old="        elif account.rulebook != wanted:",
        new="        elif False:",
        tests=_BOTH,
    ),
    Bug(
        id="restated-by-the-first-regime",
        breaks="A receipt says what units have become in the words of the network's first rulebook.",
        file="broker/clearing/decision/receipts.py",
        old="_restated(row, world, regimes[row.rulebook])",
        new="_restated(row, world, regimes.first)",
        tests=(
            "tests/unit/broker/regime/test_kyoto_story.py::test_issued_transferred_converted_and_retired",
        ),
    ),
)
