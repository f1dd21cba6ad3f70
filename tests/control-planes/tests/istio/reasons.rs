//! Who passes and who does not, and what each is told.

use peergate_control_planes::People;
use peergate_control_planes::istio::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn the_listed_pass_and_all_others_are_refused_for_their_reasons() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    let rows = [
        ("alice", Some(&people.alice), 200, "alice"),
        ("karl", Some(&people.karl), 200, "karl"),
        ("bob", Some(&people.bob), 403, "certificate_not_allowed"),
        ("stranger", Some(&people.stranger), 403, "certificate_not_allowed"),
        ("eve", Some(&people.eve), 403, "certificate_expired"),
        ("nobody", None, 403, "certificate_required"),
    ];
    let path = |name: &str| format!("/employee?{name}");
    for (name, identity, status, told) in rows {
        assert_eq!(gateway.ask(identity, &path(name)).await, (status, told.to_owned()), "{name}");
    }
    assert_eq!(gateway.ask(None, "/public").await, (200, String::new()));
    assert_eq!(gateway.ask(None, "/").await, (403, "no_matching_api".to_owned()));

    for (name, _, status, told) in rows {
        let logged = gateway.logged(&path(name)).await;
        let (outcome, reason) = match status {
            200 => ("allowed", "allowed"),
            _ => ("denied", told),
        };
        let begins = format!("outcome={outcome} reason={reason} api=employee");
        assert!(logged.verdict.starts_with(&begins), "{logged:?}");
        if status != 200 {
            assert_eq!(logged.details, format!("peergate_{reason}"));
        }
        let counter = format!("peergate.api.employee.outcome.{outcome}.reason.{reason}");
        assert!(gateway.count(&counter).await >= 2, "{counter}");
    }
    // The name of a counter has all of it in Prometheus, where Istio's bootstrap knows no tags for it.
    let metrics = gateway.administration("/stats/prometheus?filter=peergate").await;
    for name in [
        "peergate_api_employee_outcome_denied_reason_certificate_expired{} 2",
        "envoy_http_rbac_peergate_guard_rbac{authz_enforce_result=\"denied\"",
        "envoy_wasm_istio_system_peergate_vm_reload_success{} 0",
    ] {
        assert!(metrics.contains(name), "{name}: {metrics}");
    }
}
