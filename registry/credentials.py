"""Passwords of devices: made once, shown once, kept only as mosquitto's own hash."""

from __future__ import annotations

import base64
import hashlib
import secrets

ITERATIONS = 101
"""mosquitto_passwd's own number. A device's password has 128 random bits, so stretching it adds
nothing, and a broker that restarts must check thousands of them within seconds."""


def new_password() -> str:
    """A password of 26 characters, 128 random bits, easy to read aloud (no 0, O, 1, I or L)."""
    alphabet = "23456789abcdefghjkmnpqrstuvwxyz"
    return "".join(secrets.choice(alphabet) for _ in range(26))


def mosquitto_hash(password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """The `$7$` form of mosquitto's password file: PBKDF2-HMAC-SHA512, 12 bytes of salt."""
    salt = secrets.token_bytes(12) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations, 64)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
