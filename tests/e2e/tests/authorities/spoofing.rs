//! A client that writes `x-forwarded-client-cert` itself, where Envoy lets it.

use peergate_e2e::Gateway;
use peergate_lab::client::Request;
use peergate_lab::pki::Identity;

use super::company::{Company, staff};
use super::conversation::{PROTOCOLS, ask};

#[tokio::test]
async fn another_clients_path_admits_nobody() {
    for version in ["1.40.0", "1.36.4"] {
        for mode in ["FORWARD_ONLY", "ALWAYS_FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET"] {
            admits_nobody(version, mode).await;
        }
    }
}

async fn admits_nobody(version: &str, mode: &str) {
    let company = Company::new();
    let stranger = Identity::self_signed(staff("carol"));
    let impostor = company.issuing.impostor().issue(staff("carol"));
    let gateway = Gateway::start_under(version, &company.server, &company.policy(), |bootstrap| {
        bootstrap.connection_manager()["forward_client_cert_details"] = mode.into();
    });
    // Carol is let in, so that something could be remembered of her.
    let carol = gateway.client(Some(&company.carol));
    let request = Request::get("localhost", "/corporate")
        .header("x-forwarded-client-cert", genuine(&company.carol));
    let said = ask(&carol, &gateway, "h1", &request).await.unwrap();
    assert_eq!(said, "allowed", "{version} {mode}");

    let root = company.corporate.certificate();
    let whole = company.carol.presenting([root]);
    let theirs = |identity: &Identity| identity.presenting(company.carol.presented());
    for (who, identity) in [
        ("nobody", None),
        ("stranger", Some(&stranger)),
        ("impostor", Some(&impostor)),
        ("the partner's", Some(&company.bob)),
        ("denied", Some(&company.mallory)),
    ] {
        let client = gateway.client(identity);
        let mut values = vec![
            genuine(&company.carol),
            genuine(&whole),
            format!("By=x;Hash={};Chain=\"{}\"", company.carol.fingerprint(), chain(&whole)),
            format!("Chain=\"{}\"", chain(&company.carol)),
            // The root and the intermediate alone, as helpers on the way.
            format!("Chain=\"{}\"", chain(&whole).split_once("-----END").unwrap().1),
        ];
        // What Envoy would have written of the client's own leaf, but for what follows it.
        values.extend(identity.map(|own| genuine(&theirs(own))));
        for value in &values {
            for path in ["/corporate", "/helped", "/operations"] {
                let request =
                    Request::get("localhost", path).header("x-forwarded-client-cert", value);
                for protocol in PROTOCOLS {
                    let said = ask(&client, &gateway, protocol, &request).await.unwrap();
                    assert_ne!(said, "allowed", "{version} {mode} {who} {path}: {value}");
                    assert_ne!(said, "anonymous", "{version} {mode} {who} {path}: {value}");
                }
            }
        }
    }
    assert!(gateway.is_whole());
}

/// What Envoy itself writes for a client.
fn genuine(identity: &Identity) -> String {
    let (hash, leaf) = (identity.fingerprint(), escaped(&identity.certificate_pem()));
    format!("Hash={hash};Cert=\"{leaf}\";Chain=\"{}\"", chain(identity))
}

fn chain(identity: &Identity) -> String {
    escaped(&identity.pem())
}

fn escaped(pem: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    pem.bytes().map(escape).collect()
}
