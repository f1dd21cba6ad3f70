//! Strangers in numbers. `scripts/flood` measures the same with many more of them.

use peergate_e2e::Siege;

#[tokio::test]
async fn a_flood_of_strangers_is_refused_and_keeps_nobody_out() {
    let siege = Siege::new(300);
    let gateway = siege.gateway();
    let course = siege.flood(&gateway, "/authority", 8).await;
    let strangers = &course.strangers;
    assert_eq!((strangers.status(403), strangers.failures), (300, 0), "{strangers}");
    assert_eq!(gateway.count("chain_invalid"), 300);
    assert_eq!(course.friends.refused, 0);
    assert!(course.friends.requests() > 0);
    assert!(gateway.is_whole());
}
