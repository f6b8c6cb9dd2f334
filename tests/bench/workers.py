# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where the processor time of a transfer is spent when workers hold the lines. `python -m tests.bench.workers`.

Prints for each number of workers the milliseconds of processor time per completed transfer of the
process that decides, of the workers together, and of the driver. What one process spends is the end of
what one process can decide: the inverse of it is the ceiling.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from broker.bench.field import BROKER, NETWORK, Field, build_field, paris_ground
from broker.bench.measure import Target, saturate
from broker.bench.transfers import sign_transfers
from deploy.demo.programs import free_address

TICK = os.sysconf("SC_CLK_TCK")


def write_settings(field: Field, address: str) -> None:
    """Makes the directory of a field one that `broker serve` serves."""
    operator = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
    file = field.directory / "operator.pem"
    file.write_bytes(operator.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    file.chmod(0o600)
    (field.directory / "broker.toml").write_text(
        f'node_id = "{BROKER}"\nnetwork_id = "{NETWORK}"\ntest_network = true\n'
        f'[server]\nlisten = "{address}"\n'
        f'[tls]\nca = "{field.tls.ca}"\ncertificate = "{field.tls.certificate}"\n'
        f'key = "{field.tls.key}"\n'
        '[signers]\nmessage = "file:message.pem"\noperator = "file:operator.pem"\n'
        "[limits]\nrate_per_second = 1000000\nburst = 1000000\n"
        '[log]\nlevel = "warning"\n'
    )


def spent(pid: int) -> float:
    """Processor seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def measure(workers: int, seconds: float, pairs: int) -> dict[str, object]:
    """Measures one number of workers."""
    with tempfile.TemporaryDirectory() as name:
        field = asyncio.run(build_field(Path(name), pairs, paris_ground()))
        address = free_address()
        write_settings(field, address)
        command = [sys.executable, "-m", "broker", "--dir", name]
        subprocess.run([*command, "head", "--accept-loss", "--yes"], check=True, stdout=DEVNULL)
        process = subprocess.Popen([*command, "serve", "--workers", str(workers)])
        try:
            pids = [process.pid, *_workers(command, process), os.getpid()]
            before = list(map(spent, pids))
            work = sign_transfers(field.pairs, int(seconds * 1000 / pairs), datetime.now(UTC))
            target = Target(address, process.pid)
            load = asyncio.run(saturate(target, field.pairs, work, seconds))
            after = list(map(spent, pids))
        finally:
            process.terminate()
            process.wait()
        each = [
            round(1000 * (now - then) / load.completed, 3)
            for now, then in zip(after, before, strict=True)
        ]
        return {
            "workers": workers,
            "completed": load.completed,
            "per_second": round(load.per_second),
            "decider_ms": each[0],
            "workers_ms": each[1:-1],
            "driver_ms": each[-1],
            "ceiling_per_second": round(1000 / each[0]),
        }


def _workers(command: list[str], process: subprocess.Popen[bytes]) -> list[int]:
    """Waits until the broker serves; returns the processes of its workers."""
    while True:
        if process.poll() is not None:
            raise SystemExit("the broker does not serve")
        told = subprocess.run(
            [*command, "status", "--json"], check=False, capture_output=True, text=True
        )
        if told.returncode in (0, 1) and told.stdout:
            return [each["pid"] for each in json.loads(told.stdout)["workers"]]
        time.sleep(0.2)


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--pairs", type=int, default=32)
    asked = parser.parse_args()
    for workers in asked.workers:
        print(json.dumps(measure(workers, asked.seconds, asked.pairs)), flush=True)  # noqa: T201  # a developer's command


if __name__ == "__main__":
    main()
