//! Hostile input: the corpus, and a little of what `make fuzz` does.

use std::fs;

use rollcall_tests::hostile::{TARGETS, corpus, fuzz};
use rollcall_tests::scratch::workspace;

/// Inputs that are made for each target here.
const A_FEW: u64 = 300;

#[test]
fn nothing_of_the_corpus_breaks_anything() {
    for target in &TARGETS {
        let files = corpus(target).unwrap();
        assert!(files.len() > 1, "{} has a corpus", target.name);
        for (name, input) in files {
            println!("{}/{name}", target.name);
            (target.try_input)(&input);
        }
        (target.seeds)()
            .iter()
            .for_each(|seed| (target.try_input)(seed));
    }
}

#[test]
fn neither_does_what_is_made_of_it() {
    for target in &TARGETS {
        let found = fuzz::run(target, fuzz::Until::Inputs(A_FEW), 7).unwrap();
        assert!(found.is_none(), "{found:?}");
    }
}

#[test]
fn each_file_of_the_corpus_has_its_reason() {
    let page = fs::read_to_string(workspace().join("tests/hostile/README.md")).unwrap();
    for target in &TARGETS {
        for (name, _) in corpus(target).unwrap() {
            let entry = format!("`{}/{name}`", target.name);
            assert!(page.contains(&entry), "{entry} is not in the README");
        }
    }
}
