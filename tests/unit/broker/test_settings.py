# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from broker.authority import load_authority
from broker.configured import clerk_limits
from broker.known_regimes import regimes_of
from broker.setting_up import init_broker, settings_text
from broker.settings import BrokerSettings, load_settings
from broker.settings_file import FILE_NAME
from itmo.identifiers import NetworkId, NodeId
from itmo.keys import signer_from_uri
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.observe import LogLevel
from itmo.runtime.rpc.tls import channel_credentials, server_credentials

NOW = datetime.now(UTC)
NETWORK = NetworkId("test-net")
MINIMAL = 'node_id = "broker"\nnetwork_id = "test-net"\ntest_network = true\n'


def load(
    path: Path, more: str = "", environment: Mapping[str, str] | None = None
) -> BrokerSettings:
    file = path / FILE_NAME
    file.write_text(MINIMAL + more)
    return load_settings(file, environment or {})


def refusal(
    path: Path, more: str = "", environment: Mapping[str, str] | None = None
) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        load(path, more, environment)
    assert caught.value.reason is Reason.CONFIGURATION_INVALID
    return caught.value


def test_what_is_not_said_has_a_default_and_paths_are_absolute(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.server.listen == "127.0.0.1:7443"
    assert settings.database.path == tmp_path / "broker.sqlite"
    assert settings.tls_files.key == tmp_path / "tls" / "broker.key"
    assert settings.signers.message == (tmp_path / "keys" / "message.pem").as_uri()
    assert settings.call_limits.burst == 200
    assert settings.transaction_lifetime == timedelta(hours=24)
    assert not settings.server.reflection
    assert "message.pem" not in repr(settings)


def test_nobody_waits_for_company_behind_workers(tmp_path: Path) -> None:
    paced = "[clerk]\npacing_ms = 3.0\n[server]\nworkers = "
    alone, behind = (clerk_limits(load(tmp_path, f"{paced}{count}\n")) for count in (0, 1))
    assert (alone.pacing, behind.pacing) == (timedelta(milliseconds=3), timedelta(0))


def test_what_is_said_counts_and_the_environment_counts_more(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        '[server]\nlisten = "0.0.0.0:1"\n[database]\npath = "/var/lib/x.sqlite"\n'
        '[signers]\nmessage = "pkcs11:token=x"\n',
        {
            "ITMO_BROKER_SERVER__LISTEN": "[::]:2",
            "ITMO_BROKER_SERVER__REFLECTION": "true",
            "ITMO_BROKER_LIMITS__BURST": "7",
            "ITMO_BROKER_LOG__LEVEL": "warning",
            "ITMO_BROKER_NODE_ID": "other",
            "ITMO_BROKER_DIR": "ignored here",
            "PATH": "ignored",
        },
    )
    assert settings.server.listen == "[::]:2"
    assert settings.server.reflection
    assert settings.limits.burst == 7
    assert settings.log.level is LogLevel.WARNING
    assert settings.node_id == "other"
    assert settings.database.path == Path("/var/lib/x.sqlite")
    assert settings.signers.message == "pkcs11:token=x"


def test_a_database_is_a_file_or_one_on_a_server_and_its_password_is_not_shown(
    tmp_path: Path,
) -> None:
    url = "postgresql://broker:secret@one.example.org,two.example.org/books"
    for settings in (
        load(tmp_path, f'[database]\nurl = "{url}"\n'),
        load(tmp_path, environment={"ITMO_BROKER_DATABASE": url}),
    ):
        books = settings.database.books
        assert (books.url, books.file) == (url, tmp_path / "postgresql")
        assert "secret" not in repr(settings)
    assert not load(tmp_path).database.books.url
    refused = refusal(tmp_path, '[database]\nurl = "mysql://broker:secret@one/books"\n')
    assert refused.metadata["setting"] == "database.url"
    assert "secret" not in refused.message


def test_without_the_driver_a_database_on_a_server_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    books = load(tmp_path, environment={"ITMO_BROKER_DATABASE": "postgresql://a/b"}).database.books
    with pytest.raises(ProtocolError, match="pip install"):
        books.open_writer()


@pytest.mark.parametrize(
    ("more", "setting", "word"),
    [
        ("colour = 1", "colour", "is not a setting"),
        ("[server]\nport = 1", "server.port", "is not a setting"),
        ('[server]\nlisten = "here"', "server.listen", "host:port"),
        ('[server]\nlisten = "host:99999"', "server.listen", "host:port"),
        ("[limits]\nburst = 0", "limits.burst", "is 0"),
        ('[limits]\nburst = "many"', "limits.burst", "many"),
        ("[limits]\nrate_per_second = nan", "limits.rate_per_second", "nan"),
        ("[clerk]\nmax_group = 100000", "clerk.max_group", "100000"),
        ("[transactions]\nlifetime_hours = 73", "transactions.lifetime_hours", "73"),
        ('[log]\nlevel = "loud"', "log.level", "loud"),
        ("server = 1", "server", "is 1"),
        ("[server", "file", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(
    tmp_path: Path, more: str, setting: str, word: str
) -> None:
    error = refusal(tmp_path, more)
    assert error.metadata["setting"] == setting
    assert word in error.message
    assert str(tmp_path / FILE_NAME) in error.message


def test_a_wrong_variable_is_named_instead_of_the_file(tmp_path: Path) -> None:
    error = refusal(tmp_path, "", {"ITMO_BROKER_LIMITS__BURST": "many"})
    assert "ITMO_BROKER_LIMITS__BURST" in error.message
    assert "not a setting" in refusal(tmp_path, "", {"ITMO_BROKER_LISTEN": "x"}).message
    assert "no table" in refusal(tmp_path, "", {"ITMO_BROKER_NODE_ID__X": "1"}).message
    injected = {"ITMO_BROKER_LIMITS__BURST": "5\nrate_per_second = 1"}
    assert "limits.burst" in refusal(tmp_path, "", injected).message


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="make one with `broker init`"):
        load_settings(tmp_path / FILE_NAME, {})
    (tmp_path / FILE_NAME).write_text("")
    with pytest.raises(ProtocolError, match="node_id is missing"):
        load_settings(tmp_path / FILE_NAME, {})
    (tmp_path / FILE_NAME).write_bytes(b"\xff")
    with pytest.raises(ProtocolError, match="not TOML"):
        load_settings(tmp_path / FILE_NAME, {})


def test_the_uri_of_a_signer_is_never_shown(tmp_path: Path) -> None:
    assert "4711" not in str(refusal(tmp_path, '[signers]\nmessage = ["pkcs11:pin=4711"]').args)


def test_a_key_file_open_to_others_is_refused(tmp_path: Path) -> None:
    for table, key, place in (
        ("tls", "key", "tls/broker.key"),
        ("authority", "key", "authority/ca.key"),
        ("signers", "message", "keys/message.pem"),
    ):
        file = tmp_path / place
        file.parent.mkdir(exist_ok=True)
        file.write_text("")
        file.chmod(0o640)
        error = refusal(tmp_path)
        assert error.metadata["setting"] == f"{table}.{key}"
        assert "0600" in error.message
        file.chmod(0o600)
        load(tmp_path)
    for place in ("tls/broker.key", "keys/message.pem"):
        (tmp_path / place).chmod(0o604)
    told = refusal(tmp_path).message
    assert "tls/broker.key" in told
    assert "keys/message.pem" in told


def test_a_file_of_settings_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    load(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o666)
    with pytest.raises(ProtocolError, match="open for writing"):
        load_settings(tmp_path / FILE_NAME, {})


def test_a_socket_path_must_fit(tmp_path: Path) -> None:
    assert "shorter" in refusal(tmp_path, f'[server]\noperator_socket = "{"x" * 104}"').message


def test_a_new_broker_can_be_used_at_once(tmp_path: Path) -> None:
    directory = tmp_path / "b"
    made = init_broker(
        directory,
        network_id=NETWORK,
        test_network=True,
        listen="0.0.0.0:7443",
        public_address="broker.example:7443",
        now=NOW,
    )
    settings = load_settings(directory / FILE_NAME, {})
    assert (settings.node_id, settings.network_id) == ("broker", "test-net")
    assert signer_from_uri(settings.signers.message).keyid == made.message_keyid
    assert signer_from_uri(settings.signers.operator).keyid == made.operator_keyid
    assert made.message_keyid != made.operator_keyid
    server_credentials(settings.tls_files)
    channel_credentials(settings.tls_files)
    authority = load_authority(NETWORK, settings.authority.certificate, settings.authority.key)
    assert authority.fingerprint == made.authority_fingerprint
    certificate = x509.load_pem_x509_certificate(settings.tls.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "broker.example" in names.get_values_for_type(x509.DNSName)
    secret = [file for file in directory.rglob("*") if b"PRIVATE" in read(file)]
    assert len(secret) == 4
    assert all(file.stat().st_mode & 0o077 == 0 for file in secret)
    assert not any(str(file) in repr(made) for file in secret)
    assert directory.stat().st_mode & 0o077 == 0


def read(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def test_setting_up_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    with pytest.raises(ProtocolError) as caught:
        init_broker(tmp_path, network_id=NETWORK, test_network=True, listen="a:1", now=NOW)
    assert caught.value.reason is Reason.ALREADY_EXISTS
    assert [file.name for file in tmp_path.iterdir()] == ["note"]


def test_a_wrong_address_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError) as caught:
        init_broker(tmp_path / "b", network_id=NETWORK, test_network=True, listen="x", now=NOW)
    assert caught.value.reason is Reason.CONFIGURATION_INVALID
    assert not (tmp_path / "b").exists()


def test_the_written_settings_are_the_defaults(tmp_path: Path) -> None:
    listen, public = "127.0.0.1:7443", "localhost:7443"
    text = settings_text(NETWORK, NodeId("broker"), listen, public, test_network=True)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / FILE_NAME).write_text(text)
    assert load_settings(tmp_path / "x" / FILE_NAME, {}) == load(tmp_path / "x")


def test_a_network_has_the_rulebooks_of_its_settings(tmp_path: Path) -> None:
    named = load(
        tmp_path, '[transactions]\nrulebooks = ["paris", "kyoto"]\n'
    ).transactions.rulebooks
    assert regimes_of(named).names == ("paris", "kyoto")
    for wrong in ((), ("paris", "paris"), ("montreal",)):
        with pytest.raises(ProtocolError) as caught:
            regimes_of(wrong)
        assert caught.value.reason is Reason.CONFIGURATION_INVALID
        assert "paris, kyoto" in caught.value.message
