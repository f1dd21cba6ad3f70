//! What somebody gains who knows how filters of this kind are got round. Others of the same sort are in
//! `attacks`, `guard`, `targets` and `live_policy`.

mod denial;
mod identity;
mod methods;
mod oracle;
