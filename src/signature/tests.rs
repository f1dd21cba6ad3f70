//! Every kind of signature against one that OpenSSL made, who verifies it, and what it costs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const MESSAGE: &[u8] = b"to be signed";

/// A signature of [`MESSAGE`].
struct Vector {
    scheme: Scheme,
    hash: Hash,
    /// SubjectPublicKeyInfo in base64, as all of them.
    key: &'static str,
    /// A key of the same kind that did not sign.
    other: &'static str,
    signature: &'static str,
}

impl Vector {
    /// Every kind that verifies it: RSA has two identifiers for one.
    fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        KINDS.iter().filter(|kind| (kind.scheme, kind.hash) == (self.scheme, self.hash))
    }

    fn signature(&self) -> Vec<u8> {
        decoded(self.signature)
    }

    /// Whether another signature than its own holds, of another message, by another key.
    fn holds(&self, kind: &'static Kind, key: &str, message: &[u8], signature: &[u8]) -> bool {
        holds(kind, &Meter::new(None), key, message, signature)
    }
}

fn decoded(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).unwrap()
}

fn holds(kind: &'static Kind, meter: &Meter, key: &str, message: &[u8], signature: &[u8]) -> bool {
    let info = decoded(key);
    let (_, info) = SubjectPublicKeyInfo::from_der(&info).unwrap();
    let algorithm = Algorithm { kind, meter };
    algorithm.verify_signature(&info.subject_public_key.data, message, signature).is_ok()
}

fn vector(scheme: Scheme) -> &'static Vector {
    VECTORS.iter().find(|vector| vector.scheme == scheme).unwrap()
}

#[test]
fn every_kind_verifies_what_was_signed_and_nothing_else() {
    let mut tested = 0;
    for vector in &VECTORS {
        let good = vector.signature();
        let (truncated, longer) = (&good[..good.len() - 1], [&good[..], &[0]].concat());
        for kind in vector.kinds() {
            let name = format!("{:?} {:?}", vector.scheme, vector.hash);
            let holds =
                |key, message, signature: &[u8]| vector.holds(kind, key, message, signature);
            assert!(holds(vector.key, MESSAGE, &good), "{name}");
            assert!(!holds(vector.other, MESSAGE, &good), "{name}: another key");
            assert!(!holds(vector.key, b"to be signet", &good), "{name}: another message");
            assert!(!holds(vector.key, b"", &good), "{name}: no message");
            assert!(!holds(vector.key, MESSAGE, truncated), "{name}: truncated");
            assert!(!holds(vector.key, MESSAGE, &longer), "{name}: longer");
            assert!(!holds(vector.key, MESSAGE, &[]), "{name}: empty");
            assert!(!holds(vector.key, MESSAGE, &vec![0; good.len()]), "{name}: zeros");
            for index in [0, good.len() / 2, good.len() - 1] {
                let mut broken = good.clone();
                broken[index] ^= 1;
                assert!(!holds(vector.key, MESSAGE, &broken), "{name}: byte {index}");
            }
            tested += 1;
        }
    }
    assert_eq!(tested, KINDS.len());
}

#[test]
fn no_kind_verifies_the_signature_of_another() {
    for vector in &VECTORS {
        for kind in &KINDS {
            let is_own = (kind.scheme, kind.hash) == (vector.scheme, vector.hash);
            let holds = vector.holds(kind, vector.key, MESSAGE, &vector.signature());
            assert_eq!(holds, is_own, "{:?} by {kind:?}", (vector.scheme, vector.hash));
        }
    }
}

#[test]
fn keys_that_are_none_verify_nothing() {
    for vector in &VECTORS {
        for kind in vector.kinds() {
            for key in [&[][..], &[4], &[0; 32], &[0; 65], &[4; 65], &[0x30, 0], &[0xff; 300]] {
                let meter = Meter::new(None);
                let algorithm = Algorithm { kind, meter: &meter };
                let found = algorithm.verify_signature(key, MESSAGE, &vector.signature());
                assert!(found.is_err(), "{kind:?} {key:?}");
            }
        }
    }
}

#[test]
fn both_encodings_of_an_ecdsa_signature_hold() {
    let vector = vector(Scheme::P256);
    let kind = vector.kinds().next().unwrap();
    let twin = decoded(P256_TWIN);
    assert_ne!(twin, vector.signature());
    assert!(vector.holds(kind, vector.key, MESSAGE, &twin));
}

#[test]
fn a_salt_is_as_long_as_the_hash() {
    let vector = vector(Scheme::Pss);
    for kind in KINDS.iter().filter(|kind| kind.scheme == Scheme::Pss) {
        assert!(!vector.holds(kind, vector.key, MESSAGE, &decoded(PSS_SHORT_SALT)));
    }
}

#[test]
fn a_short_rsa_key_verifies_nothing_whatever_the_host_says() {
    let signature = decoded(RSA_1024_SIGNATURE);
    for kind in KINDS.iter().filter(|kind| matches!(kind.scheme, Scheme::Pkcs1 | Scheme::Pss)) {
        let hosts: [Option<HostVerifier>; 2] = [None, Some(always)];
        for host in hosts {
            let meter = Meter::new(host);
            assert!(!holds(kind, &meter, RSA_1024_KEY, MESSAGE, &signature), "{kind:?}");
        }
    }
}

#[test]
fn a_request_verifies_twelve_signatures_and_no_more() {
    let vector = vector(Scheme::Ed25519);
    let kind = vector.kinds().next().unwrap();
    let hosts: [Option<HostVerifier>; 3] = [None, Some(always), Some(unable)];
    for host in hosts {
        let meter = Meter::new(host);
        let next = || holds(kind, &meter, vector.key, MESSAGE, &vector.signature());
        for number in 1..=12 {
            assert!(!meter.is_exhausted());
            assert!(next(), "{number}");
        }
        assert!(meter.is_exhausted());
        assert!(!next());
        assert_eq!(meter.spent(), 12);
    }
    // The host's count too.
    let vector = self::vector(Scheme::P256);
    let kind = vector.kinds().next().unwrap();
    let meter = Meter::new(Some(always));
    let next = || holds(kind, &meter, vector.key, MESSAGE, &vector.signature());
    assert!((0..12).all(|_| next()));
    assert!(!next());
}

#[test]
fn what_fails_in_the_guest_ends_a_request_sooner() {
    let vector = vector(Scheme::P256);
    let kind = vector.kinds().next().unwrap();
    let good = vector.signature();
    let meter = Meter::new(None);
    for _ in 0..5 {
        assert!(!meter.is_exhausted());
        assert!(!holds(kind, &meter, vector.other, MESSAGE, &good));
    }
    assert!(meter.is_exhausted());
    assert!(!holds(kind, &meter, vector.key, MESSAGE, &good));
    // A host that refuses costs no more than one that does not.
    let meter = Meter::new(Some(never));
    for _ in 0..8 {
        assert!(!holds(kind, &meter, vector.other, MESSAGE, &good));
    }
    assert!(!meter.is_exhausted());
}

#[test]
fn the_host_is_asked_where_it_knows_the_kind_and_believed() {
    for vector in &VECTORS {
        let good = vector.signature();
        for kind in vector.kinds() {
            let knows = !matches!(vector.scheme, Scheme::Pss | Scheme::Ed25519);
            assert_eq!(kind.is_known_to_hosts(), knows);
            let by = |host: HostVerifier, key, signature: &[u8]| {
                holds(kind, &Meter::new(Some(host)), key, MESSAGE, signature)
            };
            assert_eq!(by(always, vector.key, &[1]), knows, "{kind:?}");
            assert_eq!(by(never, vector.key, &good), !knows, "{kind:?}");
            assert!(by(unable, vector.key, &good), "{kind:?}");
            assert!(!by(unable, vector.other, &good), "{kind:?}");
            // Whole keys, names of hashes, messages and signatures are what it is asked about.
            assert!(by(attentive, vector.key, &good), "{kind:?}");
        }
    }
}

fn always(_: &SignatureCheck<'_>) -> Option<bool> {
    Some(true)
}

fn never(_: &SignatureCheck<'_>) -> Option<bool> {
    Some(false)
}

fn unable(_: &SignatureCheck<'_>) -> Option<bool> {
    None
}

/// Holds what it is asked about against the vectors.
fn attentive(check: &SignatureCheck<'_>) -> Option<bool> {
    Some(VECTORS.iter().any(|vector| {
        vector.hash.name() == check.hash
            && decoded(vector.key) == check.key
            && MESSAGE == check.message
            && vector.signature() == check.signature
    }))
}

/// One signature of [`MESSAGE`] for every kind.
const VECTORS: [Vector; 16] = [
    Vector {
        scheme: Scheme::P256,
        hash: Hash::Sha256,
        key: P256_KEY,
        other: P256_OTHER,
        signature: "\
            MEQCIE985tr4wZ3Y2OlDCNRMkOQ2kjZicnu7ynE8kEzrmTBrAiBsHiBn1kf+h8I7MZk9F+/vGVzurbMGGZBEWLbG\
            PhXTGA==",
    },
    Vector {
        scheme: Scheme::P256,
        hash: Hash::Sha384,
        key: P256_KEY,
        other: P256_OTHER,
        signature: "\
            MEYCIQCICC0X4znFLOqP3uGANRctNZ+Ly5JBPLJjoL9FmZ1gAQIhANzVsysXg7Fx7M3T07GmBqKzMm499Nz5KOBS\
            KSEOf3xx",
    },
    Vector {
        scheme: Scheme::P256,
        hash: Hash::Sha512,
        key: P256_KEY,
        other: P256_OTHER,
        signature: "\
            MEYCIQCm92tVDOBAPY5AMcwG8OYDV4ggCT427hpEUiWpgfR3hgIhAM9JVOR2qx0R/yScBjgildwHwOtdHFjeoHPd\
            n8mgPdAe",
    },
    Vector {
        scheme: Scheme::P384,
        hash: Hash::Sha256,
        key: P384_KEY,
        other: P384_OTHER,
        signature: "\
            MGYCMQCN72DBNEPWjNgaq9gBAyUlc4LxHa+Pvf2IywwbmfTVSrULoIh23SqvZBSA4pkc0+4CMQCDvK5/hg8umQmb\
            igMXeCRFC0c4N0SHH1a2q6jCm2sRqibePk/qf0OHXo3Tztbdd+I=",
    },
    Vector {
        scheme: Scheme::P384,
        hash: Hash::Sha384,
        key: P384_KEY,
        other: P384_OTHER,
        signature: "\
            MGUCMDtQh1UQVTNDpRBSB/AyUdQ3+cAiijUg2eWyFpNH6SHhh8PcaWEiA/AyFrwIGnWilAIxAKmFc5fYp5rbToJa\
            +Oagnii+fM778BDJmCsZDhzrdW8ODjT33sA5gQJ83ogUXqkJOg==",
    },
    Vector {
        scheme: Scheme::P384,
        hash: Hash::Sha512,
        key: P384_KEY,
        other: P384_OTHER,
        signature: "\
            MGUCMF05bFD0wYMcCNPE9PK2zgfZw7rUciwo6L+c3cTVQf6mZErdYsjZgRI4oAPrXCG1lwIxAJ4Tn7/Sz3OqPzIj\
            pkAXskKRN/Nj1rxbGUsL0mrBEeob06zHuoWoJ/16wne8O4MIVQ==",
    },
    Vector {
        scheme: Scheme::P521,
        hash: Hash::Sha256,
        key: P521_KEY,
        other: P521_OTHER,
        signature: "\
            MIGHAkIAqzA+362yA75AVaftq7tOMZSgSwvavFpHsvEuR/qXEsTVMwIdyoyEhLfyJ3u9A/UCmJfD/7UyyHpNFQu9\
            C0FvLNICQQpZ67QTA7HoTPFeKQKQ4l+3qUc3fb7ZJYbKB5h/VuMij2IlF33Kr0cIYaSiNlx7EpuP9Z/LnQ4HYdVk\
            JRvd4iBm",
    },
    Vector {
        scheme: Scheme::P521,
        hash: Hash::Sha384,
        key: P521_KEY,
        other: P521_OTHER,
        signature: "\
            MIGIAkIA4uawNz5ClKWaEdQXmlr/ioQeyfdG+YmpIbzvI1giUVPlg2cwOZ7MCHWwBPd8odNuxUx4JGHhAfJSVp3L\
            LdOZVvECQgCB/sEgxnOpSNEHnII0WZ+4u9ReYxh6oaiKEAs9Eljhj4cn53pj9xa/rR//IeIrrYXcKAo9L48/eJKL\
            HofTH4LD2w==",
    },
    Vector {
        scheme: Scheme::P521,
        hash: Hash::Sha512,
        key: P521_KEY,
        other: P521_OTHER,
        signature: "\
            MIGIAkIBdybRCNXQCet/NQJV3pCUXVC8l4Wirs/aBSVEj9+jTlvld3SxN5UZ01ai2s1bO+Z80WLZiZXb0UBAKBFu\
            sywf7xMCQgDmKuAdEIvOZzU2G9bdxrEhgcHy41EnCzxz1DqpalailzC8dxYaKErbBjjZ4lNBgyUYDcQ5T90J+V4J\
            zRz+zEtBMA==",
    },
    Vector {
        scheme: Scheme::Pkcs1,
        hash: Hash::Sha256,
        key: RSA_KEY,
        other: RSA_OTHER,
        signature: "\
            eyap6lHXtOigWQOgmDyccxJ7W3dL1beeYMkBGCUVsboMDSqIQxEzM6Cw8UoF+a8icmI/YEb+xluOM1nqdFKdqyFE\
            M+raGWg45hi9r+5m2IsjFvh3OaqkdZPQw2YRd10CepSyY1IhVspHo5lKsW2xMrDmAtw/bM7+9NMbXJkdQxmEyM1/\
            DhCSZwmhigdBhvIP9jXDU4zGCKgVjl6q1GNQlwhKBdZlz2wxFqCuvD6oAYJIXCqzf8NhnfH2TssGDYAvg1XCbX0F\
            LOleYwWat6Ot3Pecv5XGHXdiTourPNilmO1reYZflLVsr1rRrhGaXn63a3wBOgHcuQpe9IqAVDkSlQ==",
    },
    Vector {
        scheme: Scheme::Pkcs1,
        hash: Hash::Sha384,
        key: RSA_KEY,
        other: RSA_OTHER,
        signature: "\
            kMI7lIsUViugOWC3LitkuG0mJM4EVgv+EnYCvg/u2YdmWpETwkV9HZb/pAQTbtWDjorGd37xC0yoiSk53vQxYTo8\
            KFKqWn3n+DTWhz6gYHMybNyanNp6DI3wPqwc26Ikh0iYDHkXSmwBmnNz/J8JVelPBwCZJRgQ2idjopVJAIzzaAAx\
            4icPnsZfCBcgustuQqTgmXmI70NgzGoB+AQx4J677X8wGDssgs62v38I62hZCUAqVlNFrCSQyiRNtp5K7SHbuTts\
            5IKw7Nx70oYlPAK52pYuhC8lisWY4BMc3jw9tnZ+U2aW0Br2OKT5MYBZBNWCSC966j9+z6tvG6mDZQ==",
    },
    Vector {
        scheme: Scheme::Pkcs1,
        hash: Hash::Sha512,
        key: RSA_KEY,
        other: RSA_OTHER,
        signature: "\
            k7NVJZNeVqBuPbPz5jOzRAJvpfmAONZ08XZwkqaNtZQ1d8g3F0Mg75cR6QLgMQ5pFJ8Xp2CTQxNbDlTQofLyfsBg\
            IKrp4EeAfMZWds1MAkMUERK99ad9nn7oL4Eaa19aWGbK0kYtSqHYlXTMn/hPqByhjTy34drbl8UCNpWhlxumlg9O\
            c40M8i6mXh+d9jehXvhCXgH+ceCbzVcDOcYZG01OIrxXSYsuIp2T3TUJBA8wN+ouLf0EnmD0G88zJR9SDq4Cz0NT\
            X8tlyd+7Wy0oZBfSLu9j0EuypfeEsiLsU1C9AqcAAmgSUI+xLt3F212NzwDGZKvnhOv8MnmK8IsRMw==",
    },
    Vector {
        scheme: Scheme::Pss,
        hash: Hash::Sha256,
        key: RSA_KEY,
        other: RSA_OTHER,
        signature: "\
            MjeFqJi30gBW3D9JxU0KAT3iWG+siAVI5CBnWg8Bpofthuxik6ggK/VqkpVMmTk0Pkf7rluNZNpcxOaPKcebADPI\
            nUqo1FX/V1CulPGzM5mY85RzeW1LlEzqvikIl43jMdQJLtPwJ828N7J23xePOXkwSiIb8KWbtWvbT4O23k1XYOaB\
            x7huCfAdU913w2ZYwfCu4TJhmIvEnAhamQ5OPF6yH3vMQJjLzGKA78lmTUh3ntwC89BpSRU4RKxicCAnXS4mRXLa\
            dnXAzf8PZmrLSCtWDL0QXp4u5ma9QBjIDA+iM+3dksz4I8YejhpiVwUPO+K4JaUUrXAKrvEmUM2PTQ==",
    },
    Vector {
        scheme: Scheme::Pss,
        hash: Hash::Sha384,
        key: RSA_KEY,
        other: RSA_OTHER,
        signature: "\
            qM5UkOhILZPwjMYx+Zl4lTE79oPgizVzWn+j6+uvJx734z7o7C1kFVxTJvyr3rcwGA52lve4eCfeNwr283JDiAyB\
            CZKPuE2qCXc6nH1qS+Z2A12j0FiivJMJ/VV7pIiRRrvrA+X7aH9uhsJsFOdnW/6XpxMAjZO2Nqv5KvvWov9U3Lwg\
            hLkx6CVYfQdVhJvCHwvqmZO4EwbQTHBihNpzETJiztLB0KXzr3SVxT7HfIYL7DobNpTgIUIfYlL5Q0GTumUVxh1Z\
            w+pAfo66b7IYPZ65MShH2Qpg5VE7YfM+QWsLA3vYDE78QKcaWqABGEEbDqyoPYMKDxscF07dw+EgmQ==",
    },
    Vector {
        scheme: Scheme::Pss,
        hash: Hash::Sha512,
        key: RSA_KEY,
        other: RSA_OTHER,
        signature: "\
            Kcwu1lG4lD8rSjBxs7TlRJiNqspNal+z4rhgocYTlUMt69SlSmQdQOPUuHDeI55ufmK8sO1fCOLiLwH9BZQSj3fJ\
            1KsPlVIpj86muprfKAigMA+zYUrJO4sqKYCpsXanInoqRGNYey9qeRKNskHrC9CT3aVLwesbRZ+94SAFMITc2vbe\
            NCuBoiPAm4CrspQR2anGjgWtotE7H1wQl6o9qgSmeOW8lAdB06Dg6F3Ol2BS1G98s7eqXgcPTeMkIC2ILcHJ4Rml\
            Wb2J3cqfu9POA57DcqLUlUtBhlrttBfsHbpYsqiI9UV2kvKrukuWR5TTTM0nS2J03Xi3GfirfqMpFA==",
    },
    Vector {
        scheme: Scheme::Ed25519,
        hash: Hash::Sha512,
        key: ED25519_KEY,
        other: ED25519_OTHER,
        signature: "\
            oz4k+mEDt7uFyj0lPWBnzUziAxlN1iDxPa44vt2k5XZ1xSJYxg5kO2zO5r+JPcfb0aZ1kENhfFWE+q/HWl/HCA==",
    },
];

/// A key on P-256.
const P256_KEY: &str = "\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2FHslXoVK6uGSL5s848ntxHkZ3EirjxJ/FEbow48yWi5DDAKz5Ag\
    Z+CsjX1bwysIhvOB3SAvlABR4Fzj6fXYBA==";

/// Another one.
const P256_OTHER: &str = "\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE77B8HeUIj4Vdi+t3i7R1HnQSnXoen+IRwpoN870nLZ1CmGqNgROR\
    24iKipTeB5ybUEu43vp55nVUm9Ui5sfBpA==";

/// A key on P-384.
const P384_KEY: &str = "\
    MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEZ6nFUu8MaF9QGefET/V0PuuUlku/+lN/AVN2xYJ2GzKFcoKRPSD+g32q\
    EJyatUUU6oQ6YZWRQ2huPiRCtVDq3+wEvxVsi2/MhaOnBusUhn35Y2bt6RMazg1Oc03AV4dw";

/// Another one.
const P384_OTHER: &str = "\
    MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE4ZET2oUsvj9X09V9TWhaceb/a+b3Qu3KKCRj3tjqLtED5D6218Aip+ve\
    xnLz4yr+b7Gs+767mvT0Qf0RScmZL0v/5RG6y/njstnA4V5hz1gOIhN01SBthPxy3re77onr";

/// A key on P-521.
const P521_KEY: &str = "\
    MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBS9+NzZZuX15cXRDQ9Cn9AaaELsmvtfemb4A/Yi1IRxtfMkYbWOMK\
    fDNRTDa9x3BiRuenI4cvzrQJ5qAXzsmmidkAfxoiMggyx7SSC/ixSbJ6RlhSpzHSS3nqeeYK9GBHiLVeITEYn5ik\
    ZW2epi35AquyQ9tnBp2cuBiw4pOyJdLYCBs=";

/// Another one.
const P521_OTHER: &str = "\
    MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAXkTm0rIsOwqu+il0z112D2sMAkmX5el8QuqkAKTBrZkOxoVKfFvL\
    ASqOqq/IaPHoJ0pJTywR+SuGXU+h5DJloFAAeYIDsTqITKbVHFB3vsljxDLjfmtkd8CQLCtgUOIkpdgCAkpmjrA8\
    EThGOnOCiyIa39sv5hfurewKyhopvxOmBXs=";

/// An RSA key of 2048 bits.
const RSA_KEY: &str = "\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr7TdMvmNyFkK4VSIeN9i4zOGSaGBY+L2iwUO8Ja7SWmd\
    9vU+Po5e3vb++zXuG+9yozmUj6zNfDrHzSV6G9ncqhLf4NiCykD/E74HpD83qIebHTP8RPar/CjetlHDJltl7Bqh\
    91fqId26SZSsU0E1C6U5X+9J+pgauFMsU3S74Fs9hRQkrEg9CfTA4uzl809ZNRRpEVV8GkYMSUQIX6RMwalmK5nG\
    G4zthBKKS0ihH9R/2VxKOqhITrMfNCNHv1xts4ImB6eEDq1rbOdTlqMFZOuS3SVAfssTChQDJ+cEiNJHRL0HtiEW\
    I5cdtq2DROXH3qB3pDn41lDtbzck7r3OIwIDAQAB";

/// Another one.
const RSA_OTHER: &str = "\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAoqb+rqo1JRqfXnxgcKSxJRmyLsFRE/EGiQAt1LfKXtwz\
    EXuPO5Pc9f848QleDfYhQyBMPjHSqr7Wq7a7QOQmBj0JiTGsjeBfqKBC7CbxLvKifUu5PiDfjhuvuYegLAg2p7Hz\
    DFrLwqkOF2DAp5TadSd/1sqn2fQx8ZqqJELMOmwX5hDgwx5yRp/i1VpPE0XYW4HyhfNAvvL9cXF7BojRzQhJ1oZd\
    4L+A/mM3sI0/1PznDhJwBWebTagm/rVYKSKL+cJujI1r8tsjEwEXvzEspIVpxC80QUSXS0JD+k4ErnRPMHD93tXX\
    1a0zDC0qwjh0emfwaRRoE3kQsdPgzNerrwIDAQAB";

/// An RSA key of 1024 bits.
const RSA_1024_KEY: &str = "\
    MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC2waGbe7vR9D6fTc3uJHwfRaMknlBdJm7rOGa0VtwIhXU3PXzX\
    t1yayDqo0aTEM9IZrChjemcD5iXV5mDEMfKWBwdmOmHgJAGYuLTcHfShg4MhQ0Il0p4tiB8zKGKKgFl7/UhujPXr\
    LwZB9sSNqvLlvpNnqRkOcg/Wy27NZ37zDQIDAQAB";

/// By it, PKCS#1 with SHA-256.
const RSA_1024_SIGNATURE: &str = "\
    HgbVknQo4B4Zp4uAFHvnkbq7Hn989KgqUuoPMxmTo/w9I08hlENZ6bZW24LScor4PmdQYcPoe73bN9p7ZNHZ+Y8O\
    HBMXnfsB30uxGWY+yNbz5j4U5UMlsI+a+SZe3H09JX8da12/pBNjuXoFdEiTqIuk05ps/pM1p+qu1uFXIlk=";

/// An Ed25519 key.
const ED25519_KEY: &str = "MCowBQYDK2VwAyEA5rxx0zB/YfA5S+a4I6tsswbKpE81Aheh9bGQt+lLxz8=";

/// Another one.
const ED25519_OTHER: &str = "MCowBQYDK2VwAyEAmPbKCeY2LW16woIlKcS21Dhxy6CwJBGxpE82dZVCdNM=";

/// The first of [`VECTORS`], (r, n - s).
const P256_TWIN: &str = "\
    MEUCIE985tr4wZ3Y2OlDCNRMkOQ2kjZicnu7ynE8kEzrmTBrAiEAk+Hflym4AXk9xM5mwugQEKOKC//0EYT0r2ET\
    /L5NUjk=";

/// By [`RSA_KEY`], PSS with SHA-256 and a salt of 20 bytes.
const PSS_SHORT_SALT: &str = "\
    DbDFxcAcCEi8cL2XweBFXEuqLNbCZ6whiVS3L+WIE3uMs147ZsMxhXpJDoVBJrkZSg1hzaTUXeC8FfwepfaxxfLG\
    Lfuk2h+ipSgsEz0D48MFQ8jvG35gmG23BFP61p6Vihl8G+7iYKaex/Dhqyb8qac1sICmD6QENWNodQhctFe31K5g\
    jnfVQzTK6Zja6tWRiuFZQkv8VEn4T0l7OIO6jARMG+Y3kFmNehidrq+ki1r+eDxGIvRXyHqOganaYWJIFd9m8thx\
    Xf2MZUrWblLtvA6f0o16/vLridjvnhxXxm8asQVxHrsWDOg0GVohXhc4Gq68OHDc0ORmFgeNRs7SvQ==";
