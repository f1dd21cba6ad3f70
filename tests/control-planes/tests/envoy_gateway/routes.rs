//! A policy for some HTTPRoutes of a Gateway.

use peergate_control_planes::People;
use peergate_control_planes::envoy_gateway::{HOST, OTHER_HOST, Setup, http_route};
use peergate_lab::client::Request;

#[tokio::test(flavor = "multi_thread")]
async fn routes_that_are_named_are_judged_and_guarded_and_others_are_not() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy)
        .namespace("shop")
        .routes(vec![
            http_route("employee", HOST, &["/employee", "/public"]),
            http_route("employees", HOST, &["/other"]),
            http_route("shop/employee", OTHER_HOST, &["/employee"]),
            http_route("shop/free", OTHER_HOST, &["/free"]),
        ])
        .arguments(["--route=employee", "--route=shop/employee"])
        .start()
        .await;
    let alice = Some(&people.alice);
    let ask = async |identity, host: &str, path: &str| {
        gateway.send(identity, &Request::get(host, path)).await
    };
    gateway.settle(alice, "/employee", (200, "alice")).await;
    for host in [HOST, OTHER_HOST] {
        assert_eq!(ask(alice, host, "/employee").await, (200, "alice".to_owned()));
        let refused = (403, "certificate_required".to_owned());
        assert_eq!(ask(None, host, "/employee").await, refused);
    }
    assert_eq!(ask(None, HOST, "/public").await, (200, String::new()));
    let free = [(HOST, "/other"), (OTHER_HOST, "/free")];
    for (host, path) in free {
        assert_eq!(ask(None, host, path).await, (200, String::new()), "{host}{path}");
    }
    assert_eq!(ask(alice, HOST, "/nothing").await, (404, String::new()));

    // A rule more is judged as the others are.
    let rules = ["/employee", "/public", "/employee/more", "/new"];
    gateway.apply_resource("new", &http_route("employee", HOST, &rules));
    gateway.delete_resource("routes");
    gateway.settle(None, "/new", (403, "no_matching_api")).await;
    gateway.settle(None, "/employee/more", (403, "certificate_required")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_that_are_named_are_guarded_without_the_filter() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy)
        .routes(vec![
            http_route("employee", HOST, &["/employee"]),
            http_route("free", HOST, &["/free"]),
            http_route("employee.v2", OTHER_HOST, &["/employee"]),
        ])
        .arguments(["--route=employee,employee.v2"])
        .start()
        .await;
    gateway.settle(Some(&people.alice), "/employee", (200, "alice")).await;
    gateway.apply_rendered(&gateway.applied_without("EnvoyExtensionPolicy"));
    let refused = (403, "RBAC: access denied");
    gateway.settle(Some(&people.alice), "/employee", refused).await;
    let request = Request::get(OTHER_HOST, "/employee");
    let answer = gateway.send(Some(&people.alice), &request).await;
    assert_eq!(answer, (refused.0, refused.1.to_owned()));
    assert_eq!(gateway.ask(None, "/free").await, (200, String::new()));
    assert_eq!(gateway.ask(None, "/nothing").await, (404, String::new()));
}
