"""Opaque codes for addresses, papers and telephone calls."""

import secrets

# Crockford's base 32: no I, L, O or U, so that a code survives being read out.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_code(prefix: str, length: int = 10) -> str:
    """A random code such as `T-7K2M9QX4ZB`: 50 bits at the default length."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_digits(length: int) -> str:
    """Random decimal digits."""
    return "".join(secrets.choice("0123456789") for _ in range(length))
