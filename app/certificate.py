"""The broker's TLS certificate: an own certificate authority, made once a state.

Devices get `ca.pem` and check the broker against it. Certificates for devices come from the
registry's authority with the portal's onboarding.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.files import write_whole

CA_DAYS = 3650
SERVER_DAYS = 825  # what clients of phones and browsers accept at the most
RENEW_DAYS = 60


@dataclass(frozen=True)
class ServerCertificate:
    """Paths of PEM files: the authority that devices trust, and the broker's own pair."""

    authority: Path
    certificate: Path
    key: Path


def names_of_this_machine() -> list[str]:
    """Names and addresses under which devices may reach this machine."""
    host = socket.gethostname()
    found = ["localhost", "127.0.0.1", "::1", host]
    try:
        found += [str(info[4][0]).split("%")[0] for info in socket.getaddrinfo(host, None)]
    except OSError:
        return found
    return list(dict.fromkeys(found))


def ensure(folder: Path, names: Iterable[str], now: datetime) -> ServerCertificate:
    """The certificate in `folder`; made where it is missing, renewed where it ends soon."""
    made = ServerCertificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    wanted = sorted(set(names))
    if made.certificate.exists() and _holds(made.certificate, wanted, now):
        return made
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ca_key, ca = _authority(folder, now)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name("Kênh broker"))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=SERVER_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(n) for n in wanted]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    write_whole(made.key, _pem(key), 0o600)
    write_whole(made.certificate, certificate.public_bytes(serialization.Encoding.PEM).decode())
    return made


def ends(path: Path) -> datetime:
    """When the certificate in the PEM file ends, UTC."""
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc


def _holds(path: Path, wanted: list[str], now: datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    has = {str(name.value) for name in extension.value}
    lasting = certificate.not_valid_after_utc - now > timedelta(days=RENEW_DAYS)
    return lasting and has >= set(wanted)


def _authority(folder: Path, now: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key_file, ca_file = folder / "ca.key", folder / "ca.pem"
    if key_file.exists() and ca_file.exists():
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{key_file} is not an EC key")
        return key, x509.load_pem_x509_certificate(ca_file.read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Kênh authority")
    ca = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_whole(key_file, _pem(key), 0o600)
    write_whole(ca_file, ca.public_bytes(serialization.Encoding.PEM).decode())
    return key, ca


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
