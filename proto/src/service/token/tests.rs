//! Which files give a token, and who is let in.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tonic::Code;
use tonic::Request;
use tonic::service::Interceptor as _;

use super::*;
use crate::status::{explain, reason};

const TOKEN: &str = "s3cr3t-0123456789abcdef";
const OTHER: &str = "0ther-0123456789abcdefg";

fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A file with this content that only its owner and group may read.
fn file(directory: &Path, content: &[u8]) -> PathBuf {
    file_of(directory, content, 0o440)
}

fn file_of(directory: &Path, content: &[u8], mode: u32) -> PathBuf {
    let path = directory.join("token");
    // Read-only files are replaced, not written.
    let _ = fs::remove_file(&path);
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_file_that_gives_no_token_says_why_and_not_what_is_in_it() {
    let scratch = scratch();
    let check = |content: &[u8], mode: u32, says: &str| {
        let path = file_of(scratch.path(), content, mode);
        let said = TokenFile::open(&path).unwrap_err().to_string();
        assert!(
            said.contains(says) && said.contains("token\""),
            "{says:?} is not in {said}"
        );
        assert!(!said.contains("s3cr3t"), "{said}");
    };
    check(
        TOKEN.as_bytes(),
        0o644,
        "others may use it (its mode is 0644)",
    );
    check(TOKEN.as_bytes(), 0o602, "0602");
    check(b"", 0o600, "it is empty");
    check(b" \n\r\n", 0o600, "it is empty");
    check(b"s3cr3t", 0o600, "has 6 characters; 16 to 1024");
    check(&[b'x'; LONGEST + 1], 0o600, "more than 1024 characters");
    check(&[b'x'; 1 << 20], 0o600, "more than 1024 characters");
    check(b"s3cr3t-0123456789\nabcdef", 0o600, "character 18");
    check("s3cr3t-0123456789-ü".as_bytes(), 0o600, "character 19");
    check(b"s3cr3t-0123456789\0abcdef", 0o600, "character 18");
    check(b"s3cr3t 0123456789abcdef", 0o600, "character 7");
}

#[test]
fn what_is_no_file_is_named() {
    let scratch = scratch();
    let missing = TokenFile::open(&scratch.path().join("none")).unwrap_err();
    assert_eq!(missing.unfit, Unfit::Missing);
    let directory = TokenFile::open(scratch.path()).unwrap_err();
    assert_eq!(directory.unfit, Unfit::NoFile);
}

#[test]
fn a_token_is_shown_by_nothing() {
    let scratch = scratch();
    let path = file(scratch.path(), TOKEN.as_bytes());
    let shown = format!("{:?}", TokenFile::open(&path).unwrap());
    assert!(!shown.contains("s3cr3t"), "{shown}");
    let mut bearer = Bearer::of(Some(&path)).unwrap();
    let shown = format!(
        "{:?} {:?}",
        bearer.clone(),
        bearer.call(Request::new(())).unwrap()
    );
    assert!(!shown.contains("s3cr3t"), "{shown}");
}

#[test]
fn a_file_is_read_again_after_a_second_and_not_before() {
    let scratch = scratch();
    let path = file(scratch.path(), TOKEN.as_bytes());
    let begun = Instant::now();
    let tokens = TokenFile::open(&path).unwrap();
    let at = |millis| tokens.token_at(begun + Duration::from_millis(millis));
    file(scratch.path(), OTHER.as_bytes());
    assert!(at(900).unwrap().is(TOKEN));
    assert!(at(2100).unwrap().is(OTHER));
    // One that is unfit ends what held before, and comes back by itself.
    file_of(scratch.path(), TOKEN.as_bytes(), 0o644);
    assert_eq!(at(3200).unwrap_err().unfit, Unfit::Open { mode: 0o644 });
    fs::remove_file(&path).unwrap();
    assert_eq!(at(4300).unwrap_err().unfit, Unfit::Missing);
    file(scratch.path(), TOKEN.as_bytes());
    assert!(at(5400).unwrap().is(TOKEN));
}

/// As kubelet does it: `token` → `..data/token`, and `..data` → a directory that is new with each change.
#[test]
fn a_secrets_volume_that_changes_by_a_symlink_is_followed() {
    let scratch = scratch();
    let volume = scratch.path();
    for (name, token) in [("..1", TOKEN), ("..2", OTHER)] {
        fs::create_dir(volume.join(name)).unwrap();
        file(&volume.join(name), token.as_bytes());
    }
    symlink("..1", volume.join("..data")).unwrap();
    symlink("..data/token", volume.join("token")).unwrap();
    let begun = Instant::now();
    let tokens = TokenFile::open(&volume.join("token")).unwrap();
    assert!(tokens.token_at(begun).unwrap().is(TOKEN));
    symlink("..2", volume.join("..data_tmp")).unwrap();
    fs::rename(volume.join("..data_tmp"), volume.join("..data")).unwrap();
    let later = begun + Duration::from_secs(3);
    assert!(tokens.token_at(later).unwrap().is(OTHER));
}

fn anywhere() -> std::net::SocketAddr {
    "0.0.0.0:7655".parse().unwrap()
}

#[test]
fn only_the_loopback_may_stand_open() {
    for loopback in [
        "127.0.0.1:1",
        "127.3.2.1:1",
        "[::1]:1",
        "[::ffff:127.0.0.1]:1",
    ] {
        let gate = Gate::of(loopback.parse().unwrap(), None).unwrap();
        assert!(!gate.is_shut(), "{loopback}");
    }
    for other in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:10.0.0.1]:1"] {
        let said = Gate::of(other.parse().unwrap(), None)
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("--token-file") && said.contains("ROLLCALL_TOKEN_FILE"),
            "{said}"
        );
    }
}

/// What a gate with [`TOKEN`] says to a call with this header: its code and its reason.
fn knock(header: Option<&[u8]>) -> Result<(), (Code, String)> {
    let scratch = scratch();
    let path = file(scratch.path(), TOKEN.as_bytes());
    let mut request = Request::new(());
    if let Some(header) = header {
        let value = tonic::metadata::MetadataValue::try_from(header).unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    let mut gate = Gate::of(anywhere(), Some(&path)).unwrap();
    let passed = gate.call(request).map_err(|status| {
        assert!(!format!("{status:?}").contains("s3cr3t"), "{status:?}");
        let told = explain(&status);
        (told.code, told.reason.unwrap())
    })?;
    assert!(
        passed.metadata().get("authorization").is_none(),
        "it goes no further"
    );
    Ok(())
}

#[test]
fn a_call_is_let_in_by_its_token_and_told_why_it_is_not() {
    let shown = |text: String| knock(Some(text.as_bytes()));
    assert_eq!(shown(format!("Bearer {TOKEN}")), Ok(()));
    assert_eq!(shown(format!("bearer  {TOKEN} ")), Ok(()));
    let refused = |reason: &str| Err((Code::Unauthenticated, reason.to_owned()));
    assert_eq!(knock(None), refused(reason::TOKEN_MISSING));
    for malformed in ["", "Bearer", "Bearer ", "Basic czNjcjN0", TOKEN] {
        assert_eq!(
            shown(malformed.to_owned()),
            refused(reason::TOKEN_MALFORMED),
            "{malformed:?}"
        );
    }
    assert_eq!(
        knock(Some("Bearer ü".as_bytes())),
        refused(reason::TOKEN_MALFORMED)
    );
    for wrong in [OTHER, &TOKEN[1..], "x"] {
        assert_eq!(
            shown(format!("Bearer {wrong}")),
            refused(reason::TOKEN_WRONG)
        );
    }
}

#[test]
fn what_a_bearer_shows_opens_the_gate_of_the_same_file() {
    let scratch = scratch();
    let path = file(scratch.path(), format!("{TOKEN}\r\n").as_bytes());
    let mut gate = Gate::of(anywhere(), Some(&path)).unwrap();
    let shown = Bearer::of(Some(&path))
        .unwrap()
        .call(Request::new(()))
        .unwrap();
    gate.call(shown).unwrap();
    let nothing = Bearer::of(None).unwrap().call(Request::new(())).unwrap();
    assert!(nothing.metadata().is_empty());
}
