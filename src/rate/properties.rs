//! Rates by chance: against an independent token bucket, and against what a rate promises.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy sees tests in #[test] functions alone, and not in what they share"
)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::dynamic::Offline;

/// A bucket of tokens, each of which is worth the nanoseconds in which it comes back.
struct Model {
    credit: u128,
    most: u128,
    token: u128,
    seen_at: u64,
}

impl Model {
    fn new(rate: Rate, now: u64) -> Self {
        let (per, requests) = (rate.per.as_nanos(), u128::from(rate.requests));
        let token = per.div_ceil(requests);
        let most = token * u128::from(rate.burst);
        Self { credit: most, most, token, seen_at: now }
    }

    /// `Err`: the nanoseconds to wait.
    fn take(&mut self, now: u64) -> Result<(), u128> {
        let gained = u128::from(now - self.seen_at);
        self.credit = self.most.min(self.credit + gained);
        self.seen_at = now;
        self.credit =
            self.credit.checked_sub(self.token).ok_or_else(|| self.token - self.credit)?;
        Ok(())
    }
}

fn any_rate() -> impl Strategy<Value = Rate> {
    let count = || prop_oneof![1..10_u32, 1..1000_u32, any::<u32>().prop_map(|count| count.max(1))];
    let per = prop_oneof![1000..100_000_u64, 1000..=86_400_000_u64].prop_map(Duration::from_millis);
    (count(), per, count()).prop_map(|(requests, per, burst)| Rate { requests, per, burst })
}

/// How long requests come after each other, in parts of the rate's interval.
fn any_gaps() -> impl Strategy<Value = Vec<u64>> {
    let gap = prop_oneof![3 => Just(0), 3 => 1..2000_u64, 1 => 1..100_000_u64];
    prop::collection::vec(gap, 1..100)
}

fn interval(rate: Rate) -> u64 {
    (rate.per.as_nanos() as u64).div_ceil(u64::from(rate.requests))
}

/// A gap in nanoseconds: so many thousandths of an interval.
fn gap(rate: Rate, thousandths: u64) -> u64 {
    (u128::from(interval(rate)) * u128::from(thousandths) / 1000) as u64
}

fn neighbour(number: u8) -> Digest {
    let mut who = [0; 32];
    who[5] = number;
    who
}

fn ask(store: &impl Store, who: u8, rate: Rate, now: u64) -> Taken {
    take(store, &Table::of_plugin(b"plugin"), &neighbour(who), rate, now).unwrap()
}

/// What a rate promises of requests that were granted, in their order: of each the earliest and the latest
/// time as of which it may have been counted.
fn holds(rate: Rate, granted: &[(u64, u64)]) -> bool {
    let pairs = |from: usize| (from..granted.len()).map(move |to| (from, to));
    (0..granted.len()).flat_map(pairs).all(|(from, to)| {
        let number = (to - from + 1) as u128;
        let time = u128::from(granted[to].1.saturating_sub(granted[from].0));
        let more = number.saturating_sub(u128::from(rate.burst));
        more * rate.per.as_nanos() <= u128::from(rate.requests) * time
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_bucket_is_that_of_the_model(rate in any_rate(), gaps in any_gaps()) {
        let (store, mut now) = (Offline::default(), START);
        let (mut model, mut granted) = (Model::new(rate, now), Vec::new());
        for thousandths in gaps {
            now += gap(rate, thousandths);
            let expected = model.take(now);
            match (ask(&store, 0, rate, now), expected) {
                (Taken::Granted, Ok(())) => granted.push((now, now)),
                (Taken::Refused { retry_after }, Err(wait)) => {
                    let seconds = wait.div_ceil(u128::from(SECOND)).max(1);
                    prop_assert_eq!(u128::from(retry_after), seconds);
                }
                (taken, expected) => prop_assert!(false, "{:?} where {:?} is expected", taken, expected),
            }
        }
        prop_assert!(holds(rate, &granted));
    }

    /// Neighbours share a slot, and neither gets or loses anything by it.
    #[test]
    fn neighbours_do_not_matter(
        rate in any_rate(),
        requests in prop::collection::vec((0..16_u8, 0..500_u64), 1..200),
    ) {
        let (store, mut now) = (Offline::default(), START);
        let mut models: Vec<Model> = (0..16).map(|_| Model::new(rate, now)).collect();
        for (who, thousandths) in requests {
            now += gap(rate, thousandths);
            let is_granted = ask(&store, who, rate, now) == Taken::Granted;
            prop_assert_eq!(is_granted, models[usize::from(who)].take(now).is_ok());
        }
    }

    #[test]
    fn who_waits_as_told_passes(rate in any_rate(), gaps in any_gaps()) {
        let (store, mut now) = (Offline::default(), START);
        for thousandths in gaps {
            now += gap(rate, thousandths);
            if let Taken::Refused { retry_after } = ask(&store, 0, rate, now) {
                let before = now + u64::from(retry_after - 1) * SECOND;
                prop_assert!(retry_after == 1 || ask(&store, 0, rate, before) != Taken::Granted);
                now += u64::from(retry_after) * SECOND;
                prop_assert_eq!(ask(&store, 0, rate, now), Taken::Granted);
            }
        }
    }

    /// Workers that read the clock and then sleep: their requests come in another order.
    #[test]
    fn late_ones_get_no_more(
        rate in any_rate(),
        requests in prop::collection::vec((0..3_u8, 0..1500_u64, 0..3000_u64), 1..100),
    ) {
        let (store, mut latest) = (Offline::default(), START);
        let mut granted = [(); 3].map(|()| Vec::new());
        for (who, thousandths, late) in requests {
            latest += gap(rate, thousandths);
            // Not later than a slot takes for one of its own.
            let now = latest - gap(rate, late).min(59 * SECOND);
            if ask(&store, who, rate, now) == Taken::Granted {
                granted[usize::from(who)].push((now, latest));
            }
        }
        for granted in granted {
            prop_assert!(holds(rate, &granted), "{:?}", granted);
        }
    }

    /// Somebody writes what is none of ours, now and then: nobody gets more for that, and nobody is shut out.
    #[test]
    fn garbage_grants_nothing(
        rate in any_rate(),
        requests in prop::collection::vec((0..3_u8, 0..3000_u64, prop::option::weighted(0.1, any_garbage())), 1..100),
    ) {
        let (store, mut now) = (Offline::default(), START);
        let mut granted = [(); 3].map(|()| Vec::new());
        let key = Table::of_plugin(b"plugin").slot(&neighbour(0));
        for (who, thousandths, garbage) in requests {
            now += gap(rate, thousandths);
            if let Some(garbage) = garbage {
                let number = Store::get(&store, &key).unwrap().map_or(0, |(_, number)| number);
                prop_assert_eq!(store.set(&key, &garbage, number), Ok(true));
            }
            if ask(&store, who, rate, now) == Taken::Granted {
                granted[usize::from(who)].push((now, now));
            }
        }
        for granted in granted {
            prop_assert!(holds(rate, &granted), "{:?}", granted);
        }
        for who in 0..3 {
            ask(&store, who, rate, now);
        }
        for who in 0..3 {
            prop_assert_eq!(ask(&store, who, rate, now + interval(rate)), Taken::Granted);
        }
    }
}

/// Never what a limit writes, which begins with 1 or 2.
fn any_garbage() -> impl Strategy<Value = Vec<u8>> {
    let of_a_length = prop_oneof![0..40_usize, Just(25), 0..400_usize];
    of_a_length.prop_flat_map(|length| {
        prop::collection::vec(any::<u8>(), length).prop_map(|mut bytes| {
            if let Some(head @ (1 | 2)) = bytes.first_mut() {
                *head += 2;
            }
            bytes
        })
    })
}

/// Shared data that tells how much it holds.
#[derive(Default)]
struct Weighed(RefCell<HashMap<Vec<u8>, Value>>);

/// Bytes, and the number that replacing them takes.
type Value = (Vec<u8>, u32);

impl Store for Weighed {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        Ok(self.0.borrow().get(key).cloned())
    }

    fn set(&self, key: &[u8], value: &[u8], number: u32) -> Result<bool, Unreadable> {
        self.0.borrow_mut().insert(key.to_vec(), (value.to_vec(), number.wrapping_add(1)));
        Ok(true)
    }
}

#[test]
fn a_million_identities_take_what_the_table_has_and_no_more() {
    let (store, table) = (Weighed::default(), Table::of_plugin(b"plugin"));
    let one_a_day = Rate { requests: 1, per: Duration::from_secs(86_400), burst: 1 };
    let who = |number: u64| {
        // As evenly spread as a digest (splitmix64), and made sooner.
        let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mut who = [0; 32];
        who[..8].copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes());
        who
    };
    let granted = |numbers: std::ops::Range<u64>| {
        let ask = |number: &u64| take(&store, &table, &who(*number), one_a_day, START).unwrap();
        numbers.filter(|number| ask(number) == Taken::Granted).count()
    };
    let weight = || {
        let values = store.0.borrow();
        (values.len(), values.values().map(|(value, _)| value.len()).sum::<usize>())
    };
    // Of 200,000 nearly all find room, and of a million not all; whoever found some has used his token.
    assert!(granted(0..200_000) > 199_990);
    let others = granted(200_000..1_000_000);
    assert!((600_000..800_000).contains(&others), "{others}");
    assert_eq!(granted(0..10_000), 0);
    let (slots, bytes) = weight();
    assert_eq!(slots, SLOTS);
    assert!(bytes <= SLOTS * slot::LARGEST, "{bytes}");
    // A day later a slot forgets them all with the first that it grants.
    let ask = |number: u64| take(&store, &table, &who(number), one_a_day, START + DAY).unwrap();
    assert!((0..200_000).all(|number| ask(number) == Taken::Granted));
    assert!(weight().1 < bytes / 3);
}

/// As many as a slot's number has values.
const SLOTS: usize = 65_536;

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400 * SECOND;
const START: u64 = 10_000 * SECOND;
