//! The examples of `envoy-config`, started as they are but for their paths, ports and certificates.

mod example;
mod first;
mod front;
mod keys;
mod rates;
mod tokens;
