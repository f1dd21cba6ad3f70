//! PEM: no text makes its reader panic, and what is found is found again however it is written.

use peergate::carrier::pem;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use crate::certificates::written;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let all = pem::certificates(&text);
    let one = pem::one_certificate(&text);
    assert_eq!(one.is_ok(), all.as_ref().is_ok_and(|all| all.len() == 1));
    if let Ok(all) = &all {
        assert!(!all.is_empty());
        let again: String = all.iter().map(|der| written("CERTIFICATE", der)).collect();
        assert_eq!(pem::certificates(&again).as_ref(), Ok(all));
        let encoded = percent_encode(again.as_bytes(), NON_ALPHANUMERIC).to_string();
        if let [der] = &all[..]
            && encoded.len() < LONGEST
        {
            assert_eq!(pem::carried(encoded.as_bytes()).as_ref(), Ok(der));
            assert_eq!(pem::carried(again.as_bytes()).as_ref(), Ok(der));
        }
        for label in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"] {
            assert!(!text.contains(&format!("-----BEGIN {label}-----")), "a key was overlooked");
        }
    }
    if let Ok(lists) = pem::revocation_lists(&text) {
        assert!(!lists.is_empty() && all.is_err());
    }
    if let Ok(der) = pem::carried(input) {
        assert_eq!(pem::one_certificate(&written("CERTIFICATE", &der)), Ok(der));
    }
    let chain = pem::chain(input);
    assert!(chain.len() <= MOST, "{}", chain.len());
}

/// Bytes of the longest text that is looked at.
const LONGEST: usize = 32_768;

/// Certificates that are read of a chain.
const MOST: usize = 9;
