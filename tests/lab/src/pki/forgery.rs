//! What an adversary makes of an honest certificate without any key but its own.

use tokio_rustls::rustls::pki_types::CertificateDer;

use super::Identity;

/// Returns the same certificate with its signature (r, s) written as (r, n − s).
///
/// The signed part is the same and the signature holds, yet the fingerprint is another: whoever
/// blocks a certificate by its fingerprint alone is passed by its twin.
///
/// # Panics
///
/// Unless the certificate was signed by ECDSA on P-256.
pub fn twin(identity: &Identity) -> Identity {
    let certificate = reencode(&identity.certificate).expect("a twin needs an ECDSA signature");
    Identity { certificate: CertificateDer::from(certificate), ..identity.clone() }
}

/// Returns the identity with a certificate of others appended to what it presents.
///
/// The handshake proves the leaf's key only, so anyone can present any authority in its chain.
pub fn decoy(identity: &Identity, extra: &CertificateDer<'_>) -> Identity {
    let mut identity = identity.clone();
    identity.chain.push(extra.clone().into_owned());
    identity
}

fn reencode(certificate: &[u8]) -> yasna::ASN1Result<Vec<u8>> {
    let (tbs, algorithm, signature) = yasna::parse_der(certificate, |reader| {
        reader.read_sequence(|reader| {
            let tbs = reader.next().read_der()?;
            let algorithm = reader.next().read_der()?;
            Ok((tbs, algorithm, reader.next().read_bitvec_bytes()?.0))
        })
    })?;
    let (r, s) = yasna::parse_der(&signature, |reader| {
        reader.read_sequence(|reader| {
            let r = reader.next().read_bigint_bytes()?.0;
            Ok((r, reader.next().read_bigint_bytes()?.0))
        })
    })?;
    let signature = yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_bigint_bytes(&r, true);
            writer.next().write_bigint_bytes(&subtract_from_order(&s), true);
        });
    });
    Ok(yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_der(&tbs);
            writer.next().write_der(&algorithm);
            writer.next().write_bitvec_bytes(&signature, signature.len() * 8);
        });
    }))
}

/// Computes n − s, big-endian.
fn subtract_from_order(s: &[u8]) -> [u8; 32] {
    // DER puts a zero before a number whose first bit is set.
    let s = s.strip_prefix(&[0]).unwrap_or(s);
    assert!(s.len() <= P256_ORDER.len(), "the signature is not one on P-256");
    let mut padded = [0; 32];
    padded[32 - s.len()..].copy_from_slice(s);

    let mut difference = [0; 32];
    let mut borrow = false;
    for i in (0..32).rev() {
        let (octet, first) = P256_ORDER[i].overflowing_sub(padded[i]);
        let (octet, second) = octet.overflowing_sub(u8::from(borrow));
        difference[i] = octet;
        borrow = first || second;
    }
    assert!(!borrow, "the signature is not one on P-256");
    difference
}

/// The order n of P-256's group.
///
/// <https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-186.pdf>, section 3.2.1.3.
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
