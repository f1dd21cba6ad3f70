//! The few fields of `CheckRequest` and `CheckResponse` that are used, in protobuf.

/// Reads one of the request's headers: `attributes.request.http.headers`.
pub(super) fn header<'a>(check: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let http = field(field(field(check, 1)?, 4)?, 2)?;
    Fields(http)
        .filter(|(number, _)| *number == 3)
        .find_map(|(_, entry)| (field(entry, 1)? == name).then(|| field(entry, 2))?)
}

/// Lets the request pass, with these headers set in place of any copy.
pub(super) fn allowed(headers: &[(&str, &[u8])]) -> Vec<u8> {
    let mut response = Vec::new();
    for (name, value) in headers {
        let header = [bytes(1, name.as_bytes()), bytes(2, value)].concat();
        // `append_action: OVERWRITE_IF_EXISTS_OR_ADD`
        response.extend(bytes(2, &[bytes(1, &header), vec![3 << 3, 2]].concat()));
    }
    [bytes(1, &[]), bytes(3, &response)].concat()
}

/// Refuses it with 403 and this body.
pub(super) fn refused(body: &str) -> Vec<u8> {
    let content_type = bytes(1, b"content-type");
    let header = [content_type, bytes(2, b"application/problem+json")].concat();
    let status = [1 << 3, 0x93, 0x03];
    let response =
        [bytes(1, &status), bytes(2, &bytes(1, &header)), bytes(3, body.as_bytes())].concat();
    // `PERMISSION_DENIED`
    [bytes(1, &[1 << 3, 7]), bytes(2, &response)].concat()
}

/// Writes a field of bytes.
fn bytes(number: u8, value: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = value.len();
    while length >= 0x80 {
        field.push(0x80 | u8::try_from(length & 0x7f).expect("seven bits"));
        length >>= 7;
    }
    field.push(u8::try_from(length).expect("seven bits"));
    field.extend(value);
    field
}

/// The first field of bytes of that number.
fn field(message: &[u8], wanted: u64) -> Option<&[u8]> {
    Fields(message).find(|(number, _)| *number == wanted).map(|(_, field)| field)
}

/// The fields of bytes; others are passed over, and what is broken ends them.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let tag = self.varint()?;
            match tag & 7 {
                0 => drop(self.varint()?),
                1 => drop(self.take(8)?),
                5 => drop(self.take(4)?),
                2 => {
                    let length = self.varint()?;
                    return Some((tag >> 3, self.take(usize::try_from(length).ok()?)?));
                }
                _ => return None,
            }
        }
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_among_other_fields() {
        let entry =
            |name: &[u8], value: &[u8]| bytes(3, &[bytes(1, name), bytes(2, value)].concat());
        let long = [b'v'; 300];
        let http =
            [bytes(1, b"id"), entry(b"a", b"1"), entry(b"b", &long), vec![9 << 3, 1]].concat();
        let request = [bytes(1, b"time"), bytes(2, &http)].concat();
        let attributes = [bytes(1, b"source"), bytes(4, &request)].concat();
        let check = bytes(1, &attributes);
        assert_eq!(header(&check, b"a"), Some(&b"1"[..]));
        assert_eq!(header(&check, b"b"), Some(&long[..]));
        assert_eq!(header(&check, b"c"), None);
        assert_eq!(header(&check[..check.len() - 1], b"a"), None);
    }
}
