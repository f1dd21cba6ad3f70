//! Every input that is kept, tried without a fuzzer.

use std::fs;
use std::path::Path;

use peergate_fuzz::TARGETS;

#[test]
fn every_input_that_is_kept_is_tried() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut directories: Vec<_> =
        fs::read_dir(&seeds).unwrap().map(|it| it.unwrap().file_name()).collect();
    directories.sort();
    let mut names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    names.sort_unstable();
    assert_eq!(directories, names, "a directory of inputs for each target, and no other");
    for target in TARGETS {
        let mut tried = 0;
        for entry in fs::read_dir(seeds.join(target.name)).unwrap() {
            let path = entry.unwrap().path();
            // What the test prints if the input is a finding.
            println!("{}", path.display());
            (target.run)(&fs::read(&path).unwrap());
            tried += 1;
        }
        assert!(tried > 0, "no inputs for {}", target.name);
    }
}

#[test]
fn every_target_takes_inputs_that_are_none() {
    for target in TARGETS {
        for input in [&b""[..], b"\0", b"\n", b"{}", &[0xff; 40], b" \n @ \n:\n"] {
            (target.run)(input);
        }
    }
}
