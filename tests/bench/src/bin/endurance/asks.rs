//! What is asked for, and what is due.

use std::rc::Rc;

use http::{Method, Request};
use peergate_lab::client::Client;
use peergate_lab::pki::Identity;
use serde_json::json;
use time::OffsetDateTime;

use crate::cast::{Cast, KEY};

/// A request, and what must come of it.
pub(crate) struct Ask {
    /// Which kind it is, for the figures.
    pub(crate) kind: &'static str,
    /// As HTTP/1.1 has it.
    pub(crate) h1: Vec<u8>,
    /// As HTTP/2 has it.
    pub(crate) h2: Request<()>,
    /// The statuses that one of the policies and lists in force may give.
    pub(crate) statuses: &'static [u16],
    /// Who a request that passes is said to come from.
    pub(crate) who: Option<String>,
}

/// Who asks, and all that he asks for in turn.
pub(crate) struct Caller {
    /// How he connects.
    pub(crate) client: Client,
    /// In turn.
    pub(crate) asks: Vec<Rc<Ask>>,
}

impl Ask {
    /// Asks for a path, under a false name in two spellings.
    pub(crate) fn new(kind: &'static str, path: &str, statuses: &'static [u16]) -> Self {
        let request =
            Request::builder().method(Method::GET).uri(format!("https://localhost{path}"));
        let h2 = LIES.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let lies = LIES.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let lies: String = lies.collect();
        let h1 = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{lies}\r\n");
        let h2 = h2.body(()).expect("a request");
        Self { kind, h1: h1.into_bytes(), h2, statuses, who: None }
    }

    /// Who it is, where it passes.
    pub(crate) fn known_as(self, who: &str) -> Self {
        Self { who: Some(who.to_owned()), ..self }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.h1.truncate(self.h1.len() - 2);
        self.h1.extend_from_slice(format!("{name}: {value}\r\n\r\n").as_bytes());
        self.h2.headers_mut().insert(name, value.parse().expect("a header's value"));
        self
    }
}

/// Everybody who keeps asking.
pub(crate) fn callers(cast: &Cast, client: impl Fn(Option<&Identity>) -> Client) -> Vec<Caller> {
    let public = || Ask::new("anonymous", "/public/docs", &[200]);
    let pinned =
        || Ask::new("pinned", "/pinned/orders/4711?expand=items", &[200]).known_as("acme/alice");
    let unlisted = |path| Ask::new("unlisted", path, &[403]);
    let keyed =
        || Ask::new("key", "/keyed/orders", &[200]).known_as("acme/app").with("x-api-key", KEY);
    let claims = || {
        let tomorrow = OffsetDateTime::now_utc().unix_timestamp() + 86_400;
        json!({ "sub": "ada", "aud": "api", "scope": "orders.read", "exp": tomorrow })
    };
    let bearer = |ask: Ask, token: String| ask.with("authorization", &format!("Bearer {token}"));
    let token = bearer(
        Ask::new("certificate and token", "/bound", &[200]).known_as("acme/alice"),
        cast.issuer.bound_token(&cast.alice, claims()),
    );
    let stolen = bearer(
        Ask::new("another's token", "/bound", &[401]),
        cast.issuer.bound_token(&cast.carol, claims()),
    );
    let odd = || Ask::new("bad target", "/pinned/%zz", &[400]);
    let limited = || {
        Ask::new("key, limited", "/limited", &[200, 429])
            .known_as("acme/app")
            .with("x-api-key", KEY)
    };
    let by_list = |path| Ask::new("registered", path, &[200]).known_as("acme/rita");

    // Over HTTP/1.1 each odd one ends its connection: the caller comes again.
    let mut now_and_then = vec![odd()];
    now_and_then.extend((0..40).map(|number| if number % 2 == 0 { public() } else { keyed() }));
    now_and_then.rotate_left(1);

    let all = [
        (
            Some(&cast.alice),
            vec![
                pinned(),
                pinned(),
                token,
                pinned(),
                pinned(),
                keyed(),
                stolen,
                pinned(),
                unlisted("/authority"),
                pinned(),
                unlisted("/registered"),
                public(),
            ],
        ),
        (
            None,
            vec![
                Ask::new("no certificate", "/pinned/orders", &[403]),
                keyed(),
                public(),
                Ask::new("unknown key", "/keyed/orders", &[401]).with("x-api-key", "another key"),
                keyed(),
                Ask::new("no key", "/keyed/orders", &[401]),
                limited(),
                Ask::new("no certificate", "/registered", &[403]),
            ],
        ),
        (
            Some(&cast.carol),
            vec![
                Ask::new("authority", "/authority", &[200]).known_as("carol"),
                Ask::new("authority", "/authority/orders", &[200]).known_as("carol"),
                unlisted("/pinned/orders"),
                unlisted("/gate"),
                unlisted("/nowhere"),
            ],
        ),
        (
            Some(&cast.rita),
            vec![
                by_list("/registered"),
                by_list("/registered/orders"),
                unlisted("/pinned/orders"),
                unlisted("/authority"),
            ],
        ),
        (
            Some(&cast.finn),
            vec![
                Ask::new("registered at times", "/registered", &[200, 403]).known_as("acme/finn"),
                unlisted("/authority"),
            ],
        ),
        (
            Some(&cast.dina),
            vec![
                Ask::new("denied at times", "/authority", &[200, 403]).known_as("dina"),
                unlisted("/pinned/orders"),
            ],
        ),
        (
            Some(&cast.bob),
            vec![
                Ask::new("by every second policy", "/gate", &[200, 403]).known_as("acme/guest"),
                unlisted("/pinned/orders"),
            ],
        ),
        (
            Some(&cast.ron),
            vec![Ask::new("registered, limited", "/registered", &[200, 429]).known_as("acme/ron")],
        ),
        (
            Some(&cast.ed),
            vec![Ask::new("expired", "/authority", &[403]), unlisted("/pinned/orders")],
        ),
        (
            Some(&cast.ivan),
            vec![
                Ask::new("impostor's", "/authority", &[403]),
                unlisted("/pinned/orders"),
                unlisted("/registered"),
            ],
        ),
        (None, now_and_then),
    ];
    let caller = |(who, asks): (Option<&Identity>, Vec<Ask>)| Caller {
        client: client(who),
        asks: asks.into_iter().map(Rc::new).collect(),
    };
    all.into_iter().map(caller).collect()
}

/// What clients say of themselves.
const LIES: [(&str, &str); 2] = [("x-client-identity", "admin"), ("x_client_identity", "admin")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_protocols_ask_for_the_same() {
        let ask = Ask::new("key", "/keyed?a=b", &[200]).with("x-api-key", "k");
        let text = String::from_utf8(ask.h1).unwrap();
        assert!(text.starts_with("GET /keyed?a=b HTTP/1.1\r\nhost: localhost\r\n"));
        assert!(text.ends_with("x_client_identity: admin\r\nx-api-key: k\r\n\r\n"));
        assert_eq!(ask.h2.uri(), "https://localhost/keyed?a=b");
        assert_eq!(ask.h2.headers().len(), 3);
    }
}
