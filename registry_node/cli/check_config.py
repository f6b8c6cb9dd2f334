# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`check-config`: settings, keys and certificates are looked through."""

from __future__ import annotations

import click

from itmo.clock import SystemClock, to_text
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen
from registry_node.cli.session import Session, command
from registry_node.settings_file import FILE_NAME


@click.command("check-config")
@command
def check_config(session: Session) -> None:
    """Checks node.toml, the keys and the certificates, without starting anything."""
    from itmo.files import database_files, open_to_others, seen_by_others
    from itmo.keys import key_file, signer_from_uri
    from itmo.runtime.rpc.tls import channel_credentials
    from itmo.runtime.rpc.tls_checks import check_certificate
    from itmo.runtime.standing import said
    from registry_node.app import DATABASE, check_keys, tls_files
    from registry_node.expiries import REMEDIES
    from registry_node.settings import load
    from registry_node.store.commit_head import commit_shortfall

    settings = load(session.folder)
    database = settings.node.data_dir / DATABASE
    secrets = [each for each in (key_file(settings.node.signer), settings.tls.key) if each]
    if opened := seen_by_others(secrets):
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"Others can open {', '.join(opened)}: a key is its owner's alone; set mode 0600.",
            setting="node.signer",
        )
    private = (*database_files(database), settings.node.operator_socket)
    trusted = (session.folder.absolute() / FILE_NAME, settings.tls.ca, settings.tls.certificate)
    opened_to = open_to_others((*secrets, *private), trusted)
    signer = signer_from_uri(settings.node.signer)
    files = tls_files(settings)
    channel_credentials(files)
    node, network = settings.identity().node, settings.identity().network_id
    end = check_certificate(files, network, node, SystemClock().now())
    settings.policy()
    if missing := commit_shortfall(database):  # as a start would find it
        raise ProtocolError(Reason.LEDGER_AUDIT_FAILED, missing, found=str(database))
    near = " ".join(filter(None, (said(each, REMEDIES) for each in check_keys(settings))))
    found = {
        "node": settings.node.id,
        "network_id": settings.node.network_id,
        "broker_address": settings.broker.address,
        "keyid": signer.keyid,
        "certificate": f"names {node}, until {to_text(end)}",
        "ends": near or "nothing within 60 days",
        "acceptance": settings.acceptance.mode.value,
        "private_files": opened_to or "their owner's alone",
    }

    def table(screen: Screen) -> None:
        screen.facts(found.items())
        screen.line("The settings are in order.", "green")

    session.show(found, table)
