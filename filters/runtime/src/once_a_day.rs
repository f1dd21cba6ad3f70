//! What is told once a day, by whichever worker is first.

use peergate::dynamic::ONLY_IF_ABSENT;

use crate::host;

/// Claims the telling of something for today, among all workers. A host that cannot be asked lets nobody
/// tell: a line in the log is no reason to fail.
///
/// `key` names the table in shared data, `mark` stands for the thing. Shared data is never taken back by
/// the host, so a table is one value of bounded size, which begins anew every day.
pub(crate) fn claim(key: &[u8], mark: u64, now: i64) -> bool {
    for _ in 0..TRIES {
        let Ok(found) = host::shared(key) else {
            return false;
        };
        let (table, cas) = found.unwrap_or((Vec::new(), ONLY_IF_ABSENT));
        let Some(next) = with(&table, mark, now) else {
            return false;
        };
        match host::set_shared(key, &next, cas) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(_) => return false,
        }
    }
    false
}

/// The table with one mark more; `None` if it is in it already, or if the table is full.
fn with(table: &[u8], mark: u64, now: i64) -> Option<Vec<u8>> {
    let day = now.div_euclid(DAY).to_be_bytes();
    let mark = mark.to_be_bytes();
    let marks = table.strip_prefix(&day).unwrap_or_default();
    if marks.len() >= LARGEST || marks.chunks_exact(mark.len()).any(|other| other == mark) {
        return None;
    }
    Some([&day[..], marks, &mark[..]].concat())
}

/// How often a worker tries while others tell something else.
const TRIES: usize = 4;

/// Seconds.
const DAY: i64 = 86_400;

/// Bytes of the marks of one day: 1,000 of them.
const LARGEST: usize = 8_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_taken_once_a_day() {
        let table = with(&[], 7, 100).unwrap();
        assert_eq!(with(&table, 7, DAY - 1), None);
        let table = with(&table, 8, 200).unwrap();
        assert_eq!(with(&table, 8, 300), None);
        let next = with(&table, 7, DAY).unwrap();
        assert_eq!(next.len(), 16, "a new day, a new table");
    }

    #[test]
    fn a_table_has_an_end_and_garbage_in_it_does_no_harm() {
        let mut table = Vec::new();
        for mark in 0..1000 {
            table = with(&table, mark, 0).unwrap();
        }
        assert_eq!(with(&table, 1000, 0), None);
        assert!(with(b"garbage", 1, 0).is_some());
        assert!(with(&[0; 13], 1, 0).is_some());
    }
}
