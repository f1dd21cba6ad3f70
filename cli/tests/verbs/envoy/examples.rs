use std::fs;
use std::path::Path;

use crate::peergate::peergate;

#[test]
fn the_committed_examples_are_right() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy-config");
    let mut seen = 0;
    for entry in fs::read_dir(&home).unwrap() {
        let place = entry.unwrap().path();
        let bootstrap = place.join("bootstrap.yaml");
        if !bootstrap.exists() {
            continue;
        }
        // One for an older Envoy holds the same policy.
        let name = place.file_name().unwrap().to_str().unwrap().trim_end_matches("-1.36");
        let name = name.replacen("envoy", "policy", 1);
        let policy = home.join(format!("{name}.yaml"));
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let (bootstrap, resource) = (text(&bootstrap), text(&place.join("peergate.yaml")));
        let ran = peergate(&["check", "--envoy", &bootstrap, "--envoy", &resource, &text(&policy)]);
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert!(ran.out.contains("(1 listener with the filter, 0 errors, 0 warnings)"), "{ran:?}");
        assert!(!ran.err.contains("warning"), "{ran:?}");
        seen += 1;
    }
    assert!(seen >= 6, "{seen}");
}
