//! What browsers ask before they send anything (a CORS-preflight request: Fetch, section 3.2.2), without
//! credentials.

use peergate_e2e::sent;
use peergate_lab::client::{Request, Response};

use super::ask::get;
use super::cast::{ADA, KEY, claims};
use super::listeners::CORS;
use super::stage::Stage;

const METHOD: &str = "access-control-request-method";

#[tokio::test]
async fn a_preflight_request_passes_where_the_policy_says_so() {
    let stage = Stage::shared().await;
    let door = stage.door();
    assert_eq!(door.ask(None, &preflight("/preflight")).await, "anonymous");
    assert_eq!(door.ask(None, &preflight("/either")).await, "certificate_required");
    assert_eq!(door.ask(None, &preflight("/key")).await, "api_key_required");
    // As nobody, whatever it shows, and without it.
    let (token, bad) = (stage.cast.token(), stage.cast.idp.expired(claims()));
    let alice = Some(&stage.cast.people.alice);
    for request in [
        preflight("/preflight").bearer(&bad),
        preflight("/preflight").bearer(&token),
        preflight("/preflight").header("x-api-key", KEY),
        preflight("/preflight").header("x-api-key", KEY).cookie(format!("key={KEY}")),
        preflight(&format!("/preflight?api_key={KEY}")),
    ] {
        for received in door.received(alice, &request).await {
            assert_eq!(received["path"], "/preflight");
            let told = received.to_string();
            for secret in [KEY, "eyJ", "x-client-identity", "x-client-auth"] {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }
    // A client that is denied is denied here as well as anywhere: not at all, since nobody looks.
    let mallory = Some(&stage.cast.people.mallory);
    assert_eq!(door.ask(mallory, &preflight("/preflight")).await, "anonymous");
}

#[tokio::test]
async fn what_only_looks_like_a_preflight_request_is_judged() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let options = || Request::new("OPTIONS", "localhost", "/preflight");
    for request in [
        options(),
        options().header("origin", "https://app.example"),
        options().header(METHOD, "GET"),
        dressed("GET"),
        dressed("POST"),
        dressed("HEAD"),
        dressed("PUT"),
        dressed("options"),
        dressed("OPTIONSX"),
        dressed("GET").header("x-http-method-override", "OPTIONS"),
        dressed("POST").header("x-http-method", "OPTIONS"),
    ] {
        for (protocol, answer) in door.send(None, &request).await {
            // Envoy refuses methods that it does not know over HTTP/1.1.
            let statuses: &[u16] = if is_known(&request) { &[403] } else { &[400, 403] };
            assert!(statuses.contains(&answer.status), "{} over {protocol}", answer.status);
        }
    }
    // With a credential it is one like any other.
    let request = options().bearer(&stage.cast.token());
    assert_eq!(door.ask(None, &request).await, format!("jwt {ADA}"));
    let request = dressed("GET").header("x-api-key", KEY);
    assert_eq!(door.ask(None, &request).await, "api_key acme/app");
    let request = preflight("/either").bearer(&stage.cast.token());
    assert_eq!(door.ask(None, &request).await, format!("jwt {ADA}"));
}

/// Envoy's own filter ahead answers what it allows, and leaves us the rest.
#[tokio::test]
async fn behind_envoys_cors_filter_only_what_that_leaves_is_judged() {
    let stage = Stage::shared().await;
    let door = stage.door_to(CORS);
    let reached =
        || stage.fed.gateway.upstream.received().iter().any(|it| it.path.contains("answered"));
    for path in ["/either/answered", "/key/answered", "/preflight/answered"] {
        let bad = stage.cast.idp.expired(claims());
        for request in [preflight(path), preflight(path).bearer(&bad), preflight(path).bearer("x")]
        {
            for (protocol, answer) in door.send(None, &request).await {
                assert_eq!(answer.status, 200, "{path} over {protocol}");
                assert_eq!(allowed(&answer), Some("https://app.example"));
                assert_eq!(answer.text(), "");
            }
        }
        assert!(!reached(), "{path}");
    }
    // What it does not answer is judged.
    for (request, verdict) in [
        (of("https://evil.example", "/either"), "certificate_required"),
        (of("https://evil.example", "/preflight"), "anonymous"),
        (Request::new("OPTIONS", "localhost", "/either"), "certificate_required"),
        (dressed("GET"), "certificate_required"),
    ] {
        assert_eq!(door.ask(None, &request).await, verdict, "{request:?}");
    }
    // A refusal can be read by the script that asked, as can an answer.
    let request = get("/either").header("origin", "https://app.example");
    for (_, answer) in door.send(None, &request).await {
        assert_eq!((answer.status, allowed(&answer)), (403, Some("https://app.example")));
    }
    for (_, answer) in door.send(None, &request.bearer(&stage.cast.token())).await {
        assert_eq!((answer.status, allowed(&answer)), (200, Some("https://app.example")));
        assert_eq!(sent(&answer.json(), "x-client-identity"), [ADA]);
    }
    assert!(stage.fed.gateway.is_whole());
}

fn preflight(path: &str) -> Request {
    of("https://app.example", path)
}

/// As a browser sends it from a site.
fn of(origin: &str, path: &str) -> Request {
    let request = Request::new("OPTIONS", "localhost", path).header("origin", origin);
    request.header(METHOD, "GET").header("access-control-request-headers", "authorization")
}

/// The headers of one with another method.
fn dressed(method: &str) -> Request {
    let request = Request::new(method, "localhost", "/preflight");
    request.header("origin", "https://app.example").header(METHOD, "GET")
}

fn is_known(request: &Request) -> bool {
    let text = format!("{request:?}");
    !["options ", "OPTIONSX "].iter().any(|method| text.starts_with(method))
}

fn allowed(answer: &Response) -> Option<&str> {
    answer.header("access-control-allow-origin")
}
