# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of overload: what is not paid, who is turned away too late, who does not wait."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_FLOODS: Final = "tests/unit/broker/clearing/test_floods.py::"
_DOOR: Final = "tests/api/test_turns_at_the_door.py::"
_HEALTH: Final = "tests/unit/registry_node/test_health.py::"

BUGS: Final = (
    Bug(
        id="repetition-paid-by-its-size",
        breaks="A large batch that is sent again is read for the price of its bytes.",
        file="broker/store/loading.py",
        old="cost_of.reading(received))",
        new="cost_of.size(len(received.payload_bytes)))",
        tests=(_FLOODS + "test_what_was_read_is_paid_although_nothing_comes_of_it",),
    ),
    Bug(
        id="frames-for-nothing",
        breaks="A mailbox is handed out on streams again and again, and nobody pays.",
        file="broker/mailbox/subscription.py",
        old="            self._house.pay(node, cost_of(frame))\n",
        new="",
        tests=(_FLOODS + "test_a_mailbox_that_is_read_again_and_again_is_paid",),
    ),
    Bug(
        id="streams-wait-for-nothing",
        breaks="A node in debt is handed out what it likes on streams.",
        file="broker/mailbox/subscription.py",
        old="                await out_of_debt(node)\n",
        new="",
        tests=(_FLOODS + "test_a_mailbox_that_is_read_again_and_again_is_paid",),
    ),
    Bug(
        id="fetch-for-its-call",
        breaks="256 deliveries are fetched for the price of a call.",
        file="broker/api/delivery.py",
        old="self._house.pay(node, cost.beyond_the_call(cost_of(entries)))",
        new="self._house.pay(node, 0)",
        tests=(_FLOODS + "test_a_call_is_paid_for_all_that_it_costs",),
    ),
    Bug(
        id="fetch-reads-on",
        breaks="A fetch reads as many deliveries as were asked for, and hands out two megabytes.",
        file="broker/mailbox/subscription.py",
        old="        part = min(most - len(entries), MAX_SENT_AT_ONCE)",
        new="        part = most - len(entries)",
        tests=(_FLOODS + "test_a_fetch_reads_no_more_than_it_hands_out",),
    ),
    Bug(
        id="each-acknowledgement-a-commit",
        breaks="Acknowledgements queue up before decisions, one commit each.",
        file="broker/store/acknowledgements.py",
        old="together, self._waiting = self._waiting, []",
        new="together, self._waiting = self._waiting[:1], self._waiting[1:]",
        tests=(_FLOODS + "test_acknowledgements_that_wait_are_one_commit",),
    ),
    Bug(
        id="acknowledged-before-the-last",
        breaks="The last acknowledgement of a stream is not written.",
        file="broker/mailbox/acknowledging.py",
        old="while self._written < self._wanted:",
        new="while not self._written:",
        tests=(_FLOODS + "test_of_acknowledgements_on_a_stream_the_latest_is_written",),
    ),
    Bug(
        id="the-loop-waits-for-judging",
        breaks="The loop has the interpreter every 5 ms only while a long message is judged.",
        file="broker/clearing/path/rehearsing.py",
        old="self._judge(giving_way(lambda: waiting.gone))",
        new="self._judge(lambda: waiting.gone)",
        tests=(_FLOODS + "test_long_judging_lets_the_loop_run_between_its_steps",),
    ),
    Bug(
        id="workers-look-at-what-has-no-room",
        breaks="A worker verifies messages of a node for which there is no room.",
        file="broker/workers/link.py",
        old="                self._full.add(node)\n",
        new="                pass\n",
        tests=(
            (
                "tests/unit/broker/workers/test_one_house.py::test_what_cannot_wait_is_turned_away_by_its"
                "_worker_before_its_signature_is_looked_at"
            ),
        ),
    ),
    Bug(
        id="turns-by-number",
        breaks="Whoever has had most is next.",
        file="broker/clearing/path/lanes.py",
        old="            self._had[node] = had + each.cost",
        new="            self._had[node] = had - each.cost",
        tests=(
            (
                "tests/unit/broker/clearing/test_fair_turns.py::test_a_flood_slows_another_node_by_less"
                "_than_a_tenth"
            ),
            "tests/unit/broker/clearing/test_lanes.py",
        ),
    ),
    Bug(
        id="in-step",
        breaks="All nodes that were turned away come back at the same moment.",
        file="registry_node/health.py",
        old="told = int(asked) / 1000 * (1 + _SPREAD * chance)",
        new="told = int(asked) / 1000",
        tests=("tests/unit/registry_node/test_outbox.py::test_pauses_grow_have_jitter_and_an_end",),
    ),
    Bug(
        id="waiting-breaks-streams",
        breaks="A node that is asked to wait takes it for streams that do not pass.",
        file="registry_node/outbox/sender.py",
        old="            if asks_to_wait(error):  # which says nothing of whether streams pass\n"
        "                return self._blocked(error)\n",
        new="",
        tests=(
            (
                "tests/unit/registry_node/test_sending_ahead.py::test_a_node_that_is_asked_to_wait_keeps"
                "_its_streams"
            ),
        ),
    ),
    Bug(
        id="waiting-is-a-failure",
        breaks="A node that is asked to wait tells that its line is broken.",
        file="registry_node/health.py",
        old=(
            "        if asks_to_wait(error):\n            self.last_error = error\n"
            "            self.asked_to_wait(error)\n            return\n"
        ),
        new="",
        tests=(_HEALTH + "test_who_is_asked_to_wait_waits_and_calls_it_no_failure",),
    ),
    Bug(
        id="own-share-waited-for-ever-longer",
        breaks="Who has used its share up waits longer each time, as if the broker were full.",
        file="registry_node/health.py",
        old="if error is None or error.reason is not Reason.RATE_LIMITED:",
        new="if True:",
        tests=(
            "tests/unit/registry_node/test_health.py::test_who_waits_for_its_own_share_waits_no_longer_each_time",
        ),
    ),
    Bug(
        id="company-without-end",
        breaks="Who has little waiting for a decision waits for a whole group of those who have much.",
        file="broker/clearing/path/lanes.py",
        old="hurried = hurried or node in little",
        new="hurried = node in little",
        tests=("tests/unit/broker/clearing/test_lanes.py::test_who_has_little_has_little_company",),
    ),
    Bug(
        id="small-groups-for-ever",
        breaks="Once somebody had little waiting, groups stay small and cost more.",
        file="broker/clearing/path/lanes.py",
        old="self._since_little = 0 if little else self._since_little + 1",
        new="self._since_little = 0 if little else 1",
        tests=(
            "tests/unit/broker/clearing/test_lanes.py::test_groups_are_full_again_when_nobody_who_has_little_came_for_a_while",
        ),
    ),
    Bug(
        id="number-of-a-caller-that-went",
        breaks="The number of a message whose caller has gone counts as taken, and the sender's next one as in turn.",
        file="broker/clearing/path/waiting_room.py",
        old="            if waiting.gone:\n                self.forget(waiting.received)\n",
        new="            if waiting.gone:\n",
        tests=(
            "tests/unit/broker/clearing/test_waiting_room.py::test_a_caller_that_goes_gives_its_number_back_and_pays_for_nothing",
        ),
    ),
    Bug(
        id="no-pause",
        breaks="After a dear message its sender's next one goes before what others say in turn.",
        file="broker/clearing/path/pauses.py",
        old="return self._dear if self.left(now) > timedelta(0) else ()",
        new="return ()",
        tests=(
            "tests/unit/broker/clearing/test_pauses.py::test_others_are_taken_meanwhile_and_then_who_paused",
        ),
    ),
    Bug(
        id="pause-for-nobody",
        breaks="A dear message is followed by a pause although nobody else speaks.",
        file="broker/clearing/path/pauses.py",
        old="return min(self._longest, self._expected) - now",
        new="return self._longest - now",
        tests=("tests/unit/broker/clearing/test_pauses.py::test_nobody_pauses_for_nobody",),
    ),
    Bug(
        id="long-on-the-loop",
        breaks="A short message over many pieces is judged where all else waits for it.",
        file="broker/store/sqlite_groups.py",
        old="if most.cost is not None and",
        new="if most.cost is None and",
        tests=(
            "tests/unit/broker/clearing/test_work.py::test_what_crosses_many_pieces_is_not_judged_where_all_else_waits",
        ),
    ),
    Bug(
        id="each-method-waited-for",
        breaks="With every call gRPC looks through all methods that are offered.",
        file="proto/itmo/runtime/rpc/server.py",
        old="    server.add_registered_method_handlers = ",
        new="    _ = ",
        tests=(
            "tests/api/test_runtime_calls.py::test_a_server_waits_for_the_next_call_of_any_method",
        ),
    ),
    Bug(
        id="turns-as-usual",
        breaks="While a batch is read, decisions wait five milliseconds for the interpreter at every turn.",
        file="broker/clearing/path/reading_apart.py",
        old="    with SHORT_TURNS:\n",
        new="    if SHORT_TURNS:\n",
        tests=(
            "tests/unit/broker/clearing/test_reading_apart.py::test_others_have_the_loop_between_proposals",
        ),
    ),
    Bug(
        id="batch-in-one-go",
        breaks="While the proposals of a batch are read, all else waits.",
        file="broker/clearing/path/reading_apart.py",
        old="                await asyncio.sleep(0)\n",
        new="",
        tests=(
            "tests/unit/broker/clearing/test_reading_apart.py::test_others_have_the_loop_between_proposals",
        ),
    ),
    Bug(
        id="one-line-at-the-door",
        breaks="All calls are looked at in the order in which they came, a thousand of one caller before the next.",
        file="proto/itmo/runtime/rpc/door.py",
        old="_connection_of(call, self._events), call",
        new='"", call',
        tests=(_DOOR + "test_a_connection_with_one_call_is_next_after_one_of_each_other",),
    ),
    Bug(
        id="last-come-first-looked-at",
        breaks="Whose connection came last has every turn.",
        file="proto/itmo/runtime/rpc/lines.py",
        old="popitem(last=False)",
        new="popitem(last=True)",
        tests=("tests/unit/itmo_runtime/test_lines.py",),
    ),
    Bug(
        id="looked-at-behind-a-held-refusal",
        breaks="Who does not heed refusals has every further call looked at, and refused, at once.",
        file="proto/itmo/runtime/rpc/interceptors.py",
        old="                told = await self._patience.hold_back(call.who)\n            finally:\n                self.lines.bring_back(call.peer)\n",
        new="                pass\n            finally:\n                self.lines.bring_back(call.peer)\n            told = await self._patience.hold_back(call.who)\n",
        tests=(_DOOR + "test_behind_a_refusal_that_is_held_back_nothing_is_looked_at",),
    ),
    Bug(
        id="stopped-before-all-were-refused",
        breaks="Calls that wait for their turn when the service stops hold it up, and are told nothing.",
        file="proto/itmo/runtime/rpc/server.py",
        old="            await guard.lines.all_taken()\n",
        new="            pass\n",
        tests=(_DOOR + "test_a_server_that_stops_refuses_who_waits_in_a_line",),
    ),
    Bug(
        id="bulk-dropped-before-who-does-not-heed",
        breaks="Where too many calls wait, those of an honest caller are dropped before those behind a held refusal.",
        file="proto/itmo/runtime/rpc/lines.py",
        old="apart or self._in_turn",
        new="self._in_turn or apart",
        tests=("tests/unit/itmo_runtime/test_lines.py",),
    ),
    Bug(
        id="stop-without-end",
        breaks="A service that stops waits for lines that never end.",
        file="proto/itmo/runtime/rpc/server.py",
        old="asyncio.timeout_at(until)",
        new="asyncio.timeout_at(None)",
        tests=(_DOOR + "test_a_stop_takes_no_longer_than_its_grace_where_lines_do_not_end",),
    ),
)
