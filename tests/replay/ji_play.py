# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Joint implementation as it was printed, played through a real house: every ERU by conversion.

Printed are the sums by year and track, the 548 projects of track 1 with an id, and the 129 final
verifications of 42 projects of track 2 (Joint Implementation Supervisory Committee, annual report of
2014, paragraphs 22 to 26 and table 1). Invented is what there only a chart says, and everything else:
which host issued how much, the projects' numbers, days, and the size of every conversion.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from broker.known_regimes import ALL_REGIMES
from itmo.core.v1 import decision_pb2, proposal_pb2, units_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import attributes_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import ClearingWorld, failed, new_world, verdict_of
from tests.kit.kyoto import open_kyoto, take_part
from tests.replay.cdm_plan import parts
from tests.replay.cdm_play import LIFETIME

HOSTS: Final = (
    "BEL", "BGR", "CZE", "DEU", "EST", "ESP", "FIN", "FRA", "HUN", "LTU", "LVA", "NZL", "POL", "ROU",
    "RUS", "SWE", "UKR",
)  # fmt: skip
PRINTED: Final = {
    2008: (120_000, 0),
    2009: (4_670_641, 1_324_448),
    2010: (28_033_010, 2_921_570),
    2011: (86_702_918, 6_818_250),
    2012: (517_108_849, 9_083_486),
    2013: (179_116_529, 4_599_135),
    2014: (15_916_562, 273_343),
}
PROJECTS: Final = (548, 42)
_CONVERSIONS: Final = {
    2008: (1, 0), 2009: (10, 8), 2010: (40, 16), 2011: (90, 30), 2012: (260, 45), 2013: (130, 25),
    2014: (40, 5),
}  # fmt: skip
"""Invented for track 1; of track 2 there are as many as final verifications."""


@dataclass(frozen=True, slots=True)
class _Conversion:
    host: str
    project: int
    track: int
    first: int
    last: int


class JointImplementation:
    """The hosts in a house, and what they convert year by year."""

    def __init__(self, world: ClearingWorld, seed: int) -> None:
        self.world = world
        rng, numbers, serials = random.Random(seed), Counter[str](), Counter[str]()
        fresh: list[deque[tuple[str, int]]] = [deque(), deque()]
        for track, count in enumerate(PROJECTS):
            for place in range(count):
                # Track 2 had six hosts, the first of these here.
                host = HOSTS[place % (6 if track else len(HOSTS))]
                numbers[host] += 1
                fresh[track].append((host, 1_000_000 * (track + 1) + numbers[host]))
        self.projects = [list(each) for each in fresh]
        self.years: dict[int, list[_Conversion]] = {}
        for year, sums in PRINTED.items():
            made = self.years.setdefault(year, [])
            for track, total in enumerate(sums):
                for size in parts(rng, total, _CONVERSIONS[year][track]) if total else ():
                    waiting = fresh[track]
                    host, project = (
                        waiting.popleft() if waiting else rng.choice(self.projects[track])
                    )
                    first = serials[host] + 1
                    serials[host] += size
                    made.append(_Conversion(host, project, track + 1, first, serials[host]))
        self.issued = serials

    async def play(self) -> None:
        """Everything, one year after the other; what is of one year meets at once."""
        await self._open()
        for year, made in self.years.items():
            self.world.clock.set(datetime(year, 7, 1, tzinfo=UTC))
            for place, each in enumerate(made):
                if each.track == 2:  # track 2
                    await self._verify(each, year, place + 1)
            by_host: dict[str, list[_Conversion]] = {}
            for each in made:
                by_host.setdefault(each.host, []).append(each)
            await asyncio.gather(*(self._convert(*each) for each in by_host.items()))

    async def _open(self) -> None:
        period = kyoto_pb2.CommitmentPeriod(
            period=1, first_day="2008-01-01", last_day="2012-12-31", true_up_ends="2015-11-18"
        )
        await self._state(period=period)
        for host in HOSTS:
            sender = await self.world.admit(host.lower(), f"{host}01", key_lifetime=LIFETIME)
            await take_part(self.world, f"{host}01", "kyoto")
            await open_kyoto(sender, f"{host}01", 100)
            amount = kyoto_pb2.AssignedAmount(party=host, period=1, quantity=2 * self.issued[host])
            await self._state(assigned_amount=amount)
            issuance = self._written("ISSUANCE", host, 1, self.issued[host])
            issuance.blocks[0].attributes.kyoto.CopyFrom(
                attributes_pb2.UnitAttributes(
                    unit_type=attributes_pb2.UNIT_TYPE_AAU, original_period=1, applicable_period=1
                )
            )
            verdict = await sender.propose(issuance)
            assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
        for track, projects in enumerate(self.projects, 1):
            for host, number in projects:
                project = kyoto_pb2.Project(
                    project=f"{host}{number}",
                    mechanism=kyoto_pb2.MECHANISM_JOINT_IMPLEMENTATION,
                    track=track,  # type: ignore[arg-type]  # a number of the enum
                )
                await self._state(project=project)

    async def _verify(self, each: _Conversion, year: int, number: int) -> None:
        verification = kyoto_pb2.Verification(
            project=f"{each.host}{each.project}",
            verification_number=year * 1_000 + number,
            from_day="2008-01-01",
            to_day=f"{min(year, 2012)}-06-30",
            quantity=each.last - each.first + 1,
            final=True,
        )
        await self._state(verification=verification)

    async def _convert(self, host: str, conversions: list[_Conversion]) -> None:
        written = []
        for each in conversions:
            one = self._written("CONVERSION", host, each.first, each.last)
            one.terms.kyoto.become.project = f"{host}{each.project}"
            one.terms.kyoto.become.track = each.track  # type: ignore[assignment]  # a number of the enum
            written.append(one)
        batch = proposal_pb2.ProposalBatch(transactions=written)
        answer = await self.world.senders[host.lower()].say(PayloadKind.PROPOSAL_BATCH, batch)
        for result in verdict_of(answer).results:
            assert result.state == decision_pb2.STATE_COMPLETED, failed(result)

    def _written(
        self, kind: str, host: str, first: int, last: int
    ) -> proposal_pb2.ProposedTransaction:
        account = make_account_id(RegistryId(f"{host}01"), 100, 1)
        return proposal_pb2.ProposedTransaction(
            transaction_id=self.world.transaction_id(),
            type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{kind}"),
            from_account=account,
            to_account=account,
            from_registry=f"{host}01",
            to_registry=f"{host}01",
            blocks=[units_pb2.UnitBlock(registry=f"{host}01", first=first, last=last)],
            rulebook="kyoto",
        )

    async def _state(self, **said: Any) -> None:  # noqa: ANN401  # fields of the message
        statement = kyoto_pb2.KyotoStatement(**said)
        await self.world.operator.state(PayloadKind.KYOTO_STATEMENT, statement)


async def joint_implementation(seed: int = 1) -> JointImplementation:
    """A house in which nobody converted anything yet."""
    world = await new_world(regimes=ALL_REGIMES, start=datetime(2008, 1, 2, tzinfo=UTC))
    return JointImplementation(world, seed)
