//! Steps an Envoy's worker through a request.

use std::{fs, io};

use tokio::sync::oneshot::Sender;

use crate::maps::{Map, Side};
use crate::request::Request;
use crate::steps::{Step, Steps};
use crate::tracee::Tracee;

/// Steps the one worker of an Envoy through the next request. Nobody may send one before this is ready, and
/// somebody must then.
///
/// # Errors
///
/// When the worker cannot be stepped, or ends.
pub(crate) fn request(envoy: u32, ready: Sender<()>) -> io::Result<Request> {
    let tracee = Tracee::stop(worker(envoy)?)?;
    let mut map = read(envoy)?;
    let (mut steps, mut ready) = (Steps::default(), Some(ready));
    loop {
        let (address, call) = tracee.look()?;
        let side = match map.side(address) {
            Some(side) => side,
            // The engine has compiled something meanwhile.
            None => {
                map = read(envoy)?;
                map.side(address).unwrap_or(Side::Envoy)
            }
        };
        if let Some(request) = steps.add(Step { address, side, call }) {
            return Ok(request);
        }
        if let Some(ready) = ready.take_if(|_| steps.have_begun()) {
            // If the client is gone, Envoy soon is too.
            let _ = ready.send(());
        }
        tracee.step()?;
    }
}

/// The thread that handles requests.
fn worker(process: u32) -> io::Result<i32> {
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let task = task?;
        // Another thread may end meanwhile.
        let name = fs::read_to_string(task.path().join("comm"));
        if name.is_ok_and(|name| name.starts_with(WORKER)) {
            let id = task.file_name();
            let id = id.to_str().and_then(|it| it.parse().ok());
            return id.ok_or_else(|| io::Error::other("a thread without a number"));
        }
    }
    Err(io::Error::other("Envoy has no worker"))
}

fn read(process: u32) -> io::Result<Map> {
    Ok(Map::parse(&fs::read_to_string(format!("/proc/{process}/maps"))?))
}

/// How Envoy's names of its workers' threads begin.
const WORKER: &str = "wrk";
