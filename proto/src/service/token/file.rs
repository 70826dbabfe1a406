//! A file with a token, read again while it is used.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{LONGEST, Token, TokenFault, Unfit};

/// How long what was read holds. Read, not watched: a Secret's volume changes by a symlink of its directory, an editor
/// writes a new file, and a file of one line is read in the time that asking for its date takes.
const HOLDS: Duration = Duration::from_secs(1);
/// Most bytes that are read: a token, and a line's end around it.
const FILE_BYTES: u64 = LONGEST as u64 + 64;
/// Permissions of others. The group may read it: a Secret's volume belongs to root and the pod's group.
const OTHERS: u32 = 0o007;
/// The permissions among a mode's bits.
const PERMISSIONS: u32 = 0o7777;

/// A file with a token.
#[derive(Debug)]
pub struct TokenFile {
    path: PathBuf,
    held: Mutex<Held>,
}

/// What was read last.
#[derive(Debug)]
struct Held {
    token: Result<Arc<Token>, TokenFault>,
    until: Instant,
}

impl TokenFile {
    /// The file at `path`, read once now.
    ///
    /// # Errors
    /// When it gives no token.
    pub fn open(path: &Path) -> Result<Self, TokenFault> {
        let token = Arc::new(read(path)?);
        Ok(Self {
            path: path.to_owned(),
            held: Mutex::new(Held {
                token: Ok(token),
                until: Instant::now() + HOLDS,
            }),
        })
    }

    /// The token that the file gives, as it was at most a second ago.
    ///
    /// # Errors
    /// When the file has become unfit: what it gave before does not hold any more.
    pub fn token(&self) -> Result<Arc<Token>, TokenFault> {
        self.token_at(Instant::now())
    }

    pub(super) fn token_at(&self, now: Instant) -> Result<Arc<Token>, TokenFault> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= held.until {
            let token = read(&self.path).map(Arc::new);
            tell(&held.token, &token);
            *held = Held {
                token,
                until: now + HOLDS,
            };
        }
        held.token.clone()
    }
}

/// Says in the log what has changed.
fn tell(before: &Result<Arc<Token>, TokenFault>, after: &Result<Arc<Token>, TokenFault>) {
    match (before, after) {
        (Ok(before), Ok(after)) if before.is(&after.0) => {}
        (Ok(_) | Err(_), Ok(_)) => tracing::info!("the token was read anew: it has changed"),
        (Err(before), Err(after)) if before == after => {}
        (Ok(_) | Err(_), Err(fault)) => tracing::error!(%fault, "there is no token any more"),
    }
}

/// Reads the token from a file.
fn read(path: &Path) -> Result<Token, TokenFault> {
    let token = bytes(path).and_then(|bytes| Token::parse(&bytes));
    token.map_err(|unfit| TokenFault {
        path: path.to_owned(),
        unfit,
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>, Unfit> {
    // Before it is opened: opening a pipe would wait for its writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(Unfit::NoFile);
    }
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & PERMISSIONS;
    if mode & OTHERS != 0 {
        return Err(Unfit::Open { mode });
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
