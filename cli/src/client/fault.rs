//! Why a call failed, told from the outside in: transport first, then HTTP/2, then gRPC.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use rollcall_proto::status::{Explained, explain, reason};
use tonic::{Code, Status};

use crate::sanitize::safe;
use crate::view::quantity;

/// A call that failed as a whole.
#[derive(Clone, Debug)]
pub struct CallError {
    /// Who was called.
    pub server: String,
    /// How long an answer may take.
    pub deadline: Duration,
    /// Why it failed.
    pub reason: Reason,
}

/// Why a call failed.
#[derive(Clone, Debug)]
pub enum Reason {
    /// The address cannot be dialled.
    Address(String),
    /// The token file gives no token: nobody was called.
    Token(String),
    /// The host's name cannot be resolved.
    Name,
    /// Nothing listens there.
    Refused,
    /// The network does not get there.
    Unreachable(String),
    /// No answer within the deadline.
    Silent,
    /// Something answers that speaks no gRPC.
    NotGrpc(String),
    /// It speaks gRPC, and is no aggregator of rollcall.
    NotRollcall,
    /// The connection broke.
    Gone(String),
    /// The connection broke before anything was ever answered.
    HungUp(String),
    /// The aggregator refused the call.
    Status(Box<Explained>),
    /// Several were called, and each call failed.
    Every(Vec<CallError>),
}

impl Reason {
    /// The same of a peer that has never answered: how soon an HTTP/1 server hangs up decides whether its
    /// answer is seen, or only a connection that broke.
    pub(super) fn before_any_answer(self) -> Self {
        if let Self::Gone(why) = self {
            return Self::HungUp(why);
        }
        self
    }
}

impl CallError {
    /// What several calls that failed come to, of which there is at least one: what was wrong in itself with what was
    /// asked, else all of it.
    pub fn of_all(errors: Vec<Self>) -> Option<Self> {
        let first = errors.first()?.clone();
        if errors.len() == 1 {
            return Some(first);
        }
        let usage = errors.iter().find(|error| error.is_usage()).cloned();
        Some(usage.unwrap_or(Self {
            reason: Reason::Every(errors),
            ..first
        }))
    }

    /// Whether the caller asked for something that is wrong in itself.
    pub fn is_usage(&self) -> bool {
        matches!(&self.reason, Reason::Status(told) if matches!(told.code, Code::InvalidArgument | Code::NotFound))
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = safe(&self.server);
        let deadline = quantity::setting(self.deadline);
        match &self.reason {
            Reason::Address(why) => write!(f, "--server: {}, e.g. 127.0.0.1:7655", safe(why)),
            Reason::Token(why) => write!(f, "--token-file (or ROLLCALL_TOKEN_FILE): {}", safe(why)),
            Reason::Name => write!(
                f,
                "{server}: the host's name is not known; check --server for a typing error, or DNS"
            ),
            Reason::Refused => write!(
                f,
                "{server}: connection refused, nothing listens there; is rollcall running (try `rollcall demo` or `rollcall up`), and is --server right?"
            ),
            Reason::Unreachable(why) => write!(
                f,
                "{server}: cannot connect ({}); check the network and --server",
                safe(why)
            ),
            Reason::Silent => write!(
                f,
                "{server}: no answer within {deadline}; is the process stopped or a firewall between? --deadline waits longer"
            ),
            Reason::NotGrpc(why) => write!(
                f,
                "{server}: something answers that speaks no gRPC ({}); gRPC is on port 7655 by default, 7656 is for HTTP",
                safe(why)
            ),
            Reason::NotRollcall => write!(
                f,
                "{server}: a gRPC server answers that is no rollcall aggregator; check --server"
            ),
            Reason::HungUp(why) => write!(
                f,
                "{server}: it hangs up without an answer ({}), as one that speaks no gRPC does; gRPC is on port 7655 by default, 7656 is for HTTP",
                safe(why)
            ),
            Reason::Gone(why) => write!(
                f,
                "{server}: the connection broke ({}); did the aggregator stop? try again",
                safe(why)
            ),
            Reason::Status(told) => write_status(f, &server, told),
            Reason::Every(errors) => {
                let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
                write!(f, "no lane answers: {}", all.join("; "))
            }
        }
    }
}

impl Error for CallError {}

fn write_status(f: &mut fmt::Formatter<'_>, server: &str, told: &Explained) -> fmt::Result {
    match told.violations.as_slice() {
        [] => write!(f, "{}", safe(&told.message))?,
        violations => {
            let all: Vec<String> = violations
                .iter()
                .map(|one| format!("{}: {}", one.field, one.description))
                .collect();
            write!(f, "{}", safe(&all.join("; ")))?;
        }
    }
    match told.retry_after {
        Some(wait) => write!(
            f,
            " (said {server}; try again in {})",
            quantity::duration(wait)
        ),
        None => write!(f, " (said {server})"),
    }
}

/// Why a call failed, connecting included.
pub(super) fn of_status(status: &Status) -> Reason {
    let code = status.code();
    if code == Code::Unimplemented {
        return Reason::NotRollcall;
    }
    if status.message().contains("grpc-status header missing") {
        return Reason::NotGrpc(status.message().to_owned());
    }
    match status.source() {
        Some(source) => of_chain(source).unwrap_or_else(|| Reason::Gone(innermost(source))),
        None if matches!(code, Code::DeadlineExceeded | Code::Cancelled) => Reason::Silent,
        None => of_words(explain(status)),
    }
}

/// What a status says that came from the other end, or from the way out of this process.
fn of_words(told: Explained) -> Reason {
    match told.reason.as_deref() {
        Some(reason::TOKEN_FILE_UNFIT) => Reason::Token(told.message),
        Some(_) | None => Reason::Status(Box::new(told)),
    }
}

/// What a chain of errors comes down to. Their types are private to the HTTP stack, so their texts and
/// the `io::Error` at the end are what there is to go by.
fn of_chain(error: &(dyn Error + 'static)) -> Option<Reason> {
    let mut text = String::new();
    for link in chain(error) {
        let said = link.to_string();
        if said.contains("dns error") || said.contains("failed to lookup address") {
            return Some(Reason::Name);
        }
        if let Some(io) = link.downcast_ref::<io::Error>() {
            return Some(of_io(io, &text));
        }
        text = said;
        if text.contains("FRAME_SIZE_ERROR")
            || text.contains("PROTOCOL_ERROR")
            || text.contains("invalid")
        {
            return Some(Reason::NotGrpc(text));
        }
    }
    None
}

fn of_io(error: &io::Error, before: &str) -> Reason {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidData, TimedOut,
        UnexpectedEof,
    };
    let kind = error.kind();
    if kind == ConnectionRefused {
        Reason::Refused
    } else if kind == TimedOut {
        Reason::Silent
    } else if kind == InvalidData || before.contains("handshake") {
        Reason::NotGrpc(error.to_string())
    } else if matches!(
        kind,
        BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
    ) {
        Reason::Gone(error.to_string())
    } else {
        Reason::Unreachable(error.to_string())
    }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |link: &&'a (dyn Error + 'static)| {
        (*link).source()
    })
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}
