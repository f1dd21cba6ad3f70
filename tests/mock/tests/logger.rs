//! A process that has a logger of its own already.

use peergate_mock::{Filter, LoadError};

struct Other;

impl log::Log for Other {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }
    fn log(&self, _: &log::Record<'_>) {}
    fn flush(&self) {}
}

#[test]
fn another_logger_is_an_error_and_no_panic() {
    log::set_logger(&Other).unwrap();
    for _ in 0..2 {
        assert_eq!(Filter::load("{}").unwrap_err(), LoadError::OtherLogger);
    }
}
