# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of taking messages in: envelope, keys, gate, order, replay."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

BUGS: Final = (
    Bug(
        id="early-messages-without-bound",
        breaks="Messages that come before their turn are kept without a bound.",
        file="broker/clearing/path/early.py",
        old="if place in self._kept or not self._room.fits(waiting.node, waiting.size):",
        new="if place in self._kept:",
        tests=(
            (
                "tests/unit/broker/clearing/test_work.py::test_early_messages_are_bounded"
                "_in_bytes_and_number"
            ),
        ),
    ),
    Bug(
        id="early-room-not-given-back",
        breaks="The room of early messages fills up for ever.",
        file="broker/clearing/path/early.py",
        old="        self._room.leave(waiting.node, waiting.size)\n",
        new="",
        tests=(
            ("tests/unit/broker/clearing/test_work.py::test_an_early_message_goes_with_its_caller"),
        ),
    ),
    Bug(
        id="sequence-not-given-back",
        breaks="The number of a message that was refused is lost, and the sender is stuck.",
        file="broker/clearing/path/waiting_room.py",
        old="self._next[node] = chain.next_sequence if chain else 1",
        new="self._next.setdefault(node, chain.next_sequence if chain else 1)",
        tests=(
            (
                "tests/unit/broker/clearing/test_evidence_of_refusals.py::test_a_refused_"
                "message_gives_its_number_back"
            ),
        ),
    ),
    Bug(
        id="engine-failure-retried",
        breaks=(
            "After a failure of the engine the messages of the group are tried again one by one."
        ),
        file="broker/clearing/path/clerk.py",
        old="except (ProtocolError, LedgerInvariantBroken) as error:",
        new="except Exception as error:",
        tests=(
            (
                "tests/unit/broker/clearing/test_evidence_of_refusals.py::test_an_engine_"
                "that_fails_is_asked_once"
            ),
        ),
    ),
    Bug(
        id="dry-run-decided",
        breaks="What is only to be validated is decided and recorded.",
        file="broker/clearing/path/clerk.py",
        old="        if received.validate_only:",
        new="        if received.validate_only and self._stopping:",
        tests=(
            (
                "tests/unit/broker/clearing/test_messages.py::test_validation_leaves_noth"
                "ing_and_promises_nothing"
            ),
        ),
    ),
    Bug(
        id="reuse-answered-to-a-revoked-key",
        breaks=(
            "Other content under a used id is answered with the first answer when it "
            "is signed with a revoked key."
        ),
        file="broker/clearing/path/decide.py",
        old="if recorded == received.payload_hash:",
        new="if recorded == received.payload_hash or not received.verified:",
        tests=(
            (
                "tests/unit/broker/clearing/test_evidence_of_refusals.py::test_other_cont"
                "ent_under_a_used_id_is_refused_when_its_key_was_revoked"
            ),
        ),
    ),
    Bug(
        id="window-one-sided",
        breaks="Messages from the past pass the clock window however old they are.",
        file="broker/clearing/path/gate.py",
        old="if abs(skew) > limits.CLOCK_TOLERANCE:",
        new="if skew > limits.CLOCK_TOLERANCE:",
        tests=(
            (
                "tests/unit/broker/clearing/test_bad_messages.py::test_bad_messages_are_r"
                "efused_and_leave_one_event"
            ),
        ),
    ),
    Bug(
        id="expired-at-its-expiry",
        breaks="A message is still taken at the very moment of its expiry.",
        file="broker/clearing/path/gate.py",
        old="if now >= expire_time:",
        new="if now > expire_time:",
        tests=(
            (
                "tests/unit/broker/clearing/test_bad_messages.py::test_bad_messages_are_r"
                "efused_and_leave_one_event"
            ),
        ),
    ),
    Bug(
        id="lifetime-of-nothing",
        breaks="A message whose expiry is its creation passes.",
        file="broker/clearing/path/gate.py",
        old="if not timedelta(0) < lifetime <=",
        new="if not timedelta(0) <= lifetime <=",
        tests=(
            (
                "tests/unit/broker/clearing/test_clock_window.py::test_a_message_is_taken"
                "_within_its_window_only"
            ),
        ),
    ),
    Bug(
        id="sender-not-compared-with-key",
        breaks="The key of another node signs for the connected one.",
        file="broker/clearing/path/gate.py",
        old="if opened.node != header.sender_node:",
        new="if not opened.node:",
        tests=(
            (
                "tests/unit/broker/clearing/test_bad_messages.py::test_bad_messages_are_r"
                "efused_and_leave_one_event"
            ),
        ),
    ),
    Bug(
        id="operator-key-for-nodes",
        breaks="The operator may sign with a key for messages.",
        file="broker/clearing/path/gate.py",
        old=(
            "purpose = KeyPurpose.OPERATE if caller == OPERATOR_NODE else KeyPurpose.SIGN_MESSAGE"
        ),
        new="purpose = KeyPurpose.SIGN_MESSAGE",
        tests=(
            (
                "tests/unit/broker/clearing/test_statements.py::test_an_account_that_hold"
                "s_units_does_not_close"
            ),
        ),
    ),
    Bug(
        id="batch-of-many-receivers",
        breaks="The transactions of a batch may go to different registries.",
        file="broker/clearing/path/gate.py",
        old="if len({(each.from_registry, each.to_registry) for each in proposed}) > 1:",
        new="if len({each.from_registry for each in proposed}) > 1:",
        tests=(
            (
                "tests/unit/broker/clearing/test_batches.py::test_a_batch_goes_from_one_r"
                "egistry_to_one_registry"
            ),
        ),
    ),
    Bug(
        id="network-not-compared",
        breaks="Messages for another network are taken.",
        file="broker/clearing/path/gate.py",
        old="if header.network_id != self.network_id:",
        new="if not header.network_id:",
        tests=(
            (
                "tests/unit/broker/clearing/test_bad_messages.py::test_bad_messages_are_r"
                "efused_and_leave_one_event"
            ),
        ),
    ),
    Bug(
        id="only-first-signature",
        breaks="Of several signatures only the first is verified.",
        file="proto/itmo/envelope.py",
        old="for key, each in zip(keys, envelope.signatures, strict=True):  # (6)",
        new="for key, each in zip(keys[:1], envelope.signatures[:1], strict=True):  # (6)",
        tests=(
            (
                "tests/unit/itmo/test_envelope.py::test_one_bad_signature_among_good_ones"
                "_closes_the_envelope"
            ),
        ),
    ),
    Bug(
        id="key-valid-at-its-end",
        breaks="A key still signs at the moment its validity ends.",
        file="proto/itmo/keys.py",
        old="if not key.not_before <= at < key.not_after:",
        new="if not key.not_before <= at <= key.not_after:",
        tests=("tests/unit/itmo/test_keys.py::test_a_key_is_not_valid_outside",),
    ),
    Bug(
        id="revocation-a-moment-late",
        breaks="A key revoked now still signs now.",
        file="proto/itmo/keys.py",
        old="(at >= key.revoked_at or _after(place, key))",
        new="(at > key.revoked_at or _after(place, key))",
        tests=("tests/unit/itmo/test_keys.py::test_revocation_begins_at_its_moment",),
    ),
    Bug(
        id="clerk-takes-revoked-keys",
        breaks="A key revoked earlier in the same group still counts.",
        file="broker/clearing/path/decide.py",
        old="if key.revoked_at is not None:",
        new="if key.revoked_at is not None and key.revoked_at < to_ms(desk.now):",
        tests=(
            (
                "tests/unit/broker/clearing/test_statements.py::test_a_revocation_counts_"
                "from_its_place_in_the_log"
            ),
        ),
    ),
    Bug(
        id="signed-twice-by-one",
        breaks="A second signature of the same key counts as another person.",
        file="proto/itmo/envelope.py",
        old="if len({key.keyid for key in keys}) < len(keys):",
        new="if len({key.keyid for key in keys}) < 1:",
        tests=("tests/unit/itmo/test_envelope.py::test_envelopes_that_do_not_open",),
    ),
    Bug(
        id="key-file-open-to-group",
        breaks="A key file that the group may read is loaded.",
        file="proto/itmo/keys.py",
        old="if mode & (stat.S_IRWXG | stat.S_IRWXO):",
        new="if mode & stat.S_IRWXO:",
        tests=("tests/unit/itmo/test_keys.py::test_a_key_file_open_to_others_is_refused",),
    ),
    Bug(
        id="conflicting-content-not-kept",
        breaks="Other content under a used id is refused and forgotten.",
        file="broker/clearing/path/decide.py",
        old="        if received.verified:\n            return _reused(desk, received)",
        new=(
            "        if received.verified:\n"
            "            error = _reused(desk, received)\n"
            "            desk.effects.conflicts.clear()\n"
            "            return error"
        ),
        tests=(
            (
                "tests/unit/broker/clearing/test_messages.py::test_the_same_id_with_other"
                "_bytes_is_refused_and_kept"
            ),
        ),
    ),
    Bug(
        id="chain-not-compared",
        breaks="A message that does not chain to the one before is taken.",
        file="broker/clearing/path/decide.py",
        old="if head.previous_payload_hash != previous:",
        new="if previous and not head.previous_payload_hash:",
        tests=(
            (
                "tests/unit/broker/clearing/test_messages.py::test_numbers_and_hashes_tha"
                "t_do_not_chain"
            ),
        ),
    ),
    Bug(
        id="used-sequence-taken-for-gap",
        breaks="A used sequence number is refused as a gap.",
        file="broker/clearing/path/decide.py",
        old="if head.sender_sequence > expected:",
        new="if head.sender_sequence != expected:",
        tests=(
            (
                "tests/unit/broker/clearing/test_messages.py::test_numbers_and_hashes_tha"
                "t_do_not_chain"
            ),
        ),
    ),
    Bug(
        id="newer-fields-pass",
        breaks="A message of version 1 is read with fields of version 2.",
        file="proto/itmo/schema_versions.py",
        old="        if _since(field) > version:\n",
        new="        if _since(field) > version + 1:\n",
        tests=(
            "tests/unit/itmo/test_schema_versions.py::test_what_is_newer_than_the_header_is_refused",
        ),
    ),
    Bug(
        id="unread-proposals-pass",
        breaks="A node is sent proposals in a version that it does not read.",
        file="broker/clearing/transactions/unread.py",
        old="            yield registry.node\n",
        new="            yield received.header.sender_node\n",
        tests=(
            (
                "tests/unit/broker/clearing/test_unread.py"
                "::test_a_proposal_to_a_node_that_does_not_read_it_is_refused"
            ),
        ),
    ),
)
