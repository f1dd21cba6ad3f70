//! `x-forwarded-client-cert`: whatever a client writes there, what Envoy appends is what is read, or nothing is.

use peergate::carrier::{pem, xfcc};

pub(crate) fn run(input: &[u8]) {
    let certificate = xfcc::last_certificate(input);
    let chain = xfcc::last_chain(input);
    for found in [certificate, chain].into_iter().flatten().flatten() {
        assert!(found.is_empty() || input.windows(found.len()).any(|part| part == found));
        pem::carried(found).ok();
        pem::chain(found);
    }
    // With `APPEND_FORWARD`; Envoy puts a comma between.
    for (own, certificate, chain) in [
        (&b"Hash=ab;Cert=\"own\""[..], Some(&b"own"[..]), None),
        (
            b"By=spiffe://a;Hash=ab;Cert=\"own\";Chain=\"all\";Subject=\"CN=a,O=b\";URI=",
            Some(b"own"),
            Some(&b"all"[..]),
        ),
        (b"Hash=ab;Subject=\"\";URI=u", None, None),
    ] {
        let value = [input, b",", own].concat();
        for (found, wanted) in
            [(xfcc::last_certificate(&value), certificate), (xfcc::last_chain(&value), chain)]
        {
            if let Ok(found) = found {
                assert_eq!(found, wanted, "a client speaks for Envoy");
            }
        }
    }
}
