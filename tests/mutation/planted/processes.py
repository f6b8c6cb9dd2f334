# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of several processes: workers of a broker, and brokers on one database."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_HUNG: Final = "tests/unit/broker/workers/test_hung_workers.py"
_SUPERVISOR: Final = "tests/unit/broker/workers/test_supervisor.py"
_TWO: Final = "tests/unit/broker/store/test_two_brokers.py"
_USE: Final = "tests/unit/broker/test_use_elsewhere.py"

BUGS: Final = (
    Bug(
        id="worker-followed-once-it-serves",
        breaks="Keys that change while a worker starts are answered before it knows of them.",
        file="broker/workers/hub.py",
        old="        return self._known >= number or not self.follows\n",
        new="        return self._known >= number or not self.ready.is_set()\n",
        tests=(f"{_HUNG}::test_a_worker_that_reads_before_it_serves_is_waited_for",),
    ),
    Bug(
        id="silent-worker-stays",
        breaks="A worker that hangs keeps its part of the port.",
        file="broker/workers/hub.py",
        old="        self._silent_looks += 1\n",
        new="        self._silent_looks = 1\n",
        tests=(f"{_HUNG}::test_a_worker_that_says_nothing_for_long_is_ended",),
    ),
    Bug(
        id="worker-without-a-process",
        breaks="A worker for which there is no process to be had is never tried again.",
        file="broker/workers/supervisor.py",
        old="            except OSError as error:  # no memory",
        new="            except EOFError as error:  # no memory",
        tests=(f"{_SUPERVISOR}::test_a_worker_that_cannot_be_started_is_tried_again",),
    ),
    Bug(
        id="worker-with-limits-of-its-own",
        breaks="A worker that starts after a limit was changed in the settings gives nodes more than those beside it.",
        file="broker/workers/process.py",
        old=", call_limits=welcome.limits)",
        new=")",
        tests=(f"{_HUNG}::test_a_worker_that_starts_later_goes_by_the_limits_of_the_others",),
    ),
    Bug(
        id="spent-elsewhere-unheard",
        breaks="A node has its rate once at each broker on a database.",
        file="broker/other_brokers.py",
        old="            self._elsewhere.heard(heard)\n",
        new="",
        tests=(f"{_TWO}::test_tokens_spent_at_one_are_spent_at_the_other",),
    ),
    Bug(
        id="dry-run-unpaid",
        breaks="What is only to be validated costs nothing at a worker.",
        file="broker/workers/link.py",
        old="        self._charge(received.header.sender_node, unpaid)\n",
        new="",
        tests=(f"{_HUNG}::test_a_dry_run_costs_as_much_as_without_workers",),
    ),
    Bug(
        id="unheard-taken-for-heard",
        breaks="What another broker decided while the database was away is never looked up.",
        file="broker/other_brokers.py",
        old="                now, changes = await self._reader.run(look)\n",
        new="                now, changes = await self._reader.run(look)\n                seen = now\n",
        tests=(f"{_TWO}::test_what_could_not_be_heard_is_heard_again",),
    ),
    Bug(
        id="keys-older-than-a-decision",
        breaks="Keys that were read before a decision and arrive after it undo it in memory.",
        file="broker/clearing/path/admitted.py",
        old="            if decided == self._decided:\n",
        new="            if decided <= self._decided:\n",
        tests=(f"{_TWO}::test_what_is_decided_here_while_keys_are_read_is_not_forgotten",),
    ),
    Bug(
        id="clock-of-another-machine",
        breaks="A broker believes the word of another machine's broker about its own clock.",
        file="broker/store/timekeeping.py",
        old="    machine.resume(_by_server(connection, machine) or read_mark(connection), latest)\n",
        new="    machine.resume(read_mark(connection), latest)\n",
        tests=(f"{_TWO}::test_a_clock_that_is_not_the_servers_decides_nothing",),
    ),
    Bug(
        id="places-elsewhere-uncounted",
        breaks="A node has its calls and streams once for each process.",
        file="proto/itmo/runtime/rpc/limiting.py",
        old="        return self._of_node[node] + self._elsewhere[node]\n",
        new="        return self._of_node[node]\n",
        tests=(f"{_USE}::test_calls_and_streams_count_wherever_they_are",),
    ),
    Bug(
        id="newcomer-charges-the-past",
        breaks="A broker that has just started takes from a node what it has ever spent at another one.",
        file="broker/use_elsewhere.py",
        old="        tokens = spent[1] - known.spent.get(node, spent[0])\n",
        new="        tokens = spent[1] - known.spent.get(node, 0)\n",
        tests=(f"{_USE}::test_who_comes_later_does_not_charge_what_was_spent_long_ago",),
    ),
    Bug(
        id="hint-told-once",
        breaks="A hint that is lost is never made good.",
        file="broker/use_elsewhere.py",
        old="        tokens = spent[1] - known.spent.get(node, spent[0])\n",
        new="        tokens = spent[1] - spent[0]\n",
        tests=(f"{_USE}::test_a_flood_over_all_brokers_gets_what_one_would_give",),
    ),
    Bug(
        id="closed-terminal-kills",
        breaks="A program whose terminal is closed ends where it stands.",
        file="proto/itmo/runtime/stopping.py",
        old="(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)",
        new="(signal.SIGTERM, signal.SIGINT)",
        tests=("tests/unit/itmo_runtime/test_tasks_and_stopping.py::test_a_signal_arms_and_sets",),
    ),
    Bug(
        id="behind-what-another-broker-decided",
        breaks="What came early waits on although another broker has decided what it waits for.",
        file="broker/clearing/path/waiting_room.py",
        old="            self._next[node] = following\n            self._release_early(node)\n",
        new="            self._next[node] = following\n",
        tests=(
            "tests/unit/broker/clearing/test_waiting_room.py::test_what_another_broker_decided_lets_those_behind_it_in",
        ),
    ),
    Bug(
        id="revocations-not-heard-of",
        breaks="A process that reads what changed of keys goes on verifying with one that was revoked.",
        file="broker/store/nodes.py",
        old='            s.key.c.revoked_index >= bindparam("place"),\n',
        new="",
        tests=(
            "tests/unit/broker/clearing/test_keys.py::test_who_reads_what_changed_of_keys_hears_of_revocations",
        ),
    ),
    Bug(
        id="looked-before-the-lock",
        breaks="A broker that waits for its turn does not notice what was decided meanwhile.",
        file="broker/store/fence.py",
        old="needs, catalogues FROM decider FOR UPDATE",
        new="needs, catalogues FROM decider",
        tests=(
            "tests/unit/broker/store/test_two_writers.py::test_two_that_decide_never_hold_what_the_other_waits_for",
        ),
    ),
)
