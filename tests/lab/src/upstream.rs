//! A server behind the proxy that answers with what reached it.

mod answer;
mod drip;
mod received;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::sync::oneshot;

use self::answer::answer;
pub use self::received::Received;

/// An echo server for HTTP/1.1 and, by prior knowledge, HTTP/2.
///
/// It waits for the whole request and answers 200 with [`Received::json`]. A request to switch
/// protocols (`Upgrade`, or extended CONNECT) is answered at once, by 101 or 200, and its bytes are
/// then sent back. A request with `drip=<milliseconds>` in its query is answered by a byte so often, and
/// the answer has no end. It runs in a thread of its own and needs no runtime around it.
pub struct Upstream {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Starts on a free port. The name is said in every answer.
    pub fn start(name: &str) -> io::Result<Self> {
        Self::start_at(name, (Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Starts at this address.
    pub fn start_at(name: &str, address: SocketAddr) -> io::Result<Self> {
        Self::serve(name, address, true)
    }

    /// Starts on a free port and remembers nothing, for runs of many requests.
    pub fn start_forgetful(name: &str) -> io::Result<Self> {
        Self::serve(name, (Ipv4Addr::LOCALHOST, 0).into(), false)
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns every request so far, in the order in which they became complete.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("nobody panics with the list").clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.received.lock().expect("nobody panics with the list").clear();
    }

    fn serve(name: &str, address: SocketAddr, remember: bool) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();

        let name: Arc<str> = name.into();
        let list = remember.then(|| Arc::clone(&received));
        let thread = thread::Builder::new().name(format!("upstream {name}")).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = accept(listener, name, list) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, received, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, name: Arc<str>, list: Option<Arc<Mutex<Vec<Received>>>>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime takes it");
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().max_headers(1000);
    // hyper's 16 kB are less than a long chain in x-forwarded-client-cert.
    server.http2().max_header_list_size(1 << 20).enable_connect_protocol();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let (server, name, list) = (server.clone(), Arc::clone(&name), list.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let (name, list) = (Arc::clone(&name), list.clone());
                async move {
                    let (received, response) = answer(&name, request).await?;
                    if let Some(list) = list {
                        list.lock().expect("nobody panics with the list").push(received);
                    }
                    Ok::<_, hyper::Error>(response)
                }
            });
            let _ = server.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
        });
    }
}
