//! Certificates, tokens and API keys on a real Envoy that verifies real tokens: who is let in by which of
//! them, and what thieves and forgers come to.

mod ask;
mod cast;
mod forged;
mod forwarded;
mod listeners;
mod places;
mod preflight;
mod providers;
mod replies;
mod revocation;
mod rows;
mod server_name;
mod spoofing;
mod stage;
mod stolen;
mod strip;
mod table;
mod writers;
