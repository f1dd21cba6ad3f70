//! Policies, and the requests that are counted under each.

use std::collections::BTreeMap;
use std::rc::Rc;

use peergate::Policy;
use peergate::dynamic::{Heard, Offline};
use peergate::feed::{Format, PageReader};
use serde_json::{Value, json};

use crate::host::Host;
use crate::request::Request;

/// A policy, what is on its dynamic list, and requests.
#[derive(Debug)]
pub struct Scene {
    /// What tells it from other policies.
    pub name: &'static str,
    /// The policy.
    pub policy: Value,
    /// The changes that its feed has told of.
    pub changes: Vec<Value>,
    /// A request that comes before them, once.
    pub before: Option<Request>,
    /// The requests. All come to one VM, one after the other.
    pub requests: Vec<Request>,
}

impl Scene {
    /// A policy for requests that are still to be given.
    pub fn new(name: &'static str, policy: Value) -> Self {
        Self { name, policy, changes: Vec::new(), before: None, requests: Vec::new() }
    }

    /// With a request more.
    pub fn asked(mut self, request: Request) -> Self {
        self.requests.push(request);
        self
    }

    /// With a request that comes before all others.
    pub fn after(self, request: Request) -> Self {
        Self { before: Some(request), ..self }
    }

    /// With what the feed of its dynamic list says.
    pub fn told(self, changes: impl IntoIterator<Item = Value>) -> Self {
        Self { changes: changes.into_iter().collect(), ..self }
    }

    /// What a request to this policy is called.
    pub fn variant(&self, request: &Request) -> String {
        format!("{}, {}", self.name, request.name)
    }

    /// The world around the VM before the first request.
    pub fn host(&self) -> Host {
        let configuration = self.policy.to_string().into_bytes();
        let lists = Rc::new(Offline::default());
        if !self.changes.is_empty() {
            let page = json!({ "version": 1, "cursor": "1", "changes": self.changes }).to_string();
            let page = PageReader::new(page.into(), &Format::Native, u32::MAX).expect("a page");
            let page = page.finish().expect("a page");
            let policy = Policy::read(&configuration).expect("a policy");
            for list in policy.dynamic_lists() {
                lists.fill(list, &page, Heard::Now).expect("nobody else fills it");
            }
        }
        let mut host = Host::new(configuration, lists);
        host.properties = BTreeMap::from([(b"plugin_name".into(), b"peergate".into())]);
        host
    }
}
