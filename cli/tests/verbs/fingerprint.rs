use serde_json::Value;

use crate::peergate::{certificate, file, peergate, peergate_reading};

#[test]
fn what_is_printed_can_be_pasted_into_a_policy() {
    let odd = file("fingerprint-odd.pem", certificate("odd-subject"));
    let bundle = certificate("partner") + &certificate("authority");
    let bundle = file("fingerprint-bundle.pem", bundle);
    let ran = peergate(&["fingerprint", &odd, &bundle]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let entries: String = ran.out.lines().map(|line| format!("    {line}\n")).collect();
    let policy = format!(
        "version: 1\nlists:\n  pasted:\n    entries:\n{entries}apis:\n- name: a\n  policy: mandatory\n  certificate: {{ allow: [pasted] }}\n"
    );
    let policy = file("fingerprint-policy.yaml", policy);
    let ran = peergate(&["check", &policy]);
    assert!(ran.out.ends_with("ok (1 list, 3 entries, 1 API)\n"), "{ran:?}");

    for (name, status) in [("partner", 0), ("partner-renewed", 2)] {
        let leaf = file("fingerprint-leaf.pem", certificate(name));
        let asked = ["--certificate", &leaf, "--host", "a", "--path", "/"];
        let ran = peergate(&[&["explain", "--config", &policy][..], &asked].concat());
        assert_eq!(ran.status, Some(status), "{name}: the certificate is pinned, its key is not");
    }
}

#[test]
fn the_text_tells_names_number_and_dates() {
    let ran = peergate_reading(&["fingerprint", "-"], &certificate("partner"));
    for line in [
        "#   subject  O=Peergate cases, CN=partner-a",
        "#   issuer   O=Peergate cases, CN=Authority",
        "#   serial   8A:1F",
        "#   name     dns:partner-a.example",
        "#   name     uri:spiffe://example/partner-a",
        "#   valid    2025-01-01T00:00:00Z to 2125-01-01T00:00:00Z",
        "# - issued: { serial: \"8A:1F\", by: \"(PEM)\" }",
        "# {\"deny\":{\"issued\":{\"by_name_sha256\":\"0170910f0a40745243e7ee51e067b38b544b029f5df4e916df9c2eceab1d7ff3\",\"serial\":\"8A:1F\"}}}",
    ] {
        assert!(ran.out.lines().any(|found| found == line), "{line} in\n{}", ran.out);
    }
}

#[test]
fn control_characters_of_a_certificate_do_not_reach_the_terminal() {
    let ran = peergate_reading(&["fingerprint", "-"], &certificate("odd-subject"));
    assert!(ran.out.contains(r#"CN=odd\n- sha256: "00"\u{1b}[31m"#), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'));
}

#[test]
fn json_holds_the_same_for_pem_and_der() {
    let pem = certificate("employee");
    let der = peergate::carrier::pem::one_certificate(&pem).unwrap();
    let path = file("fingerprint-employee.der", der);
    let ran = peergate(&["fingerprint", "--output", "json", &path]);
    let Value::Array(documents) = serde_json::from_str(&ran.out).unwrap() else {
        panic!("expected a list: {}", ran.out);
    };
    let [document] = &documents[..] else { panic!("expected one certificate: {}", ran.out) };
    assert_eq!(document["serial"], "0B");
    assert_eq!(document["file"], path);
    assert_eq!(document["names"][2]["kind"], "ip");
    assert_eq!(document["names"][2]["name"], "2001:db8::7");
    let text = peergate_reading(&["fingerprint", "-"], &pem).out;
    for field in ["sha256", "spki_sha256", "tbs_sha256", "x5t#S256"] {
        assert!(text.contains(document[field].as_str().unwrap()), "{field}");
    }
}

#[test]
fn other_files_are_refused() {
    // A block of the kind, with nothing in it that is a key.
    let key = "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n";
    for (content, why) in [
        (certificate("partner") + key, "holds a private key"),
        ("hello".to_owned(), "found no PEM block"),
        ("0\u{3}\u{2}\u{1}\u{1}".to_owned(), "neither a certificate in PEM nor in DER"),
        (String::new(), "found no PEM block"),
    ] {
        let ran = peergate_reading(&["fingerprint", "-"], &content);
        assert_eq!((ran.status, &*ran.out), (Some(1), ""), "{why}");
        assert!(ran.err.contains(why), "{why}: {}", ran.err);
    }
}
