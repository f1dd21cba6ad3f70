//! What else could decide who may pass, each as Envoy is configured for it: every function returns one
//! entry of `http_filters`.

pub(crate) mod ext_authz;
mod identity;
pub(crate) mod lua;
pub(crate) mod modules;
pub(crate) mod rbac;

pub(crate) use identity::identity;

#[cfg(test)]
mod tests;
