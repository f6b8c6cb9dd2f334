# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of the registry node: inbox, outbox, holdings, policy, reports, audit."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

BUGS: Final = (
    Bug(
        id="node-keeps-effects-of-a-refused-statement",
        breaks="A statement that contradicts the evidence leaves half of its effects.",
        file="registry_node/inbox/receiver.py",
        old=(
            "        except ProtocolError as error:\n"
            '            trip.db.execute("ROLLBACK TO statement")\n'
            "            faults.append(error)"
        ),
        new="        except ProtocolError as error:\n            faults.append(error)",
        tests=(
            (
                "tests/unit/registry_node/test_evidence.py::test_a_statement_that_does_no"
                "t_fit_leaves_nothing_half_done"
            ),
        ),
    ),
    Bug(
        id="node-takes-others-mail",
        breaks="A statement for another node is taken.",
        file="registry_node/inbox/opening.py",
        old="if header.recipient_node not in (EVERY_SIDE, self.identity.node):",
        new="if not header.recipient_node:",
        tests=(
            (
                "tests/unit/registry_node/test_evidence.py::test_a_verdict_for_another_no"
                "de_is_not_taken"
            ),
        ),
    ),
    Bug(
        id="node-takes-any-answer",
        breaks="The node takes any statement of the broker for the answer to its message.",
        file="registry_node/outbox/sender.py",
        old=(
            "                statement.header.causation_id == item.message_id\n"
            "                and statement.message_hash == signed.payload_hash"
        ),
        new="                statement.header.causation_id == item.message_id",
        tests=(
            (
                "tests/unit/registry_node/test_evidence.py::test_an_answer_about_other_by"
                "tes_is_no_answer"
            ),
        ),
    ),
    Bug(
        id="node-chain-goes-back",
        breaks="An old answer takes the chain of the node back.",
        file="registry_node/outbox/items.py",
        old="if signed.sender_sequence > state.recorded_sequence:",
        new="if signed.sender_sequence != state.recorded_sequence:",
        tests=(
            (
                "tests/unit/registry_node/test_evidence.py::test_a_late_statement_does_no"
                "t_take_the_chain_back"
            ),
        ),
    ),
    Bug(
        id="node-gives-up-in-doubt",
        breaks="A message refused for its key is given up though the broker has recorded it.",
        file="registry_node/outbox/sender.py",
        old="            if _stands_at(standing, version):",
        new="            if False:",
        tests=(
            (
                "tests/unit/registry_node/test_outbox.py::test_recorded_message_is_found_"
                "although_its_key_is_gone"
            ),
        ),
    ),
    Bug(
        id="policy-unknown-registry",
        breaks="An offer from an unknown registry is accepted.",
        file="registry_node/proposals/policy.py",
        old="if offer.from_registry not in policy.trusted_registries:",
        new=(
            "if policy.trusted_registries and offer.from_registry not in policy.trusted_registries:"
        ),
        tests=(
            (
                "tests/unit/registry_node/test_policy.py::test_without_trusted_registries"
                "_a_person_is_asked"
            ),
        ),
    ),
    Bug(
        id="cursor-before-effects",
        breaks="The node commits its cursor before the effects of the delivery.",
        file="registry_node/inbox/receiver.py",
        old=("    faults = _apply_all(trip, prepared, policy)\n    if not faults:"),
        new=(
            "    NODE_STATE.replace(trip.db, replace(node_state(trip.db), "
            "cursor=delivery.sequence))\n"
            '    trip.db.execute("COMMIT")\n'
            '    trip.db.execute("BEGIN")\n'
            "    faults = _apply_all(trip, prepared, policy)\n"
            "    if not faults:"
        ),
        tests=(("tests/unit/registry_node/test_inbox.py::test_effects_and_cursor_are_one_commit"),),
    ),
    Bug(
        id="node-applies-twice",
        breaks="A delivery that came twice is applied twice.",
        file="registry_node/inbox/receiver.py",
        old="if delivery.sequence <= cursor:",
        new="if delivery.sequence < cursor:",
        tests=("tests/unit/registry_node/test_inbox.py::test_redelivery_changes_nothing",),
    ),
    Bug(
        id="node-skips-a-gap",
        breaks="A delivery is applied although one before it is missing.",
        file="registry_node/inbox/receiver.py",
        old="if delivery.sequence > cursor + 1:",
        new="if delivery.sequence > cursor + 2:",
        tests=(
            (
                "tests/unit/registry_node/test_inbox.py::test_deliveries_out_of_order_are"
                "_fetched_again"
            ),
        ),
    ),
    Bug(
        id="node-contradiction-overlooked",
        breaks="Two final states of one transaction are both believed.",
        file="registry_node/inbox/apply.py",
        old="        if state is not row.state:",
        new="        if state is None:",
        tests=("tests/unit/registry_node/test_inbox.py::test_two_final_states_contradict",),
    ),
    Bug(
        id="node-verdict-hash-overlooked",
        breaks="A receipt that names another verdict is believed.",
        file="registry_node/inbox/apply.py",
        old=("if row.verdict_hash is not None and receipt.verdict_hash != row.verdict_hash:"),
        new="if row.verdict_hash is not None and not receipt.verdict_hash:",
        tests=(("tests/unit/registry_node/test_inbox.py::test_receipt_that_names_other_evidence"),),
    ),
    Bug(
        id="node-keeps-reservation",
        breaks="A rejected offer keeps the units of the node reserved.",
        file="registry_node/inbox/apply.py",
        old="    elif state in FINAL:\n        trip.release(row)",
        new="    elif state is State.TERMINATED:\n        trip.release(row)",
        tests=(
            (
                "tests/unit/registry_node/test_life_cycle.py::test_units_are_reserved_whi"
                "le_offered_and_free_after_rejection"
            ),
        ),
    ),
    Bug(
        id="node-signs-again-for-ever",
        breaks="A message refused for its time is signed again without end.",
        file="registry_node/outbox/sender.py",
        old="            if self._signed_again == item.message_id:",
        new="            if self._signed_again is None and not item.message_id:",
        tests=(
            (
                "tests/unit/registry_node/test_outbox.py::test_clock_that_stays_wrong_blo"
                "cks_and_says_so"
            ),
        ),
    ),
    Bug(
        id="node-outbox-newest-first",
        breaks="The outbox sends the newest message first.",
        file="registry_node/outbox/items.py",
        old="order=_i.item_id,\n",
        new="order=_i.item_id.desc(),\n",
        tests=(
            ("tests/unit/registry_node/test_outbox.py::test_messages_go_in_order_one_at_a_time"),
        ),
    ),
    Bug(
        id="node-refusal-keeps-units",
        breaks="A refused proposal keeps its units reserved.",
        file="registry_node/outbox/items.py",
        old="            trip.release(row)\n",
        new="            pass\n",
        tests=(
            (
                "tests/unit/registry_node/test_outbox.py::test_unrecorded_message_of_a_re"
                "voked_key_is_refused"
            ),
        ),
    ),
    Bug(
        id="node-offers-reserved",
        breaks="Units that are reserved can be offered again.",
        file="registry_node/ledger/holdings.py",
        old="if row.account_id == account_id and row.reserved_by is None",
        new="if row.account_id == account_id",
        tests=("tests/unit/registry_node/test_ledger.py::test_reserved_units_are_not_free",),
    ),
    Bug(
        id="node-reserves-half",
        breaks="A failed reservation keeps the blocks before the one that failed.",
        file="registry_node/ledger/holdings.py",
        old="                self._rows = before\n",
        new="",
        tests=("tests/unit/registry_node/test_ledger.py::test_reservation_is_all_or_nothing",),
    ),
    Bug(
        id="node-joins-different",
        breaks="Neighbouring holdings are joined although one is reserved.",
        file="registry_node/ledger/holdings.py",
        old="        and replace(row, first=before.first, last=before.last) == before\n",
        new="        and row.account_id == before.account_id\n",
        tests=("tests/unit/registry_node/test_ledger.py::test_ledger_and_naive_model_agree",),
    ),
    Bug(
        id="policy-limit-off-by-one",
        breaks="An offer of exactly the limit goes to a person.",
        file="registry_node/proposals/policy.py",
        old="offer.quantity > policy.maximum_quantity:",
        new="offer.quantity >= policy.maximum_quantity:",
        tests=("tests/unit/registry_node/test_policy.py::test_automatic",),
    ),
    Bug(
        id="policy-warnings-overlooked",
        breaks="An offer with a warning is accepted without a person.",
        file="registry_node/proposals/policy.py",
        old="    if offer.warnings:",
        new="    if len(offer.warnings) > 1:",
        tests=("tests/unit/registry_node/test_policy.py::test_automatic",),
    ),
    Bug(
        id="reports-again-and-again",
        breaks="A report that was refused is sent again every minute.",
        file="registry_node/reporting.py",
        old="trip.now < last.refused_at + limits.REPORT_GRACE",
        new="trip.now < last.refused_at",
        tests=(
            (
                "tests/unit/registry_node/test_reporting.py::test_a_refused_report_is_not"
                "_sent_every_minute"
            ),
        ),
    ),
    Bug(
        id="report-repeats-the-last-action",
        breaks="The last action of a report is reported again.",
        file="registry_node/reporting.py",
        old="each.time.ToNanoseconds() > until",
        new="each.time.ToNanoseconds() >= until",
        tests=(
            (
                "tests/unit/registry_node/test_reporting.py::test_what_happens_is_reporte"
                "d_at_once_by_who_said_so"
            ),
        ),
    ),
    Bug(
        id="audit-misses-bytes",
        breaks="`registry-node verify` does not compare proofs with their hashes.",
        file="registry_node/verifying/proofs.py",
        old="if hashlib.sha256(envelope.payload).digest() != proof.payload_hash:",
        new="if not envelope.payload:",
        tests=(
            (
                "tests/unit/registry_node/test_inbox.py::test_audit_finds_what_was_change"
                "d_in_the_store"
            ),
        ),
    ),
    Bug(
        id="audit-misses-receipts",
        breaks="A completed transaction without a receipt passes the audit.",
        file="registry_node/verifying/proofs.py",
        old="if row.transaction_id not in proven:",
        new="if not row.transaction_id:",
        tests=(
            (
                "tests/unit/registry_node/test_inbox.py::test_audit_finds_what_was_change"
                "d_in_the_store"
            ),
        ),
    ),
    Bug(
        id="sends-before-all-is-back",
        breaks="A node that was restored speaks before it knows what it had said.",
        file="registry_node/inbox/record_watch.py",
        old="recorded_sequence < self._reach",
        new="recorded_sequence < 0",
        tests=(
            (
                "tests/unit/registry_node/test_restored.py"
                "::test_own_messages_come_back_and_the_books_with_them"
            ),
        ),
    ),
    Bug(
        id="answers-twice-after-a-copy",
        breaks="An answer given anew by a restored node stays beside the one that was recorded.",
        file="registry_node/inbox/own_messages.py",
        old="anew.status is ItemStatus.QUEUED",
        new="anew.status is ItemStatus.REFUSED",
        tests=(
            (
                "tests/unit/registry_node/test_restored.py"
                "::test_an_answer_by_policy_gives_way_to_the_one_that_was_recorded"
            ),
        ),
    ),
    Bug(
        id="goes-back-too-little",
        breaks="A delivery that the broker lost stays in the books of a node that goes back.",
        file="registry_node/going_back.py",
        old='"DELETE FROM delivery WHERE sequence > :cursor"',
        new='"DELETE FROM delivery WHERE sequence > :cursor + 1"',
        tests=(
            (
                "tests/scenarios/test_copies.py"
                "::test_a_copy_is_noticed_and_the_way_out_makes_the_books_equal"
            ),
        ),
    ),
    Bug(
        id="restated-units-stay",
        breaks="A node books a conversion, and its units stay what they were.",
        file="registry_node/inbox/settlement.py",
        old="    _restate(ledger, changed)\n",
        new="",
        tests=(
            (
                "tests/unit/registry_node/test_restated.py"
                "::test_a_conversion_is_applied_without_knowing_what_one_is"
            ),
        ),
    ),
    Bug(
        id="named-units-move",
        breaks="Units that a proposal only names are offered and counted with the others.",
        file="registry_node/proposals/building.py",
        old="    return block.role != units_pb2.UNIT_ROLE_NAMED\n",
        new="    return True\n",
        tests=(
            (
                "tests/unit/registry_node/test_restated.py"
                "::test_units_that_are_only_named_neither_move_nor_count"
            ),
        ),
    ),
    Bug(
        id="a-verification-stops-the-node",
        breaks="While a node verifies what it has stored, it does nothing else.",
        file="registry_node/store/database.py",
        old="        path = self._path\n",
        new="        path = None\n",
        tests=(
            (
                "tests/unit/registry_node/test_verifying_beside.py"
                "::test_the_node_goes_on_meanwhile_and_what_it_does_is_not_seen"
            ),
        ),
    ),
    Bug(
        id="a-verification-goes-on-for-nobody",
        breaks="A verification goes on for minutes after its caller has gone.",
        file="registry_node/verifying/beside.py",
        old="                raise _Gone\n",
        new="                return\n",
        tests=(
            (
                "tests/unit/registry_node/test_verifying_beside.py"
                "::test_it_ends_soon_after_its_caller_has_gone"
            ),
        ),
    ),
    Bug(
        id="a-page-of-holdings-begins-too-late",
        breaks="Between two pages of holdings those of an account with lower serial numbers are left out.",
        file="registry_node/outcomes.py",
        old=(
            '    tuple_(*_PLACES) > tuple_(bindparam("account_id"), bindparam("registry"), bindparam("first")),\n'
        ),
        new='    _h.account_id >= bindparam("account_id"), _h.first > bindparam("first"),\n',
        tests=(
            (
                "tests/api/test_node_long_lists.py"
                "::test_lists_longer_than_a_message_are_whole_and_the_same_page_by_page"
            ),
        ),
    ),
    Bug(
        id="a-long-list-stops-the-node",
        breaks="Nobody else has a turn while a list of a hundred thousand holdings is written.",
        file="registry_node/api/operator_service.py",
        old="            await asyncio.sleep(0)\n",
        new="            pass\n",
        tests=(
            (
                "tests/api/test_node_long_lists.py"
                "::test_others_have_their_turn_while_a_long_list_is_written"
            ),
        ),
    ),
)
