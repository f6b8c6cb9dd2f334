# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/vectors anew: `python proto/generate_vectors.py [--check]`.

The vectors are for programs in any language: JSON files with an index. Those of this repository are
tested with them too, so what they expect is what our broker and our node do.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hostile import deliveries, envelopes, keys
from hostile.writing import Tree

FOLDER: Final = Path(__file__).parent / "docs" / "vectors"


def _files() -> dict[str, tuple[str, Tree]]:
    """Content of each file, with what a program does with it."""
    return {
        "keys.json": (
            (
                "Take each public key (hexadecimal). `registered`: it is a safe key, with this key id."
                " Otherwise it is refused with the reason."
            ),
            {"cases": keys.public_keys()},
        ),
        "signatures.json": (
            (
                "Verify each signature over its message with its public key (all hexadecimal). `expect`"
                " says whether it fits."
            ),
            {"cases": keys.signatures()},
        ),
        "envelopes.json": (
            (
                "For brokers. Each case comes alone to a broker in `setting`, over the connection of"
                " `connected_node`: `envelope` is the Envelope of the request, base64 of its protobuf"
                " encoding. `recorded`: it passes steps 1 to 11 of chapter 6, whatever is then decided."
                " Otherwise the call ends with the reason, and nothing is recorded."
            ),
            {"setting": envelopes.setting(), "cases": envelopes.cases()},
        ),
        "chains.json": (
            (
                "For brokers. The messages of a case come one after another to a broker in the setting of"
                " envelopes.json. `replayed`: the first answer again."
            ),
            {"cases": envelopes.chains()},
        ),
        "deliveries.json": (
            (
                "For nodes. The deliveries of a case (base64 of the protobuf encoding of Delivery) come one"
                " after another to a fresh node in `setting`. `applied`: everything in it verifies and takes"
                " effect. Otherwise the delivery is set aside for the reason (a node may find further"
                " ones, and KEY_UNKNOWN may be SENDER_MISMATCH), the cursor moves on, and the"
                " books stay as they are. `afterwards` has every transaction that the node then knows, and"
                " the units in its account, each with `attributes` (base64 of UnitAttributes)."
            ),
            {
                "setting": deliveries.setting(),
                "attributes": deliveries.attributes(),
                "cases": deliveries.cases(),
            },
        ),
    }


def files() -> Mapping[Path, str]:
    """Every file of the folder, by where it lies."""
    made = _files()
    index = {
        "about": "Vectors of the protocol itmo.*.v1; see chapter 21 of protocol.md.",
        "files": [
            {"file": name, "cases": len(tree["cases"]), "use": use}
            for name, (use, tree) in made.items()
        ],
    }
    trees = {"index.json": index, **{name: tree for name, (_, tree) in made.items()}}
    return {FOLDER / name: json.dumps(tree, indent=1) + "\n" for name, tree in trees.items()}


def main() -> int:
    """Writes the files, or says whether they are up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 when stale")
    check, stale = parser.parse_args().check, False
    for path, fresh in files().items():
        stale = stale or not path.exists() or path.read_text(encoding="utf-8") != fresh
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(fresh, encoding="utf-8")
    return int(check and stale)


if __name__ == "__main__":
    sys.exit(main())
