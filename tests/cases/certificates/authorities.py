"""Makes authorities.json: authorities, their clients, impostors of both, and revocation lists.

    python3 authorities.py > authorities.json      # needs the package `cryptography`

Every run makes other keys, and keeps none. P-256 and valid 2025-2125 unless a name says otherwise; issued by
`intermediate` under `root` unless a name or a line here says otherwise."""
import base64, datetime, ipaddress, json, pathlib, subprocess, sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage, NameOID, ObjectIdentifier

FIRST, LAST = datetime.datetime(2025, 1, 1), datetime.datetime(2125, 1, 1)
made, keys, numbers = {}, {}, iter(range(0x1000, 0x10000))


# Certificates

def named(common_name, organization="Peergate cases"):
    parts = [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common_name)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def key_id(key):
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest


def usages(*which):
    every = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{one: one in which for one in every})


def certificate(name, by=None, subject=None, key=None, ca=False, first=FIRST, last=LAST, length=None, usage=(),
                extended=(), names=(), hash=hashes.SHA256(), padding=None, issuer_key_id=True, own_key_id=None,
                extensions=(), number=None):
    """One certificate; `by` is the name of its issuer, none for one that signs itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = named(name) if subject is None else subject
    issuer, signer = (made[by].subject, keys[by]) if by else (subject, key)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), number or next(numbers), first, last)
    builder = builder.add_extension(x509.BasicConstraints(ca, length), True)
    if ca and not usage:
        usage = ("key_cert_sign", "crl_sign")
    if usage:
        builder = builder.add_extension(usages(*usage), True)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), False)
    if names:
        critical = not list(subject)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical)
    if ca:
        builder = builder.add_extension(x509.SubjectKeyIdentifier(own_key_id or key_id(key)), False)
    if by and issuer_key_id:
        wanted = key_id(signer) if issuer_key_id is True else issuer_key_id
        builder = builder.add_extension(x509.AuthorityKeyIdentifier(wanted, None, None), False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    if isinstance(signer, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        hash = None
    made[name], keys[name] = builder.sign(signer, hash, rsa_padding=padding), key


def authority(name, by=None, **rest):
    certificate(name, by, ca=True, **rest)


def client(name, by="intermediate", **rest):
    certificate(name, by, **rest)


def opaque(oid, value):
    return x509.UnrecognizedExtension(ObjectIdentifier(oid), value)


# DER by hand, for what no library makes

class Der:
    """A certificate or list from its bytes."""
    def __init__(self, der):
        self.der = der

    def public_bytes(self, _encoding):
        return self.der


def der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def split(sequence):
    """The elements of a SEQUENCE, each with its tag and length."""
    def size(bytes_):
        if bytes_[1] < 128:
            return 2, bytes_[1]
        count = bytes_[1] & 0x7F
        return 2 + count, int.from_bytes(bytes_[2:2 + count], "big")
    start, length = size(sequence)
    rest, elements = sequence[start:start + length], []
    while rest:
        start, length = size(rest)
        elements.append(rest[:start + length])
        rest = rest[start + length:]
    return elements


def again(name, other, by, algorithm, sign, change=lambda parts: parts, place=2):
    """`other`, signed again: its TBS after `change`, with another algorithm."""
    parts = split(made[other].tbs_certificate_bytes if hasattr(made[other], "tbs_certificate_bytes")
                  else made[other].tbs_certlist_bytes)
    parts[place] = algorithm
    tbs = der(0x30, *change(parts))
    made[name] = Der(der(0x30, tbs, algorithm, der(3, b"\0", sign(keys[by], tbs))))
    keys[name] = keys.get(other)


def oid(text, *rest):
    return der(0x30, serialized(text), *rest)


def serialized(text):
    numbers_ = [int(part) for part in text.split(".")]
    body = [numbers_[0] * 40 + numbers_[1]]
    for number in numbers_[2:]:
        part = [number & 0x7F]
        while number := number >> 7:
            part.insert(0, number & 0x7F | 0x80)
        body += part
    return der(6, bytes(body))


ECDSA_SHA256, NULL = oid("1.2.840.10045.4.3.2"), der(5)


def ecdsa(hash):
    return lambda key, message: key.sign(message, ec.ECDSA(hash))


# Revocation lists

def revocation_list(name, by, revoked=(), first=FIRST, last=LAST, key=None, number=1, extensions=(), issuer_key_id=None,
                    reason=None):
    builder = x509.CertificateRevocationListBuilder(made[by].subject, first, last)
    for one in revoked:
        entry = x509.RevokedCertificateBuilder(made[one].serial_number, first)
        if reason:
            entry = entry.add_extension(x509.CRLReason(reason), False)
        builder = builder.add_revoked_certificate(entry.build())
    key = key or keys[by]
    builder = builder.add_extension(x509.AuthorityKeyIdentifier(issuer_key_id or key_id(key), None, None), False)
    if number:
        builder = builder.add_extension(x509.CRLNumber(number), False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    made[name] = builder.sign(key, hashes.SHA256())


def scope(name=None, user_only=False, indirect=False, reasons=None):
    full = [x509.UniformResourceIdentifier(name)] if name else None
    return x509.IssuingDistributionPoint(full, None, user_only, False, reasons, indirect, False), True


# Paths

authority("root")
authority("intermediate", "root")
client("client")
client("client-of-root", "root")
client("other-client")
made["client-twin"] = x509.load_pem_x509_certificate(subprocess.run(
    [sys.executable, pathlib.Path(__file__).with_name("twin.py")], check=True, capture_output=True,
    input=made["client"].public_bytes(serialization.Encoding.PEM)).stdout)
client("client-renewed", subject=named("client"), key=keys["client"])
client("client-expired", last=datetime.datetime(2026, 1, 1))
client("client-not-yet-valid", first=datetime.datetime(2027, 1, 1))
client("client-of-old-days", first=datetime.datetime(2020, 1, 1), last=datetime.datetime(2024, 1, 1))

authority("stranger-root")
client("stranger", "stranger-root")
client("stranger-by-itself", None)
client("stranger-named-client", "stranger-root", subject=named("client"))
# The root's and the intermediate's names, with keys of a stranger; what they sign names his key, or the true one.
authority("namesake-root", subject=made["root"].subject)
authority("namesake-intermediate", "root", subject=made["intermediate"].subject)  # a true one: a change of keys
client("client-of-namesake", "namesake-root")
client("client-of-namesake-disguised", "namesake-root", issuer_key_id=key_id(keys["root"]))
client("client-of-namesake-silent", "namesake-root", issuer_key_id=None)
authority("intermediate-of-namesake", "namesake-root", subject=made["intermediate"].subject,
          issuer_key_id=key_id(keys["root"]), own_key_id=key_id(keys["intermediate"]))
keys["disguised"] = keys["intermediate-of-namesake"]
client("client-of-false-intermediate", "intermediate-of-namesake", issuer_key_id=key_id(keys["intermediate"]))
for index in range(1, 11):
    authority(f"decoy-{index}", "namesake-root", subject=made["intermediate"].subject,
              issuer_key_id=None, own_key_id=key_id(keys["intermediate"]))
client("client-silent", issuer_key_id=None)
client("client-of-client", "client")
client("client-named-root", None, subject=made["root"].subject)

authority("root-2")
authority("intermediate-cross", "root-2", subject=made["intermediate"].subject, key=keys["intermediate"])
authority("root-cross", "root-2", subject=made["root"].subject, key=keys["root"])
authority("root-expired", last=datetime.datetime(2026, 1, 1))
client("client-of-expired-root", "root-expired")
authority("root-not-yet-valid", first=datetime.datetime(2027, 1, 1))
client("client-of-root-not-yet-valid", "root-not-yet-valid")
authority("intermediate-expired", "root", last=datetime.datetime(2026, 1, 1))
client("client-of-expired-intermediate", "intermediate-expired")
client("client-expired-with-its-intermediate", "intermediate-expired", last=datetime.datetime(2026, 1, 1))
authority("intermediate-not-yet-valid", "root", first=datetime.datetime(2027, 1, 1))
client("client-of-intermediate-not-yet-valid", "intermediate-not-yet-valid")

authority("last-intermediate", "root", length=0)
client("client-of-last-intermediate", "last-intermediate")
authority("one-too-many", "last-intermediate")
client("client-of-one-too-many", "one-too-many")
authority("root-without-intermediates", length=0)
authority("intermediate-not-allowed", "root-without-intermediates")
client("client-of-intermediate-not-allowed", "intermediate-not-allowed")
client("client-of-root-without-intermediates", "root-without-intermediates")
for index in range(1, 8):
    authority(f"deep-{index}", "root" if index == 1 else f"deep-{index - 1}")
client("client-of-deep", "deep-7")

permitted = x509.NameConstraints([x509.DNSName("corp.example")], None), True
excluded = x509.NameConstraints(None, [x509.DNSName("evil.example")]), True
authority("constrained", "root", extensions=[permitted])
authority("root-constrained", extensions=[excluded])
client("inside", "constrained", names=[x509.DNSName("a.corp.example")])
client("outside", "constrained", names=[x509.DNSName("a.other.example")])
client("half-outside", "constrained", names=[x509.DNSName("a.corp.example"), x509.DNSName("a.other.example")])
client("excluded", "root-constrained", names=[x509.DNSName("a.evil.example")])
client("not-excluded", "root-constrained", names=[x509.DNSName("a.corp.example")])

client("for-clients", extended=[Usage.CLIENT_AUTH])
client("for-both", extended=[Usage.SERVER_AUTH, Usage.CLIENT_AUTH])
client("for-servers", extended=[Usage.SERVER_AUTH])
client("for-anything", extended=[Usage.ANY_EXTENDED_KEY_USAGE])
authority("intermediate-for-servers", "root", extended=[Usage.SERVER_AUTH])
client("client-of-intermediate-for-servers", "intermediate-for-servers")
authority("root-for-servers", extended=[Usage.SERVER_AUTH])
client("client-of-root-for-servers", "root-for-servers")
client("may-sign", usage=("digital_signature", "key_cert_sign"))
client("may-sign-lists", usage=("digital_signature", "crl_sign"))
client("constrains", extensions=[permitted])
client("unknown-critical", extensions=[(opaque("1.3.6.1.4.1.99999.1", NULL), True)])
client("unknown-not-critical", extensions=[(opaque("1.3.6.1.4.1.99999.1", NULL), False)])
client("names-malformed", extensions=[(opaque("2.5.29.17", b"\x30\x05\x82\x09x"), False)])
authority("intermediate-signless", "root", usage=("digital_signature", "crl_sign"))
client("client-of-signless", "intermediate-signless")
certificate("intermediate-without-ca", "root", usage=("key_cert_sign",))
client("client-of-intermediate-without-ca", "intermediate-without-ca")
authority("intermediate-unknown-critical", "root", extensions=[(opaque("1.3.6.1.4.1.99999.1", NULL), True)])
client("client-of-unknown-critical", "intermediate-unknown-critical")
again("intermediate-twice", "intermediate", "root", ECDSA_SHA256, ecdsa(hashes.SHA256()), lambda parts: parts[:-1] + [
    der(0xA3, der(0x30, *split(split(parts[-1])[0]), split(split(parts[-1])[0])[1]))])
again("root-of-version-1", "root", "root", ECDSA_SHA256, ecdsa(hashes.SHA256()), lambda parts: [
    part for part in parts[1:] if part[0] != 0xA3], 2)
authority("root-nameless", subject=x509.Name([]))
again("root-with-critical-key-id", "root", "root", ECDSA_SHA256, ecdsa(hashes.SHA256()), lambda parts: parts[:-1] + [
    der(0xA3, der(0x30, *[
        der(0x30, split(one)[0], der(1, b"\xff"), split(one)[-1]) if split(one)[0] == serialized("2.5.29.14") else one
        for one in split(split(parts[-1])[0])]))])

# Names, by the root itself

def who(name, *names, **rest):
    client(name, "root", names=list(names), **rest)


def plain(*parts):
    return x509.Name([x509.NameAttribute(*part) for part in parts])


CN, O = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME
dns, uri, email = x509.DNSName, x509.UniformResourceIdentifier, x509.RFC822Name
who("dns", dns("a.corp.example"))
who("dns-upper-case", dns("A.Corp.Example"))
who("dns-deep", dns("a.b.corp.example"))
who("dns-bare", dns("corp.example"))
who("dns-near", dns("a.evilcorp.example"))
who("dns-wildcard", dns("*.corp.example"))
who("dns-nul", dns("a.corp.example\0.evil.example"))
who("dns-dot", dns("a.corp.example."))
who("dns-two", dns("a.corp.example"), dns("b.other.example"))
who("dns-two-wildcard", dns("a.corp.example"), dns("*.other.example"))
who("spiffe", uri("spiffe://corp.example/billing/api"))
who("spiffe-domain", uri("spiffe://corp.example"))
who("spiffe-slash", uri("spiffe://corp.example/"))
who("spiffe-foreign", uri("spiffe://corp.example.evil.example/billing/api"))
who("spiffe-upper-case", uri("spiffe://Corp.example/billing/api"))
who("spiffe-scheme", uri("SPIFFE://corp.example/billing/api"))
who("spiffe-dots", uri("spiffe://corp.example/evil/../billing/api"))
who("spiffe-two", uri("spiffe://corp.example/billing/api"), uri("spiffe://evil.example/x"))
who("spiffe-and-web", uri("spiffe://corp.example/billing/api"), uri("https://corp.example/users/7"))
who("spiffe-and-dns", uri("spiffe://corp.example/billing/api"), dns("a.corp.example"))
who("spiffe-signer", uri("spiffe://corp.example/billing/api"), usage=("digital_signature", "crl_sign"))
who("web", uri("https://corp.example/users/7"))
who("web-prefix", uri("https://corp.example/users/"))
who("web-bare", uri("https://corp.example/users"))
who("web-star", uri("https://corp.example/users/*"))
who("web-percent", uri("https://corp.example/users/a%2Fb"))
who("web-two", uri("https://corp.example/users/7"), uri("https://other.example/8"))
who("email", email("alice@corp.example"))
who("email-upper-case", email("Alice@CORP.example"))
who("email-foreign", email("alice@corp.example.evil.example"))
who("email-star", email("*@corp.example"))
who("email-two", email("alice@corp.example"), email("bob@corp.example"))
who("address", x509.IPAddress(ipaddress.ip_address("192.0.2.1")))
who("common-name", subject=named("alice"))
who("common-name-and-dns", dns("a.corp.example"), subject=named("alice"))
who("common-name-and-email", email("alice@corp.example"), subject=named("alice"))
who("common-name-two", subject=plain((CN, "bob"), (CN, "alice")))
who("common-name-wildcard", subject=named("*"))
who("common-name-nul", subject=named("alice\0.evil.example"))
who("common-name-host", subject=named("a.corp.example"))
who("common-name-utf8", subject=named("Zo\u00eb"))
who("common-name-percent", subject=named("Zo%C3%AB"))
who("common-name-blank", subject=named(" alice"))
who("subject-escapes", subject=plain((O, 'Acme, "Inc." + Sons; <a=b> \\'), (CN, "# Zo\u00eb ")))
who("subject-posing", subject=plain((CN, "alice,O=Peergate cases")))
who("subject-several", subject=x509.Name([
    x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")]),
    x509.RelativeDistinguishedName([x509.NameAttribute(O, "Acme"), x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "IT")]),
    x509.RelativeDistinguishedName([x509.NameAttribute(ObjectIdentifier("1.3.6.1.4.1.99999.2"), "x")])]))
who("subject-long", subject=plain(*[(NameOID.ORGANIZATIONAL_UNIT_NAME, "x" * 60) for _ in range(5)]))
who("subject-empty", dns("a.corp.example"), subject=x509.Name([]))
who("nameless", subject=x509.Name([]))

# Signatures: an authority for every key, a client for every signature

rsa_of = lambda bits, e=65537: rsa.generate_private_key(e, bits)
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()):
    short = f"p{curve.key_size}"
    authority(f"{short}-root", key=ec.generate_private_key(curve))
    for word, hash in HASHES.items():
        client(f"{short}-{word}", f"{short}-root", hash=hash)
client("p384-key", "p384-root", key=ec.generate_private_key(ec.SECP384R1()))
client("p521-key", "p521-root", key=ec.generate_private_key(ec.SECP521R1()), hash=hashes.SHA512())
authority("rsa-root", key=rsa_of(2048))
for word, hash in HASHES.items():
    client(f"rsa-{word}", "rsa-root", hash=hash)
    client(f"pss-{word}", "rsa-root", hash=hash, padding=padding.PSS(padding.MGF1(hash), hash.digest_size))
client("rsa-key", "rsa-root", key=rsa_of(2048))
SHA256_WITH_RSA = "1.2.840.113549.1.1.11"
again("rsa-without-null", "rsa-sha256", "rsa-root", oid(SHA256_WITH_RSA),
      lambda key, message: key.sign(message, padding.PKCS1v15(), hashes.SHA256()))
client("pss-short-salt", "rsa-root", padding=padding.PSS(padding.MGF1(hashes.SHA256()), 20))
authority("rsa-4096-root", key=rsa_of(4096))
client("rsa-4096", "rsa-4096-root")
authority("rsa-4096-old-root", subject=made["rsa-4096-root"].subject, key=rsa_of(4096))
client("rsa-4096-silent", "rsa-4096-root", issuer_key_id=None)
authority("rsa-8192-root", key=rsa_of(8192))
client("rsa-8192", "rsa-8192-root")
authority("ed25519-root", key=ed25519.Ed25519PrivateKey.generate())
client("ed25519", "ed25519-root", key=ed25519.Ed25519PrivateKey.generate())
authority("mixed-rsa", "p384-root", key=rsa_of(3072))
authority("mixed-ed25519", "mixed-rsa", key=ed25519.Ed25519PrivateKey.generate(),
          padding=padding.PSS(padding.MGF1(hashes.SHA256()), 32))
client("mixed", "mixed-ed25519")

weak = rsa_of(1024)
authority("rsa-1024-root", key=weak)
client("rsa-1024-key", "rsa-root", key=weak)
authority("rsa-1024-intermediate", "rsa-root", key=weak)
client("client-of-rsa-1024", "rsa-1024-intermediate")
authority("k256-root", key=ec.generate_private_key(ec.SECP256K1()))
client("k256-key", "p256-root", key=ec.generate_private_key(ec.SECP256K1()))
authority("k256-intermediate", "p256-root", key=ec.generate_private_key(ec.SECP256K1()))
client("client-of-k256", "k256-intermediate")
client("p192-key", "p256-root", key=ec.generate_private_key(ec.SECP192R1()))
client("ed448-key", "p256-root", key=ed448.Ed448PrivateKey.generate())
client("p224-hash", "p256-root", hash=hashes.SHA224())
again("rsa-sha1", "rsa-sha256", "rsa-root", oid("1.2.840.113549.1.1.5", NULL),
      lambda key, message: key.sign(message, padding.PKCS1v15(), hashes.SHA1()))
again("p256-sha1", "p256-sha256", "p256-root", oid("1.2.840.10045.4.1"), ecdsa(hashes.SHA1()))
# The TBS says SHA-256, what is around it SHA-384, by which it is signed.
parts = split(made["p256-sha256"].tbs_certificate_bytes)
made["two-algorithms"] = Der(der(0x30, der(0x30, *parts), oid("1.2.840.10045.4.3.3"), der(
    3, b"\0", ecdsa(hashes.SHA384())(keys["p256-root"], der(0x30, *parts)))))
for name in ("p256-sha256", "rsa-sha256", "pss-sha256", "ed25519"):
    body = bytearray(made[name].public_bytes(serialization.Encoding.DER))
    body[-3] ^= 1
    made[f"{name}-broken"] = Der(bytes(body))

# Revocation

client("revoked")
client("held")
authority("intermediate-revoked", "root")
client("client-of-revoked", "intermediate-revoked")
client("numbered", "root", number=made["revoked"].serial_number)
authority("intermediate-listless", "root", usage=("key_cert_sign",))
client("client-of-listless", "intermediate-listless")
authority("root-listless", usage=("key_cert_sign",))
revocation_list("list", "intermediate", ["revoked"])
revocation_list("list-holding", "intermediate", ["held"], reason=x509.ReasonFlags.certificate_hold)
revocation_list("list-expired", "intermediate", ["revoked"], last=datetime.datetime(2026, 1, 1))
revocation_list("list-of-root", "root", ["intermediate-revoked"])
revocation_list("list-of-root-expired", "root", ["intermediate-revoked"], last=datetime.datetime(2026, 1, 1))
revocation_list("list-of-revoked", "intermediate-revoked")
revocation_list("list-of-other", "root-2", ["root-cross"])
revocation_list("list-forged", "intermediate", key=keys["stranger-root"], issuer_key_id=key_id(keys["intermediate"]))
revocation_list("list-of-namesake", "namesake-intermediate")
revocation_list("list-of-listless", "intermediate-listless")
revocation_list("list-of-root-listless", "root-listless")
revocation_list("list-at-a-place", "intermediate", ["revoked"], extensions=[scope("http://crl.example/1")])
revocation_list("list-at-another-place", "intermediate", extensions=[scope("http://crl.example/2")])
revocation_list("list-of-clients", "intermediate", ["revoked"], extensions=[scope(user_only=True)])
client("client-with-place", extensions=[(x509.CRLDistributionPoints([x509.DistributionPoint(
    [uri("http://crl.example/1")], None, None, None)]), False)])
revocation_list("list-delta", "intermediate", extensions=[(x509.DeltaCRLIndicator(1), True)])
revocation_list("list-indirect", "intermediate", extensions=[scope("http://crl.example/1", indirect=True)])
revocation_list("list-of-some-reasons", "intermediate", extensions=[
    scope("http://crl.example/1", reasons=frozenset([x509.ReasonFlags.key_compromise]))])
revocation_list("list-without-number", "intermediate", number=None)
again("list-of-version-1", "list", "intermediate", ECDSA_SHA256, ecdsa(hashes.SHA256()),
      lambda parts: [part for part in parts[1:] if part[0] != 0xA0], 1)
again("list-of-version-3", "list", "intermediate", ECDSA_SHA256, ecdsa(hashes.SHA256()),
      lambda parts: [der(2, b"\2"), *parts[1:]], 1)


def pem(name, one):
    label = "X509 CRL" if name.startswith("list") else "CERTIFICATE"
    text = base64.b64encode(one.public_bytes(serialization.Encoding.DER)).decode()
    lines = [text[start:start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


json.dump({name: pem(name, one) for name, one in made.items()}, sys.stdout, indent=2)
print()
