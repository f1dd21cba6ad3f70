//! One laboratory for end-to-end tests and demo.
//!
//! * [`pki`] issues certificates, ordinary and adversarial, and [`token`] signed tokens;
//! * [`envoy`] starts a real Envoy and reads its admin interface;
//! * [`feed`] serves a dynamic list, well or badly, and [`digest`] says what stands for an API key
//!   in it;
//! * [`upstream`] answers with what reached it, and [`rate_service`] whether it comes too often;
//! * [`client`] speaks HTTP/1.1 and HTTP/2 over real TLS, byte by byte where that matters, and in
//!   [`client::load`] many times over.
//!
//! Everything listens on 127.0.0.1, and everything stops when its value is dropped. What goes wrong
//! in the set-up panics with the cause; what a test may want to see fail is an [`std::io::Result`].

#![forbid(unsafe_code)]

pub mod client;
pub mod digest;
pub mod envoy;
pub mod feed;
pub mod pki;
pub mod rate_service;
pub mod token;
pub mod upstream;

/// Header or trailer fields: names, and values of any byte.
pub type Fields = Vec<(String, Vec<u8>)>;
