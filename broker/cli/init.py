# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The directory from which a broker can be started."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from broker.cli.session import Session, session
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import MOMENT

if TYPE_CHECKING:
    from broker.setting_up import BrokerSetUp

_LISTEN: Final = "127.0.0.1:7443"


@click.command()
@click.option("--network", required=True, metavar="ID", help="Name of the network to found.")
@click.option("--test", is_flag=True, help="A test network: its clock may be set forward.")
@click.option("--clock", type=MOMENT, metavar="ISO", help="Where a test network's clock starts.")
@click.option("--listen", default=_LISTEN, show_default=True, metavar="HOST:PORT")
@click.option("--public", metavar="HOST:PORT", help="Where nodes find it; as --listen by default.")
@click.option("--node", default="broker", show_default=True, help="Name under which it signs.")
@click.option("--rulebook", "rulebooks", multiple=True, default=["paris"], show_default=True,
              help="By which the network judges: paris, kyoto; may be repeated.")  # fmt: skip
@click.option("--database", metavar="URL", help="A database on PostgreSQL, such as"
              " postgresql://broker@db.example.org/clearing; a file by default.")  # fmt: skip
def init(
    network: str,
    test: bool,
    clock: datetime | None,
    listen: str,
    public: str | None,
    node: str,
    rulebooks: tuple[str, ...],
    database: str | None,
) -> None:
    """Makes a directory from which a broker can be started: keys, certificates, broker.toml."""
    from broker.known_regimes import regimes_of
    from broker.setting_up import init_broker
    from broker.settings import server_url
    from broker.store.engines import prepare
    from itmo.clock import SystemClock
    from itmo.identifiers import parse_network_id, parse_node_id

    if clock is not None and not test:
        raise click.UsageError("--clock goes with --test: only a test network has its own clock")
    # What is wrong is said before anything is made, on a server or here.
    regimes = regimes_of(rulebooks)
    network_id, node_id = parse_network_id(network, "--network"), parse_node_id(node, "--node")
    if database is not None:
        try:
            server_url(database)
        except ValueError as error:
            raise click.BadParameter(f"{error}.", param_hint="--database") from None
        prepare(database, regimes)
    run = session()
    made = init_broker(
        run.folder,
        network_id=network_id,
        test_network=test,
        listen=listen,
        now=SystemClock().now(),
        node_id=node_id,
        public_address=public,
        rulebooks=rulebooks,
        database=database or "",
    )
    if clock is not None:
        _start_clock(run, clock)
    run.show(made_facts(made), lambda screen: _made(screen, made))


def made_facts(made: BrokerSetUp) -> dict[str, str]:
    """What a set-up is told as; fingerprints only."""
    return {
        "directory": str(made.directory),
        "network_id": made.network_id,
        "node_id": made.node_id,
        "message_keyid": made.message_keyid,
        "operator_keyid": made.operator_keyid,
        "authority_fingerprint": made.authority_fingerprint,
        "tls_key_hash": made.tls_key_hash,
    }


def _made(screen: Screen, made: BrokerSetUp) -> None:
    screen.line(f"The broker of {made.network_id} is set up.", "green")
    screen.facts(made_facts(made).items())
    screen.heading("Next")
    screen.line(f"1. Read {made.directory}/broker.toml, then run `broker check-config`.")
    screen.line("2. Start the broker: `broker serve`")
    screen.line("3. State what it knows: `broker party ...`, `broker approach ...`")
    screen.line("4. Admit each node that sends its joining request: `broker admit REQUEST`")
    screen.line("Keep a copy of keys/ and authority/ where nobody else can read it.")


def _start_clock(run: Session, start: datetime) -> None:
    from contextlib import closing

    from broker.serving import found_books
    from itmo.clock import SystemClock

    settings = run.settings()
    with closing(settings.database.books.open_writer()) as connection:
        found_books(settings, connection, start - SystemClock().now())
