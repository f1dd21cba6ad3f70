//! Ways from a leaf to an anchor: few of them, whatever a client presents.

use crate::authority::candidates::{DEPTH, ways};
use crate::authority::link::Link;

use super::made::{certificate, common_names, extension};

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn link(serial: u8, issuer: &str, subject: &str, extensions: &[&[u8]]) -> Link {
    let der = certificate(serial, &common_names(&[issuer]), &common_names(&[subject]), extensions);
    Link::parse(&der).unwrap()
}

fn plain(serial: u8, issuer: &str, subject: &str) -> Link {
    link(serial, issuer, subject, &[])
}

/// The places in the pool of the certificates on each way.
fn places(leaf: &Link, anchor: &Link, pool: &[Link]) -> Vec<Vec<u8>> {
    let links: Vec<&Link> = pool.iter().collect();
    let place = |link: &Link| pool.iter().position(|other| other == link).unwrap();
    let of_way =
        |way: Vec<&Link>| way.into_iter().map(|link| u8::try_from(place(link)).unwrap()).collect();
    ways(leaf, anchor, &links, DEPTH).into_iter().map(of_way).collect()
}

#[test]
fn names_lead_the_way() {
    let anchor = plain(1, "root", "root");
    let leaf = plain(2, "b", "leaf");
    let pool = [
        plain(3, "root", "a"),
        plain(4, "a", "b"),
        plain(5, "stranger", "b"),
        plain(6, "stranger", "stranger"),
        plain(1, "root", "root"),
    ];
    assert_eq!(places(&leaf, &anchor, &pool), [[1, 0]]);
    assert_eq!(places(&leaf, &anchor, &pool[1..]), Vec::<Vec<u8>>::new());
    assert_eq!(places(&plain(7, "root", "leaf"), &anchor, &pool), [Vec::<u8>::new()]);
    // The same certificate twice is two of the pool, and never twice on a way.
    let twice = [plain(3, "root", "a"), plain(3, "root", "a")];
    for way in places(&plain(8, "a", "leaf"), &anchor, &twice) {
        assert_eq!(way.len(), 1);
    }
}

#[test]
fn key_identifiers_tell_namesakes_apart() {
    let of = |id: u8| extension(&[0x55, 0x1d, 0x0e], &[4, 1, id]);
    let by = |id: u8| extension(&[0x55, 0x1d, 0x23], &[0x30, 3, 0x80, 1, id]);
    let anchor = link(1, "root", "root", &[&of(1)]);
    let pool = [
        link(2, "root", "a", &[&of(2), &by(1)]),
        link(3, "root", "a", &[&of(3), &by(1)]),
        link(4, "root", "a", &[&of(2), &by(9)]),
        link(5, "root", "a", &[]),
    ];
    assert_eq!(places(&link(6, "a", "leaf", &[&by(2)]), &anchor, &pool), [[0], [3]]);
    assert_eq!(places(&link(7, "a", "leaf", &[]), &anchor, &pool), [[0], [1], [3]]);
}

#[test]
fn a_way_is_at_most_six_certificates_long() {
    let anchor = plain(0, "0", "0");
    let pool: Vec<Link> = (1..8_u8)
        .map(|number| plain(number, &(number - 1).to_string(), &number.to_string()))
        .collect();
    assert_eq!(places(&plain(9, "6", "leaf"), &anchor, &pool), [[5, 4, 3, 2, 1, 0]]);
    assert_eq!(places(&plain(9, "7", "leaf"), &anchor, &pool), Vec::<Vec<u8>>::new());
}

#[test]
fn one_name_for_all_makes_few_ways() {
    let anchor = plain(0, "x", "x");
    let leaf = plain(1, "x", "leaf");
    for count in [10, 41] {
        let pool: Vec<Link> = (2..2 + count).map(|serial| plain(serial, "x", "x")).collect();
        let found = places(&leaf, &anchor, &pool);
        assert_eq!(found.len(), 6, "{found:?}");
        assert_eq!(found.first(), Some(&Vec::new()));
        assert!(found.iter().all(|way| way.len() <= 2), "{found:?}");
    }
}

// There is no clock on wasm32-unknown-unknown.
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
#[test]
fn a_labyrinth_is_left_soon() {
    // Everybody issued everybody, and nobody leads to the anchor: 6! ways and more.
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let pairs = names.iter().flat_map(|issuer| names.iter().map(move |subject| (issuer, subject)));
    let pool: Vec<Link> = (2..)
        .zip(pairs.filter(|(issuer, subject)| issuer != subject))
        .map(|(serial, (issuer, subject))| plain(serial, issuer, subject))
        .collect();
    assert_eq!(pool.len(), 42);
    let started = std::time::Instant::now();
    for _ in 0..100 {
        assert!(places(&plain(1, "a", "leaf"), &plain(0, "root", "root"), &pool).is_empty());
    }
    assert!(started.elapsed().as_secs() < 10);
}
