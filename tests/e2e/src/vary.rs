//! Changes to a rendered bootstrap that several tests need.

use std::net::{Ipv4Addr, SocketAddr};

use peergate_lab::envoy::free_port;
use serde_json::Value;

use crate::gateway::Bootstrap;

impl Bootstrap {
    /// Has a changed copy of the first listener listen too, and returns where.
    pub fn vary(&mut self, name: &str, change: impl FnOnce(&mut Self)) -> SocketAddr {
        let address = (Ipv4Addr::LOCALHOST, free_port()).into();
        self.listen_also(name, address);
        // What changes a bootstrap changes its first listener.
        self.swap_first_and_last();
        change(self);
        self.swap_first_and_last();
        address
    }

    /// Puts an HTTP filter directly ahead of ours.
    pub fn insert_ahead(&mut self, filter: Value) -> &mut Value {
        let filters = self.http_filters();
        let place = filters.iter().position(|it| it["name"] == "peergate").expect("our filter");
        filters.insert(place, filter);
        &mut filters[place]
    }

    /// Has access logs show one thing more.
    pub fn log_also(&mut self, name: &str, format: &str) {
        let log = &mut self.connection_manager()["access_log"][0]["typed_config"];
        log["log_format"]["json_format"][name] = format.into();
    }

    fn swap_first_and_last(&mut self) {
        let listeners = self.config["static_resources"]["listeners"].as_array_mut();
        let listeners = listeners.expect("a list");
        let last = listeners.len() - 1;
        listeners.swap(0, last);
    }
}
