//! A web server that holds modules, as a user's own would.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest as _, Sha256};

/// Answers `GET` with what was put under a path, and 404 for the rest. It lives as long as the process.
#[derive(Clone, Debug)]
pub struct ModuleServer {
    address: SocketAddr,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl ModuleServer {
    /// Starts with nothing on it, on a free port.
    ///
    /// # Errors
    /// There is no port.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server =
            Self { address: listener.local_addr()?, files: Arc::default(), asked: Arc::default() };
        let serving = server.clone();
        thread::Builder::new().name("modules".to_owned()).spawn(move || {
            for stream in listener.incoming().flatten() {
                // Who goes away in the middle is no concern of the others.
                let _ = serving.answer(&stream);
            }
        })?;
        Ok(server)
    }

    /// Puts a file under a path, `/…`, in place of any that is there, and returns its URL.
    pub fn put(&self, path: &str, file: Vec<u8>) -> String {
        self.files.lock().expect("nobody panics with it").insert(path.to_owned(), file);
        self.url(path)
    }

    /// Takes away what is under a path.
    pub fn remove(&self, path: &str) {
        self.files.lock().expect("nobody panics with it").remove(path);
    }

    /// The URL of a path, whether there is something or not.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panics with it").clone()
    }

    /// Takes away what an agent of Istio has put on the disk of what it fetched here: its modules lie where all
    /// agents have theirs, in a directory for each URL.
    pub(crate) fn forget_fetched(&self) {
        for path in self.asked() {
            let digest = Sha256::digest(self.url(&path));
            let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = fs::remove_dir_all(Path::new(DATA).join(name));
        }
    }

    fn answer(&self, stream: &TcpStream) -> io::Result<()> {
        let mut lines = BufReader::new(stream).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        // The head ends with an empty line.
        for line in lines {
            if line?.is_empty() {
                break;
            }
        }
        let path = first.split(' ').nth(1).unwrap_or_default();
        self.asked.lock().expect("nobody panics with it").push(path.to_owned());
        let file = self.files.lock().expect("nobody panics with it").get(path).cloned();
        let (status, body) = match file {
            Some(file) => ("200 OK", file),
            None => ("404 Not Found", Vec::new()),
        };
        let length = body.len();
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        stream.write_all(&body)
    }
}

/// Where agents of Istio put modules, wherever they run.
const DATA: &str = "/var/lib/istio/data";
