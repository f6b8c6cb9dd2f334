# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The TLS authority of a network: it certifies who may connect, not what anybody says.

Its root key is needed for admitting and renewing nodes only; where it is kept away from the serving
machine, a break-in there cannot make certificates. Times here are those of real clocks, also on a
test network whose own clock was set, because TLS libraries look at nothing else.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from itmo.files import read_plain_file, write_new_file
from itmo.identifiers import NetworkId, NodeId
from itmo.limits import CLOCK_TOLERANCE
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.tls import spiffe_uri
from itmo.runtime.rpc.tls_keys import generate_tls_key
from itmo.tls_request import read_tls_request, tls_key_hash

# An authority outlives several generations of machines; replacing it means visiting every node.
AUTHORITY_LIFETIME: Final = timedelta(days=3653)
# Renewed once a year: often enough that everybody knows how, rare enough to be planned.
CERTIFICATE_LIFETIME: Final = timedelta(days=365)

_LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
_EVERY_INTERFACE: Final = frozenset({"", "*", "0.0.0.0", "::"})  # noqa: S104 - recognised, not used
_READABLE_BY_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate that was issued.

    Attributes:
        pem: The certificate.
        tls_key_hash: SHA-256 of the SubjectPublicKeyInfo it certifies, 32 bytes.
        not_after: Last moment of its validity.
    """

    pem: str
    tls_key_hash: bytes
    not_after: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Authority:
    """Certificate and key of a network's authority.

    Attributes:
        network: The network it certifies nodes of.
        certificate: Its own certificate.
    """

    network: NetworkId
    certificate: x509.Certificate
    _key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def pem(self) -> str:
        """The authority's certificate, as every node trusts it."""
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal, for comparing over another channel."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def certify_node(self, node: NodeId, request_der: bytes, now: datetime) -> IssuedCertificate:
        """Issues a node's certificate. Of the request only the public key is used.

        Raises:
            ProtocolError: PAYLOAD_INVALID or KEY_REFUSED, as `read_tls_request`.
        """
        key = read_tls_request(request_der)
        return self._issue(node, key, [], now)

    def certify_server(
        self, node: NodeId, key: ec.EllipticCurvePublicKey, hosts: list[str], now: datetime
    ) -> IssuedCertificate:
        """Issues the certificate of the serving node, which is also found under host names.

        Args:
            node: Its node id.
            key: Its key.
            hosts: Names and addresses it is called by; those of this machine are added.
            now: The present time.
        """
        return self._issue(node, key, _host_names(hosts), now)

    def _issue(
        self,
        node: NodeId,
        key: ec.EllipticCurvePublicKey,
        hosts: list[x509.GeneralName],
        now: datetime,
    ) -> IssuedCertificate:
        uri = x509.UniformResourceIdentifier(spiffe_uri(self.network, node))
        not_after = min(now + CERTIFICATE_LIFETIME, self.certificate.not_valid_after_utc)
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        certificate = (
            _builder(_name(node), self.certificate.subject, key, now, not_after)
            .add_extension(x509.SubjectAlternativeName([uri, *hosts]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        pem = certificate.public_bytes(Encoding.PEM).decode("ascii")
        return IssuedCertificate(pem, tls_key_hash(key), certificate.not_valid_after_utc)


def create_authority(
    network: NetworkId, certificate_path: Path, key_path: Path, now: datetime, name: str = ""
) -> Authority:
    """Makes the authority of a network and writes its two files.

    Args:
        network: The network.
        certificate_path: Where its certificate goes.
        key_path: Where its key goes.
        now: The present time.
        name: Tells it from the one before: some TLS stacks look for an issuer by its name only.

    Raises:
        ProtocolError: ALREADY_EXISTS; nothing is ever overwritten.
    """
    key = generate_tls_key(key_path)
    subject = _name(f"{network} TLS authority {name}".rstrip())
    certificate = (
        _builder(subject, subject, key.public_key(), now, now + AUTHORITY_LIFETIME)
        # No authority below it: whatever else it may sign, it cannot make another signer.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_new_file(certificate_path, certificate.public_bytes(Encoding.PEM))
    return Authority(network, certificate, key)


def load_authority(network: NetworkId, certificate_path: Path, key_path: Path) -> Authority:
    """Reads the authority of a network.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, naming the file and what is wrong with it.
    """
    try:
        if key_path.stat().st_mode & _READABLE_BY_OTHERS:
            raise _bad(key_path, "is open to group or others; set its mode to 0600")
        pem = read_plain_file(key_path)
        certificate = x509.load_pem_x509_certificate(read_plain_file(certificate_path))
    except OSError as error:
        raise _bad(key_path, f"or its certificate cannot be read: {error.strerror}") from None
    except ProtocolError as error:
        raise _bad(key_path, f"or its certificate cannot be used: {error.message}") from None
    except ValueError:
        raise _bad(certificate_path, "holds no certificate") from None
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    # The library raises many types for a bad file; none of their texts may reach a log.
    except Exception:  # noqa: BLE001 - every failure to read a key is the same refusal
        raise _bad(key_path, "holds no unencrypted private key") from None
    own = key.public_key()
    if not isinstance(key, ec.EllipticCurvePrivateKey) or own != certificate.public_key():
        raise _bad(key_path, f"does not belong to the certificate {certificate_path}")
    return Authority(network, certificate, key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # Usable at once also where a clock is a little behind.
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _host_names(hosts: list[str]) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for host in dict.fromkeys((*hosts, *_LOCAL_NAMES)):
        if host in _EVERY_INTERFACE:
            continue  # an instruction to listen everywhere, not a name to be called by
        try:
            names.append(x509.IPAddress(ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return names


def _bad(path: Path, fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"The authority's file {path} {fault}.",
        setting="authority",
        found=str(path),
        expected="PEM files of a certificate and its ECDSA key",
    )
