//! What holds whatever the feeds say.

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn no_conversation_breaks_the_rules() {
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let wait = Duration::from_secs(dice.below(2) * 30);
        let mut talk = Talk::new(Feed { wait, ..feed("first") });
        if dice.below(2) == 0 {
            talk.keeping.feeds.fallback = Some(feed("second"));
        }
        let mut in_reset = None;
        let requests = (0..300).filter(|_| exchange(&mut talk, &mut dice, &mut in_reset)).count();
        assert!(requests > 30, "{requests}");
    }
}

/// One request, if it is time for one, and its answer. A reset that is under way is known by its feed.
fn exchange(talk: &mut Talk, dice: &mut Dice, in_reset: &mut Option<u8>) -> bool {
    talk.random = dice.roll();
    talk.is_stale = dice.below(4) == 0;
    talk.pass([0, 1, 700, 20_000][dice.pick(4)]);
    let Some(request) = talk.request() else { return false };
    assert!(talk.keeping.feeds.get(request.feed).is_some());
    assert_eq!(talk.request(), None);
    talk.pass([0, 5, 2_000][dice.pick(3)]);
    let before = talk.position.clone();
    let status = [200, 200, 200, 200, 204, 304, 410, 503][dice.pick(8)];
    if status != 200 {
        match talk.answer(status) {
            Answer::NothingNew => assert_eq!((request.feed, *in_reset), (before.feed, None)),
            _ => *in_reset = None,
        }
        return true;
    }
    let version = before.version + [0, 0, 1, 7][dice.pick(4)];
    let page = Page {
        version: Some(version.saturating_sub(dice.below(2))),
        cursor: ["a", "b", "c", "d"][dice.pick(4)].into(),
        reset: dice.below(2) == 0,
        changes: page(0, "", false).changes.into_iter().take(dice.pick(2)).collect(),
        ..page(0, "", dice.below(2) == 0)
    };
    match talk.page(&page) {
        Ok(turn) => {
            match turn.way {
                Way::Change => {
                    assert!(!page.reset && request.path.contains("after="));
                    assert_eq!((*in_reset, request.feed), (None, before.feed));
                }
                Way::BeginReset => {}
                Way::ContinueReset => assert_eq!(*in_reset, Some(request.feed)),
            }
            let is_whole = turn.way == Way::Change || !page.more;
            // Before the end of a reset nobody sees anything of it.
            assert!(!is_whole || page.version >= Some(before.version));
            assert_eq!(turn.position.is_some(), is_whole);
            *in_reset = (!is_whole).then_some(request.feed);
            if let Some(position) = turn.position {
                assert_eq!((position.feed, Some(position.version)), (request.feed, page.version));
                assert!(position.etag.is_empty() || !page.more);
            }
        }
        Err(failure) => {
            assert_eq!(talk.position, before);
            // The first of its kind may have been a page that came twice.
            let kept = talk.poll.reset.as_ref().map(|reset| reset.feed);
            assert!(kept.is_none() || (kept == *in_reset && failure == Failure::Loop));
            *in_reset = kept;
        }
    }
    true
}

/// Numbers that look like chance (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    fn pick(&mut self, end: u64) -> usize {
        usize::try_from(self.below(end)).unwrap()
    }
}
