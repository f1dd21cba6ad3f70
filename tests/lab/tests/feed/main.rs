//! The feed keeps its protocol, and breaks it only as it is told.

mod faults;
mod forms;
mod journal;
mod pages;

use std::io;
use std::time::Duration;

use peergate_lab::client::{Client, H1, Response};
use peergate_lab::feed::{CHANGES, Feed};
use serde_json::{Value, json};

fn feed(entries: usize) -> Feed {
    let feed = Feed::start().expect("a feed");
    feed.put_all((0..entries).map(entry));
    feed
}

fn entry(number: usize) -> Value {
    json!({ "certificate": digest(number), "identity": format!("c{number}"), "apis": ["*"] })
}

fn key(number: usize) -> Value {
    json!({ "certificate": digest(number) })
}

fn digest(number: usize) -> String {
    format!("{number:064x}")
}

async fn connect(feed: &Feed) -> H1 {
    Client::plaintext().h1(feed.address()).await.expect("a connection")
}

async fn get(h1: &mut H1, path: &str) -> Response {
    h1.get("feed.internal", path, &[]).await.expect("an answer")
}

/// Asks on a connection of its own, as some faults end it.
async fn once(feed: &Feed, path: &str) -> io::Result<Response> {
    Client::plaintext().h1(feed.address()).await?.get("feed.internal", path, &[]).await
}

fn after(cursor: &str, query: &str) -> String {
    let cursor = cursor.replace('/', "%2F").replace('&', "%26").replace('=', "%3D");
    format!("{CHANGES}?after={cursor}{query}")
}

/// Loads everything in pages of this size, and returns them.
async fn load(h1: &mut H1, limit: usize) -> Vec<Value> {
    let limit = format!("&limit={limit}");
    let mut pages = vec![get(h1, &format!("{CHANGES}?{limit}")).await.json()];
    while pages[pages.len() - 1]["more"] == true {
        let next = after(cursor(&pages[pages.len() - 1]), &limit);
        pages.push(get(h1, &next).await.json());
    }
    pages
}

fn cursor(page: &Value) -> &str {
    page["cursor"].as_str().expect("a cursor")
}

fn changes(page: &Value) -> &[Value] {
    page["changes"].as_array().expect("changes")
}

/// More than an answer takes.
const MOMENT: Duration = Duration::from_millis(500);
