# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's TLS certificate and the authority of the network: renewed while everybody goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from broker.cli.session import Session, session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from cryptography import x509

    from broker.authority import Authority
    from broker.settings import BrokerSettings

_ALTHOUGH: Final = click.option(
    "--although-nodes-remain",
    is_flag=True,
    help="Go on although nodes have no admission by the new authority: they cannot connect then.",
)


@click.group()
def tls() -> None:
    """Renews the broker's TLS certificate, and exchanges the authority of the network."""


@tls.command("renew")
@_ALTHOUGH
def renew(although_nodes_remain: bool) -> None:
    """Issues a new certificate for the broker, with a new key; a broker that runs takes it up.

    It holds the names of the present one and those of the settings. Connections that are open stay;
    the next ones show the new certificate.
    """
    from broker.authority import load_authority
    from itmo.clock import SystemClock
    from itmo.files import write_whole
    from itmo.identifiers import NetworkId, NodeId
    from itmo.runtime.rpc.tls_keys import generate_tls_key
    from itmo.validity import issuer_among

    run = session()
    settings = run.settings()
    authority = load_authority(
        NetworkId(settings.network_id), settings.authority.certificate, settings.authority.key
    )
    present = _first(settings.tls.certificate)
    _check_trusted(settings, authority)
    if issuer_among(present, [authority.certificate]) is None and not although_nodes_remain:
        _check_all_renewed(run, settings)
    fresh = settings.tls.key.with_name(f"{settings.tls.key.name}.next")
    fresh.unlink(missing_ok=True)  # of a run that was cut off; nothing was certified for it
    key = generate_tls_key(fresh)
    hosts = _hosts(settings, present)
    issued = authority.certify_server(
        NodeId(settings.node_id), key.public_key(), hosts, SystemClock().now()
    )
    # While only one of the two is there, a broker that runs goes on with what it has.
    fresh.replace(settings.tls.key)
    write_whole(settings.tls.certificate, issued.pem)
    facts = {
        "certificate": str(settings.tls.certificate),
        "not_after": issued.not_after,
        "tls_key_hash": issued.tls_key_hash.hex(),
        "names": hosts,
        "authority": authority.fingerprint,
    }

    def told(screen: Screen) -> None:
        screen.line("The broker has a new certificate; its next connection shows it.", "green")
        screen.facts(facts.items())

    run.show(facts, told)


@tls.group("authority")
def authority_group() -> None:
    """Exchanges the authority of the network: add, let every node renew, renew, retire."""


@authority_group.command("add")
def add() -> None:
    """Makes the next authority, and trusts it beside the present one.

    From now on admissions are issued by it and bring both. When every node has renewed
    (`registry-node renew`), `broker tls renew` gives the broker a certificate of it, and
    `broker tls authority retire` ends the trust in the old one.
    """
    from broker.authority import create_authority
    from broker.settings_file import FILE_NAME
    from itmo.clock import SystemClock
    from itmo.files import read_plain_file, write_whole
    from itmo.identifiers import NetworkId
    from itmo.runtime.settings_text import change_setting

    run = session()
    settings = run.settings()
    now = SystemClock().now()
    day = f"{now:%Y-%m-%d}"
    directory = run.folder.absolute()
    certificate, key = (
        directory / "tls" / f"ca-{day}.pem",
        directory / "authority" / f"ca-{day}.key",
    )
    made = create_authority(NetworkId(settings.network_id), certificate, key, now, name=day)
    trusted = read_plain_file(settings.tls.ca).decode("ascii")
    write_whole(settings.tls.ca, f"{trusted.rstrip()}\n{made.pem}")
    toml = directory / FILE_NAME
    change_setting(toml, "authority", "since", _log_size(run))
    change_setting(toml, "authority", "certificate", f"tls/{certificate.name}")
    change_setting(toml, "authority", "key", f"authority/{key.name}")
    facts = {
        "authority": made.fingerprint,
        "certificate": str(certificate),
        "key": str(key),
        "not_after": made.certificate.not_valid_after_utc,
    }

    def told(screen: Screen) -> None:
        screen.line("The network has a new authority beside the old one.", "green")
        screen.facts(facts.items())
        screen.line(
            "Next: every node renews (`registry-node renew`, then `broker admit`); its admission is by"
            " the new authority and brings both. Then `broker tls renew`, at last `broker tls"
            " authority retire`."
        )

    run.show(facts, told)


@authority_group.command("retire")
@_ALTHOUGH
@click.option("--yes", is_flag=True, help="Retire it without asking.")
def retire(although_nodes_remain: bool, yes: bool) -> None:
    """Ends the trust in every authority but the present one."""
    from broker.authority import load_authority
    from itmo.files import write_whole
    from itmo.identifiers import NetworkId
    from itmo.validity import issuer_among

    run = session()
    settings = run.settings()
    authority = load_authority(
        NetworkId(settings.network_id), settings.authority.certificate, settings.authority.key
    )
    if issuer_among(_first(settings.tls.certificate), [authority.certificate]) is None:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"The broker's own certificate {settings.tls.certificate} is by the old authority; renew it"
            " first: `broker tls renew`.",
            setting="tls.certificate",
        )
    if not although_nodes_remain:
        _check_all_renewed(run, settings)
    run.ask("End the trust in the old authority?", yes=yes)
    write_whole(settings.tls.ca, authority.pem)
    run.show(
        {"authority": authority.fingerprint},
        lambda screen: screen.line(
            f"Only the authority {authority.fingerprint} is trusted now. Nodes lose the old one when"
            " they renew next."
        ),
    )


def _first(path: Path) -> x509.Certificate:
    from itmo.files import read_plain_file
    from itmo.validity import certificates_of

    return certificates_of(read_plain_file(path), str(path))[0]


def _check_trusted(settings: BrokerSettings, authority: Authority) -> None:
    from itmo.files import read_plain_file
    from itmo.validity import certificates_of

    trusted = certificates_of(read_plain_file(settings.tls.ca), str(settings.tls.ca))
    if authority.certificate not in trusted:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"The authority {settings.authority.certificate} is not in {settings.tls.ca}, which is what"
            " nodes are given to trust; put it there first (`broker tls authority add` does).",
            setting="tls.ca",
        )


def _check_all_renewed(run: Session, settings: BrokerSettings) -> None:
    """Checks that every node was given an admission by the new authority, which brings both.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, naming those that were not.
    """
    from broker.reports.directory import admitted_before

    with run.reader() as connection:
        old = admitted_before(connection, settings.authority.since)
    if old:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"Not every node has an admission by the new authority: {', '.join(old)}. Have them renew"
            " (`registry-node renew`, `broker admit`), or say --although-nodes-remain: they cannot"
            " connect then until they do.",
            setting="authority",
            found=" ".join(old),
        )


def _log_size(run: Session) -> int:
    from broker.store import log_head

    if not run.settings().database.books.made():
        return 0
    with run.reader() as connection:
        return log_head.log_size(connection)


def _hosts(settings: BrokerSettings, present: x509.Certificate) -> list[str]:
    """Names under which the broker is found: of the present certificate, and of the settings."""
    from cryptography import x509

    from broker.setting_up import host_of

    named = present.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = map(str, named.get_values_for_type(x509.IPAddress))
    configured = (settings.server.listen, settings.server.public_address)
    listed = (*named.get_values_for_type(x509.DNSName), *addresses, *map(host_of, configured))
    return list(dict.fromkeys(listed))
