//! Who passes and who does not, and what each is told.

use peergate_control_planes::People;
use peergate_control_planes::envoy_gateway::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn the_listed_pass_and_all_others_are_refused_for_their_reasons() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    for (name, identity, status, told) in [
        ("alice", Some(&people.alice), 200, "alice"),
        ("karl", Some(&people.karl), 200, "karl"),
        ("bob", Some(&people.bob), 403, "certificate_not_allowed"),
        ("stranger", Some(&people.stranger), 403, "certificate_not_allowed"),
        ("eve", Some(&people.eve), 403, "certificate_expired"),
        ("nobody", None, 403, "certificate_required"),
    ] {
        let path = format!("/employee?{name}");
        assert_eq!(gateway.ask(identity, &path).await, (status, told.to_owned()), "{name}");
        let logged = gateway.logged(&path).await;
        let (outcome, reason) =
            if status == 200 { ("allowed", "allowed") } else { ("denied", told) };
        let begins = format!("outcome={outcome} reason={reason} api=employee");
        assert!(logged.verdict.starts_with(&begins), "{logged:?}");
        if status != 200 {
            assert_eq!(logged.details, format!("peergate_{reason}"));
        }
        let counter = format!("api.employee.outcome.{outcome}.reason.{reason}");
        assert!(gateway.count(&counter).await >= 2, "{counter}");
        let labels = format!("api=\"employee\",outcome=\"{outcome}\",reason=\"{reason}\"");
        let metrics = gateway.administration("/stats/prometheus").await;
        assert!(metrics.contains(&format!("peergate_outcome{{{labels}}}")), "{labels}");
    }
    assert_eq!(gateway.ask(None, "/public").await, (200, String::new()));
    assert_eq!(gateway.ask(None, "/").await, (403, "no_matching_api".to_owned()));
}
