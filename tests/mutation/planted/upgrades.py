# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of upgrades: schemas that expand and contract, catalogues that bind, programs of other versions."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_CONTRACT: Final = "tests/unit/itmo_runtime/test_expand_contract.py::"
_UPGRADING: Final = "tests/unit/broker/store/test_upgrading.py::"
_CATALOGUES: Final = "tests/unit/broker/store/test_catalogues.py::"
_VERSIONS: Final = "tests/unit/registry_node/test_other_versions.py::"
BUGS: Final = (
    Bug(
        id="serving-contracts",
        breaks="A program that starts takes away what the version before uses.",
        file="proto/itmo/runtime/db/migrations.py",
        old="self._run(connection, self.needed if found else self.newest)",
        new="self._run(connection, self.newest)",
        tests=(f"{_CONTRACT}test_the_program_before_goes_on_working_after_an_expansion",),
    ),
    Bug(
        id="any-later-schema-will-do",
        breaks="A program serves a database from which something that it uses was taken away.",
        file="proto/itmo/runtime/db/migrations.py",
        old="if needs > self.newest:",
        new="if needs > found:",
        tests=(f"{_CONTRACT}test_the_program_before_is_refused_after_a_contraction",),
    ),
    Bug(
        id="audit-overlooks-changes",
        breaks="On an extended database the audit overlooks tables that were changed.",
        file="proto/itmo/runtime/db/soundness.py",
        old="return found.endswith(rest) and",
        new="return",
        tests=(f"{_CONTRACT}test_a_table_that_lost_a_constraint_is_found_in_an_expanded_database",),
    ),
    Bug(
        id="audit-overlooks-what-is-missing",
        breaks="On an extended database the audit overlooks what was dropped.",
        file="proto/itmo/runtime/db/soundness.py",
        old="        if (kind, name) not in found:\n",
        new="        if (kind, name) not in found and not ahead:\n",
        tests=(f"{_CONTRACT}test_what_is_missing_is_found_in_an_expanded_database",),
    ),
    Bug(
        id="older-programs-not-asked",
        breaks="What a broker uses that serves is taken away from under it.",
        file="broker/store/upgrading.py",
        old="if each.knows < needs]",
        new="if each.knows < each.knows]",
        tests=(f"{_UPGRADING}test_nothing_is_taken_away_while_a_program_uses_it",),
    ),
    Bug(
        id="killed-brokers-wait-for-ever",
        breaks="A broker that was killed stands against a contraction for ever.",
        file="broker/store/processes.py",
        old='    f" WHERE seen >= {_NOW} - ? ORDER BY since, process"',
        new='    f" WHERE seen >= {_NOW} - 1000 * ? ORDER BY since, process"',
        tests=(f"{_UPGRADING}test_a_program_that_was_killed_is_not_waited_for_for_ever",),
    ),
    Bug(
        id="sleeper-decides-on",
        breaks="A broker that was asleep during a contraction decides on.",
        file="broker/store/migrate.py",
        old='    fences=("UPDATE decider SET needs = ?",),\n',
        new="",
        tests=(f"{_UPGRADING}test_the_version_before_decides_until_something_is_taken_away",),
    ),
    Bug(
        id="catalogue-binds-too-late",
        breaks="A broker without a check judges on after the day from which it applies.",
        file="broker/rulebook/general/described.py",
        old="return min(map(date.fromisoformat, added), default=None)",
        new="return max(map(date.fromisoformat, added), default=None)",
        tests=(f"{_CATALOGUES}test_a_catalogue_binds_from_its_first_new_check_or_at_once",),
    ),
    Bug(
        id="changed-checks-bind-like-new-ones",
        breaks="Two brokers judge side by side by a check that one of them has otherwise.",
        file="broker/rulebook/general/described.py",
        old='if kept != was["checks"] or',
        new="if",
        tests=(f"{_CATALOGUES}test_a_catalogue_binds_from_its_first_new_check_or_at_once",),
    ),
    Bug(
        id="other-brokers-catalogue-not-heard-of",
        breaks="A broker does not hear that a later catalogue was brought.",
        file="broker/store/server_groups.py",
        old="if connection.catalogues != self._catalogues:",
        new="if not self._catalogues:",
        tests=(f"{_UPGRADING}test_the_version_before_decides_until_something_is_taken_away",),
    ),
    Bug(
        id="earlier-catalogue-does-not-verify",
        breaks="After an upgrade that adds a check the record does not verify any more.",
        file="broker/verifying/verify.py",
        old='"previous_payload_hash", "digest"})',
        new='"previous_payload_hash"})',
        tests=(
            (
                "tests/unit/broker/store/test_verifying.py"
                "::test_what_was_decided_by_an_earlier_catalogue_holds"
            ),
        ),
    ),
    Bug(
        id="answers-to-earlier-verdicts-do-not-verify",
        breaks="After an upgrade that adds a check, answers that name their verdict do not verify any more.",
        file="broker/verifying/replay.py",
        old="if self._by_others and received.proposed:",
        new="if not self._by_others and received.proposed:",
        tests=(
            (
                "tests/unit/broker/store/test_verifying.py"
                "::test_an_answer_to_a_verdict_of_an_earlier_catalogue_holds"
            ),
        ),
    ),
    Bug(
        id="later-reason-holds-up-the-outbox",
        breaks="A refusal with a reason of a later version holds up every message behind it.",
        file="registry_node/outbox/sender.py",
        old="    if judged_by_later(error):\n        return True\n",
        new="",
        tests=(f"{_VERSIONS}test_a_refusal_with_a_reason_of_a_later_version_is_told_by_its_name",),
    ),
    Bug(
        id="call-not-offered-holds-up-the-outbox",
        breaks="A call that an older broker does not offer holds up every message behind it.",
        file="registry_node/outbox/sender.py",
        old="{Reason.MESSAGE_TOO_LARGE, Reason.CALL_NOT_OFFERED}",
        new="{Reason.MESSAGE_TOO_LARGE}",
        tests=(f"{_VERSIONS}test_a_message_that_is_not_offered_is_given_back_and_blocks_nothing",),
    ),
    Bug(
        id="node-audits-by-the-newest-schema",
        breaks="The next version of a node does not start before something was taken away.",
        file="registry_node/verifying/starting.py",
        old="closing(empty_database(db))",
        new="closing(empty_database())",
        tests=(
            (
                "tests/unit/registry_node/test_expanded.py"
                "::test_the_next_version_serves_before_anything_is_taken_away"
            ),
        ),
    ),
    Bug(
        id="split-into-itself",
        breaks="A batch that is too large by the word of a broker is sent again and again as it is.",
        file="registry_node/outbox/splitting.py",
        old="return min(max(int(told), 1), count - 1)",
        new="return int(told)",
        tests=(
            f"{_VERSIONS}test_what_an_older_broker_takes_only_in_smaller_messages_is_sent_in_those",
        ),
    ),
    Bug(
        id="split-answers-lose-their-reason",
        breaks="Rejections that were split into smaller batches do not say why any more.",
        file="registry_node/outbox/splitting.py",
        old="proposal_pb2.RejectionBatch(proposals=answered, reason=reason)",
        new="proposal_pb2.RejectionBatch(proposals=answered)",
        tests=(f"{_VERSIONS}test_answers_to_many_go_to_an_older_broker_in_smaller_messages",),
    ),
    Bug(
        id="withdrawn-of-a-batch-stays-reserved",
        breaks="What of a batch was taken back before it was split keeps its units reserved.",
        file="registry_node/outbox/splitting.py",
        old="    for name in sorted(back):\n        _take_back(trip, item, name)\n",
        new="",
        tests=(f"{_VERSIONS}test_what_of_a_batch_is_to_be_withdrawn_is_not_sent_by_itself",),
    ),
    Bug(
        id="split-acceptance-names-no-verdict",
        breaks="An acceptance that is sent singly to an older broker accepts whatever was judged.",
        file="registry_node/outbox/splitting.py",
        old="                verdict_hash=said.verdict_hash,\n            )\n        return PayloadKind.REJECTION",
        new="            )\n        return PayloadKind.REJECTION",
        tests=(f"{_VERSIONS}test_answers_to_many_go_to_an_older_broker_in_smaller_messages",),
    ),
)
