//! Policies that cannot be used.

use peergate_control_planes::People;
use peergate_control_planes::envoy_gateway::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_policy_leaves_the_old_one() {
    let people = People::new();
    let mut policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    gateway.settle(Some(&people.alice), "/employee", (200, "alice")).await;

    let good = gateway.applied();
    let broken = good.replace("\"mandatory\"", "\"compulsory\"");
    assert_ne!(broken, good);
    gateway.apply_rendered(&broken);
    gateway.wait(async || gateway.count("lds.update_rejected").await > 0).await;
    assert!(gateway.log().contains("invalid policy: apis[0].policy"), "{}", gateway.story());
    for (identity, status, told) in
        [(Some(&people.alice), 200, "alice"), (Some(&people.bob), 403, "certificate_not_allowed")]
    {
        assert_eq!(gateway.ask(identity, "/employee").await, (status, told.to_owned()));
    }
    // And a good one after it takes effect.
    policy["lists"]["partners"]["entries"][0]["identity"] = "alice-again".into();
    gateway.apply_policy(&policy).expect("a good policy");
    gateway.settle(Some(&people.alice), "/employee", (200, "alice-again")).await;

    // `render` prints no such policy.
    policy["apis"][0]["policy"] = "compulsory".into();
    let told = gateway.apply_policy(&policy).expect_err("a broken policy");
    assert!(told.contains("apis[0].policy"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_policy_lets_nobody_pass_where_its_module_is_new() {
    let people = People::new();
    let policy = people.policy();
    let mut gateway = Setup::new(&people.authority, &policy).start().await;
    gateway.settle(Some(&people.alice), "/employee", (200, "alice")).await;
    let good = gateway.applied();
    gateway.set_module(&gateway.put_another_module());
    gateway.apply_policy(&policy).expect("a good policy");
    gateway.apply_rendered(&gateway.applied().replace("\"mandatory\"", "\"compulsory\""));
    // Envoy takes a listener whose module it has yet to fetch, and learns too late that it has no policy.
    gateway.settle(Some(&people.alice), "/employee", (503, "")).await;
    assert_eq!(gateway.count("lds.update_rejected").await, 0);
    assert_eq!(gateway.ask(Some(&people.bob), "/employee?unjudged").await.0, 503);
    assert_eq!(gateway.logged("/employee?unjudged").await.details, "wasm_fail_stream");
    gateway.apply_rendered(&good);
    gateway.settle(Some(&people.alice), "/employee", (200, "alice")).await;
}
