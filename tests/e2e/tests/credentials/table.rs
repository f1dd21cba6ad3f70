//! The same verdicts however Envoy is told to verify tokens, and on an old one.

use super::ask::Door;
use super::cast::Cast;
use super::listeners::TRIED;
use super::revocation::comes_and_goes;
use super::rows::rows;
use super::stage::Stage;

#[tokio::test]
async fn as_documented_each_row_holds() {
    let stage = Stage::plain("1.40.0").await;
    hold(&stage.cast, &stage.door()).await;
    is_well(&stage);
}

#[tokio::test]
async fn on_envoy_1_36_each_row_holds() {
    let stage = Stage::plain("1.36.4").await;
    hold(&stage.cast, &stage.door()).await;
    comes_and_goes(&stage).await;
    is_well(&stage);
}

/// Then a verified token stands beside what Envoy says of the other provider.
#[tokio::test]
async fn where_each_provider_is_tried_each_row_holds() {
    let stage = Stage::shared().await;
    hold(&stage.cast, &stage.door_to(TRIED)).await;
    is_well(&stage);
}

async fn hold(cast: &Cast, door: &Door<'_>) {
    let mut others = Vec::new();
    for row in &rows(cast) {
        let said = door.ask(row.identity, &row.request).await;
        if said != row.verdict {
            others.push(format!("{}: {said}, not {}: {:?}", row.what, row.verdict, row.request));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}

fn is_well(stage: &Stage) {
    assert_eq!(stage.fed.gateway.count("internal"), 0);
    assert!(stage.fed.gateway.is_whole());
}
