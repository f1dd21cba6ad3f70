//! The admin interface.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::client::{Request, parse};

pub(super) fn ask(address: SocketAddr, method: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = Request::new(method, "admin", path).header("connection", "close");
    stream.write_all(&request.to_h1())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;

    let response = match parse(&bytes, false, true) {
        Ok(Some((response, _))) => response,
        Ok(None) => return Err(io::Error::other(format!("{path}: the answer is cut short"))),
        Err(error) => return Err(io::Error::other(format!("{path}: {error}"))),
    };
    let text = response.text().into_owned();
    match response.status {
        200 => Ok(text),
        status => Err(io::Error::other(format!("{path}: {status}: {text}"))),
    }
}

/// Reads `name: number` lines; histograms and texts are left out.
pub(super) fn stats(text: &str, prefix: &str) -> BTreeMap<String, u64> {
    text.lines()
        .filter(|line| line.starts_with(prefix))
        .filter_map(|line| line.rsplit_once(": "))
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .collect()
}

/// Reads the `name::address` line of one listener.
pub(super) fn listener(text: &str, name: &str) -> Option<SocketAddr> {
    text.lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix("::"))
        .find_map(|address| address.parse().ok())
}

const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_and_the_rest_is_not() {
        let text = "a.x: 1\na.y: P0(nan,1) P25(nan,2)\na.z: \"text\"\nb: 2\n";
        assert_eq!(stats(text, "a."), BTreeMap::from([("a.x".to_owned(), 1)]));
    }

    #[test]
    fn a_listener_is_found_by_its_whole_name() {
        let text = "main2::127.0.0.1:2\nmain::127.0.0.1:1\n";
        assert_eq!(listener(text, "main"), Some(([127, 0, 0, 1], 1).into()));
        assert_eq!(listener(text, "mai"), None);
    }
}
