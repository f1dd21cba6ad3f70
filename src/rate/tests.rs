#![expect(
    clippy::arithmetic_side_effects,
    reason = "clippy sees tests in #[test] functions alone, and not in what they share"
)]

use std::cell::Cell;
use std::time::Duration;

use super::*;
use crate::digest::sha256;
use crate::dynamic::{Offline, Space, bucket_of};

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A second, in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// When tests begin: some hours after the machine did.
const START: u64 = 10_000 * SECOND;

fn rate(requests: u32, per: u64, burst: u32) -> Rate {
    Rate { requests, per: Duration::from_secs(per), burst }
}

fn table() -> Table {
    Table::of_plugin(b"plugin")
}

/// Somebody in the slot of number 0.
fn neighbour(number: u16) -> Digest {
    let mut who = [0; 32];
    who[2..4].copy_from_slice(&number.to_le_bytes());
    who
}

/// Shared data that counts what is asked of it, and loses swaps.
#[derive(Default)]
struct Counting {
    values: Offline,
    gets: Cell<u32>,
    sets: Cell<u32>,
    /// So many swaps are lost to somebody else.
    to_lose: Cell<u32>,
    fails_at: Option<&'static str>,
}

impl Store for Counting {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        self.gets.set(self.gets.get() + 1);
        if self.fails_at == Some("get") { Err(Unreadable) } else { Store::get(&self.values, key) }
    }

    fn set(&self, key: &[u8], value: &[u8], number: u32) -> Result<bool, Unreadable> {
        self.sets.set(self.sets.get() + 1);
        if self.fails_at == Some("set") {
            return Err(Unreadable);
        }
        if self.to_lose.get() > 0 {
            self.to_lose.set(self.to_lose.get() - 1);
            return Ok(false);
        }
        self.values.set(key, value, number)
    }
}

impl Counting {
    /// What somebody asks for at a time; `None` if it is granted, else the seconds that he has to wait.
    fn take(&self, who: &Digest, rate: Rate, now: u64) -> Option<u32> {
        match take(self, &table(), who, rate, now).unwrap() {
            Taken::Granted => None,
            Taken::Refused { retry_after } => Some(retry_after),
        }
    }

    /// How many of many requests of a moment are granted.
    fn granted(&self, who: &Digest, rate: Rate, now: u64) -> usize {
        (0..100).filter(|_| self.take(who, rate, now).is_none()).count()
    }

    /// Writes a slot over.
    fn write(&self, who: &Digest, value: &[u8]) {
        let key = table().slot(who);
        let number = Store::get(&self.values, &key).unwrap().map_or(0, |(_, number)| number);
        assert!(self.values.set(&key, value, number).unwrap());
    }

    fn value(&self, who: &Digest) -> Option<Vec<u8>> {
        self.values.get(&table().slot(who))
    }

    fn calls(&self) -> (u32, u32) {
        (self.gets.take(), self.sets.take())
    }
}

#[test]
fn a_burst_then_the_rate() {
    let (store, who) = (Counting::default(), sha256(b"a"));
    let one_a_second = rate(60, 60, 3);
    assert_eq!(store.granted(&who, one_a_second, START), 3);
    assert_eq!(store.take(&who, one_a_second, START), Some(1));
    assert_eq!(store.take(&who, one_a_second, START + SECOND - 1), Some(1));
    assert_eq!(store.take(&who, one_a_second, START + SECOND), None);
    assert_eq!(store.take(&who, one_a_second, START + SECOND), Some(1));
    // What is not used comes back, up to the burst.
    assert_eq!(store.granted(&who, one_a_second, START + 3 * SECOND), 2);
    assert_eq!(store.granted(&who, one_a_second, START + 3000 * SECOND), 3);
}

#[test]
fn a_token_never_comes_back_too_early() {
    let (store, who) = (Counting::default(), sha256(b"a"));
    // One in 3.333… seconds.
    let rate = rate(3, 10, 1);
    assert_eq!(store.take(&who, rate, START), None);
    assert_eq!(store.take(&who, rate, START + 3_333_333_333), Some(1));
    assert_eq!(store.take(&who, rate, START + 3_333_333_334), None);
}

#[test]
fn how_long_to_wait_is_told_in_whole_seconds() {
    let (store, who) = (Counting::default(), sha256(b"a"));
    let one_a_minute = rate(1, 60, 1);
    assert_eq!(store.take(&who, one_a_minute, START), None);
    for (nanoseconds, seconds) in [
        (0, 60),
        (1, 60),
        (SECOND, 59),
        (58 * SECOND - 1, 3),
        (58 * SECOND, 2),
        (59 * SECOND + 999_999_999, 1),
    ] {
        let waits = store.take(&who, one_a_minute, START + nanoseconds);
        assert_eq!(waits, Some(seconds), "{nanoseconds}");
    }
}

#[test]
fn everybody_has_a_bucket_under_every_rate() {
    let (store, a, b) = (Offline::default(), sha256(b"a"), sha256(b"b"));
    let granted = |table: &Table, who: &Digest, rate| {
        (0..100).filter(|_| take(&store, table, who, rate, START) == Ok(Taken::Granted)).count()
    };
    let (list, other) = (Space::of("l", &[b"1"]), Space::of("l", &[b"2"]));
    for table in [
        Table::of_list(list),
        Table::of_list(other),
        Table::of_plugin(b"p"),
        Table::of_plugin(b"pa"),
        Table::of_plugin(list.prefix()),
    ] {
        assert_eq!(granted(&table, &a, rate(1, 60, 2)), 2);
        assert_eq!(granted(&table, &a, rate(1, 60, 2)), 0);
        assert_eq!(granted(&table, &b, rate(1, 60, 2)), 2);
        assert_eq!(granted(&table, &neighbour(1), rate(1, 60, 2)), 2);
        assert_eq!(granted(&table, &neighbour(2), rate(1, 60, 2)), 2);
        // Neither pays for the other nor is forgiven by it.
        for other in [rate(2, 60, 2), rate(1, 61, 2), rate(1, 60, 3), rate(50, 1, 90)] {
            assert_eq!(granted(&table, &a, other), usize::try_from(other.burst).unwrap());
        }
        assert_eq!(granted(&table, &a, rate(1, 60, 2)), 0);
    }
    // Where a list's own parts lie is something else.
    let (bucket, slot) = (list.bucket(bucket_of(&a)), Table::of_list(list).slot(&a));
    assert_ne!(bucket, slot);
    assert_eq!(slot.len(), 18, "which the host keeps without an allocation");
}

#[test]
fn a_refusal_costs_one_look_and_a_grant_a_swap_besides() {
    let (store, who) = (Counting::default(), sha256(b"a"));
    let rate = rate(1, 60, 1);
    assert_eq!(store.take(&who, rate, START), None);
    assert_eq!(store.calls(), (1, 1));
    let value = store.value(&who);
    assert_eq!(store.granted(&who, rate, START + SECOND), 0);
    assert_eq!(store.calls(), (100, 0));
    assert_eq!(store.value(&who), value);
}

#[test]
fn four_lost_swaps_refuse() {
    let (store, who) = (Counting::default(), sha256(b"a"));
    let rate = rate(100, 1, 100);
    for (lost, waits, calls) in [(3, None, (4, 4)), (4, Some(1), (4, 4)), (9, Some(1), (4, 4))] {
        store.to_lose.set(lost);
        assert_eq!(store.take(&who, rate, START), waits, "{lost} lost");
        assert_eq!(store.calls(), calls, "{lost} lost");
    }
}

#[test]
fn a_host_that_fails_grants_nothing() {
    for fails_at in ["get", "set"] {
        let store = Counting { fails_at: Some(fails_at), ..Counting::default() };
        let taken = take(&store, &table(), &sha256(b"a"), rate(1, 1, 1), START);
        assert_eq!(taken, Err(Unreadable));
    }
}

#[test]
fn a_slot_has_room_for_sixteen() {
    let store = Counting::default();
    let one_a_minute = rate(1, 60, 1);
    for number in 0..16 {
        let now = START + u64::from(number) * SECOND;
        assert_eq!(store.take(&neighbour(number), one_a_minute, now), None);
    }
    assert_eq!(store.value(&neighbour(0)).unwrap().len(), slot::LARGEST - 8);
    // No room, and nothing is written over: until the first of them is full again.
    let now = START + 20 * SECOND;
    store.calls();
    assert_eq!(store.take(&neighbour(16), one_a_minute, now), Some(40));
    assert_eq!(store.calls(), (1, 0));
    // Those who have a place are granted and refused as ever.
    assert_eq!(store.take(&neighbour(3), one_a_minute, now), Some(43));
    assert_eq!(store.take(&neighbour(16), one_a_minute, START + 60 * SECOND), None);
    assert_eq!(store.take(&neighbour(17), one_a_minute, START + 60 * SECOND), Some(1));
    assert_eq!(store.take(&neighbour(3), one_a_minute, START + 63 * SECOND), None);
    // In time they are gone.
    assert_eq!(store.take(&neighbour(0), one_a_minute, START + 600 * SECOND), None);
    assert_eq!(store.value(&neighbour(0)).unwrap().len(), 1 + 8 + 16);
}

/// Values that no limit writes.
fn garbage(now: u64) -> Vec<Vec<u8>> {
    let slot = |head: u8, times: &[u64]| {
        let times = times.iter().flat_map(|time| time.to_le_bytes());
        [head].into_iter().chain(times).collect::<Vec<u8>>()
    };
    vec![
        Vec::new(),
        vec![0],
        b"garbage".to_vec(),
        vec![0xff; 25],
        vec![1; 1000],
        slot(1, &[]),
        slot(2, &[now]),
        slot(3, &[now]),
        slot(1, &[now, 1]),
        slot(1, &[&[now][..], &[now; 34]].concat()),
        // Written later than now, and lost later than written.
        slot(1, &[now + 61 * SECOND]),
        slot(1, &[u64::MAX]),
        slot(2, &[now, now + 1]),
    ]
}

#[test]
fn what_is_none_of_ours_refuses_once_and_then_limits() {
    let rate = rate(60, 60, 5);
    let (a, b) = (neighbour(1), neighbour(2));
    for value in garbage(START) {
        let store = Counting::default();
        store.write(&a, &value);
        assert_eq!(store.take(&a, rate, START), Some(1), "{value:?}");
        assert_eq!(store.granted(&a, rate, START + SECOND - 1), 0, "{value:?}");
        // At his rate, and so does everybody else in the slot: what they had is lost.
        for who in [&a, &b] {
            assert_eq!(store.granted(who, rate, START + 2 * SECOND), 2, "{value:?}");
        }
        assert_eq!(store.granted(&a, rate, START + 4 * SECOND), 2, "{value:?}");
        for who in [&a, &b, &neighbour(3)] {
            assert_eq!(store.granted(who, rate, START + 100 * SECOND), 5, "{value:?}");
        }
    }
}

#[test]
fn whoever_writes_garbage_again_and_again_gets_nothing() {
    let (store, rate) = (Counting::default(), rate(60, 60, 50));
    let mut granted = 0;
    for tenth in 0..100 {
        let now = START + tenth * SECOND / 10;
        for value in garbage(now) {
            let who = neighbour(u16::try_from(tenth % 3).unwrap());
            granted += store.granted(&who, rate, now);
            store.write(&who, &value);
        }
    }
    // Before it was written for the first time.
    assert_eq!(granted, 50);
}

#[test]
fn a_time_far_ahead_shuts_nobody_out() {
    let (who, rate) = (neighbour(1), rate(1, 10, 3));
    for ahead in [30 * SECOND + 1, 86_400 * SECOND, u64::MAX - START] {
        let store = Counting::default();
        assert_eq!(store.take(&who, rate, START), None);
        let mut value = store.value(&who).unwrap();
        let time = value.len() - 8;
        value[time..].copy_from_slice(&(START + ahead).to_le_bytes());
        store.write(&who, &value);
        assert_eq!(store.take(&who, rate, START), Some(10), "{ahead}");
        assert_eq!(store.granted(&who, rate, START + 10 * SECOND - 1), 0, "{ahead}");
        assert_eq!(store.granted(&who, rate, START + 10 * SECOND), 1, "{ahead}");
        assert_eq!(store.granted(&who, rate, START + 100 * SECOND), 3, "{ahead}");
    }
}

#[test]
fn a_worker_that_slept_gets_nothing_out_of_it() {
    let (store, who, rate) = (Counting::default(), neighbour(1), rate(60, 60, 2));
    assert_eq!(store.granted(&who, rate, START), 2);
    // Another one's request, at which the first is forgotten.
    assert_eq!(store.take(&neighbour(2), rate, START + 2 * SECOND), None);
    assert_eq!(store.value(&who).unwrap().len(), 1 + 8 + 16);
    // One that read the clock a second earlier counts as if it had read it then.
    assert_eq!(store.granted(&who, rate, START + SECOND), 2);
    assert_eq!(store.granted(&who, rate, START + 2 * SECOND), 0);
    assert_eq!(store.granted(&who, rate, START + 3 * SECOND), 1);
    assert_eq!(store.take(&who, rate, START), Some(1));
}

#[test]
fn the_ends_of_numbers_are_no_way_round() {
    let who = neighbour(1);
    // A burst that takes longer to come back than there is time.
    let ages = rate(1, 86_400, u32::MAX);
    assert_eq!(Counting::default().granted(&who, ages, START), 100);
    let store = Counting::default();
    store.write(&who, b"garbage");
    assert_eq!(store.granted(&who, ages, START), 0);
    assert_eq!(store.granted(&who, ages, START + 86_400 * SECOND), 1);
    for (now, waits) in [(u64::MAX - 1, true), (u64::MAX, true), (0, false)] {
        let store = Counting::default();
        assert_eq!(store.take(&who, rate(1, 86_400, 1), now).is_some(), waits, "{now}");
    }
    // As fast as a clock goes.
    let (store, fast) = (Counting::default(), rate(u32::MAX, 1, 1));
    assert_eq!(store.granted(&who, fast, START), 1);
    assert_eq!(store.granted(&who, fast, START + 1), 1);
    // No reader lets this through.
    let nothing = Rate { requests: 0, per: Duration::ZERO, burst: 0 };
    assert_eq!(Counting::default().granted(&who, nothing, START), 1);
}
