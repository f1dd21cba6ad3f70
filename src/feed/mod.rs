//! Feeds of dynamic lists: what is asked of them and when, and what their answers say.
//!
//! Pure as all of the core: somebody else sends the requests and keeps what comes of them.

mod exchange;
mod failure;
mod pace;
mod page;
mod poll;
mod scan;
mod settings;
mod turn;

pub use exchange::{Answer, Request, Response};
pub use failure::{Failure, WORDS};
pub use page::{Page, PageReader, Step};
pub(crate) use poll::Poll;
pub use settings::{Feed, Feeds, Format, Keeping, WhenStale};
pub(crate) use turn::{Turn, Way};
