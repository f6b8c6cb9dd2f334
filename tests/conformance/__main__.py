# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.conformance broker|node`: exit status 0 conforming, 1 not, 2 wrong usage."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from itmo.reasons import ProtocolError
from itmo.runtime.rpc.client import local_channel
from tests.conformance import broker_cases, identities, node_cases, report, speaking
from tests.conformance.report import Result


def main(words: list[str]) -> int:
    """Plays the cases and tells what came of them."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance",
        description=__doc__,
        epilog=identities.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["broker", "node"])
    parser.add_argument("--address", required=True, help="host:port, or unix:/path of a node")
    parser.add_argument("--identities", type=Path, help="two admitted nodes; see below")
    parser.add_argument("--format", choices=["text", "json", "junit"], default="text")
    options = parser.parse_args(words)
    try:
        if options.what == "broker":
            if options.identities is None:
                parser.error("--identities is needed for a broker")
            results = asyncio.run(_broker(options.address, options.identities))
        else:
            results = asyncio.run(_node(options.address))
    except (ProtocolError, OSError, KeyError, ValueError) as error:
        parser.error(f"the target cannot be tried: {error}")
    tell = {"text": report.as_text, "json": report.as_json, "junit": report.as_junit}
    print(tell[options.format](results))
    return 0 if all(result.passed for result in results) else 1


async def _broker(address: str, path: Path) -> list[Result]:
    pair = speaking.pair_of(path, address)
    try:
        await pair.prepare()
        return await report.play(broker_cases.CASES, pair)
    finally:
        await pair.giver.channel.close()
        await pair.taker.channel.close()


async def _node(address: str) -> list[Result]:
    async with local_channel(Path(address.removeprefix("unix:"))) as channel:
        return await report.play(node_cases.CASES, node_cases.NodeDesk(channel))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
