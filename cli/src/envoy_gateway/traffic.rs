//! ClientTrafficPolicies: what clients are asked for, and what is made of their requests.

use peergate::Policy;

use crate::manifest::hosts;
use crate::manifest::resource::Resource;
use crate::proxy::Findings;
use crate::proxy::proto::Part;

use super::POLICIES;
use super::gateway::{Gateway, Listener};
use super::patch::Patch;
use super::target::Target;

/// Looks at what is said of a listener of a Gateway, or of all of it where its listeners cannot be seen.
pub(super) fn check(
    gateway: &Gateway<'_>,
    listener: Option<&Listener<'_>>,
    resources: &[Resource<'_>],
    patches: &[Patch<'_>],
    policy: &Policy,
    findings: &mut Findings,
) {
    if let Some(listener) = listener
        && !is_encrypted(listener, policy, findings)
    {
        return;
    }
    let Some(own) = policy_for(gateway, listener.map_or("", |it| it.name), resources) else {
        if policy.looks_at_certificates() {
            findings.error(
                listener.map_or(&gateway.place, |listener| &listener.part.place),
                "no ClientTrafficPolicy is for it: no client is asked for a certificate, and the policy looks at them",
            );
        }
        return;
    };
    let spec = own.spec();
    if policy.looks_at_certificates() {
        asking(&spec, policy, findings);
        forwarded(&spec, gateway, patches, policy, findings);
        if let Some(http3) = spec.get("http3") {
            findings.warn(
                &http3.place,
                "HTTP/3: no Envoy before 1.40 asks clients for certificates there, and none is ever presented",
            );
        }
    }
    requests(&spec, policy, findings);
}

/// The policy for the listener of a name: its own before the Gateway's.
pub(super) fn policy_for<'r, 'd>(
    gateway: &Gateway<'_>,
    listener: &str,
    resources: &'r [Resource<'d>],
) -> Option<&'r Resource<'d>> {
    let find = |section: &str| {
        let policies = resources.iter().filter(|it| it.is(POLICIES, "ClientTrafficPolicy"));
        let mut policies = policies;
        policies.find(|it| {
            let is_it = |target: &Target<'_>| {
                target.is("Gateway", gateway.namespace, gateway.name) && target.section == section
            };
            Target::all(it, resources).iter().any(is_it)
        })
    };
    find(listener).or_else(|| find(""))
}

/// Whether TLS ends at a listener.
fn is_encrypted(listener: &Listener<'_>, policy: &Policy, findings: &mut Findings) -> bool {
    let tls = listener.part.get("tls");
    let mode = tls.as_ref().and_then(|tls| tls.get("mode"));
    let passes_on = mode.as_ref().is_some_and(|mode| mode.text() == Some("Passthrough"));
    match listener.part.text_of("protocol") {
        "HTTPS" if !passes_on => true,
        "HTTP" => {
            if policy.looks_at_certificates() {
                findings.error(
                    &listener.part.place,
                    "has no TLS, and the policy looks at certificates: whoever needs one is refused here (no_tls), and \
                     whatever passes without one passes in the clear",
                );
            }
            false
        }
        _ => {
            let host = listener.part.get("hostname").and_then(|it| it.text());
            let is_named = listener.part.text_of("protocol") != "TCP";
            let hosts: Vec<&str> = host.filter(|_| is_named).into_iter().collect();
            hosts::unread(&listener.part.place, &hosts, policy, findings);
            false
        }
    }
}

/// Whether clients are asked for a certificate, and any that they have comes as far as the policy.
fn asking(spec: &Part<'_>, policy: &Policy, findings: &mut Findings) {
    let tls = spec.get("tls");
    let validation = tls.as_ref().and_then(|tls| tls.get("clientValidation"));
    let Some(validation) = validation else {
        findings.error(
            tls.as_ref().map_or(&spec.place, |tls| &tls.place),
            "asks no client for a certificate, and the policy looks at them: say `clientValidation: { mode: Request }`",
        );
        return;
    };
    let mode = validation.get("mode");
    let place = mode.as_ref().map_or(&validation.place, |mode| &mode.place);
    let (requires, verifies) = match mode.as_ref().and_then(Part::text) {
        Some("Request") => (false, false),
        Some("RequireAny") => (true, false),
        Some("VerifyIfGiven") => (false, true),
        Some("RequireAndVerify") => (true, true),
        _ => (!validation.is_true("optional"), true),
    };
    if verifies {
        findings.warn(
            place,
            "Envoy verifies certificates itself: whom these authorities do not know is refused in the handshake, whatever \
             the policy says; say `mode: Request`",
        );
    }
    if requires {
        let what =
            "who has no certificate is refused in the handshake, without a reason or a count";
        match policy.passes_without_certificate() {
            true => findings.warn(
                place,
                format_args!("{what}: what the policy says of clients without one never holds; say `mode: Request`"),
            ),
            false => findings.note(place, what),
        }
    }
    let session = tls.as_ref().and_then(|tls| tls.get("session")?.get("resumption"));
    if let Some(session) = session {
        findings.warn(
            &session.place,
            "sessions are resumed: one brings back a certificate without the proof that the client still has its key",
        );
    }
}

/// Looks at what clients can write of certificates, and at what upstreams get to read.
fn forwarded(
    spec: &Part<'_>,
    gateway: &Gateway<'_>,
    patches: &[Patch<'_>],
    policy: &Policy,
    findings: &mut Findings,
) {
    let header = spec.get("headers").and_then(|headers| headers.get("xForwardedClientCert"));
    let place = header.as_ref().map_or(&spec.place, |header| &header.place);
    let mode = header.as_ref().map(|header| header.text_of("mode")).unwrap_or_default();
    let adds =
        header.as_ref().map(|header| header.items_of("certDetailsToAdd")).unwrap_or_default();
    let sets = ["SanitizeSet", "AppendForward"].contains(&mode);
    if ["ForwardOnly", "AppendForward", "AlwaysForwardOnly"].contains(&mode) {
        findings.warn(
            place,
            format_args!("{mode} lets clients write x-forwarded-client-cert: upstreams may believe it; use SanitizeSet"),
        );
    }
    let tells_chain = sets && adds.iter().any(|it| it.text() == Some("Chain"));
    if policy.relies_on_presented_chains() && !tells_chain {
        findings.warn(
            place,
            "does not tell peergate the certificates that the client presented (`xForwardedClientCert: { mode: \
             SanitizeSet, certDetailsToAdd: [Chain] }`): clients of an authority without `intermediates` in the policy \
             pass only if it issued their certificate itself",
        );
    }
    let is_removed = patches.iter().filter(|patch| patch.is_for(gateway)).any(|patch| {
        let value = patch.value.as_ref();
        value
            .is_some_and(|it| it.texts_with(HEADER).iter().any(|it| it.place.is_field(&["remove"])))
    });
    if !["", "Sanitize"].contains(&mode) && !is_removed {
        findings.note(
            place,
            "upstreams get x-forwarded-client-cert, with certificates that nobody has verified: a patch can remove it",
        );
    }
}

/// Looks at how requests are read.
fn requests(spec: &Part<'_>, policy: &Policy, findings: &mut Findings) {
    let path = spec.get("path");
    if let Some(part) =
        path.as_ref().and_then(|path| path.get("disableMergeSlashes")).filter(|it| it.is(true))
    {
        findings.warn(&part.place, "harmless spellings of a path are refused as bad_target");
    }
    let slashes = path.as_ref().and_then(|path| path.get("escapedSlashesAction"));
    if let Some(slashes) = slashes.filter(|it| it.text() == Some("KeepUnchanged")) {
        findings.warn(
            &slashes.place,
            "paths with %2F or %5C are refused as bad_target, after the route was chosen by them; say RejectRequest",
        );
    }
    let headers = spec.get("headers");
    let underscores = headers.as_ref().and_then(|headers| headers.get("withUnderscoresAction"));
    if let Some(underscores) = underscores.filter(|it| it.text() == Some("Allow")) {
        findings.warn(
            &underscores.place,
            "upstreams may take x_client_identity for x-client-identity; say RejectRequest",
        );
    }
    let dot = headers.as_ref().and_then(|headers| headers.get("host"));
    let strips = dot.is_some_and(|host| host.is_true("stripTrailingHostDot"));
    if policy.ignores_trailing_dot() && !strips {
        findings.warn(
            headers.as_ref().map_or(&spec.place, |headers| &headers.place),
            "does not say `host: { stripTrailingHostDot: true }`, and the policy takes it for granted \
             (global.authority.ignore_trailing_dot): hosts that end in a dot are refused",
        );
    }
}

const HEADER: &str = "x-forwarded-client-cert";
