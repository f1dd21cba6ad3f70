//! Which plugins share a list, and which do not.

use super::*;

/// The same policy with a list that differs in this.
fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut policy = policy();
    change(&mut policy["lists"]["registered"]);
    policy
}

#[test]
fn lists_that_differ_have_nothing_in_common() {
    let others = [
        with(|list| list["secret"] = "another secret of ours".into()),
        with(|list| {
            list.as_object_mut().unwrap().remove("secret");
        }),
        with(|list| list["feed"]["cluster"] = "other".into()),
        with(|list| list["feed"]["authority"] = "other.internal".into()),
        with(|list| list["feed"]["path"] = "/v1/other".into()),
        with(|list| {
            list["feed"]["format"] = "client_ssl_auth".into();
            list["feed"]["apis"] = json!(["*"]);
        }),
        serde_json::from_str(&policy().to_string().replace("registered", "others")).unwrap(),
    ];
    let own = Running::loaded(&policy(), [put(ALICE)]);
    for policy in others {
        let other = Running::filter(&policy, &own.clock);
        assert_eq!(other.reason(ALICE), "list_stale", "{policy}");
        other.tick();
        let call = other.call();
        let body = if policy.to_string().contains("client_ssl_auth") {
            json!({"certificates": [{"fingerprint_sha256": BOB}]})
        } else {
            json!({"version": 9, "cursor": "c9", "changes": [put(BOB)]})
        };
        assert!(call.header("if-none-match").is_none());
        other.answer(super::body(&body));
        assert_eq!(other.reason(ALICE), "certificate_not_allowed");
        assert_eq!(other.reason(BOB), "allowed");
        // Each has its own.
        assert_eq!(own.reason(ALICE), "allowed");
        assert_eq!(own.reason(BOB), "certificate_not_allowed");
    }
}

#[test]
fn how_a_feed_is_asked_does_not_make_it_another() {
    let policies = [
        with(|list| list["max_age"] = "60s".into()),
        with(|list| list["feed"]["interval"] = "5s".into()),
        with(|list| list["feed"]["page"] = 5.into()),
        with(|list| list["start_wait"] = "1s".into()),
    ];
    let own = Running::loaded(&policy(), [put(ALICE)]);
    for policy in policies {
        let other = Running::filter(&policy, &own.clock);
        other.tick();
        assert_eq!(other.reason(ALICE), "allowed", "{policy}");
        assert!(other.plugin.pending().is_empty());
    }
}

#[test]
fn one_of_two_plugins_polls_a_list_that_both_have() {
    let clock = Clock::new();
    let plugins = [Running::filter(&policy(), &clock), Running::filter(&policy(), &clock)];
    for _ in 0..20 {
        for plugin in &plugins {
            plugin.tick();
        }
        clock.pass(Duration::from_millis(500));
    }
    let [first, second] = &plugins;
    assert_eq!((first.plugin.pending().len(), second.plugin.pending().len()), (1, 0));
    first.answer(page(1, [put(ALICE)]));
    assert_eq!((first.reason(ALICE), second.reason(ALICE)), ("allowed".into(), "allowed".into()));
}

#[test]
fn two_lists_of_one_policy_are_each_kept_on_their_own() {
    let mut policy = policy();
    policy["lists"]["partners"] = list();
    policy["lists"]["partners"]["feed"]["cluster"] = "partners".into();
    policy["apis"][0]["certificate"]["require"] = json!(["partners"]);
    let filter = Running::filter(&policy, &Clock::new());
    filter.tick();
    let answer = |cluster: &str, changes: Vec<Value>| {
        let calls = filter.plugin.pending();
        let call = calls.iter().find(|call| call.cluster == cluster).unwrap();
        filter.plugin.answer_call(call.token, page(1, changes), NOW).unwrap();
    };
    answer("feed", vec![put(ALICE), put(BOB)]);
    assert_eq!(filter.reason(ALICE), "list_stale");
    answer("partners", vec![put(ALICE)]);
    assert_eq!(filter.reason(ALICE), "allowed");
    assert_eq!(filter.reason(BOB), "certificate_not_registered");
    filter.tick();
    assert_eq!(filter.gauge("entries"), 2);
    assert_eq!(filter.plugin.metric("peergate.list.partners.entries"), 1);
}

#[test]
fn a_new_configuration_of_the_same_list_takes_over() {
    let clock = Clock::new();
    let old = Running::filter(&policy(), &clock);
    old.tick();
    old.answer(page(1, [put(ALICE)]));
    let mut next = policy();
    next["apis"][0]["certificate"]["validity"] = "when_known".into();
    let new = Running::filter(&next, &clock);
    // Nothing is loaded again.
    assert_eq!(new.reason(ALICE), "allowed");
    // The old one goes on until its last stream has ended.
    old.await_call();
    new.tick();
    assert!(new.plugin.pending().is_empty());
    drop(old);
    new.run(Duration::from_secs(1));
    assert_eq!(new.states(), [r#""leads","term":2"#]);
    assert_eq!(new.call().header(":path"), Some("/v1/changes?limit=1000&after=c1"));
    new.answer(page(2, [delete(ALICE)]));
    assert_eq!(new.reason(ALICE), "certificate_not_allowed");
}

#[test]
fn a_new_configuration_of_another_feed_begins_anew() {
    let clock = Clock::new();
    let old = Running::filter(&policy(), &clock);
    old.tick();
    old.answer(page(1, [put(ALICE)]));
    let new = Running::filter(&with(|list| list["feed"]["path"] = "/v2".into()), &clock);
    assert_eq!(new.reason(ALICE), "list_stale");
    new.tick();
    new.answer(page(1, [put(BOB)]));
    // Both go their way as long as there are both.
    old.poll(page(2, [put(ALICE)]));
    new.poll(page(2, [put(BOB)]));
    assert_eq!(
        (old.reason(ALICE), new.reason(ALICE)),
        ("allowed".into(), "certificate_not_allowed".into())
    );
    drop(old);
    assert_eq!(
        (new.reason(ALICE), new.reason(BOB)),
        ("certificate_not_allowed".into(), "allowed".into())
    );
    // An answer to one that is gone does no harm.
    assert!(new.states().iter().all(|state| !state.contains("follows")));
}

#[test]
fn what_other_plugins_share_is_nothing_to_a_list() {
    let filter = Running::filter(&policy(), &Clock::new());
    for key in ["head", "lease", "registered", "", "peergate", "registered/head"] {
        SharedData::current().set(key, "theirs");
    }
    filter.tick();
    filter.answer(page(1, [put(ALICE)]));
    assert_eq!(filter.reason(ALICE), "allowed");
    assert_eq!(SharedData::current().get("head").as_deref(), Some(&b"theirs"[..]));
}
