//! Lists that hold authorities, on a real Envoy: who is admitted by a path, and who is not.

mod admission;
mod company;
mod conversation;
mod endings;
mod isolation;
mod keys;
mod resumption;
mod revocation;
mod rows;
mod spoofing;
mod strangers;
mod table;
