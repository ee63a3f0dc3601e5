"""Telephone numbers as the providers take them."""

from __future__ import annotations


def international(number: str) -> str:
    """`0912 345 678`, `+84912345678`, `84912345678` → `84912345678`."""
    digits = "".join(letter for letter in number if letter.isascii() and letter.isdigit())
    digits = digits.removeprefix("00")
    return f"84{digits[1:]}" if digits.startswith("0") else digits
