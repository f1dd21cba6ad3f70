//! Older Envoys: what they lack, and that everything else is alike. `docs/versions.md` says so in words.

mod alike;
mod carriers;
mod example;
mod trap;
