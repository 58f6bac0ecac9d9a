"""The few DER encodings that signatures are made of (X.690), written out: exact, and a hundred times faster.

Reading is left to the ASN.1 library; what it read is then compared with what is written here.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from asn1crypto.core import ObjectIdentifier

SEQUENCE, SET, CONTEXT_0, CONTEXT_1 = 0x30, 0x31, 0xA0, 0xA1
INTEGER, BIT_STRING, OCTET_STRING, UTF8_STRING, UTC_TIME, GENERALIZED_TIME = (
    0x02,
    0x03,
    0x04,
    0x0C,
    0x17,
    0x18,
)


def value(tag: int, *parts: bytes) -> bytes:
    """Write one value: tag, definite length, content."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """Write a SEQUENCE of encoded parts."""
    return value(SEQUENCE, *parts)


def set_of(parts: Iterable[bytes], tag: int = SET) -> bytes:
    """Write a SET OF encoded parts, in the order DER demands."""
    return value(tag, *sorted(parts))


def integer(number: int) -> bytes:
    """Write an INTEGER that is not negative."""
    return value(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """Write an OBJECT IDENTIFIER."""
    return bytes(ObjectIdentifier(dotted).dump())


def octets(data: bytes) -> bytes:
    """Write an OCTET STRING."""
    return value(OCTET_STRING, data)


def utf8(text: str) -> bytes:
    """Write a UTF8String."""
    return value(UTF8_STRING, text.encode())


def utc_time(moment: datetime) -> bytes:
    """Write a UTCTime, whole seconds; the years 1950 to 2049 (RFC 5652, 11.3)."""
    return value(UTC_TIME, moment.astimezone(UTC).strftime("%y%m%d%H%M%SZ").encode())


def generalized_time(moment: datetime) -> bytes:
    """Write a GeneralizedTime to the millisecond, without trailing zeros (RFC 3161, 2.4.2)."""
    exact = moment.astimezone(UTC)
    fraction = f".{exact.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return value(GENERALIZED_TIME, f"{exact:%Y%m%d%H%M%S}{fraction}Z".encode())
