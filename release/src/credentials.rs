//! Who pushes: what `docker login` has left, in `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use oci_client::secrets::RegistryAuth;

/// The credentials for a registry; nobody's where none are kept.
///
/// # Errors
/// They are kept in a way that cannot be read, or are of a kind that cannot be used.
pub(crate) fn of(registry: &str) -> Result<RegistryAuth, Box<dyn Error>> {
    let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker"));
    let Some(directory) = env::var_os("DOCKER_CONFIG").map(PathBuf::from).or(home) else {
        return Ok(RegistryAuth::Anonymous);
    };
    let path = directory.join("config.json");
    match File::open(&path) {
        Ok(file) => {
            read(file, registry).map_err(|error| format!("{}: {error}", path.display()).into())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(RegistryAuth::Anonymous),
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
}

fn read(config: impl Read, registry: &str) -> Result<RegistryAuth, Box<dyn Error>> {
    // Docker keeps those of its own registry under the address that it once had.
    let server = match registry {
        "docker.io" | "index.docker.io" => "https://index.docker.io/v1/",
        other => other,
    };
    match get_credential_from_reader(config, server) {
        Ok(DockerCredential::UsernamePassword(user, password)) => {
            Ok(RegistryAuth::Basic(user, password))
        }
        Ok(DockerCredential::IdentityToken(_)) => {
            Err(format!("{registry} has an identity token; log in with a user and a password")
                .into())
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(RegistryAuth::Anonymous),
        Err(CredentialRetrievalError::HelperFailure { stdout, .. })
            if stdout.contains("credentials not found") =>
        {
            Ok(RegistryAuth::Anonymous)
        }
        Err(error) => Err(format!("{registry}: {}", told(&error)).into()),
    }
}

/// What went wrong. What a helper prints to its standard output is for secrets, whether it fails or not.
fn told(error: &CredentialRetrievalError) -> String {
    match error {
        CredentialRetrievalError::HelperFailure { helper, stderr, .. } => {
            let why = match stderr.trim() {
                "" => "and says nothing on its standard error",
                why => why,
            };
            format!("the credential helper `{helper}` fails: {why}")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_those_of_the_registry() {
        let config = br#"{"auths": {
            "localhost:5000": {"auth": "dXNlcjpwYXNzd29yZA=="},
            "https://index.docker.io/v1/": {"auth": "aHViOnNlY3JldA=="},
            "token.example.com": {"auth": "dXNlcjo=", "identitytoken": "t"},
            "broken.example.com": {"auth": "?"}
        }}"#;
        let of = |registry| read(&config[..], registry);
        let basic = |user: &str, password: &str| RegistryAuth::Basic(user.into(), password.into());
        assert_eq!(of("localhost:5000").unwrap(), basic("user", "password"));
        assert_eq!(of("docker.io").unwrap(), basic("hub", "secret"));
        assert_eq!(of("registry.example.com").unwrap(), RegistryAuth::Anonymous);
        for registry in ["token.example.com", "broken.example.com"] {
            assert!(of(registry).unwrap_err().to_string().contains(registry));
        }
        assert!(read(&b"{"[..], "localhost:5000").is_err());
    }

    #[test]
    fn what_a_helper_prints_for_docker_is_told_to_nobody() {
        let failed = |stderr: &str| CredentialRetrievalError::HelperFailure {
            helper: "docker-credential-x".to_owned(),
            stdout: "{\"Secret\": \"hunter2\"}".to_owned(),
            stderr: stderr.to_owned(),
        };
        assert_eq!(
            told(&failed("locked\n")),
            "the credential helper `docker-credential-x` fails: locked"
        );
        assert!(!told(&failed("")).contains("hunter2"));
    }
}
