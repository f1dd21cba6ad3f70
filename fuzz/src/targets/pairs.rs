//! Serialised headers, as the host hands them over: the filter refuses what is none, and of the others it makes
//! what the core makes.

use peergate::{Headers, Memory, Outcome};
use peergate_mock::{Call, Fault, Filter, Request};

use crate::host::{Host, NOW};
use crate::policies::POLICIES;

thread_local! {
    static FILTER: Filter = Filter::load(&POLICIES[0].text).unwrap();
}

pub(crate) fn run(input: &[u8]) {
    let now = u64::try_from(NOW).unwrap();
    let request = Request::get("https://api.example.com/").at_unix(now);
    let fault = Fault::returns(Call::HeaderPairs, input).nth(1);
    let answer = FILTER.with(|filter| filter.send(&request.fault(fault)).unwrap());
    let Some(pairs) = parse(input) else {
        assert_eq!((answer.passed(), answer.reason()), (false, "internal"));
        return;
    };
    let host = Host { tls_version: Ok(Some(b"TLSv1.3".to_vec())), ..Host::plaintext() };
    let headers = Headers::new(pairs);
    let verdict = POLICIES[0].policy.judge(&headers, &host, &mut Memory::default());
    assert_eq!(answer.reason(), verdict.reason().word());
    assert_eq!(answer.passed(), verdict.outcome() != Outcome::Denied);
}

/// A count, the sizes of names and values, then these, each with a NUL behind it; and whatever else.
fn parse(input: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    if input.is_empty() {
        return Some(Vec::new());
    }
    let number = |place: usize| {
        let bytes = input.get(place..place.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let count = number(0)?;
    let mut place = count.checked_mul(8)?.checked_add(4)?;
    input.get(..place)?;
    let mut text = |size: usize| {
        let end = place.checked_add(size)?;
        let text = input.get(place..end)?;
        place = end.checked_add(1)?;
        (input.get(end) == Some(&0)).then_some(text)
    };
    (0..count)
        .map(|pair| {
            let sizes = pair.checked_mul(8)?.checked_add(4)?;
            Some((text(number(sizes)?)?, text(number(sizes.checked_add(4)?)?)?))
        })
        .collect()
}
