# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a certificate has to say for the other side to accept it: told before the other side refuses."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from itmo.clock import to_text
from itmo.files import read_plain_file
from itmo.identifiers import NetworkId, NodeId
from itmo.reasons import ProtocolError, Reason, shown
from itmo.runtime.rpc.tls import TlsFiles, spiffe_uri
from itmo.validity import certificates_of, issuer_among

_SERVER, _CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
_PURPOSES: Final = {_SERVER: "servers", _CLIENT: "clients"}


def check_certificate(
    files: TlsFiles, network: NetworkId, node: NodeId, now: datetime, *, host: str = ""
) -> datetime:
    """Checks that a certificate is this node's, of this authority, for this purpose and address.

    Args:
        files: The certificate and its authorities; that the key fits is checked where they are read.
        network: The network.
        node: Whose it has to be.
        now: By the machine's clock.
        host: Under which others call it, where it serves; empty where it only connects.

    Returns:
        Its end.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, with what was found, what was expected, what to do.
    """
    authorities = certificates_of(read_plain_file(files.ca), str(files.ca))
    certificate = certificates_of(read_plain_file(files.certificate), str(files.certificate))[0]
    for authority in authorities:
        if not _signs(authority):
            raise _unfit(files.ca, "holds a certificate that is no authority's")
    if issuer_among(certificate, authorities) is None:
        raise _unfit(files.certificate, f"was issued by no authority of {files.ca}")
    names = _names(certificate)
    uris = [] if names is None else names.get_values_for_type(x509.UniformResourceIdentifier)
    expected = spiffe_uri(network, node)
    if uris != [expected]:
        raise _unfit(files.certificate, f"names {shown(', '.join(uris))}, not {expected}")
    for purpose in (_CLIENT, *([_SERVER] if host else [])):
        if not _for(certificate, purpose):
            raise _unfit(files.certificate, f"is not for {_PURPOSES[purpose]}")
    if host and not (names is not None and _called(names, host)):
        raise _unfit(
            files.certificate,
            f"does not name {shown(host)}, under which nodes look for the broker; it names"
            f" {shown(', '.join(_hosts(names)))}",
        )
    _check_time(files.certificate, certificate, now)
    return certificate.not_valid_after_utc


def _check_time(file: Path, certificate: x509.Certificate, now: datetime) -> None:
    first, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < first:
        raise _unfit(
            file, f"is good from {to_text(first)} on, and it is {to_text(now)}", "look at the clock"
        )
    if end <= now:
        raise _unfit(file, f"ended {to_text(end)}", "renew it")


def _names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _hosts(names: x509.SubjectAlternativeName | None) -> list[str]:
    if names is None:
        return []
    addresses = [str(each) for each in names.get_values_for_type(x509.IPAddress)]
    return [*names.get_values_for_type(x509.DNSName), *addresses]


def _called(names: x509.SubjectAlternativeName, host: str) -> bool:
    """Whether a client that calls a host accepts the names, as TLS compares them."""
    try:
        return ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        pass
    wanted = host.lower().rstrip(".")
    for name in names.get_values_for_type(x509.DNSName):
        known = name.lower().rstrip(".")
        if known == wanted:
            return True
        if known.startswith("*.") and wanted.partition(".")[2] == known[2:]:
            return True
    return False


def _signs(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _for(certificate: x509.Certificate, purpose: x509.ObjectIdentifier) -> bool:
    """Whether a certificate may be used for a purpose; one that says nothing may."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return purpose in usage or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usage


def _unfit(file: Path, fault: str, way_out: str = "have one issued that fits") -> ProtocolError:
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"The certificate file {file} {fault}; {way_out}.",
        setting="tls",
        found=str(file),
    )
