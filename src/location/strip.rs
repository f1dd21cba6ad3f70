//! Taking credentials away before the upstream sees the request.

use std::borrow::Cow;

use crate::effects::Effects;
use crate::header_name::reads_as;
use crate::request::Headers;

use super::{
    COOKIE, Location, PATH, after, cookie, crumbs, mentions, pairs, parameter, query, split_query,
};

/// Removes what stands at these places: every copy of a header, a parameter of the query, a cookie. All else
/// stays as it was written.
pub(crate) fn strip<'a>(locations: &[&Location], headers: &Headers<'a>, effects: &mut Effects<'a>) {
    if locations.is_empty() {
        return;
    }
    for (name, value) in headers.iter() {
        let is_there = |location: &Location| match location {
            Location::Header { name: own, scheme } => {
                let may_hold = |scheme: &str| mentions(scheme, value);
                reads_as(own, name)
                    && (after(scheme, value).is_some() || scheme.as_deref().is_some_and(may_hold))
            }
            Location::Query(_) | Location::Cookie(_) => false,
        };
        if locations.iter().any(|location| is_there(location)) && !effects.remove.contains(&name) {
            effects.remove.push(name);
        }
    }
    let is_taken = |pair: &[u8]| {
        locations.iter().any(
            |location| matches!(location, Location::Query(name) if parameter(name, pair).is_some()),
        )
    };
    if query(headers).is_some_and(|query| pairs(query).any(is_taken)) {
        let (path, query) = split_query(headers.first(PATH).unwrap_or_default());
        let kept: Vec<&[u8]> =
            pairs(query.unwrap_or_default()).filter(|pair| !is_taken(pair)).collect();
        let mut target = path.to_vec();
        if !kept.is_empty() {
            target.push(b'?');
            target.extend(kept.join(&b'&'));
        }
        effects.set.push((":path", Cow::Owned(target)));
    }
    let is_taken = |crumb: &[u8]| {
        locations.iter().any(
            |location| matches!(location, Location::Cookie(name) if cookie(name, crumb).is_some()),
        )
    };
    let all = || headers.all(COOKIE).flat_map(crumbs);
    if all().any(is_taken) {
        let kept = |value: &'a [u8]| {
            let kept: Vec<&[u8]> = crumbs(value).filter(|crumb| !is_taken(crumb)).collect();
            kept.join(&b';').trim_ascii().to_vec()
        };
        let values: Vec<Vec<u8>> =
            headers.all(COOKIE).map(kept).filter(|value| !value.is_empty()).collect();
        if values.is_empty() {
            effects.remove.push(COOKIE);
        } else {
            effects.set.push(("cookie", Cow::Owned(values.join(&b"; "[..]))));
        }
    }
}
