//! What else could decide who may pass, each as Envoy is configured for it: every function returns one
//! entry of `http_filters`.

pub mod ext_authz;
mod identity;
pub mod lua;
pub mod modules;
pub mod rbac;

pub use identity::identity;

#[cfg(test)]
mod tests;
