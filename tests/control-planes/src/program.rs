//! Programs that run beside a test.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The program that a variable of the environment names.
///
/// # Panics
/// Without the variable, or where it names no file: it says which one to set.
pub fn binary(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable).map(PathBuf::from);
    let path = path.unwrap_or_else(|| panic!("set {variable} to the program's path"));
    assert!(path.is_file(), "{variable}: there is no file {}", path.display());
    path
}

/// A program that ends with the value, and with it all that it has started.
#[derive(Debug)]
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it prints goes into a file.
    ///
    /// # Errors
    /// The file cannot be made, or the program cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> io::Result<Self> {
        use std::os::unix::process::CommandExt as _;
        // What it opens anew by the name (`/dev/stdout`, as access logs do) has an offset of its own there: only who
        // appends writes over nothing.
        File::create(log)?;
        let out = OpenOptions::new().append(true).open(log)?;
        let errors = out.try_clone()?;
        command.stdin(Stdio::null()).stdout(out).stderr(errors);
        // A group of its own, by which its children are found at the end.
        let child = command.process_group(0).spawn()?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// The process that was started.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that it has printed.
    pub fn printed(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until it has printed a text.
    ///
    /// # Panics
    /// If it has not after that time, or has ended: with the last lines that it printed.
    pub fn wait_for(&mut self, text: &str, patience: Duration) {
        let start = Instant::now();
        while !self.printed().contains(text) {
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || start.elapsed() > patience {
                let printed = self.printed();
                let skipped = printed.lines().count().saturating_sub(30);
                let last: Vec<_> = printed.lines().skip(skipped).collect();
                panic!("no {text:?} ({ended:?}) in {}:\n{}", self.log.display(), last.join("\n"));
            }
            sleep(Duration::from_millis(50));
        }
    }

    /// Ends it at once, and all that it has started.
    pub fn kill(&mut self) {
        self.signal("KILL");
        let _ = self.child.wait();
    }

    fn signal(&self, name: &str) {
        let group = format!("-{}", self.child.id());
        let _ =
            Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.signal("TERM");
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < Duration::from_secs(5)
        {
            sleep(Duration::from_millis(20));
        }
        self.signal("KILL");
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_by_two_ways_is_all_there() {
        let directory = tempfile::tempdir().expect("a directory");
        let log = directory.path().join("log");
        fs::write(&log, "of another run").expect("written");
        let script = "echo one; (echo two; echo three) >> /dev/stdout; echo four";
        let mut program =
            Program::start(Command::new("sh").args(["-c", script]), &log).expect("a shell");
        program.wait_for("four", Duration::from_secs(30));
        assert_eq!(program.printed(), "one\ntwo\nthree\nfour\n");
    }
}
