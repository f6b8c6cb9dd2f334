# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of a sealed export made again from its signed messages, with nothing but the file.

What a verdict says units are, and a receipt what they became, is played from the first message on; trail,
units and reports must be what follows.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

from broker.regime.kyoto.stated_keys import RULEBOOK
from broker.regime.kyoto.statements.archive_parts import digest_of
from broker.reports.kyoto.archives import notice_of, row_of
from broker.reports.kyoto.attestation import envelope_in
from broker.reports.kyoto.sealed_joining import apart, joins
from broker.reports.kyoto.sealed_tables import NOTICES, TRAIL, UNITS
from itmo import serial_sets
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.envelope import Envelope
from itmo.files import write_new_file
from itmo.identifiers import RegistryId, registry_party
from itmo.kyoto.v1 import attributes_pb2, statements_pb2
from itmo.payloads import PayloadKind, decode, kind_of
from itmo.reasons import ProtocolError
from itmo.receipts import receipts_in
from itmo.timestamps import moment
from itmo.transitions import ending
from sef.archive_entries import archive_entries
from sef.archive_reading import NO_BLOCKS, read_blocks
from sef.archive_replaying import Replaying
from sef.archive_trail import TrailRow, TrailType, UnitsAre
from sef.archive_trail_reading import notices_in, trail_in
from sef.comparing import compare
from sef.derivation import Asked, derive
from sef.entries import Entry, registry_of, transaction_number
from sef.opening import read_file
from sef.spot_words import words_of

REPORTS: Final = "sef/"
_TYPE: Final = "TRANSACTION_TYPE_"
_SHOWN: Final = 20
"""Differences of a table that are told."""


@dataclass(frozen=True, slots=True)
class _Done:
    """A completed transaction as it was signed."""

    log_index: int
    ordinal: int
    proposed: proposal_pb2.ProposedTransaction
    judged_at: int
    verdict: decision_pb2.TransactionVerdict
    receipt: decision_pb2.Receipt

    @property
    def at(self) -> datetime:
        """When it was completed."""
        return moment(self.receipt.header.creation_time, "at")

    @property
    def name(self) -> str:
        """Its id; of a corrective transaction the number that reports print."""
        if not self.proposed.terms.kyoto.corrective:
            return self.proposed.transaction_id
        registry = registry_of(registry_party(RegistryId(self.proposed.from_registry)))
        return transaction_number(registry, self.judged_at, self.ordinal)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the messages say.

    Attributes:
        told: Whether an archive tells of a past that is not in the rows.
    """

    rows: Sequence[tuple[int, TrailRow]]
    played: Replaying
    told: bool


def table_problems(
    files: Mapping[str, bytes], decisions: Iterable[Any], log: Mapping[str, Any]
) -> Iterator[str]:
    """Everything in which the tables differ from what the messages say.

    Args:
        files: The files of the export by name.
        decisions: Its decisions.
        log: What the export says of the log, and of itself.
    """
    registry = str(log["registry"])
    said = _said(decisions, registry)
    faults: list[str] = list(said.played.faults)
    notices = notices_in(files[NOTICES], faults)
    trail = trail_in(files[TRAIL], frozenset(each.number for each in notices), faults)
    places = [int(each["log_index"]) for each in csv.DictReader(_text(files[TRAIL]))]
    yield from faults[:_SHOWN]
    if not faults:
        found = zip(places, trail, strict=True)
        yield from _differing(_by_transaction(said.rows), _by_transaction(found))
        yield from _units(files[UNITS], said.played)
        if not said.told and log["reports_of"] == [registry]:
            rows = (row for _, row in said.rows)
            made = date.fromisoformat(log["reports_as_of"])
            yield from _reports(files, list(archive_entries(registry, rows, notices, made)))


def _text(content: bytes) -> io.StringIO:
    return io.StringIO(content.decode("utf-8"), newline="")


# -- what the messages say --------------------------------------------------------------------------


@dataclass(slots=True)
class _Messages:
    """What was proposed, judged and completed, as it is read."""

    proposed: dict[str, tuple[int, proposal_pb2.ProposedTransaction]] = field(default_factory=dict)
    verdicts: dict[str, tuple[int, decision_pb2.TransactionVerdict]] = field(default_factory=dict)
    parts: dict[bytes, statements_pb2.ArchivePart] = field(default_factory=dict)
    stated: dict[bytes, statements_pb2.KyotoStatement] = field(default_factory=dict)
    openings: dict[str, tuple[int, statements_pb2.Opening]] = field(default_factory=dict)
    notices: dict[str, set[int]] = field(default_factory=dict)
    done: list[_Done] = field(default_factory=list)

    def read(self, envelope: Envelope) -> None:
        """Reads a message, or a statement about one."""
        kind = kind_of(envelope.payload_type)
        message = decode(kind, envelope.payload)
        if kind in {PayloadKind.PROPOSAL, PayloadKind.PROPOSAL_BATCH}:
            for ordinal, each in enumerate(_transactions(message)):
                self.proposed.setdefault(each.transaction_id, (ordinal, each))
        elif kind is PayloadKind.KYOTO_STATEMENT:
            stated = cast("statements_pb2.KyotoStatement", message)
            if stated.HasField("archive_part"):
                self.parts[digest_of(stated.archive_part)] = stated.archive_part
            else:
                self.stated[hashlib.sha256(envelope.payload).digest()] = stated
        elif kind is PayloadKind.VERDICT:
            verdict = cast("decision_pb2.Verdict", message)
            self.verdicts |= {e.transaction_id: (verdict.log_index, e) for e in verdict.results}
        else:
            for receipt in receipts_in(message):
                self._receipt(receipt)

    def _receipt(self, receipt: decision_pb2.Receipt) -> None:
        stated = self.stated.get(receipt.message_hash) if receipt.effective else None
        if stated is not None and stated.HasField("opening"):
            self.openings[stated.opening.registry] = receipt.log_index, stated.opening
        if stated is not None and stated.HasField("log_notice"):
            notice = stated.log_notice
            self.notices.setdefault(notice.registry, set()).add(notice.number)
        name = receipt.transaction_id
        completed = receipt.effective and receipt.state == decision_pb2.STATE_COMPLETED
        if completed and name in self.proposed and self.proposed[name][1].rulebook == RULEBOOK:
            ordinal, proposed = self.proposed[name]
            # Of a transition the half under this rulebook: what begins elsewhere is no unit of it.
            half = ending(proposed) if proposed.HasField("transition") else proposed
            self.done.append(_Done(receipt.log_index, ordinal, half, *self.verdicts[name], receipt))


def _said(decisions: Iterable[Any], registry: str) -> _Said:
    messages = _Messages()
    for decision in decisions:
        for said in (decision["message"], *decision["statements"]):
            if said is not None:
                messages.read(envelope_in(said))
    concerning = [
        each
        for each in sorted(messages.done, key=lambda one: (one.log_index, one.ordinal))
        if registry in {each.proposed.from_registry, each.proposed.to_registry}
    ]
    place, opening = messages.openings.get(registry, (0, statements_pb2.Opening()))
    parts = list(_parts(messages.parts, opening.last_part))
    told = [row_of(number, e) for number, e in enumerate((r for p in parts for r in p.rows), 1)]
    named = [notice_of(each) for part in parts for each in part.notices]
    others = [e for e in concerning if not told or _opening(e) != opening.archive_digest]
    brought_in = [
        (units.registry, units.first, units.last)
        for each in concerning
        if told and _opening(each) == opening.archive_digest
        for units in each.verdict.units
    ]
    first = min((each.at for each in others), default=None)
    whole = joins(registry, told, brought_in, first) and apart(
        named, messages.notices.get(registry, set())
    )
    played = Replaying(registry)
    rows = [(place, replace(row, row=0)) for row in told] if whole else []
    for _, row in rows:
        played.play(row)
    for done in others if whole else concerning:
        for row in _rows(done, registry, played, len(rows)):
            rows.append((done.log_index, row))
            played.play(row)
    return _Said(rows, played, bool(told) and not whole)


def _opening(done: _Done) -> bytes:
    return done.proposed.terms.kyoto.opening


def _parts(
    known: Mapping[bytes, statements_pb2.ArchivePart], last: bytes
) -> Iterator[statements_pb2.ArchivePart]:
    """The parts of a trail that lead to the last one, in their order."""
    found: list[statements_pb2.ArchivePart] = []
    while last:
        found.append(known[last])
        last = known[last].previous
    return reversed(found)


def _transactions(message: object) -> Sequence[proposal_pb2.ProposedTransaction]:
    if isinstance(message, proposal_pb2.ProposalBatch):
        return message.transactions
    return [cast("proposal_pb2.Proposal", message).transaction]


def _rows(done: _Done, registry: str, played: Replaying, number: int) -> Iterator[TrailRow]:
    """What a transaction did; what it says of units that stay where they are is asked of what was played."""
    proposed, terms = done.proposed, done.proposed.terms.kyoto
    kind = proposal_pb2.TransactionType.Name(proposed.type).removeprefix(_TYPE)
    issuance = proposed.type == proposal_pb2.TRANSACTION_TYPE_ISSUANCE
    cancelled = proposed.type == proposal_pb2.TRANSACTION_TYPE_CANCELLATION
    common = TrailRow(
        row=number + 1,
        at=done.at,
        transaction=done.name,
        type=TrailType(kind),
        notice=terms.log_notice if proposed.from_registry == registry else 0,
        net_source=terms.net_source_activity if cancelled else 0,
        acts=True,
        registry="",
        first=0,
        last=0,
        are=UnitsAre(unit_type=0, original_period=0, applicable_period=0),
        giver=proposed.from_account,
        taker=proposed.to_account,
        had_left=issuance and bool(terms.opening) and terms.had_left,
        were_replaced=issuance and bool(terms.opening) and terms.were_replaced,
        corrective=terms.corrective,
    )
    became = {
        (each.registry, each.first, each.last): _are(each.attributes.kyoto)
        for each in done.receipt.restated
        if each.attributes.HasField(RULEBOOK)
    }
    acting: list[serial_sets.Range] = []
    for units in (each for each in done.verdict.units if each.attributes.HasField(RULEBOOK)):
        whole = units.registry, units.first, units.last
        acting.append(whole)
        stay = serial_sets.difference([whole], became)
        parts = [(each, _are(units.attributes.kyoto)) for each in stay]
        for changed in serial_sets.difference([whole], stay):
            parts += [(cut, are) for each, are in became.items() for cut in _cut(each, changed)]
        for (origin, first, last), are in parts:
            yield replace(common, registry=origin, first=first, last=last, are=are)
        if terms.HasField("share"):
            shared = units.registry, terms.share.first, terms.share.last
            for origin, first, last in _cut(shared, whole):
                yield replace(
                    common, type=TrailType.TRANSFER, registry=origin, first=first, last=last,
                    are=_are(units.attributes.kyoto), taker=terms.share.account, had_left=False,
                    were_replaced=False,
                )  # fmt: skip
    for named in serial_sets.difference(became, acting):
        for units_there in played.within(*named):
            yield replace(
                common, acts=False, registry=named[0], first=units_there.first,
                last=units_there.last, are=units_there.are, giver=units_there.place,
                taker=units_there.place,
            )  # fmt: skip


def _cut(one: serial_sets.Range, other: serial_sets.Range) -> Iterator[serial_sets.Range]:
    """What two ranges share."""
    first, last = max(one[1], other[1]), min(one[2], other[2])
    if one[0] == other[0] and first <= last:
        yield one[0], first, last


def _are(written: attributes_pb2.UnitAttributes) -> UnitsAre:
    return UnitsAre(
        unit_type=written.unit_type,
        original_period=written.original_period,
        applicable_period=written.applicable_period,
        activity=written.lulucf_activity,
        project=written.project,
        track=written.track,
        expiry=date.fromisoformat(written.expiry_date) if written.expiry_date else None,
    )


# -- what the tables say ----------------------------------------------------------------------------

Named = dict[tuple[int, TrailRow], list[serial_sets.Range]]
"""Units by what is said of them: the row but its units."""


def _by_transaction(rows: Iterable[tuple[int, TrailRow]]) -> Named:
    found: Named = defaultdict(list)
    for place, row in rows:
        alike = replace(row, row=0, registry="", first=0, last=0)
        found[place, alike].append((row.registry, row.first, row.last))
    return {key: serial_sets.merged(ranges) for key, ranges in found.items()}


def _differing(messages: Named, table: Named) -> Iterator[str]:
    wrong = sorted(
        {
            (key[0], key[1].transaction)
            for key in messages.keys() | table.keys()
            if messages.get(key) != table.get(key)
        }
    )
    for place, transaction in wrong[:_SHOWN]:
        yield f"{TRAIL}: transaction {transaction}, decision {place}, is not as its messages say"


_Alike = tuple[str, UnitsAre, bool]
"""Account, what units are, and whether others came in their place."""


def _units(content: bytes, played: Replaying) -> Iterator[str]:
    read = read_blocks(UNITS, content, b"")
    yield from (f"{UNITS}, {each}" for each in read.faults if each != NO_BLOCKS)
    said: dict[_Alike, list[serial_sets.Range]] = defaultdict(list)
    follow: dict[_Alike, list[serial_sets.Range]] = defaultdict(list)
    for block in read.blocks:
        key = block.account, block.are, block.were_replaced
        said[key].append((block.registry, block.first, block.last))
    for units in played.lying():
        key = units.place, units.are, bool(units.replaced_by)
        follow[key].append((units.registry, units.first, units.last))
    for key in said.keys() | follow.keys():
        has, should = said.get(key, []), follow.get(key, [])
        for more, other, what in ((has, should, "not there"), (should, has, "there")):
            for registry, first, last in serial_sets.difference(more, other)[:_SHOWN]:
                yield (
                    f"{UNITS}: units {registry}:{first}-{last} in {key[0]}: the messages say that"
                    f" they are {what} as such"
                )
    # The record notes it of some kinds of units only, the messages tell it of all.
    left = [(e.registry, e.first, e.last) for e in played.lying() if e.had_left]
    noted = [(e.registry, e.first, e.last) for e in read.blocks if e.had_left]
    for registry, first, last in serial_sets.difference(noted, left)[:_SHOWN]:
        yield f"{UNITS}: units {registry}:{first}-{last} never left their Party, by the messages"


def _reports(files: Mapping[str, bytes], entries: Sequence[Entry]) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        names = sorted(each for each in files if each.startswith(REPORTS))
        for number, name in enumerate(names, 1):
            path = Path(folder) / f"report-{number}.xlsx"
            write_new_file(path, files[name])
            try:
                said = read_file(path).submission
            except ProtocolError as error:
                yield f"{name} is no report: {error}"
                continue
            asked = Asked(
                party=said.header.registry,
                year=said.header.reported_year,
                period=said.header.period,
            )
            ours = derive(entries, asked)
            differences = compare(said, ours).differences if ours else ()
            for each in differences[:_SHOWN]:
                yield (
                    f"{name}, {words_of(each.spot)}: it has {each.one.quantity}, from the messages"
                    f" follows {each.other.quantity}"
                )
