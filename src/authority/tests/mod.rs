#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
mod limbo;
mod made;
mod name_text;
mod names;
mod ways;
