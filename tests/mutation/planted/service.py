# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of serving: mailboxes, subscriptions, limits, what is shown to whom."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

BUGS: Final = (
    Bug(
        id="signature-made-anew",
        breaks="A statement handed out before is signed again.",
        file="broker/clearing/path/signing.py",
        old="row.keyid is not None and row.keyid in self._keys:",
        new="row.keyid is not None and row.keyid == self.keyid:",
        tests=(
            (
                "tests/unit/broker/store/test_stored_signatures.py::test_a_statement_that"
                "_was_handed_out_keeps_its_signature"
            ),
        ),
    ),
    Bug(
        id="revoked-by-time-only",
        breaks="What a revoked key signs later verifies where it states an earlier time.",
        file="proto/itmo/keys.py",
        old="(at >= key.revoked_at or _after(place, key))",
        new="at >= key.revoked_at",
        tests=(
            (
                "tests/unit/broker/clearing/test_keys.py::test_a_revocation_counts_from_its"
                "_place_and_not_from_a_time"
            ),
        ),
    ),
    Bug(
        id="last-key-revoked",
        breaks="The last key of the broker is revoked, and it can sign nothing more.",
        file="broker/clearing/directory/keys.py",
        old="if own and not any(_good(key, now) for key in others):",
        new="if own and not any(True for key in others):",
        tests=("tests/unit/broker/clearing/test_keys.py::test_the_last_key_of_the_broker_stays",),
    ),
    Bug(
        id="unfetched-not-signed",
        breaks="The broker changes keys before it has signed what nobody has fetched.",
        file="broker/clearing/path/signing.py",
        old="        await self._sign_stored(self._signer)\n        self._signer = signer",
        new="        self._signer = signer\n        await self._sign_stored(self._signer)",
        tests=(
            (
                "tests/unit/registry_node/test_broker_keys.py::test_what_nobody_had_fetched_is"
                "_signed_with_the_key_of_its_time"
            ),
        ),
    ),
    Bug(
        id="stored-keys-believed",
        breaks="verify believes the keys of the broker that the store holds.",
        file="registry_node/verifying/proofs.py",
        old="    ring = opener.broker_keys\n",
        new=(
            "    from registry_node.inbox.pinning import pinned_rows\n"
            "    ring = with_rows(opener.broker_keys, pinned_rows(trip), opener.identity.broker_node)\n"
        ),
        tests=(
            (
                "tests/unit/registry_node/test_broker_keys.py::test_a_stored_key_that_nothing"
                "_vouches_for_is_found"
            ),
        ),
    ),
    Bug(
        id="subscription-skips",
        breaks="A subscription that was cut off by size skips what did not fit.",
        file="broker/mailbox/subscription.py",
        old="grant.cursor = frame[-1].sequence",
        new="grant.cursor = entries[-1].sequence",
        tests=(
            ("tests/api/test_broker_delivery.py::test_frames_that_are_cut_by_size_lose_nothing"),
        ),
    ),
    Bug(
        id="blocks-cost-nothing",
        breaks="The blocks of a proposal cost nothing.",
        file="broker/clearing/path/cost.py",
        old="cost += PROPOSAL + BLOCK * half.parts",
        new="cost += PROPOSAL",
        tests=(
            (
                "tests/unit/broker/clearing/test_cost.py::test_each_block_and_each_allotm"
                "ent_is_paid_for"
            ),
        ),
    ),
    Bug(
        id="suspension-not-looked-at-again",
        breaks="A suspended registry completes.",
        file="broker/clearing/transactions/completing.py",
        old="if registry is None or registry.status is OperationalStatus.NON_OPERATIONAL:",
        new="if registry is None:",
        tests=(
            (
                "tests/unit/broker/clearing/test_life.py::test_a_registry_suspended_betwe"
                "en_proposal_and_acceptance"
            ),
        ),
    ),
    Bug(
        id="credit-not-spent",
        breaks="A subscriber gets more deliveries than it granted.",
        file="broker/mailbox/subscription.py",
        old="            grant.credit -= len(frame)\n",
        new="",
        tests=(("tests/api/test_broker_delivery.py::test_no_more_comes_than_credit_was_granted"),),
    ),
    Bug(
        id="cursor-before-acknowledged",
        breaks="A subscription begins before what was acknowledged.",
        file="broker/mailbox/subscription.py",
        old="if cursor < standing.acknowledged_sequence:",
        new="if cursor < 0:",
        tests=(
            ("tests/api/test_broker_delivery.py::test_a_cursor_outside_the_mailbox_is_refused"),
        ),
    ),
    Bug(
        id="digest-not-compared",
        breaks="A node that has read another mailbox than the one here is not told so.",
        file="broker/store/mailboxes.py",
        old="if row is None or row[0] != digest:",
        new="if row is None:",
        tests=(
            (
                "tests/api/test_broker_delivery.py"
                "::test_a_cursor_with_the_digest_of_another_delivery_is_refused"
            ),
        ),
    ),
    Bug(
        id="own-messages-to-everybody",
        breaks="A node is handed the messages of others as its own.",
        file="broker/store/messages.py",
        old='s.message.c.sender_node == bindparam("of_node"),\n        s.message.c.sender_sequence >',
        new='s.message.c.sender_node != bindparam("of_node"),\n        s.message.c.sender_sequence >',
        tests=(
            (
                "tests/api/test_own_messages.py"
                "::test_a_sender_gets_its_own_messages_back_and_nobody_else_does"
            ),
        ),
    ),
    Bug(
        id="bucket-never-fills",
        breaks="A node that was over its rate is never taken in again.",
        file="proto/itmo/runtime/rpc/limiting.py",
        old="full_at = max(self._full_at.get(node, now), now)",
        new="full_at = self._full_at.get(node, now)",
        tests=("tests/unit/itmo_runtime/test_limiting.py::test_a_burst_then_the_rate",),
    ),
    Bug(
        id="slot-not-given-back",
        breaks="The places of a node are not given back.",
        file="proto/itmo/runtime/rpc/limiting.py",
        old="        _give_back(self._of_node, node)\n",
        new="",
        tests=("tests/unit/itmo_runtime/test_limiting.py::test_slots_come_back",),
    ),
    Bug(
        id="burst-one-too-many",
        breaks="A bucket lets one call more through than its burst.",
        file="proto/itmo/runtime/rpc/limiting.py",
        old="self._tolerance = (burst - 1) * self._interval",
        new="self._tolerance = burst * self._interval",
        tests=("tests/unit/itmo_runtime/test_limiting.py::test_a_burst_then_the_rate",),
    ),
    Bug(
        id="refusals-never-held",
        breaks="Who is refused all the time is told at once, and asks again at once.",
        file="proto/itmo/runtime/rpc/patience.py",
        old="        if _has_token(self._prompt, who):",
        new="        if _has_token(self._prompt, who) or True:",
        tests=(
            "tests/unit/itmo_runtime/test_patience.py::test_few_refusals_are_told_at_once_and_a_stop_tells_all",
        ),
    ),
    Bug(
        id="refusals-in-bursts",
        breaks="What was refused in one burst is told, and made again, in one burst.",
        file="proto/itmo/runtime/rpc/patience.py",
        old="max(now + self._held_seconds, after)",
        new="now + self._held_seconds",
        tests=(
            "tests/unit/itmo_runtime/test_patience.py::test_of_one_caller_they_leave_evenly_and_of_each_by_itself",
        ),
    ),
    Bug(
        id="refusal-keeps-message",
        breaks="A refusal keeps the message of its call in memory until the collector comes.",
        file="proto/itmo/runtime/rpc/interceptors.py",
        old="    return error.with_traceback(None)",
        new="    return error",
        tests=("tests/api/test_connections.py::test_a_refused_call_leaves_nothing_in_memory",),
    ),
    Bug(
        id="ended-calls-borne",
        breaks="Who opens calls and resets them, again and again, is never hung up.",
        file="proto/itmo/runtime/rpc/interceptors.py",
        old="        if not self._patience.bears_end(call.peer):",
        new="        if not self._patience.bears_end(call.peer) and False:",
        tests=(
            "tests/api/test_connections.py::test_who_ends_call_after_call_before_its_work_began_is_hung_up",
        ),
    ),
    Bug(
        id="counted-after-read",
        breaks="The texts of 48 000 blocks are looked at before the blocks are counted.",
        file="broker/clearing/path/gate.py",
        old="        self._check_size(kind, payload)\n",
        new="        check_texts(payload)\n        self._check_size(kind, payload)\n",
        tests=(
            "tests/unit/broker/clearing/test_reading_apart.py::test_blocks_are_counted_before_any_text_is_looked_at",
        ),
    ),
    Bug(
        id="large-wait-without-bound",
        breaks="Of one node any number of large messages wait in memory to be read.",
        file="broker/clearing/path/reading_apart.py",
        old="        if not self._room.fits(node, size):",
        new="        if not self._room.fits(node, 0):",
        tests=(
            "tests/unit/broker/clearing/test_reading_apart.py::test_what_waits_to_be_read_is_paid_for_and_bounded",
        ),
    ),
    Bug(
        id="issued-quantities-for-all",
        breaks="Every node is shown how much was issued under an authorization.",
        file="broker/reports/paris/visibility.py",
        old="return issued if caller.parties & parties else 0",
        new="return issued",
        tests=(
            (
                "tests/api/test_broker_transactions.py::test_an_authorization_is_shown_as"
                "_it_was_signed"
            ),
        ),
    ),
    Bug(
        id="quiet-saves-up",
        breaks="Who was quiet for long has all turns to itself when it comes.",
        file="broker/clearing/path/lanes.py",
        old="self._had[waiting.node] = max(had, self._turn)",
        new="self._had[waiting.node] = had",
        tests=(
            (
                "tests/unit/broker/clearing/test_lanes.py::test_who_was_quiet_is_next_and"
                "_has_saved_nothing_up"
            ),
        ),
    ),
    Bug(
        id="put-back-at-the-end",
        breaks="What was taken and not decided on goes behind what came later.",
        file="broker/clearing/path/lanes.py",
        old="self._lanes[each.node].appendleft(each)",
        new="self._lanes[each.node].append(each)",
        tests=(
            ("tests/unit/broker/clearing/test_lanes.py::test_what_was_put_back_keeps_its_place"),
        ),
    ),
    Bug(
        id="group-always-takes-one-more",
        breaks="A group takes one message more than its cost allows.",
        file="broker/clearing/path/lanes.py",
        old="if taken and spent + cost_of_next > most_spent:",
        new="if taken and spent > most_spent:",
        tests=(
            (
                "tests/unit/broker/clearing/test_lanes.py::test_a_group_ends_where_its_co"
                "st_does_but_is_never_empty"
            ),
        ),
    ),
    Bug(
        id="real-cost-not-counted",
        breaks="What a message really cost does not count for the next turn.",
        file="broker/clearing/path/lanes.py",
        old="        self._had[waiting.node] += spent - waiting.cost\n",
        new="",
        tests=(
            (
                "tests/unit/broker/clearing/test_lanes.py::test_what_a_message_really_cos"
                "t_counts_for_the_next_turn"
            ),
        ),
    ),
    Bug(
        id="room-of-bytes-unbounded",
        breaks="A node may queue any number of bytes.",
        file="broker/clearing/path/room.py",
        old="            and self._bytes_of[node] + size <= most.payload_bytes_per_node\n",
        new="",
        tests=(
            (
                "tests/unit/broker/clearing/test_lanes.py::test_a_lane_is_bounded_in_mess"
                "ages_and_bytes"
            ),
        ),
    ),
    Bug(
        id="accounts-of-any-party",
        breaks="Every node is told the accounts of every Party.",
        file="broker/reports/paris/party_answers.py",
        old="    if party not in caller.hosts:",
        new="    if not party:",
        tests=("tests/api/test_office.py::test_a_party_sees_its_own_and_nobody_elses",),
    ),
    Bug(
        id="sides-told-to-anybody",
        breaks="Whoever is adjusted learns the accounts of a transaction in which it took no part.",
        file="broker/reports/paris/party_answers.py",
        old="    side = bool({entry.from_registry, entry.to_registry} & caller.registries)",
        new="    side = bool({entry.from_registry, entry.to_registry} | caller.registries)",
        tests=(
            (
                "tests/unit/broker/reports/paris/test_party_answers.py"
                "::test_accounts_are_named_to_a_side_only"
            ),
        ),
    ),
    Bug(
        id="verdict-without-remedies",
        breaks="A verdict does not say what to do about what did not pass.",
        file="broker/clearing/transactions/propose.py",
        old="        broken.extend(listed.broken)\n",
        new="",
        tests=(
            (
                "tests/unit/broker/clearing/test_remedies.py"
                "::test_a_verdict_says_what_to_do_about_each_check_that_did_not_pass"
            ),
        ),
    ),
    Bug(
        id="reason-of-rejection-lost",
        breaks="Whoever asks for a rejected transaction is not told why.",
        file="broker/clearing/transactions/answer.py",
        old="replace(row, answer_hash=received.payload_hash, reason=reason)",
        new="replace(row, answer_hash=received.payload_hash)",
        tests=(
            (
                "tests/api/test_broker_transactions.py"
                "::test_whoever_watches_lists_or_asks_is_told_why_it_was_rejected"
            ),
        ),
    ),
    Bug(
        id="row-stays-open",
        breaks="A row that is made quickly can be changed afterwards.",
        file="proto/itmo/frozen.py",
        old='"__setattr__": object.__setattr__},\n    )\n    known',
        new='"__setattr__": object.__setattr__},\n    )\n    made_of: Any = cls\n'
        "    made_of.__setattr__ = object.__setattr__\n    known",
        tests=("tests/unit/itmo/test_frozen.py::test_they_are_as_frozen",),
    ),
    Bug(
        id="copy-unchecked",
        breaks="What a row checks when it is made is not checked when it is copied with changes.",
        file="proto/itmo/frozen.py",
        old='    if hasattr(cls, "__post_init__"):\n        body.append',
        new='    if hasattr(cls, "__post_init__") and "row" not in head:\n        body.append',
        tests=("tests/unit/itmo/test_frozen.py::test_a_copy_with_changes_is_checked_as_a_new_one",),
    ),
    Bug(
        id="one-list-for-all",
        breaks="Rows that are made quickly share the list that each is to have for itself.",
        file="proto/itmo/frozen.py",
        old="known[known_as] = field.default_factory\n",
        new="known[known_as] = (lambda made: lambda: made)(field.default_factory())\n",
        tests=("tests/unit/itmo/test_frozen.py::test_they_are_made_and_shown_alike",),
    ),
    Bug(
        id="ended-is-late",
        breaks="A call that its caller ends while its message is waited for is taken for late.",
        file="proto/itmo/runtime/rpc/handlers.py",
        old="if not late or task.uncancel() > cancelled_before:",
        new="if not late and task.uncancel() > cancelled_before:",
        tests=(
            "tests/unit/itmo_runtime/test_first_message.py::test_a_call_that_is_ended_is_not_late",
        ),
    ),
)
