# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Stories drawn at random: three Parties, two metrics, every purpose and definition, the mechanism.

Steps are proposed whether or not they can succeed; the clearing-house refuses what it must.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
Step = dict[str, Any]
PARTIES: Final = ("THA", "CHE", "GUY")
_TYPES: Final = {"h": 100, "imp": 210, "op": 300, "omge": 310, "vol": 320, "admin": 330}
_GHG_LETTERS: Final = {
    "T-NDC": ("THA", ["NDC"], ""),
    "T-AUT": ("THA", ["NDC", "OIMP"], "authorization"),
    "T-ISS": ("THA", ["NDC", "IMP"], "issuance"),
    "T-USE": ("THA", ["NDC", "OIMP"], "use-or-cancellation"),
    "T-IMP": ("THA", ["OIMP"], "use-or-cancellation"),
    "G-NDC": ("GUY", ["NDC"], ""),
    "G-OP": ("GUY", ["OP"], "issuance"),
}
_MECHANISM_LETTERS: Final = {
    "M-NDC": ("THA", ["NDC"], ""),
    "M-USE": ("THA", ["NDC", "OIMP"], "use-or-cancellation"),
    "M-ISS": ("THA", ["OIMP"], "issuance"),
}
_ENDS: Final = {
    "transfer": (100,),
    "use": (200, 200, 210),
    "cancel": (300, 300, 310, 320, 330),
}
_SIZE: Final = 40
"""Units of an issuance: few, so that random ranges meet."""


def _letter(name: str, approach: str, said: tuple[str, list[str], str]) -> Step:
    party, purposes, definition = said
    stated: Step = {
        "id": name,
        "party": party,
        "cooperative_approach": approach,
        "purposes": purposes,
        "vintages": [2021, 2030],
        "entities": ["Airline 1"],
    }
    if definition:
        stated |= {"first_transfer": definition, "other_purposes": "CORSIA"}
    return {"authorize": stated}


def _accounts() -> dict[str, Step]:
    found: dict[str, Step] = {}
    for party in PARTIES:
        low, registry = party.lower(), f"{party}01"
        for name, kind in _TYPES.items():
            found[f"{low}-{name}"] = {"registry": registry, "type": kind}
        found[f"{low}-ndc1"] = {"registry": registry, "type": 200, "ndc": [2021, 2025]}
        found[f"{low}-ndc2"] = {"registry": registry, "type": 200, "ndc": [2026, 2030]}
        found[f"{low}-mwh"] = {"registry": registry, "type": 100, "non_ghg_metric": "MWh"}
        found[f"{low}-mwh-ndc"] = {
            "registry": registry, "type": 200, "ndc": [2021, 2025], "non_ghg_metric": "MWh",
        }  # fmt: skip
    found["tha2-h"] = {"registry": "THA02", "type": 100}
    found["pending"] = {"registry": "XMR01", "type": 100, "role": "pending"}
    found["fund"] = {"registry": "XMR01", "type": 100, "role": "adaptation-fund"}
    found["m-omge"] = {"registry": "XMR01", "type": 310, "role": "mandatory-omge"}
    for party in ("THA", "CHE"):
        low = f"m-{party.lower()}"
        found[f"{low}-h"] = {"registry": "XMR01", "type": 100, "party": party}
        found[f"{low}-ndc1"] = {
            "registry": "XMR01", "type": 200, "party": party, "ndc": [2021, 2025],
        }  # fmt: skip
        found[f"{low}-imp"] = {"registry": "XMR01", "type": 210, "party": party}
        found[f"{low}-op"] = {"registry": "XMR01", "type": 300, "party": party}
    return found


_PERIODS: Final = [
    {"start": 2021, "end": 2025, "target": "multi-year", "method": "trajectory"},
    {"start": 2026, "end": 2030, "target": "multi-year", "method": "trajectory"},
]


@dataclass
class _Piece:
    """Units, and where they are if everything proposed so far was done."""

    registry: str
    first: int
    last: int
    account: str
    vintage: int


LAST: Final = datetime(2030, 1, 1, tzinfo=UTC)
"""No story goes on for much longer."""


class _Teller:
    """Draws one step after the other, and knows what was issued and proposed so far."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self.clock = datetime(2023, 2, 1, tzinfo=UTC)
        self.accounts = _accounts()
        self.issued = 0
        self.pieces: list[_Piece] = []
        self.transfers: list[str] = []
        self.steps: list[Step] = [
            *(_letter(name, "CA0002", said) for name, said in _GHG_LETTERS.items()),
            _letter("T-MWH", "CA0003", ("THA", ["NDC"], "")),
            *(_letter(name, "CA0001", said) for name, said in _MECHANISM_LETTERS.items()),
        ]

    def pick(self, options: Iterable[T]) -> T:
        return self._draw(st.sampled_from(list(options)))

    def tell(self, verb: str, said: Step | str) -> None:
        # Most things happen on one day, some on a later one, some in another year; all of them before the
        # keys end that were made for ten years.
        days = self.pick((0, 0, 0, 1, 40, 300))
        self.clock += timedelta(days=days if self.clock < LAST else 0, seconds=1)
        self.steps.append({"at": f"{self.clock:%Y-%m-%dT%H:%M:%SZ}", verb: said})

    def name(self) -> str:
        return f"s{len(self.steps)}"

    def serials(self) -> int:
        self.issued += 1
        return 1 + _SIZE * self.issued

    def block(self) -> tuple[Step, _Piece]:
        """Some units of a piece, and the piece, out of which they are cut."""
        piece = self.pick(self.pieces)
        first = min(piece.first + self.pick((0, 0, 3, 10)), piece.last)
        last = min(first + self.pick((0, 6, 9, _SIZE)), piece.last)
        return {"registry": piece.registry, "first": first, "last": last}, piece

    def issue(self) -> None:
        letter = self.pick((*_GHG_LETTERS, "T-MWH"))
        party = "GUY" if letter.startswith("G") else "THA"
        account = f"{party.lower()}-{'mwh' if letter == 'T-MWH' else 'h'}"
        begin, vintage = self.serials(), self.pick((2021, 2022, 2023))
        block = {"first": begin, "last": begin + _SIZE - 1, "vintage": vintage}
        self.tell(
            "issue",
            {"id": self.name(), "account": account, "authorization": letter, "blocks": [block]},
        )
        self.pieces.append(_Piece(f"{party}01", begin, begin + _SIZE - 1, account, vintage))

    def issue_mechanism(self) -> None:
        begin = self.serials()
        said: Step = {
            "id": self.name(), "activity": "PoA 10471", "host": "THA", "first": begin,
            "quantity": _SIZE, "vintage": 2022,
        }  # fmt: skip
        if letter := self.pick(("", *_MECHANISM_LETTERS)):
            said["authorization"] = letter
        self.tell("issue_mechanism", said)
        # Five per cent to the Fund, two cancelled.
        self.pieces.append(_Piece("XMR01", begin, begin + 1, "fund", 2022))
        self.pieces.append(_Piece("XMR01", begin + 3, begin + _SIZE - 1, "pending", 2022))

    def move(self) -> None:
        block, piece = self.block()
        verb = self.pick(("transfer", "transfer", "use", "use", "cancel"))
        source = self.accounts[piece.account]
        said: Step = {"id": self.name(), "from": piece.account, "blocks": [block]}
        ends = [
            name
            for name, each in self.accounts.items()
            if each["type"] in _ENDS[verb]
            and each.get("non_ghg_metric") == source.get("non_ghg_metric")
            and (each["registry"] == "XMR01") == (source["registry"] == "XMR01")
            and (verb == "transfer" or each["registry"] == source["registry"])
            and name != piece.account
        ]
        if not ends:
            return
        said["to"] = self.pick(ends)
        if self.accounts[said["to"]]["type"] == 200:
            said["year"] = self.pick((2021, 2024, 2025, 2025, 2026))
        elif verb != "transfer":
            said |= {"purpose": "CORSIA", "entity": "Airline 1"}
        self.tell(verb, said)
        if verb == "transfer":
            self.steps.append({"accept": said["id"]})
            self.transfers.append(said["id"])
            self._cut(piece, block, said["to"])

    def _cut(self, piece: _Piece, block: Step, account: str) -> None:
        self.pieces.remove(piece)
        for first, last, at in (
            (piece.first, block["first"] - 1, piece.account),
            (block["first"], block["last"], account),
            (block["last"] + 1, piece.last, piece.account),
        ):
            if first <= last:
                self.pieces.append(replace(piece, first=first, last=last, account=at))

    def notify(self) -> None:
        block, piece = self.block()
        said: Step = {
            "id": self.name(),
            "party": "GUY" if piece.registry == "GUY01" else "THA",
            "blocks": [block],
        }
        if self.pick((True, True, False)):
            letters = _MECHANISM_LETTERS if piece.registry == "XMR01" else _GHG_LETTERS
            said["authorization"] = self.pick(letters)
        else:
            said["vintage"] = self.pick((2021, 2022))
        self.tell("notify", said)

    def reverse(self) -> None:
        if self.transfers:
            undone = self.transfers.pop()
            said = {"id": self.name(), "transfer": undone, "reason": "other units were meant"}
            self.tell("reverse", said)
            self.steps.append({"accept": said["id"]})


@st.composite
def stories(draw: st.DrawFn, most: int = 30) -> bytes:
    """The content of a scenario file."""
    teller = _Teller(draw)
    teller.issue()
    chances = (
        *(teller.issue, teller.issue, teller.issue_mechanism, teller.notify, teller.reverse),
        *(teller.move,) * 6,
    )
    for _ in range(draw(st.integers(4, most))):
        teller.pick(chances)()
    party = {"ndc": _PERIODS}
    return json.dumps(
        {
            "scenario": "drawn at random",
            "clock": "2023-02-01T00:00:00Z",
            "nodes": {
                "tha": {"kind": "international", "registries": ["THA01", "THA02"]},
                "che": {"kind": "national", "registries": ["CHE01"]},
                "guy": {"kind": "national", "registries": ["GUY01"]},
                "mr": {"kind": "mechanism", "registries": ["XMR01"]},
            },
            "parties": dict.fromkeys(PARTIES, party),
            "cooperative_approaches": {
                "CA0001": {"parties": list(PARTIES), "sectors": ["Energy generation"],
                           "activity_types": ["Solar"]},
                "CA0002": {"parties": list(PARTIES), "sectors": ["Transportation"],
                           "activity_types": ["Transport"]},
                "CA0003": {"parties": list(PARTIES), "sectors": ["Energy generation"],
                           "activity_types": ["Wind"], "metric": "non-GHG",
                           "non_ghg_metric": "MWh"},
            },
            "accounts": teller.accounts,
            "steps": teller.steps,
            "expect": {"aef": "consistent"},
        }
    ).encode()  # fmt: skip
