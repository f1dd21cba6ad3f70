//! A real Envoy, started for a test and stopped after it.

mod admin;
mod binary;
mod ports;
mod process;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub use self::ports::free_port;
pub use self::process::Cpu;

/// A running Envoy. Dropping it kills the process.
///
/// Its methods block: in an asynchronous test, let nothing they wait for run on the same thread.
pub struct Envoy {
    child: Child,
    admin: SocketAddr,
    /// How it was started, to do so again.
    binary: PathBuf,
    dir: PathBuf,
    options: Options,
}

/// How to run an Envoy.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of worker threads: one, unless said otherwise.
    pub concurrency: u32,
    /// `--log-level`: `info`, unless said otherwise.
    pub log_level: String,
    /// Further arguments, such as `--component-log-level wasm:debug`, each word its own.
    pub arguments: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { concurrency: 1, log_level: "info".to_owned(), arguments: Vec::new() }
    }
}

impl Envoy {
    /// Finds the binary: the environment's `ENVOY`, or this version in `target/tools`.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn binary(version: &str) -> io::Result<PathBuf> {
        binary::find(version)
    }

    /// Starts with one worker and waits until ready.
    ///
    /// Writes `bootstrap.yaml` and `envoy.log` into the directory, which is this Envoy's own. The
    /// admin interface moves to a port of its own, whatever the bootstrap says.
    ///
    /// # Errors
    ///
    /// When Envoy refuses the bootstrap or is not ready in time; the message holds the log's tail.
    pub fn start(binary: &Path, bootstrap: &str, dir: &Path) -> io::Result<Self> {
        Self::start_with(binary, bootstrap, dir, &Options::default())
    }

    /// Starts with these options, else as [`Envoy::start`] does.
    pub fn start_with(
        binary: &Path,
        bootstrap: &str,
        dir: &Path,
        options: &Options,
    ) -> io::Result<Self> {
        fs::write(dir.join(BOOTSTRAP), bootstrap)?;
        let child = spawn(binary, dir, options)?;
        let mut envoy = Self {
            child,
            admin: (Ipv4Addr::LOCALHOST, 0).into(),
            binary: binary.to_owned(),
            dir: dir.to_owned(),
            options: options.clone(),
        };
        envoy.wait_until_ready()?;
        Ok(envoy)
    }

    /// Kills the process, starts another one from the same files, and waits until it is ready. The log
    /// begins anew.
    ///
    /// # Errors
    ///
    /// As [`Envoy::start`] has them.
    pub fn restart(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.child = spawn(&self.binary, &self.dir, &self.options)?;
        self.wait_until_ready()
    }

    /// Checks a bootstrap without running it (`--mode validate`). Returns Envoy's output.
    ///
    /// # Errors
    ///
    /// When Envoy refuses the bootstrap; the message is its output.
    pub fn validate(binary: &Path, bootstrap: &str, dir: &Path) -> io::Result<String> {
        let config = dir.join("validate.yaml");
        fs::write(&config, bootstrap)?;
        let output = Command::new(binary)
            .args(["--mode", "validate", "--disable-hot-restart", "--config-path"])
            .arg(&config)
            .stdin(Stdio::null())
            .output()?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        if output.status.success() { Ok(text) } else { Err(io::Error::other(text)) }
    }

    /// Returns where the admin interface listens.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Asks the admin interface by GET and returns the body.
    ///
    /// # Errors
    ///
    /// When the answer is not 200.
    pub fn admin_get(&self, path: &str) -> io::Result<String> {
        admin::ask(self.admin, "GET", path)
    }

    /// Asks the admin interface by POST and returns the body.
    ///
    /// # Errors
    ///
    /// When the answer is not 200.
    pub fn admin_post(&self, path: &str) -> io::Result<String> {
        admin::ask(self.admin, "POST", path)
    }

    /// Returns the counters and gauges whose names begin so.
    pub fn stats(&self, prefix: &str) -> io::Result<BTreeMap<String, u64>> {
        Ok(admin::stats(&self.admin_get("/stats")?, prefix))
    }

    /// Returns one counter or gauge; nothing if it does not exist (yet).
    pub fn stat(&self, name: &str) -> io::Result<Option<u64>> {
        Ok(self.stats(name)?.remove(name))
    }

    /// Returns where the listener of this name listens, also when its bootstrap asked for port 0.
    ///
    /// # Errors
    ///
    /// When there is no such listener.
    pub fn listener(&self, name: &str) -> io::Result<SocketAddr> {
        admin::listener(&self.admin_get("/listeners")?, name)
            .ok_or_else(|| io::Error::other(format!("no listener `{name}`")))
    }

    /// Returns what Envoy wrote so far: its log, and access logs that go to stdout or stderr.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.dir.join(LOG)).unwrap_or_default()).into_owned()
    }

    /// Waits until the log contains the text.
    ///
    /// # Errors
    ///
    /// When it does not come in time; the message holds the log's tail.
    pub fn wait_for_log(&self, text: &str, patience: Duration) -> io::Result<()> {
        let start = Instant::now();
        while !self.log().contains(text) {
            if start.elapsed() > patience {
                return Err(self.failure(&format!("no `{text}` in the log within {patience:?}")));
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// Returns the processor time spent so far (Linux).
    pub fn cpu(&self) -> io::Result<Cpu> {
        process::cpu(self.pid())
    }

    /// Returns the resident memory in bytes (Linux).
    pub fn resident(&self) -> io::Result<u64> {
        process::resident(self.pid())
    }

    /// Returns the process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let start = Instant::now();
        let admin_address = self.dir.join(ADMIN_ADDRESS);
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(self.failure(&format!("envoy ended with {status}")));
            }
            if let Ok(address) = fs::read_to_string(&admin_address)?.trim().parse() {
                self.admin = address;
                if self.admin_get("/ready").is_ok() {
                    return Ok(());
                }
            }
            if start.elapsed() > START {
                return Err(self.failure(&format!("envoy is not ready within {START:?}")));
            }
            sleep(POLL);
        }
    }

    fn failure(&self, what: &str) -> io::Error {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(TAIL)..];
        io::Error::other(format!("{what}; the end of its log:\n{}", tail.join("\n")))
    }
}

/// Starts the process.
fn spawn(binary: &Path, dir: &Path, options: &Options) -> io::Result<Child> {
    let admin_address = dir.join(ADMIN_ADDRESS);
    fs::write(&admin_address, "")?;
    let output = File::create(dir.join(LOG))?;
    Command::new(binary)
        .arg("--config-path")
        .arg(dir.join(BOOTSTRAP))
        .args(["--config-yaml", ADMIN, "--admin-address-path"])
        .arg(&admin_address)
        // Hot restart would share memory between the Envoys of parallel tests.
        .args(["--disable-hot-restart", "--concurrency", &options.concurrency.to_string()])
        // Access logs are else ten seconds late.
        .args(["--file-flush-interval-msec", "50", "--log-level", &options.log_level])
        .args(&options.arguments)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", binary.display())))
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const BOOTSTRAP: &str = "bootstrap.yaml";
const LOG: &str = "envoy.log";
const ADMIN_ADDRESS: &str = "admin.address";

/// Merged over the bootstrap: a port of the kernel's choice.
const ADMIN: &str = "admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}";

/// How long a start may take, a cold machine compiling a filter included.
const START: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(20);

/// How many lines of the log an error holds.
const TAIL: usize = 40;
