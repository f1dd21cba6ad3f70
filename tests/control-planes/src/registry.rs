//! A registry of images, as a user's own would be: the program that the variable `REGISTRY` names.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use peergate_lab::envoy::free_port;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Program, binary};

/// A running registry, which forgets everything at its end.
pub struct Registry {
    _program: Program,
    address: SocketAddr,
    _directory: TempDir,
}

impl Registry {
    /// Starts one that anybody may push to and pull from.
    pub fn open() -> Self {
        Self::start(None)
    }

    /// Starts one that asks for [`user`](Self::docker_config) and password, and says so of this realm.
    pub fn with_password(realm: &str) -> Self {
        Self::start(Some(realm))
    }

    fn start(realm: Option<&str>) -> Self {
        let directory = TempDir::new().expect("a directory");
        let place = |name: &str| directory.path().join(name);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut configuration = json!({
            "version": 0.1,
            "storage": { "filesystem": { "rootdirectory": place("images") } },
            "http": { "addr": address.to_string() },
        });
        if let Some(realm) = realm {
            fs::write(place("users"), format!("{USER}:{BCRYPT}\n")).expect("written");
            configuration["auth"] =
                json!({ "htpasswd": { "realm": realm, "path": place("users") } });
        }
        let file = place("registry.yaml");
        fs::write(&file, configuration.to_string()).expect("written");
        let mut command = Command::new(binary("REGISTRY"));
        command.arg("serve").arg(&file);
        let mut program = Program::start(&mut command, &place("log")).expect("a registry");
        program.wait_for("listening on", Duration::from_secs(30));
        Self { _program: program, address, _directory: directory }
    }

    /// A tag in a repository of it, as `--push` takes it.
    pub fn tag(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// What `docker login` would keep for it.
    pub fn docker_config(&self) -> Value {
        let auth = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
        json!({ "auths": { self.address.to_string(): { "auth": auth } } })
    }

    /// Pushes the image of the release that `scripts/test-release` has made, with what `docker login` has kept in
    /// a directory.
    ///
    /// # Errors
    /// What it says against it.
    pub fn push(&self, tag: &str, docker_config: &Path) -> Result<Pushed, String> {
        self.push_with(tag, docker_config, &[])
    }

    /// The same with further arguments.
    ///
    /// # Errors
    /// What it says against it.
    pub fn push_with(
        &self,
        tag: &str,
        docker_config: &Path,
        arguments: &[&str],
    ) -> Result<Pushed, String> {
        let tag = self.tag(tag);
        let output = Command::new(workspace().join("target/debug/peergate-release"))
            .arg("push")
            .arg(workspace().join("target/peergate/release"))
            .arg(&tag)
            .args(arguments)
            .env("DOCKER_CONFIG", docker_config)
            .output()
            .expect("target/debug/peergate-release: run scripts/test-release");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let lines: Vec<_> = printed.lines().collect();
        let [first, by_digest, command] = *lines else { panic!("three lines: {printed}") };
        assert_eq!(first, tag);
        let (_, digest) = by_digest.split_once("@sha256:").expect("a digest");
        let pinned = format!("--url oci://{tag} --sha256 {digest}");
        assert!(command.contains(&pinned), "{pinned} in {command}");
        Ok(Pushed {
            by_tag: format!("oci://{tag}"),
            by_digest: format!("oci://{by_digest}"),
            digest: digest.to_owned(),
        })
    }
}

impl Registry {
    /// Has a tag name another image of the same parts as the one that a tag names: by its digest it is another one.
    ///
    /// # Panics
    /// If the registry has no such tag, or does not take the other.
    pub fn put_another(&self, repository: &str, from: &str, tag: &str) {
        let image = self.ask("GET", &format!("/v2/{repository}/manifests/{from}"), "");
        let (head, manifest) = image.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"), "{head}");
        let other = format!("{manifest}\n");
        let put = self.ask("PUT", &format!("/v2/{repository}/manifests/{tag}"), &other);
        assert!(put.contains(" 201 "), "{put}");
    }

    /// Asks it as HTTP/1.0 does, with a manifest.
    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        const KIND: &str = "application/vnd.oci.image.manifest.v1+json";
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nAccept: {KIND}\r\nContent-Type: {KIND}\r\n\
             Content-Length: {length}\r\n\r\n",
            self.address
        );
        let mut stream = TcpStream::connect(self.address).expect("the registry");
        stream.write_all((head + body).as_bytes()).expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

/// An image in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Its URL by its tag.
    pub by_tag: String,
    /// Its URL by its digest.
    pub by_digest: String,
    /// The digest, in hex.
    pub digest: String,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

const USER: &str = "puller";
const PASSWORD: &str = "a password";

/// Of the password. The registry takes no other hash.
const BCRYPT: &str = "$2b$04$z9ZYSk4NBoC.VWYdgH7DaeV1b3MkQ9pKTS.ktX55FvZzkh/abY1wW";
