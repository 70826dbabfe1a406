//! The directory in which a test binary keeps what it makes: broker data, logs, settings.
//!
//! One per run of a test binary, under `target/test-run/`. It disappears with the process, however that ends, unless a
//! test panicked: then the logs stay for a day, the panic's message says where, and only the brokers' data is removed.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

/// The name of big directories, which are removed even when the logs are kept.
pub const DATA: &str = "data";

/// The file whose presence keeps the logs.
const KEEP: &str = "keep";

/// How long kept logs stay when nobody removes them.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Waits for the end of the process that holds its standard input, then cleans up. A broker that is being killed at the
/// same time may still write for a moment, hence the repetition.
const JANITOR: &str = r#"
trap '' HUP INT TERM
cat >/dev/null
for _attempt in 1 2 3 4 5 6 7 8 9 10; do
    if [ -e "$1/keep" ]; then rm -rf "$1"/*/data && exit; else rm -rf "$1" && exit; fi
    sleep 0.3
done
"#;

struct Run {
    directory: PathBuf,
    /// Its standard input is held open by this process; a static never drops, so it closes with the process.
    _janitor: Child,
}

/// A new, empty directory for one process or purpose; `name` becomes part of its name.
pub fn directory(name: &str) -> Result<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let directory = run()?.join(format!("{number:02}-{name}"));
    fs::create_dir_all(&directory)
        .with_context(|| format!("could not create {}", directory.display()))?;
    Ok(directory)
}

/// Cargo's target directory, in which this binary lies: as `PROFILE/NAME`, or `PROFILE/deps/NAME` for a test.
pub fn target() -> Result<PathBuf> {
    let binary = std::env::current_exe().context("the test binary's own path is unknown")?;
    let above = |path: &Path| path.parent().map(Path::to_owned);
    let beside = above(&binary);
    let profile = match beside {
        Some(path) if path.ends_with("deps") => above(&path),
        other => other,
    };
    profile
        .and_then(|path| above(&path))
        .with_context(|| format!("{} is not in a target directory", binary.display()))
}

/// The workspace's directory.
pub fn workspace() -> PathBuf {
    let mut tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests.pop();
    tests
}

fn run() -> Result<&'static Path> {
    static RUN: OnceLock<Result<Run, String>> = OnceLock::new();
    let run = RUN.get_or_init(|| Run::start().map_err(|error| format!("{error:#}")));
    run.as_ref()
        .map(|run| run.directory.as_path())
        .map_err(|error| anyhow!("{error}"))
}

impl Run {
    fn start() -> Result<Self> {
        let binary = std::env::current_exe().context("the test binary's own path is unknown")?;
        let name = binary.file_stem().unwrap_or_default().to_string_lossy();
        // Cargo adds a hash behind the last dash.
        let name = name
            .rsplit_once('-')
            .map_or(name.as_ref(), |(name, _hash)| name);
        let runs = target()?.join("test-run");
        remove_old_logs(&runs);
        let directory = runs.join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&directory)
            .with_context(|| format!("could not create {}", directory.display()))?;
        let mut janitor = Command::new("sh");
        janitor.args(["-c", JANITOR, "janitor"]).arg(&directory);
        janitor
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let janitor = janitor.spawn().context("could not start sh")?;
        keep_logs_on_panic(directory.clone());
        Ok(Self {
            directory,
            _janitor: janitor,
        })
    }
}

/// Removes kept logs that are old. What cannot be read or removed stays: it is nobody's failure.
fn remove_old_logs(runs: &Path) {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let is_old = |run: &Path| {
        let kept_since = fs::metadata(run.join(KEEP)).and_then(|keep| keep.modified());
        kept_since.is_ok_and(|since| since.elapsed().is_ok_and(|age| age > KEPT))
    };
    for run in entries.map(|entry| entry.path()).filter(|run| is_old(run)) {
        let _ = fs::remove_dir_all(run);
    }
}

/// Keeps the logs of this run though nothing panicked, and says where they are.
pub fn keep(why: &str) -> Result<PathBuf> {
    let directory = run()?.to_owned();
    fs::write(directory.join(KEEP), format!("{why}\n")).context("could not keep the logs")?;
    Ok(directory)
}

fn keep_logs_on_panic(directory: PathBuf) {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        previous(panic);
        match fs::write(directory.join(KEEP), "a test of this run panicked\n") {
            Ok(()) => eprintln!("logs are kept in {}", directory.display()),
            Err(error) => eprintln!("logs could not be kept in {}: {error}", directory.display()),
        }
    }));
}
