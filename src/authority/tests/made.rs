//! Certificates that nobody signed, for what is read of them before any signature is.

/// An element of DER.
pub(super) fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header: &[u8] = match content.len() {
        0..128 => &[tag, length[1]],
        128..256 => &[tag, 0x81, length[1]],
        _ => &[tag, 0x82, length[0], length[1]],
    };
    [header, &content].concat()
}

/// An attribute of a name: its type in DER, without tag and length; the tag of its value, and that.
pub(super) type Attribute<'a> = (&'a [u8], u8, &'a [u8]);

/// A distinguished name, part by part.
pub(super) fn name(parts: &[&[Attribute<'_>]]) -> Vec<u8> {
    let attribute = |(oid, tag, value): &Attribute<'_>| {
        der(SEQUENCE, &[&der(OID, &[oid]), &der(*tag, &[value])])
    };
    let part = |attributes: &&[Attribute<'_>]| {
        let attributes: Vec<Vec<u8>> = attributes.iter().map(attribute).collect();
        der(SET, &attributes.iter().map(Vec::as_slice).collect::<Vec<_>>())
    };
    let parts: Vec<Vec<u8>> = parts.iter().map(part).collect();
    der(SEQUENCE, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// A name of common names.
pub(super) fn common_names(names: &[&str]) -> Vec<u8> {
    let parts: Vec<[Attribute<'_>; 1]> =
        names.iter().map(|name| [(COMMON_NAME, UTF8, name.as_bytes())]).collect();
    name(&parts.iter().map(<[_; 1]>::as_slice).collect::<Vec<_>>())
}

/// An extension that is not critical.
pub(super) fn extension(oid: &[u8], value: &[u8]) -> Vec<u8> {
    der(SEQUENCE, &[&der(OID, &[oid]), &der(OCTETS, &[value])])
}

/// Alternative names: tag and content of each.
pub(super) fn alternative(names: &[(u8, &str)]) -> Vec<u8> {
    let names: Vec<Vec<u8>> =
        names.iter().map(|(tag, name)| der(*tag, &[name.as_bytes()])).collect();
    let names = der(SEQUENCE, &names.iter().map(Vec::as_slice).collect::<Vec<_>>());
    extension(&[0x55, 0x1d, 0x11], &names)
}

/// A certificate of version 3, with a key on P-256 that is none.
pub(super) fn certificate(
    serial: u8,
    issuer: &[u8],
    subject: &[u8],
    extensions: &[&[u8]],
) -> Vec<u8> {
    let algorithm = der(SEQUENCE, &[&der(OID, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]])]);
    let times = [der(UTC, &[b"250101000000Z"]), der(UTC, &[b"350101000000Z"])];
    let key = der(
        SEQUENCE,
        &[
            &der(OID, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]]),
            &der(OID, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]]),
        ],
    );
    let key = der(SEQUENCE, &[&key, &der(BITS, &[&[0], &[4; 65]])]);
    let mut extensions = der(EXTENSIONS, &[&der(SEQUENCE, extensions)]);
    if extensions.len() <= 4 {
        extensions.clear();
    }
    let tbs = der(
        SEQUENCE,
        &[
            &der(VERSION, &[&der(INTEGER, &[&[2]])]),
            &der(INTEGER, &[&[serial]]),
            &algorithm,
            issuer,
            &der(SEQUENCE, &[&times.concat()]),
            subject,
            &key,
            &extensions,
        ],
    );
    der(SEQUENCE, &[&tbs, &algorithm, &der(BITS, &[&[0, 1]])])
}

pub(super) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
pub(super) const UTF8: u8 = 0x0c;
pub(super) const OCTETS: u8 = 0x04;

/// Tags of alternative names.
pub(super) const EMAIL: u8 = 0x81;
pub(super) const DNS: u8 = 0x82;
pub(super) const URI: u8 = 0x86;

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OID: u8 = 0x06;
const UTC: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
