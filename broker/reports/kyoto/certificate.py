# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A certificate of a cancellation in words, as a page and as a PDF; both carry what proves it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from broker.reports.kyoto import pdf
from broker.reports.kyoto.attestation import Evidence, Proved, packed, signers
from broker.rulebook.kyoto.codes import UnitType
from itmo import pages
from itmo.forms import number
from itmo.timestamps import moment

TITLE: Final = "Certificate of cancellation"
_REGIME: Final = "Kyoto Protocol: units that nobody uses any more"
_HOW: Final = (
    "Whoever has the broker's key verifies this file without asking anybody: broker kyoto"
    " verify-certificate FILE. What counts are the signed messages in it; the words above only show them."
)
_STYLE: Final = """
.evidence { font: .6rem/1.3 ui-monospace, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; color: var(--soft); max-width: 74rem; }
"""


def facts(found: Evidence, words: Proved) -> list[tuple[str, str]]:
    """What is attested, name and value, all of it from signed words; what was not told is left out."""
    receipt, terms = words.receipt, words.transaction.terms.kyoto
    told = [
        ("Units", f"{number(receipt.quantity)}, each one tonne of CO2 equivalent"),
        ("Kind", ", ".join(_kinds(words))),
        ("Project", ", ".join(_projects(words))),
        ("Serial numbers", ", ".join(_serials(words))),
        (
            "Cancelled on",
            f"{moment(receipt.header.creation_time, 'creation_time'):%Y-%m-%d %H:%M:%SZ}",
        ),
        ("Into account", words.transaction.to_account),
        ("Purpose", terms.purpose),
        ("Beneficiary", terms.beneficiary),
        ("Issued again in", terms.reissued_in),
        ("Transaction", receipt.transaction_id),
        ("Network", found.network),
        ("Decision", f"{number(receipt.log_index)} of the log"),
        ("Root of the log", f"{found.root.hex()} at {number(found.size)} decisions"),
        ("Key of the broker", signers(found)["receipt"]),
        ("Key of the registry", signers(found)["proposal"]),
    ]
    return [(name, value) for name, value in told if value]


def page(found: Evidence, words: Proved, made: datetime) -> str:
    """The certificate as one page of HTML."""
    return pages.page(
        title=TITLE,
        regime=_REGIME,
        head=pages.facts([("Made", pages.moment(made))]),
        body=pages.facts((name, pages.text(value)) for name, value in facts(found, words)),
        foot=f"<p>{pages.text(_HOW)}</p>\n"
        f'<details><summary>Evidence</summary><pre class="evidence">{packed(found)}</pre></details>',
        style=_STYLE,
    )


def document(found: Evidence, words: Proved, made: datetime) -> str:
    """The certificate as a PDF of one sheet, with the evidence as a file attached to it."""
    return pdf.document(
        title=TITLE,
        under=_REGIME,
        facts=[*facts(found, words), ("Made", f"{made:%Y-%m-%d %H:%M:%SZ}")],
        foot=_HOW,
        attached=("evidence.txt", packed(found).encode("ascii")),
    ).decode("ascii")


def _kinds(words: Proved) -> list[str]:
    found = (
        f"{UnitType(each.attributes.kyoto.unit_type).title} of commitment period"
        f" {each.attributes.kyoto.applicable_period}"
        for each in words.result.units
        if each.attributes.kyoto.unit_type
    )
    return list(dict.fromkeys(found))


def _projects(words: Proved) -> list[str]:
    found = (each.attributes.kyoto.project for each in words.result.units)
    return list(dict.fromkeys(each for each in found if each))


def _serials(words: Proved) -> list[str]:
    return [f"{each.registry} {each.first}-{each.last}" for each in words.transaction.blocks]
