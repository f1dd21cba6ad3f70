//! Listeners beside the documented one, each with something changed. Of one Envoy, since it takes its time to
//! start.

use std::net::SocketAddr;

use peergate_e2e::{Bootstrap, Provider};
use serde_json::{Value, json};

use super::cast::{Cast, claims_of};

/// What is changed, and where that listens.
pub(crate) type Listeners = Vec<(&'static str, SocketAddr)>;

type Change = fn(&Cast, &mut Bootstrap);

/// Has all of them listen.
pub(crate) fn add_all(cast: &Cast, bootstrap: &mut Bootstrap) -> Listeners {
    let changes: [(&str, Change); 10] = [
        (CLEAR, without_tls),
        (LAX, pass_all_names),
        (CORS, answer_preflights),
        (WRITERS, write_metadata),
        (FORWARD, forward_tokens),
        (OWN_KEYS, write_apart),
        (NO_ISSUER, leave_issuer_out),
        (NO_ISSUER_TRIED, leave_issuer_out_and_try_each),
        (ISTIO, as_istio),
        (TRIED, |_, bootstrap| try_each(bootstrap.jwt_authn())),
    ];
    let add = |(name, change): (&'static str, Change)| {
        (name, bootstrap.vary(name, |bootstrap| change(cast, bootstrap)))
    };
    changes.map(add).into()
}

/// Without TLS.
pub(crate) const CLEAR: &str = "clear";
/// Where every header's name and trailers pass.
pub(crate) const LAX: &str = "lax";
/// Behind Envoy's own filter for preflight requests.
pub(crate) const CORS: &str = "cors";
/// Where other filters write metadata, too.
pub(crate) const WRITERS: &str = "writers";
/// Where Envoy leaves verified tokens.
pub(crate) const FORWARD: &str = "forward";
/// Where each provider writes under keys of its own.
pub(crate) const OWN_KEYS: &str = "own-keys";
/// Where one provider has no issuer.
pub(crate) const NO_ISSUER: &str = "no-issuer";
/// And each is tried.
pub(crate) const NO_ISSUER_TRIED: &str = "no-issuer-tried";
/// As Istio's RequestAuthentication has it.
pub(crate) const ISTIO: &str = "istio";
/// Where one provider after the other is tried.
pub(crate) const TRIED: &str = "tried";

fn without_tls(_: &Cast, bootstrap: &mut Bootstrap) {
    let chain = &mut bootstrap.config["static_resources"]["listeners"][0]["filter_chains"][0];
    chain.as_object_mut().expect("an object").remove("transport_socket").expect("TLS");
}

fn pass_all_names(_: &Cast, bootstrap: &mut Bootstrap) {
    bootstrap.pass_trailers();
    bootstrap.connection_manager()["common_http_protocol_options"] =
        json!({ "headers_with_underscores_action": "ALLOW" });
}

/// Puts Envoy's filter first, and a rule for one site.
fn answer_preflights(_: &Cast, bootstrap: &mut Bootstrap) {
    let kind =
        |name: &str| format!("type.googleapis.com/envoy.extensions.filters.http.cors.v3.{name}");
    let filter = json!({
        "name": "envoy.filters.http.cors", "typed_config": { "@type": kind("Cors") },
    });
    bootstrap.http_filters().insert(0, filter);
    bootstrap.virtual_host()["typed_per_filter_config"] = json!({
        "envoy.filters.http.cors": {
            "@type": kind("CorsPolicy"),
            "allow_origin_string_match": [{ "exact": "https://app.example" }],
            "allow_methods": "GET, POST",
            "allow_headers": "authorization, x-api-key",
        },
    });
}

/// Has clients' headers stand where Envoy writes the payload of a verified token: `x-before` ahead of Envoy's
/// own filter, `x-forged` and, as a text, `x-text` behind it. What others say of themselves is always there.
fn write_metadata(_: &Cast, bootstrap: &mut Bootstrap) {
    let rule = |header: &str, kind: &str, encode: &str| {
        json!({
            "header": header,
            "on_header_present": {
                "metadata_namespace": "envoy.filters.http.jwt_authn",
                "key": "jwt_payload", "type": kind, "encode": encode,
            },
        })
    };
    let writer = |rules: Value| {
        json!({
            "name": "header-to-metadata",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config",
                "request_rules": rules,
            },
        })
    };
    let payload = json!({ "jwt_payload": claims_of("eve") });
    let typed = json!({ "@type": "type.googleapis.com/google.protobuf.Struct", "value": payload });
    bootstrap.insert_ahead(json!({
        "name": "set-metadata",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.set_metadata.v3.Config",
            "metadata": [
                { "metadata_namespace": "jwt_payload", "value": payload },
                { "metadata_namespace": "envoy.filters.http.jwt_auth", "value": payload },
                { "metadata_namespace": "envoy.filters.http.jwt_authn.", "value": payload },
                { "metadata_namespace": "envoy.filters.http.jwt_authn", "typed_value": typed },
            ],
        },
    }));
    let behind = [rule("x-forged", "PROTOBUF_VALUE", "BASE64"), rule("x-text", "STRING", "NONE")];
    bootstrap.insert_ahead(writer(json!(behind)));
    let before = writer(json!([rule("x-before", "PROTOBUF_VALUE", "BASE64")]));
    bootstrap.http_filters().insert(0, before);
}

fn forward_tokens(cast: &Cast, bootstrap: &mut Bootstrap) {
    bootstrap.verify_tokens(cast.providers().map(|provider| provider.field("forward", true)));
}

fn write_apart(cast: &Cast, bootstrap: &mut Bootstrap) {
    let [idp, partner] = cast.providers();
    let partner = partner.field("payload_in_metadata", "partner_payload");
    bootstrap.verify_tokens([idp, partner.field("failed_status_in_metadata", "partner_failed")]);
}

fn leave_issuer_out(cast: &Cast, bootstrap: &mut Bootstrap) {
    let [idp, partner] = cast.providers();
    bootstrap.verify_tokens([idp, partner.without("issuer")]);
}

fn leave_issuer_out_and_try_each(cast: &Cast, bootstrap: &mut Bootstrap) {
    leave_issuer_out(cast, bootstrap);
    try_each(bootstrap.jwt_authn());
}

/// Other names, no word of failures, `scope` as a list, and a token that is not good is refused by Envoy.
fn as_istio(cast: &Cast, bootstrap: &mut Bootstrap) {
    let providers = [("origins-0", &cast.idp), ("origins-1", &cast.partner)];
    let providers = providers.map(|(name, issuer)| {
        Provider::new(name, issuer)
            .without("failed_status_in_metadata")
            .field("payload_in_metadata", "payload")
            .field(
                "normalize_payload_in_metadata",
                json!({ "space_delimited_claims": ["permission", "scope"] }),
            )
    });
    let jwt_authn = bootstrap.verify_tokens(providers);
    let or_none = |name: &str| {
        json!({ "requires_any": { "requirements": [
            { "provider_name": name }, { "allow_missing": {} },
        ] } })
    };
    jwt_authn["rules"][0]["requires"] = json!({ "requires_any": { "requirements": [
        { "provider_name": "origins-0" },
        { "provider_name": "origins-1" },
        { "requires_all": { "requirements": [or_none("origins-0"), or_none("origins-1")] } },
    ] } });
    jwt_authn["bypass_cors_preflight"] = true.into();
}

/// Has Envoy try one provider after the other, whoever a token says that it is of.
fn try_each(jwt_authn: &mut Value) {
    jwt_authn["rules"][0]["requires"] = json!({ "requires_any": { "requirements": [
        { "provider_name": "idp" },
        { "provider_name": "partner" },
        { "allow_missing_or_failed": {} },
    ] } });
}
