//! Where the keys of tokens' issuers are.

use crate::failure::Failure;

use super::server::Server;
use super::tokens::Tokens;

/// Where the keys of an issuer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file, by its absolute path.
    File(String),
    /// What a server has under this URL.
    Server { url: String, server: Server },
}

impl Source {
    pub(crate) fn server(&self) -> Option<&Server> {
        match self {
            Self::File(_) => None,
            Self::Server { server, .. } => Some(server),
        }
    }
}

/// Finds the keys of each of these tokens among arguments of the form `ISSUER=SOURCE`.
///
/// # Errors
/// An issuer without an argument, an argument without an issuer, and a source that is none.
pub(crate) fn sources(needed: &[Tokens<'_>], arguments: &[String]) -> Result<Vec<Source>, Failure> {
    let mut given: Vec<(&str, Source)> = Vec::new();
    for argument in arguments {
        let refused = |why: &str| Failure::Input(format!("--jwks {argument}: {why}"));
        // Issuers are URLs, which may have a `=`: the longest that fits is meant.
        let issuers = needed.iter().map(|tokens| tokens.issuer);
        let rest = |issuer: &str| argument.strip_prefix(issuer)?.strip_prefix('=');
        let issuer = issuers.filter(|issuer| rest(issuer).is_some()).max_by_key(|it| it.len());
        let Some((issuer, source)) = issuer.and_then(|issuer| Some((issuer, rest(issuer)?))) else {
            return Err(refused(&match names(needed).as_str() {
                "" => "no policy here looks at tokens".to_owned(),
                names => format!("expected ISSUER=SOURCE, the issuer one of the policy's: {names}"),
            }));
        };
        if given.iter().any(|(known, _)| *known == issuer) {
            return Err(refused("the issuer's keys are given twice"));
        }
        given.push((issuer, read(source).map_err(refused)?));
    }
    let find = |tokens: &Tokens<'_>| {
        let found = given.iter().find(|(issuer, _)| *issuer == tokens.issuer);
        found.map(|(_, source)| source.clone()).ok_or_else(|| {
            let (issuer, place) = (tokens.issuer, &tokens.place);
            Failure::Input(format!(
                "{place}.issuers: say where the keys of {issuer:?} are: --jwks {issuer}=SOURCE"
            ))
        })
    };
    needed.iter().map(find).collect()
}

/// The issuers, each once.
fn names(needed: &[Tokens<'_>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for tokens in needed {
        if !names.contains(&tokens.issuer) {
            names.push(tokens.issuer);
        }
    }
    names.join(", ")
}

fn read(source: &str) -> Result<Source, &'static str> {
    const EXPECTED: &str = "expected an absolute path or https://HOST/PATH after the issuer";
    if source.starts_with('/') {
        return Ok(Source::File(source.to_owned()));
    }
    let server = Server::of(source).ok_or(EXPECTED)?;
    Ok(Source::Server { url: source.to_owned(), server })
}

#[cfg(test)]
mod tests {
    use peergate::Policy;

    use super::*;
    use crate::render::tokens::needed;

    fn policy(issuers: &str) -> Policy {
        let text = format!(
            r#"{{"version": 1, "apis": [{{"name": "a", "policy": ["jwt"], "jwt": {{"issuers": {issuers}}}}}]}}"#
        );
        Policy::read(text.as_bytes()).unwrap()
    }

    fn found(issuers: &str, arguments: &[&str]) -> Result<Vec<Source>, String> {
        let policy = policy(issuers);
        let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
        let found = needed(&policy).and_then(|needed| sources(&needed, &arguments));
        found.map_err(|failure| failure.to_string())
    }

    fn server(url: &str, host: &str, port: u16) -> Source {
        let server = Server { host: host.to_owned(), port };
        Source::Server { url: url.to_owned(), server }
    }

    #[test]
    fn keys_are_found_by_their_issuer() {
        let issuers = r#"["https://a", "https://a=b"]"#;
        let given = ["https://a=b=https://h:8443/k?x=y", "https://a=/etc/k=.json"];
        let file = Source::File("/etc/k=.json".to_owned());
        assert_eq!(
            found(issuers, &given),
            Ok(vec![file, server("https://h:8443/k?x=y", "h", 8443)])
        );
    }

    #[test]
    fn what_is_missing_or_too_much_names_its_issuer() {
        let missing = "apis[0].jwt.issuers: say where the keys of \"b\" are: --jwks b=SOURCE";
        assert_eq!(found(r#"["a", "b"]"#, &["a=/k"]), Err(missing.to_owned()));
        for (given, told) in [
            (
                &["a=/k", "c=/k"][..],
                "--jwks c=/k: expected ISSUER=SOURCE, the issuer one of the policy's: a",
            ),
            (&["a=/k", "a=/l"], "--jwks a=/l: the issuer's keys are given twice"),
            (
                &["a=k"],
                "--jwks a=k: expected an absolute path or https://HOST/PATH after the issuer",
            ),
            (&["a=http://h/k"], "--jwks a=http://h/k: expected an absolute path"),
        ] {
            let found = found(r#"["a"]"#, given).unwrap_err();
            assert!(found.starts_with(told), "{found}");
        }
    }
}
