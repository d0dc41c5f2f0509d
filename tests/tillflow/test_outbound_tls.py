"""Outgoing calls over TLS: the connection goes to the checked address, the certificate is that of the host's name."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tillflow import outbound
from tillflow.outbound import CallFailed, post

HOST = "supplier.example"


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server with a certificate of HOST, which all names lead to and calls trust."""
    certificate, key = _certificate(tmp_path)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate, key)
    trusted = ssl.create_default_context(cafile=str(certificate))
    server = socket.create_server(("127.0.0.1", 0))
    used = server.getsockname()[1]

    def run() -> None:
        with (
            suppress(OSError),
            server.accept()[0] as plain,
            served.wrap_socket(plain, server_side=True) as tls,
        ):
            request = b""
            # The head and the body can come apart; closing with unread bytes resets the connection.
            while not request.endswith(b"{}") and (part := tls.recv(65536)):
                request += part
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    threading.Thread(target=run, daemon=True).start()
    resolved = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", used))]
    monkeypatch.setattr(outbound, "_tls", lambda: trusted)
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: resolved)
    monkeypatch.setenv("LOCAL_ADDRESSES", "allow")
    yield used
    server.close()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate of HOST that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def _usage() -> Any:
    names = ("key_encipherment", "content_commitment", "data_encipherment", "key_agreement", "crl_sign")
    unused = dict.fromkeys((*names, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=True, **unused)


def test_host_is_called_by_its_own_name(port: int) -> None:
    assert post(f"https://{HOST}:{port}/", b"{}", {}).body == b"ok"


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_certificate_of_another_name_is_a_failure(port: int, host: str) -> None:
    with pytest.raises(CallFailed, match="SSLCertVerificationError"):
        post(f"https://{host}:{port}/", b"{}", {})


def test_certificate_that_is_not_trusted_is_a_failure(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "_tls", ssl.create_default_context)
    with pytest.raises(CallFailed, match="SSLCertVerificationError"):
        post(f"https://{HOST}:{port}/", b"{}", {})
