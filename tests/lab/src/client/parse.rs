//! Reading HTTP/1.1 responses, any byte allowed in a header's value.

use super::Response;
use crate::Fields;

/// Reads one response from the front of the bytes and says how many it took.
///
/// Skips interim responses (1xx), except 101, which is final. `bodiless` is for the answer to a
/// HEAD; `ended` says that no more bytes will come. Returns `None` when more bytes are needed.
pub(crate) fn parse(
    bytes: &[u8],
    bodiless: bool,
    ended: bool,
) -> Result<Option<(Response, usize)>, String> {
    let mut input = Input { bytes, position: 0 };
    loop {
        let Some(mut response) = head(&mut input)? else { return Ok(None) };
        match response.status {
            101 => return Ok(Some((response, input.position))),
            100..200 => continue,
            _ => {}
        }
        let whole = if bodiless || matches!(response.status, 204 | 304) {
            true
        } else if response.header("transfer-encoding").is_some_and(|it| it.contains("chunked")) {
            chunks(&mut input, &mut response)?
        } else if let Some(length) = response.header("content-length") {
            let length = length.parse().map_err(|_| format!("bad content-length `{length}`"))?;
            input.take(length).map(|body| response.body = body.to_vec()).is_some()
        } else {
            if ended {
                response.body = input.rest().to_vec();
            }
            ended
        };
        return Ok(whole.then_some((response, input.position)));
    }
}

fn head(input: &mut Input<'_>) -> Result<Option<Response>, String> {
    let Some(line) = input.line() else { return Ok(None) };
    let text = String::from_utf8_lossy(line);
    let status = text
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..5))
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| format!("expected a status line, found `{text}`"))?;
    let Some(headers) = fields(input)? else { return Ok(None) };
    Ok(Some(Response { status, headers, ..Response::default() }))
}

/// Reads fields and the empty line after them.
fn fields(input: &mut Input<'_>) -> Result<Option<Fields>, String> {
    let mut fields = Vec::new();
    while let Some(line) = input.line() {
        if line.is_empty() {
            return Ok(Some(fields));
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err(format!("expected a field, found `{}`", String::from_utf8_lossy(line)));
        };
        let (name, value) = line.split_at(colon);
        let name = String::from_utf8_lossy(name).into_owned();
        fields.push((name, value[1..].trim_ascii().to_vec()));
    }
    Ok(None)
}

fn chunks(input: &mut Input<'_>, response: &mut Response) -> Result<bool, String> {
    loop {
        let Some(line) = input.line() else { return Ok(false) };
        let line = String::from_utf8_lossy(line);
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| format!("bad chunk `{line}`"))?;
        if size == 0 {
            let Some(trailers) = fields(input)? else { return Ok(false) };
            response.trailers = trailers;
            return Ok(true);
        }
        let Some(chunk) = input.take(size) else { return Ok(false) };
        response.body.extend_from_slice(chunk);
        if input.line().is_none() {
            return Ok(false);
        }
    }
}

struct Input<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Input<'a> {
    /// Takes a line without its end.
    fn line(&mut self) -> Option<&'a [u8]> {
        let rest = &self.bytes[self.position..];
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        self.position += end + 2;
        Some(&rest[..end])
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes[self.position..].get(..length)?;
        self.position += length;
        Some(taken)
    }

    fn rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.position..];
        self.position = self.bytes.len();
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_bounds_the_body() {
        let bytes = b"HTTP/1.1 200 OK\r\nA: \xff\xfe \r\ncontent-length: 2\r\n\r\nokHTTP";
        let (response, used) = parse(bytes, false, false).unwrap().unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, b"ok".as_slice()));
        assert_eq!(response.headers[0], ("A".to_owned(), b"\xff\xfe".to_vec()));
        assert_eq!(&bytes[used..], b"HTTP");
    }

    #[test]
    fn chunks_are_joined_and_trailers_kept() {
        let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n1\r\n!\r\n0\r\nt: u\r\n\r\n";
        let (response, used) = parse(bytes, false, false).unwrap().unwrap();
        assert_eq!(response.body, b"ok!");
        assert_eq!(response.trailers, [("t".to_owned(), b"u".to_vec())]);
        assert_eq!(used, bytes.len());
    }

    #[test]
    fn every_prefix_wants_more() {
        let bytes = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        for end in 0..bytes.len() {
            assert_eq!(parse(&bytes[..end], false, false), Ok(None), "{end} bytes");
        }
        assert_eq!(parse(bytes, false, false).unwrap().unwrap().0.status, 200);
    }

    #[test]
    fn a_switch_of_protocols_is_final_and_leaves_what_follows() {
        let bytes = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\nraw";
        let (response, used) = parse(bytes, false, false).unwrap().unwrap();
        assert_eq!((response.status, &bytes[used..]), (101, b"raw".as_slice()));
    }

    #[test]
    fn without_a_length_the_end_ends_the_body() {
        let bytes = b"HTTP/1.1 200 OK\r\n\r\nall";
        assert_eq!(parse(bytes, false, false), Ok(None));
        assert_eq!(parse(bytes, false, true).unwrap().unwrap().0.body, b"all");
        assert_eq!(parse(bytes, true, false).unwrap().unwrap().0.body, b"");
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        assert!(parse(b"SSH-2.0-x\r\n", false, false).is_err());
    }
}
