use serde_json::Value;

use crate::peergate::{file, peergate, peergate_reading};

const LONG: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

#[test]
fn the_hash_is_that_of_the_line() {
    // SHA-256 of "abc" (FIPS 180-2, appendix B.1).
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
    for input in ["abc", "abc\n", "abc\r\n"] {
        let ran = peergate_reading(&["hash-key"], input);
        assert_eq!((ran.status, &*ran.out), (Some(0), abc), "{input:?}");
        assert!(ran.err.contains("can find the key by trying"), "{}", ran.err);
    }
    assert_eq!(peergate_reading(&["hash-key"], LONG).err, "");
}

#[test]
fn a_secret_makes_another_hash() {
    let secret = file("hash-key-secret", "Jefe, and twelve more\n");
    let ran = peergate_reading(&["hash-key", "--hmac-secret-file", &secret], "1234\n");
    assert_eq!((ran.status, &*ran.err), (Some(0), ""));
    let same =
        peergate_reading(&["hash-key", "--output", "json", "--hmac-secret-file", &secret], "1234");
    let document: Value = serde_json::from_str(&same.out).unwrap();
    assert_eq!(format!("{}\n", document["api_key"].as_str().unwrap()), ran.out);
    assert_ne!(ran.out, peergate_reading(&["hash-key"], "1234").out);

    let short = file("hash-key-short-secret", "Jefe");
    let ran = peergate_reading(&["hash-key", "--hmac-secret-file", &short], "1234");
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.starts_with(&format!("{short}: expected 16 bytes")), "{}", ran.err);
}

#[test]
fn a_new_key_is_printed_with_its_hash() {
    let made = || {
        let ran = peergate(&["hash-key", "--generate", "--output", "json"]);
        assert_eq!((ran.status, &*ran.err), (Some(0), ""));
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        ["key", "api_key"].map(|name| document[name].as_str().unwrap().to_owned())
    };
    let [key, hash] = made();
    assert_eq!(key.len(), 43);
    assert_eq!(peergate_reading(&["hash-key"], &key).out, format!("{hash}\n"));
    assert_ne!(made()[0], key);
    let ran = peergate(&["hash-key", "--generate"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("key      ") && lines[1].starts_with("api_key  "), "{lines:?}");
}

#[test]
fn what_no_request_would_carry_is_no_key() {
    for (input, why) in [
        ("", "empty"),
        ("\n", "empty"),
        ("a\nb\n", "expected one line"),
        ("a\tb", "expected one line"),
        (" a", "begins or ends with a blank"),
        ("a \n", "begins or ends with a blank"),
    ] {
        let ran = peergate_reading(&["hash-key"], input);
        assert_eq!((ran.status, &*ran.out), (Some(1), ""), "{input:?}");
        assert!(ran.err.starts_with(&format!("standard input: {why}")), "{}", ran.err);
    }
    assert_eq!(peergate(&["hash-key", "secret"]).status, Some(1), "no key is an argument");
}
