//! From a document to cases that can be run: what it refers to is loaded, placeholders are filled in,
//! policies are compiled.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use peergate::{Policy, Problems};
use serde_json::Value;

use crate::connection::Connection;
use crate::contents::{self, Dynamic};
use crate::fixture::Fixture;
use crate::format::{self, Certificates, File, Rejected};
use crate::material::Material;
use crate::moment::moment;
use crate::placeholder;
use crate::reader::{self, Malformed};
use crate::request::Request;
use crate::table::{Arrived, Case, Load, Staged, Subject};
use crate::unusable::Unusable;

/// Reads what a file is about, and its cases.
pub(crate) fn read(mut document: Value, load: Load<'_>) -> Result<(String, Vec<Case>), Unusable> {
    let in_file = |document: &Value, why| Unusable::in_file(why, document);
    let material = material(&document, load).map_err(|why| in_file(&document, why))?;
    let mut filled = document.clone();
    if let Value::Object(entries) = &mut filled {
        for (key, value) in entries.iter_mut().filter(|(key, _)| *key != "certificates") {
            placeholder::fill(value, key, &material).map_err(|why| in_file(&document, why))?;
        }
    }
    document = filled;
    let file: File = reader::read(&document).map_err(|why| in_file(&document, why))?;
    let in_file = |why| Unusable::in_file(why, &document);

    let policy = match (&file.policy, &file.policy_file) {
        (Some(_), Some(_)) => {
            return Err(in_file(Malformed::new("policy_file", "the policy is given here already")));
        }
        (Some(policy), None) => Some(compile(policy, "policy")?),
        (None, Some(path)) => {
            let policy = load(path).map_err(|why| in_file(Malformed::new("policy_file", why)))?;
            Some(compile(&policy, path)?)
        }
        (None, None) => None,
    };
    if let Some(policy) = &policy {
        contents::check(policy, &file.dynamic).map_err(in_file)?;
    }
    let mut cases = Vec::new();
    for (index, case) in file.cases.into_iter().enumerate() {
        let place = format!("cases[{index}]");
        let at = format!("{place}.policy");
        let policy = match (&case.policy, &policy) {
            (Some(own), _) => compile(own, &at)?,
            (None, Some(policy)) => Rc::clone(policy),
            (None, None) => {
                return Err(in_file(Malformed::new(at, "missing, here and for the file")));
            }
        };
        let description = case.description.clone();
        let file = Shared { at: file.at.as_deref(), dynamic: &file.dynamic, material: &material };
        let staged = stage(case, policy, &file)
            .map_err(|why| in_file(Malformed { at: format!("{place}.{}", why.at), ..why }))?;
        cases.push(Case { place, description, subject: Subject::Request(Box::new(staged)) });
    }
    for (index, rejected) in file.rejected.into_iter().enumerate() {
        let place = format!("rejected[{index}]");
        let description = rejected.description.clone();
        let subject = reject(rejected)
            .map_err(|why| in_file(Malformed { at: format!("{place}.{}", why.at), ..why }))?;
        cases.push(Case { place, description, subject });
    }
    if cases.is_empty() {
        return Err(in_file(Malformed::new("cases", "missing: nothing to test")));
    }
    Ok((file.description, cases))
}

fn material(document: &Value, load: Load<'_>) -> Result<Material, Malformed> {
    let Certificates { mut certificates, certificates_file } = reader::read(document)?;
    if let Some(file) = certificates_file {
        let at_file = |why: String| Malformed::new("certificates_file", why);
        let loaded = load(&file).map_err(at_file)?;
        let loaded: BTreeMap<String, String> =
            reader::read(&loaded).map_err(|why| at_file(format!("{file}: {}", why.message)))?;
        for (name, pem) in loaded {
            if certificates.contains_key(&name) {
                return Err(at_file(format!("{file}: {name:?} is given here already")));
            }
            certificates.insert(name, pem);
        }
    }
    Material::read(certificates)
}

fn compile(document: &Value, place: &str) -> Result<Rc<Policy>, Unusable> {
    Policy::read(document.to_string().as_bytes())
        .map(Rc::new)
        .map_err(|problems| Unusable::Policy(place.to_owned(), problems))
}

/// What the cases of a file have in common.
struct Shared<'f> {
    at: Option<&'f str>,
    dynamic: &'f Dynamic,
    material: &'f Material,
}

fn stage(case: format::Case, policy: Rc<Policy>, file: &Shared<'_>) -> Result<Staged, Malformed> {
    contents::check(&policy, &case.dynamic)?;
    let shared = contents::fill(&policy, &[&case.dynamic, file.dynamic])?;
    let (at, now) = moment_of(case.at.as_deref().or(file.at))?;
    let mut before = Vec::with_capacity(case.before.len());
    let mut previous = i64::MIN;
    for (index, earlier) in case.before.into_iter().enumerate() {
        let in_earlier =
            |why: Malformed| Malformed { at: format!("before[{index}].{}", why.at), ..why };
        let (_, then) = moment_of(earlier.at.as_deref().or(Some(at))).map_err(in_earlier)?;
        if then < previous || then > now {
            let message = "expected a time between those of the requests before and after";
            return Err(in_earlier(Malformed::new("at", message)));
        }
        previous = then;
        let ago = Duration::from_secs(now.abs_diff(then));
        let connection = earlier.connection.unwrap_or_else(|| case.connection.clone());
        let request = earlier.request.as_ref().unwrap_or(&case.request);
        let arrived = arrive(connection, request, &policy, file.material, then);
        let Arrived { fixture, headers } = arrived.map_err(in_earlier)?;
        let arrived = Arrived { fixture: Fixture { ago, ..fixture }, headers };
        before.push((arrived, earlier.times.get()));
    }
    let arrived = arrive(case.connection, &case.request, &policy, file.material, now)?;
    let trailers = case.request.trailer_lines();
    Ok(Staged { policy, shared, before, arrived, trailers, expect: case.expect })
}

/// A point in time, as it was written and as seconds since the Unix epoch.
fn moment_of(at: Option<&str>) -> Result<(&str, i64), Malformed> {
    let at = at.ok_or_else(|| Malformed::new("at", "missing, here and for the file"))?;
    let seconds = moment(at).map_err(|why| Malformed::new("at", why))?;
    Ok((at, seconds))
}

/// A request as the host shows it, less what lies in shared data.
fn arrive(
    connection: Connection,
    request: &Request,
    policy: &Policy,
    material: &Material,
    now: i64,
) -> Result<Arrived, Malformed> {
    let within =
        |place: &str, why: Malformed| Malformed { at: format!("{place}.{}", why.at), ..why };
    let (fixture, appended) =
        connection.stage(request, material, now).map_err(|why| within("connection", why))?;
    let metadata = request.said(policy).map_err(|why| within("request", why))?;
    let headers = request.lines(appended.as_deref());
    Ok(Arrived { fixture: Fixture { metadata, ..fixture }, headers })
}

fn reject(rejected: Rejected) -> Result<Subject, Malformed> {
    let text = match (rejected.policy, rejected.policy_text) {
        (Some(policy), None) => policy.to_string(),
        (None, Some(text)) => text,
        _ => return Err(Malformed::new("policy", "expected one of policy, policy_text")),
    };
    let found = Policy::read(text.as_bytes()).err();
    let found = found.iter().flat_map(Problems::iter).map(ToString::to_string).collect();
    Ok(Subject::Problems { expected: rejected.problems, found })
}
