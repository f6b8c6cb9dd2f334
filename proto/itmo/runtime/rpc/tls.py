# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Mutual TLS: credentials from files, and who is at the other end of a connection.

A node is named by the one URI in its certificate, `spiffe://<network>/node/<id>`; common names and
host names say nothing about it. Keys are ECDSA P-256, since the TLS of gRPC knows no Ed25519
certificates (design: reliability, section 3.1).
"""

import hashlib
import stat
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import grpc
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from structlog.typing import FilteringBoundLogger

from itmo.files import read_plain_file
from itmo.identifiers import NetworkId, NodeId, parse_network_id, parse_node_id
from itmo.reasons import ProtocolError, Reason, shown
from itmo.runtime.rpc.tls_version import check_tls_1_3
from itmo.validity import Validity, of_certificate

_log: Final[FilteringBoundLogger] = structlog.get_logger()

# A chain of a few certificates or a bundle of a few authorities; not a file named by mistake.
_MAX_PEM_BYTES: Final = 256 * 1024
# Certificates seen lately, already parsed; a network has tens of nodes, each renews once a year.
_PARSED_CERTIFICATES: Final = 1024
_SPIFFE_PARTS: Final = 3
_SPIFFE_SCHEME: Final = "spiffe://"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where a program finds what it proves itself with. All three are PEM.

    Attributes:
        ca: Certificates of the authority that the other side must have been certified by.
        certificate: Own certificate, followed by its chain where there is one.
        key: Own private key; open to its owner only.
    """

    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is calling, as the connection proves it.

    Attributes:
        network: The network its certificate was issued for.
        node: The node.
        tls_key_hash: SHA-256 of the SubjectPublicKeyInfo of its TLS key, 32 bytes; empty on a
            local socket, where there is no certificate.
        certificate: From when until when its certificate is good; None on a local socket.
    """

    network: NetworkId
    node: NodeId
    tls_key_hash: bytes
    certificate: Validity | None = None


def spiffe_uri(network: NetworkId, node: NodeId) -> str:
    """Returns the URI that names a node in its certificate."""
    return f"{_SPIFFE_SCHEME}{network}/node/{node}"


def peer_of(auth_context: Mapping[str, Iterable[bytes]]) -> Peer:
    """Reads the peer's certificate, which the TLS handshake has verified.

    Args:
        auth_context: As `ServicerContext.auth_context()` returns it.

    Raises:
        ProtocolError: UNAUTHENTICATED, when there is no certificate or it does not name exactly
            one node.
    """
    pem = b"".join(auth_context.get("x509_pem_cert", ()))
    if not pem:
        raise _unauthenticated("The connection shows no client certificate")
    return _peer_of_pem(pem)


@lru_cache(maxsize=_PARSED_CERTIFICATES)
def _peer_of_pem(pem: bytes) -> Peer:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        key = certificate.public_key()
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        raise _unauthenticated("The client certificate names no node") from None
    if len(uris) != 1:
        raise _unauthenticated(f"The client certificate holds {len(uris)} URIs instead of one")
    network, node = _parse_spiffe(uris[0])
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    shown_last = of_certificate("of its last connection", certificate)
    return Peer(network, node, hashlib.sha256(spki).digest(), shown_last)


def _parse_spiffe(uri: str) -> tuple[NetworkId, NodeId]:
    parts = uri.removeprefix(_SPIFFE_SCHEME).split("/")
    if uri.startswith(_SPIFFE_SCHEME) and len(parts) == _SPIFFE_PARTS and parts[1] == "node":
        try:
            return parse_network_id(parts[0], "network"), parse_node_id(parts[2], "node")
        except ProtocolError:
            pass  # refused below, in words about the certificate
    raise _unauthenticated(f"The client certificate names {shown(uri)}")


def _unauthenticated(fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.UNAUTHENTICATED,
        f"{fault}; connect with the certificate issued for your node, whose one URI is"
        f" {_SPIFFE_SCHEME}<network>/node/<id>.",
    )


@dataclass(frozen=True, slots=True)
class _Pems:
    """The contents of `TlsFiles`, read and found to belong together."""

    ca: bytes
    certificate: bytes
    key: bytes = field(repr=False)


def channel_credentials(files: TlsFiles) -> grpc.ChannelCredentials:
    """Makes the credentials of a client.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, naming the file and what is wrong with it.
    """
    pems = _read(files)
    return grpc.ssl_channel_credentials(pems.ca, pems.key, pems.certificate)


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Makes the credentials of a server that insists on client certificates.

    A renewed certificate is picked up by the next connection, without a restart. While the new
    files are not yet complete or do not fit together, the old ones stay in use, with a warning.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, naming the file and what is wrong with it.
    """
    renewal = _Renewal(files)
    return grpc.dynamic_ssl_server_credentials(
        renewal.first(),
        renewal.changed,  # type: ignore[arg-type]  # None, for no change, is missing in the stubs
        require_client_authentication=True,
    )


class _Renewal:
    """The server's certificate, read again whenever its files have changed.

    gRPC asks on threads of its own at every new connection, so the usual answer costs three looks
    at the file system and nothing else. That answer must be None, "no change": gRPC takes each
    configuration it is given into its possession, and with the same one given again and again,
    handshakes that came together crashed the process (seen with gRPC 1.85).
    """

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._stamp = stamp_of(files)
        self._first = _configuration(_read(files))

    def first(self) -> grpc.ServerCertificateConfiguration:
        """Returns what to show from the start."""
        return self._first

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """Returns what to show from the next handshake on, or None for no change; never raises."""
        with self._lock:
            try:
                stamp = stamp_of(self._files)
                if stamp == self._stamp:
                    return None
                renewed = _configuration(_read(self._files))
            except (OSError, ProtocolError) as error:
                _log.warning("tls_certificate_not_renewed", cause=str(error))
                return None
            self._stamp = stamp
            _log.info("tls_certificate_renewed")
            return renewed


def _configuration(pems: _Pems) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [(pems.key, pems.certificate)], root_certificates=pems.ca
    )


def stamp_of(files: TlsFiles) -> tuple[tuple[int, int, int], ...]:
    """Returns what changes whenever one of the files is written or exchanged."""
    found = []
    for path in (files.ca, files.certificate, files.key):
        try:
            status = path.stat()
        except FileNotFoundError:
            found.append((0, 0, 0))
        else:
            # The inode too: a renewal by rename may keep size and, on coarse clocks, the time.
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)


def _read(files: TlsFiles) -> _Pems:
    check_tls_1_3()
    pems = _Pems(_pem(files.ca), _pem(files.certificate), _pem(files.key, secret=True))
    try:
        certificate = x509.load_pem_x509_certificate(pems.certificate)
        x509.load_pem_x509_certificates(pems.ca)
    except ValueError:
        raise _bad(files.certificate, "or its authority's file holds no certificate") from None
    try:
        own = serialization.load_pem_private_key(pems.key, password=None).public_key()
    # The library raises many types for a bad file; none of their texts may reach a log.
    except Exception:  # noqa: BLE001 - every failure to read a key is the same refusal
        raise _bad(files.key, "holds no unencrypted private key") from None
    if own != certificate.public_key():
        raise _bad(files.key, f"does not belong to the certificate {files.certificate}")
    return pems


def _pem(path: Path, *, secret: bool = False) -> bytes:
    try:
        pem = read_plain_file(path, _MAX_PEM_BYTES)
        mode = path.stat().st_mode
    except ProtocolError as error:
        raise _bad(path, error.metadata["found"]) from None
    except OSError as error:
        raise _bad(path, f"cannot be read: {error.strerror}") from None
    if secret and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _bad(path, "is open to group or others; set its mode to 0600")
    return pem


def _bad(path: Path, fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"The TLS file {path} {fault}.",
        setting="tls",
        found=str(path),
        expected="PEM files of an authority, a certificate and its key",
    )
