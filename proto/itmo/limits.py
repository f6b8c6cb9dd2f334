# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Limits of the protocol. Both sides enforce them, so a change is a change of the protocol."""

from datetime import timedelta
from typing import Final

KIB: Final = 1024

# A quarter of gRPC's default cap of 4 MiB: many connections cannot exhaust the memory of a node.
MAX_MESSAGE_BYTES: Final = 1024 * KIB
# Leaves 64 KiB of the message for the payload type, four signatures and forwarding wrappers.
MAX_PAYLOAD_BYTES: Final = 960 * KIB
# Payload of a statement of the broker: the outcomes of a thousand transactions, and a thousand pieces
# of units with all their attributes. Beside the message that it is about it fits into one answer.
MAX_STATEMENT_BYTES: Final = 3072 * KIB
# Bounds the work and the row locks of one decision; larger transfers are several proposals.
MAX_BLOCKS_PER_PROPOSAL: Final = 500
# Proposals, or transactions answered to, under one signature: as many as blocks, so that a batch of the
# plainest transfers is decided in the time of the dearest message. Of the largest payload each proposal
# has 980 bytes, and uses 250.
MAX_PROPOSALS_PER_BATCH: Final = 1_000
# Room for a second person's key and for a second algorithm; each one costs a verification.
MAX_SIGNATURES: Final = 4
# A broker reads a version and the one before it; a node that reads more than these states too much.
MAX_SCHEMA_VERSIONS: Final = 16
# A media type longer than this names nothing of this protocol.
MAX_PAYLOAD_TYPE_BYTES: Final = 128

# Wide enough for badly kept clocks, narrow enough to date a message from its signature.
CLOCK_TOLERANCE: Final = timedelta(minutes=10)
# No expiry makes a message good for longer than CLOCK_TOLERANCE; one further off than this is a mistake.
MAX_MESSAGE_LIFETIME: Final = timedelta(hours=72)
# One working day somewhere in every time zone; the period that transaction logs have long used.
DEFAULT_TRANSACTION_LIFETIME: Final = timedelta(hours=24)
# Locked units must come free again.
MAX_TRANSACTION_LIFETIME: Final = timedelta(hours=72)

# Free text in code points: a long paragraph, not a document; documents are referred to by hash.
MAX_TEXT: Final = 2000
# Every identifier fits, including authorization ids of national practice.
MAX_IDENTIFIER: Final = 64
# Ids of units in other systems: the serial of a block at Verra has 75 characters, and people add blanks.
MAX_UNIT_ID: Final = 120
# Up to 31 characters keep a node id usable as a DNS label.
MAX_NODE_ID: Final = 31
# Network ids may carry a name and a year.
MAX_NETWORK_ID: Final = 40

# A page stays below the message limit with the largest rows.
MAX_PAGE_SIZE: Final = 1000
# Fits a screen with scrolling and one round trip.
DEFAULT_PAGE_SIZE: Final = 100

# Deliveries in flight to one subscriber; bounds what the broker buffers for a slow reader.
MAX_CREDIT: Final = 1024
# Deliveries in one long-poll answer; further bounded by MAX_MESSAGE_BYTES.
MAX_FETCH: Final = 256
# Own messages in one answer; further bounded by the size of an answer.
MAX_OWN_MESSAGES: Final = 256
# Below the idle limits that middleboxes commonly apply to a silent connection.
MAX_LONG_POLL: Final = timedelta(seconds=30)
# Messages of one sender kept while an earlier sequence number is still missing.
MAX_EARLY_MESSAGES: Final = 256
# Bytes of payloads of one sender kept so: eight of the largest, or every early message of usual size.
MAX_EARLY_BYTES: Final = 8 * 1024 * KIB

# Messages under way on one stream; what goes beyond is not read until one is answered. As many as one
# group of decisions has use for, and their answers beside them take no more memory than calls do.
MAX_STREAMED: Final = 64
# Bytes of payloads under way on one stream: eight of the largest.
MAX_STREAMED_BYTES: Final = 8 * 1024 * KIB

# Calls per second and node that a well-behaved registry never reaches; bulk work uses batches.
RATE_PER_SECOND: Final = 50
# A node that was offline may send its outbox at once.
RATE_BURST: Final = 200

# Blocks and allotments of all proposals of one message. Each costs about 50 microseconds to judge, so
# that a message that uses this up is decided in a twentieth of a second.
MAX_BLOCKS_PER_MESSAGE: Final = 1_000
# Stored rows that all blocks of one message cross, each counted as often as it is crossed: live ranges,
# open notices, underlying units, holdings reported. One costs about 60 microseconds, and no message
# may hold the writer for longer than others can wait; a range cut finer is proposed in parts.
MAX_PIECES_PER_MESSAGE: Final = 1_000

# Versions of one authorization, each judged with all before it: a change a month for sixteen years. Past
# it only its revocation is taken in.
MAX_AUTHORIZATION_VERSIONS: Final = 200

# Rows of holdings and actions in one report of a registry: each costs about 35 microseconds. A registry
# with more reports its actions by NOTIFY, in several reports.
MAX_REPORT_ROWS: Final = 2_000
# Rows of holdings that are kept of one registry that reports: they are compared with every report.
MAX_REPORTED_HOLDINGS: Final = 4_000
# Ranges of the record in one portion of books that is reconciled: reading them takes 10 to 20 milliseconds.
MAX_BOOKS_RANGES: Final = 1_000
# Blocks, or totals, in one statement about books: a node that has twice what the record has lists them.
MAX_BOOKS_LISTED: Final = MAX_REPORT_ROWS
# Transactions that a node names as having touched blocks that differ: more than a person looks through.
MAX_TRAIL: Final = 100
# Ranges of one registry in quarantine: beyond it the registry is suspended, not looked at range by range.
MAX_QUARANTINED: Final = 4_000
# Entries of any list in a message that a node signs: the longest there is, rows of a report.
MAX_LISTED: Final = MAX_REPORT_ROWS
# Rows and notices in one part of an archive's trail: at most some 250 bytes each, so that a part stays
# well under MAX_PAYLOAD_BYTES, and reading one takes no longer than a proposal of many blocks.
MAX_ARCHIVE_ROWS: Final = 2_000
# Answers to findings in one report: more than one report ever opens.
MAX_REPORT_ANSWERS: Final = 200
# Recipients of one administrators' message: more than there are registries.
MAX_RECIPIENTS: Final = 250
# Within which an action is reported by a registry that reports at once.
REPORT_AT_ONCE: Final = timedelta(hours=1)
# A registry that reports at once or daily says at least once a day that nothing else happened.
REPORT_DAILY: Final = timedelta(days=1)
# The longest calendar year.
REPORT_YEARLY: Final = timedelta(days=366)
# From 1 January to 15 April of the following year (2/CMA.3 annex para 20).
REPORT_YEARLY_DEADLINE: Final = timedelta(days=470)
# For a report on its way.
REPORT_GRACE: Final = timedelta(hours=1)

# Calendar years of one structured summary: longer than any implementation period.
MAX_SUMMARY_YEARS: Final = 50
# Compressed bytes of the AEFs in one answer; with the rest of it they stay below what a node takes in.
# A row takes 16 of them where rows are alike.
MAX_DRAWN_BYTES: Final = 3 * 1024 * KIB
# Actions and ranges of units in these: about as much as fits, and 200 MB of the broker's memory meanwhile.
MAX_DRAWN_ROWS: Final = 200_000
# Bytes that these unfold to: a node reads no more, whatever an answer claims.
MAX_UNFOLDED_BYTES: Final = 128 * 1024 * KIB

# Largest serial number, so also the most units that one issuance, or one registry for ever, brings into
# being, and the largest yearly figure of a Party: two thousand times the world's emissions of a
# year. All registries that can have an id hold less than 2^62 units, so no sum of units overflows.
MAX_UNITS: Final = 10**14

# Sequence numbers, cursors and log positions stay within a signed 64-bit column.
MAX_SEQUENCE: Final = 2**63 - 2
# One other content under a used id proves the fault; sixteen ids prove a habit. What comes after is
# counted: 16 payloads of the largest size are 15 MiB for a node, whatever it sends.
MAX_CONFLICTS_KEPT: Final = 16
# Keys that a node has registered itself, past and revoked ones included: one each week for five years. Every
# process of the broker keeps every key in memory, since what was signed with it is verified for ever.
MAX_KEYS_PER_NODE: Final = 256
