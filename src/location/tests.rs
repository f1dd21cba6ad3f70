use super::*;
use crate::effects::Effects;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn header(name: &str, scheme: Option<&str>) -> Location {
    Location::Header { name: name.into(), scheme: scheme.map(Into::into) }
}

fn headers<'r>(pairs: &[(&'r str, &'r str)]) -> Headers<'r> {
    Headers::new(pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect())
}

fn read(location: &Location, pairs: &[(&str, &str)]) -> Vec<String> {
    let values = location.read(&headers(pairs));
    values.iter().map(|value| String::from_utf8(value.to_vec()).unwrap()).collect()
}

#[test]
fn a_header_is_read_by_its_scheme() {
    let bearer = header("authorization", Some("Bearer"));
    for (value, found) in [
        ("Bearer abc", &["abc"][..]),
        ("bEaReR   abc ", &["abc"]),
        ("Bearer\tabc", &["abc"]),
        ("Bearer", &[]),
        ("Bearer ", &[]),
        ("Bearer:abc", &[]),
        ("Bearerabc", &[]),
        ("Basic abc", &[]),
        ("", &[]),
        ("Bearer a,Bearer b", &["a,Bearer b"]),
    ] {
        assert_eq!(read(&bearer, &[("authorization", value)]), found, "{value:?}");
    }
    let plain = header("x-api-key", None);
    assert_eq!(read(&plain, &[("x-api-key", " a b "), ("x-api-key", "c")]), ["a b", "c"]);
    assert!(read(&plain, &[("x-api-key", "  "), ("x_api_key", "a")]).is_empty());
}

#[test]
fn a_scheme_may_be_found_anywhere() {
    let bearer = header("authorization", Some("Bearer"));
    let may_hold = |value: &str| bearer.may_hold(&headers(&[("authorization", value)]));
    for value in
        ["Bearer a", "bearer  a", "Basic b,Bearer a", "Basic b, bEARER a", "Digest c=\"Bearer a\""]
    {
        assert!(may_hold(value), "{value}");
    }
    for value in
        ["", "Bearer", "Bearer  ", "Bearera", "Basic b", "Basic b,Bearer", "Basic b,Bearer:a"]
    {
        assert!(!may_hold(value), "{value}");
    }
    assert!(!bearer.may_hold(&headers(&[("x-authorization", "Bearer a")])));
    assert!(header("x-token", None).may_hold(&headers(&[("x-token", "a")])));
    assert!(!header("x-token", None).may_hold(&headers(&[("x-token", " ")])));
    assert!(Location::Query("t".into()).may_hold(&headers(&[(":path", "/?t=a")])));
}

#[test]
fn a_parameter_is_read_as_forms_write_it() {
    let key = Location::Query("api_key".into());
    for (path, found) in [
        ("/?api_key=a", &["a"][..]),
        ("/x?b=1&api_key=a%2Bb+c&c", &["a+b c"]),
        ("/?api%5Fkey=a", &["a"]),
        ("/?%61pi_key=a&api_key=b", &["a", "b"]),
        ("/?api_key=a=b?c", &["a=b?c"]),
        ("/?api_key=%", &["%"]),
        ("/?api_key=", &[]),
        ("/?api_key", &[]),
        ("/?API_KEY=a", &[]),
        ("/api_key=a", &[]),
        ("/", &[]),
    ] {
        assert_eq!(read(&key, &[(":path", path)]), found, "{path}");
    }
}

#[test]
fn a_cookie_is_read_by_its_exact_name() {
    let key = Location::Cookie("key".into());
    for (value, found) in [
        ("key=a", &["a"][..]),
        ("a=1; key=b;c=2", &["b"]),
        (" key = a ", &["a"]),
        ("key=a; key=b", &["a", "b"]),
        ("key=\"a\"", &["\"a\""]),
        ("Key=a; xkey=b; keyx=c; key", &[]),
        ("key=", &[]),
    ] {
        assert_eq!(read(&key, &[("cookie", value)]), found, "{value}");
    }
    assert_eq!(read(&key, &[("cookie", "key=a"), ("cookie", "key=b")]), ["a", "b"]);
}

fn stripped(
    locations: &[Location],
    pairs: &[(&str, &str)],
) -> (Vec<String>, Vec<(String, String)>) {
    let headers = headers(pairs);
    let mut effects = Effects::default();
    strip(&locations.iter().collect::<Vec<_>>(), &headers, &mut effects);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let set = effects.set.iter().map(|(name, value)| ((*name).to_owned(), text(value)));
    (effects.remove.iter().map(|name| text(name)).collect(), set.collect())
}

#[test]
fn what_is_taken_away_leaves_all_else_as_it_was() {
    let query = [Location::Query("api_key".into())];
    for (path, left) in [
        ("/a?api_key=b", "/a"),
        ("/a?api_key=b&c=%20d&&e", "/a?c=%20d&&e"),
        ("/a?x=1&api%5fkey=b&api_key", "/a?x=1"),
    ] {
        let expected = vec![(":path".to_owned(), left.to_owned())];
        assert_eq!(stripped(&query, &[(":path", path)]), (vec![], expected), "{path}");
    }
    assert_eq!(stripped(&query, &[(":path", "/api_key=b?c")]), (vec![], vec![]));

    let cookie = [Location::Cookie("key".into())];
    for (value, left) in [
        ("key=a; b=c", "b=c"),
        ("b=c; key=a", "b=c"),
        ("b=c;  key=a;d = \"e\"", "b=c;d = \"e\""),
        ("b=c; key=a; key=b; Key=d", "b=c; Key=d"),
    ] {
        let expected = vec![("cookie".to_owned(), left.to_owned())];
        assert_eq!(stripped(&cookie, &[("cookie", value)]), (vec![], expected), "{value}");
    }
    assert_eq!(stripped(&cookie, &[("cookie", "key=a")]), (vec!["cookie".to_owned()], vec![]));
    let several = [("cookie", "key=a"), ("cookie", "b=c"), ("cookie", "d=e; key=f")];
    let expected = vec![("cookie".to_owned(), "b=c; d=e".to_owned())];
    assert_eq!(stripped(&cookie, &several), (vec![], expected));
}

#[test]
fn a_header_is_taken_away_by_its_scheme() {
    let locations = [header("authorization", Some("ApiKey")), header("x-api-key", None)];
    let of = |pairs: &[(&str, &str)]| stripped(&locations, pairs).0;
    assert_eq!(
        of(&[("authorization", "apikey a"), ("x-api-key", "")]),
        ["authorization", "x-api-key"]
    );
    assert!(of(&[("authorization", "Bearer a")]).is_empty());
    assert_eq!(of(&[("authorization", "Bearer a,ApiKey b")]), ["authorization"]);
    assert_eq!(of(&[("x-api-key", "a"), ("x-api-key", "b")]), ["x-api-key"]);
}

#[test]
fn places_overlap_where_one_value_stands_at_both() {
    let bearer = header("authorization", Some("Bearer"));
    assert!(bearer.overlaps(&header("authorization", Some("bearer"))));
    assert!(bearer.overlaps(&header("authorization", None)));
    assert!(!bearer.overlaps(&header("authorization", Some("ApiKey"))));
    assert!(!bearer.overlaps(&header("x-api-key", None)));
    assert!(Location::Query("a".into()).overlaps(&Location::Query("a".into())));
    assert!(!Location::Query("a".into()).overlaps(&Location::Cookie("a".into())));
}
