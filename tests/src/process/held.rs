//! A single thread of a process that stands still while the others go on, as one that hangs in a call does.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, WaitOptions, waitpid};

use crate::blocking::blocking;

/// The kernel stops a thread at once.
const STOP: Duration = Duration::from_secs(10);

/// Until it is dropped the thread stands still. It goes on, too, when this process ends.
#[derive(Debug)]
pub struct HeldThread(
    #[expect(dead_code, reason = "its end lets the thread go on")] SyncSender<()>,
);

impl HeldThread {
    /// Holds the thread of a child process whose name begins so.
    pub(super) async fn hold(process: u32, name: &str) -> Result<Self> {
        let thread = find(process, name)?;
        let (holding, held) = sync_channel(1);
        let (told, stopped) = sync_channel(1);
        // Only the thread that took hold of another may let it go.
        std::thread::Builder::new()
            .name("holder".to_owned())
            .spawn(move || hold_until_dropped(thread, &told, &held))
            .context("could not start a thread")?;
        blocking("hold a thread", STOP, move || stopped.recv()).await???;
        Ok(Self(holding))
    }
}

fn hold_until_dropped(thread: Pid, told: &SyncSender<Result<()>>, held: &Receiver<()>) {
    let stopped = stop(thread);
    let holds = stopped.is_ok();
    // Whoever waited may have given up; the receiver of `held` fails then.
    let _ = told.send(stopped);
    if holds {
        let _dropped = held.recv();
        // A process that was killed meanwhile has no thread to let go.
        let _ = ptrace(libc::PTRACE_DETACH, thread);
    }
}

fn stop(thread: Pid) -> Result<()> {
    ptrace(libc::PTRACE_SEIZE, thread).context("may not hold a thread")?;
    ptrace(libc::PTRACE_INTERRUPT, thread).context("could not stop a thread")?;
    waitpid(Some(thread), WaitOptions::empty()).context("the thread did not stop")?;
    Ok(())
}

/// A request without address and data.
#[expect(unsafe_code, reason = "no crate of ours wraps ptrace")]
fn ptrace(request: libc::c_uint, thread: Pid) -> io::Result<()> {
    let nothing = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: the kernel reads and writes no memory for SEIZE, INTERRUPT and DETACH with null arguments.
    let answer = unsafe { libc::ptrace(request, thread.as_raw_nonzero().get(), nothing, nothing) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn find(process: u32, name: &str) -> Result<Pid> {
    let threads = PathBuf::from(format!("/proc/{process}/task"));
    for thread in fs::read_dir(&threads).context("no such process")? {
        let thread = thread?;
        // One may end while it is looked at.
        let called = fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
        if called.starts_with(name) {
            let id = thread.file_name().to_string_lossy().parse()?;
            return Pid::from_raw(id).context("thread 0");
        }
    }
    anyhow::bail!("process {process} has no thread that is called {name}")
}
