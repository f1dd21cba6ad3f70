//! Documents that are there already: cases, examples, and what the documentation shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use peergate_cases::Certificate;
use serde_json::{Value, json};

use crate::reader::Reader;

/// A document, and where it is from.
pub(crate) struct Document {
    pub(crate) place: String,
    pub(crate) content: Value,
}

/// A document that names every field of what a reader reads.
pub(crate) fn complete(reader: Reader) -> Value {
    let name = match reader {
        Reader::Policy => "policy",
        Reader::Sync => "sync",
        Reader::Page => "page",
        Reader::Approved => "approved",
    };
    let mut content = yaml(&root().join(format!("cli/tests/schema/{name}.yaml")));
    fill(&mut content, &certificates("certificates/authorities.json"));
    content
}

/// Every document of a kind.
pub(crate) fn all(reader: Reader) -> Vec<Document> {
    let mut documents = vec![Document { place: "complete".to_owned(), content: complete(reader) }];
    match reader {
        Reader::Policy => {
            documents.extend(policies_of_cases());
            documents.extend(examples());
            documents.extend(shown());
        }
        Reader::Page => documents.extend(pages_of_cases()),
        Reader::Sync | Reader::Approved => {}
    }
    documents
}

/// The policies of the decision cases: good ones, and those that must be rejected.
fn policies_of_cases() -> Vec<Document> {
    let mut documents = Vec::new();
    for (file, mut content) in files_of_cases() {
        let whole = content["policy"].take();
        let mut found = vec![("policy".to_owned(), whole)];
        for block in ["cases", "rejected"] {
            for (index, case) in content[block].as_array().into_iter().flatten().enumerate() {
                let place = format!("{block}[{index}]");
                // Some texts are there because they are no JSON.
                let text = case["policy_text"].as_str();
                let text = text.and_then(|text| serde_json::from_str(text).ok());
                found.push((place, text.unwrap_or_else(|| case["policy"].clone())));
            }
        }
        let given = found.into_iter().filter(|(_, content)| !content.is_null());
        documents.extend(
            given.map(|(place, content)| Document { place: format!("{file}: {place}"), content }),
        );
    }
    documents
}

/// The entries of dynamic lists in decision cases, as pages.
fn pages_of_cases() -> Vec<Document> {
    let mut documents = Vec::new();
    for (file, content) in files_of_cases() {
        let cases = content["cases"].as_array().into_iter().flatten();
        let dynamic = std::iter::once(&content).chain(cases).map(|holder| &holder["dynamic"]);
        for (index, lists) in dynamic.enumerate() {
            for (name, list) in lists.as_object().into_iter().flatten() {
                let entries = list["entries"].as_array().into_iter().flatten();
                let changes: Vec<Value> = entries.map(|entry| json!({ "put": entry })).collect();
                documents.push(Document {
                    place: format!("{file}: {index}: {name}"),
                    content: json!({ "version": 1, "cursor": "1", "changes": changes }),
                });
            }
        }
    }
    documents
}

fn files_of_cases() -> Vec<(String, Value)> {
    let directory = root().join("tests/cases");
    let read = |path: PathBuf| {
        let mut content: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let known = content["certificates_file"].as_str().map(certificates).unwrap_or_default();
        fill(&mut content, &known);
        (path.file_name().unwrap().to_string_lossy().into_owned(), content)
    };
    let files = files(&directory).into_iter();
    files.filter(|path| path.extension().is_some_and(|suffix| suffix == "json")).map(read).collect()
}

/// The policies in `envoy-config`.
fn examples() -> Vec<Document> {
    let mut directories = vec![root().join("envoy-config")];
    let mut documents = Vec::new();
    while let Some(directory) = directories.pop() {
        for path in files(&directory) {
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let is_policy = fs::read_to_string(&path).unwrap().contains("\nversion: 1\n");
            if is_policy && path.extension().is_some_and(|suffix| suffix == "yaml") {
                documents
                    .push(Document { place: path.display().to_string(), content: yaml(&path) });
            }
        }
    }
    assert!(documents.len() >= 2, "the examples are gone");
    documents
}

/// The whole policies that the documentation shows.
pub(crate) fn shown() -> Vec<Document> {
    let mut documents = Vec::new();
    let mut files = files(&root().join("docs"));
    files.push(root().join("README.md"));
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        for block in text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            if block.starts_with("version: 1\n") && block.contains("\napis:\n") {
                let content = serde_saphyr::from_str(block).unwrap();
                documents.push(Document { place: path.display().to_string(), content });
            }
        }
    }
    assert!(documents.len() >= 3, "the documentation shows fewer policies than it did");
    documents
}

/// Certificates and revocation lists by name, in PEM.
pub(crate) fn certificates(file: &str) -> BTreeMap<String, String> {
    serde_json::from_slice(&fs::read(root().join("tests/cases").join(file)).unwrap()).unwrap()
}

/// Fills in placeholders as decision cases have them.
fn fill(value: &mut Value, known: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            while let Some((before, rest)) = text.split_once("${") {
                let (placeholder, after) = rest.split_once('}').unwrap();
                let filled = match placeholder.rsplit_once('.') {
                    Some((name, form)) if !placeholder.contains(':') => in_form(&known[name], form),
                    // What lists have of a key.
                    _ => "ab".repeat(32),
                };
                *text = format!("{before}{filled}{after}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, known)),
        Value::Object(entries) => entries.values_mut().for_each(|entry| fill(entry, known)),
        _ => {}
    }
}

fn in_form(pem: &str, form: &str) -> String {
    if form == "pem" {
        return pem.to_owned();
    }
    let certificate = Certificate::read(pem).unwrap();
    let leaf = certificate.leaf();
    match form {
        "sha256" => leaf.fingerprint().to_string(),
        "spki_sha256" => leaf.key().to_string(),
        "serial" => leaf.serial().to_string(),
        "issuer_name_sha256" => leaf.issuer().iter().map(|byte| format!("{byte:02x}")).collect(),
        // For requests, of which nothing is read here.
        _ => String::new(),
    }
}

fn yaml(path: &Path) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// What is in a directory, in order.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
