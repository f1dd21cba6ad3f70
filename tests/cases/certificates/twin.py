"""Re-encodes a certificate's ECDSA P-256 signature (r, s) as (r, n - s), which is as valid."""
import base64, sys

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def element(der):
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    return der[start:start + length], der[start + length:], der[:start + length]


def encoded(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def integer(value):
    return encoded(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


lines = [line for line in sys.stdin.read().split("\n") if line and not line.startswith("-")]
body, _, _ = element(base64.b64decode("".join(lines)))
_, rest, tbs = element(body)
_, rest, algorithm = element(rest)
signature, _, _ = element(rest)
pair, _, _ = element(signature[1:])
r, rest, _ = element(pair)
s, _, _ = element(rest)
twin = integer(int.from_bytes(r, "big")) + integer(N - int.from_bytes(s, "big"))
der = encoded(0x30, tbs + algorithm + encoded(3, b"\0" + encoded(0x30, twin)))
print("-----BEGIN CERTIFICATE-----")
text = base64.b64encode(der).decode()
print("\n".join(text[i:i + 64] for i in range(0, len(text), 64)))
print("-----END CERTIFICATE-----")
