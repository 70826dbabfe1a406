//! The one place that turns errors into gRPC statuses with details, and reads them back.
//!
//! A status is for a call that failed as a whole; what failed for one topic or one range is data in the
//! answer. Details are google.rpc's: `ErrorInfo` (why, for programs), `BadRequest` (every violation at
//! once) and `RetryInfo` (when to come again). They travel in a header, so their text is bounded.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// Descriptors of the details, for reflection: with them grpcurl shows violations as text, not as base64.
pub use tonic_types::pb::FILE_DESCRIPTOR_SET as DETAIL_DESCRIPTORS;

/// `ErrorInfo.domain` of every status that rollcall makes.
pub const DOMAIN: &str = "rollcall";

/// Values of `ErrorInfo.reason`: stable names that programs may compare.
pub mod reason {
    /// The request breaks its contract; every violation is in the `BadRequest` details.
    pub const INVALID_REQUEST: &str = "INVALID_REQUEST";
    /// A fetcher broke the feed's protocol.
    pub const FEED_FAULT: &str = "FEED_FAULT";
    /// The topic is not on the roll: metadata `topic`.
    pub const TOPIC_NOT_ON_ROLL: &str = "TOPIC_NOT_ON_ROLL";
    /// The gather is not remembered: metadata `gather_id`.
    pub const GATHER_NOT_REMEMBERED: &str = "GATHER_NOT_REMEMBERED";
    /// As many gathers are open as may be.
    pub const TOO_MANY_GATHERS: &str = "TOO_MANY_GATHERS";
    /// As many feeds are open as may be.
    pub const TOO_MANY_FEEDS: &str = "TOO_MANY_FEEDS";
    /// As many watchers are connected as may be.
    pub const TOO_MANY_WATCHERS: &str = "TOO_MANY_WATCHERS";
    /// As many recordings run as may.
    pub const TOO_MANY_RECORDINGS: &str = "TOO_MANY_RECORDINGS";
    /// A recording was not read fast enough, or the aggregator stops.
    pub const RECORDING_CUT_OFF: &str = "RECORDING_CUT_OFF";
    /// The call came without a token.
    pub const TOKEN_MISSING: &str = "TOKEN_MISSING";
    /// What came as authorization is no bearer token.
    pub const TOKEN_MALFORMED: &str = "TOKEN_MALFORMED";
    /// The token is another than the service's.
    pub const TOKEN_WRONG: &str = "TOKEN_WRONG";
    /// The service's own token file is unfit, so that nobody can be let in.
    pub const TOKEN_UNKNOWN: &str = "TOKEN_UNKNOWN";
    /// The caller's own token file is unfit: the call was not made.
    pub const TOKEN_FILE_UNFIT: &str = "TOKEN_FILE_UNFIT";
    /// The fetcher counts other lanes than the aggregator: metadata `lanes_of_the_fetcher`, `lanes`.
    pub const LANES_DISAGREE: &str = "LANES_DISAGREE";
    /// The partition belongs to another lane: metadata `partition`, `lane_of_the_partition`, `lane`, `lanes`.
    pub const NOT_IN_THIS_LANE: &str = "NOT_IN_THIS_LANE";
    /// Nothing was heard of a fetcher while another one waited for what it held.
    pub const FEED_SILENT: &str = "FEED_SILENT";
    /// The service stops.
    pub const STOPPING: &str = "STOPPING";
}

/// Most bytes of a status message.
const MESSAGE_BYTES: usize = 512;
/// Most bytes of one text in the details.
const TEXT_BYTES: usize = 256;
/// Most bytes of all violations together: HTTP/2 peers refuse headers above 8 to 16 KiB.
const VIOLATIONS_BYTES: usize = 3 << 10;
/// Bytes that the wire adds to a violation.
const FRAME_BYTES: usize = 8;
/// Most entries of `ErrorInfo.metadata`.
const METADATA_ENTRIES: usize = 4;

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field, as a path: `timeout`, `topics[2]`.
    pub field: String,
    /// What is wrong with it, and what is accepted.
    pub description: String,
}

impl Violation {
    /// A violation of `field`.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            description: description.into(),
        }
    }
}

/// Why a call is refused as a whole. Becomes a [`Status`] with details.
#[derive(Clone, Debug)]
pub struct Refusal {
    code: Code,
    reason: &'static str,
    message: String,
    metadata: BTreeMap<&'static str, String>,
    violations: Vec<Violation>,
    retry_after: Option<Duration>,
}

impl Refusal {
    /// INVALID_ARGUMENT: the request breaks its contract, in all the ways given.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let message = match violations.as_slice() {
            [] => "the request is invalid".to_owned(),
            [only] => format!("{}: {}", only.field, only.description),
            [first, rest @ ..] => {
                let more = rest.len();
                format!("{}: {} (and {more} more)", first.field, first.description)
            }
        };
        Self {
            violations,
            ..Self::new(Code::InvalidArgument, reason::INVALID_REQUEST, message)
        }
    }

    /// NOT_FOUND: what was asked for is not there.
    pub fn not_found(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, reason, message.into())
    }

    /// RESOURCE_EXHAUSTED: a limit of the service is reached; try again after a while.
    pub fn exhausted(
        reason: &'static str,
        message: impl Into<String>,
        retry_after: Duration,
    ) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(Code::ResourceExhausted, reason, message.into())
        }
    }

    /// UNAVAILABLE: the service cannot answer just now; try again after a while.
    pub fn unavailable(
        reason: &'static str,
        message: impl Into<String>,
        retry_after: Duration,
    ) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(Code::Unavailable, reason, message.into())
        }
    }

    /// FAILED_PRECONDITION: caller and service are set up differently; coming again as before is of no use.
    pub fn failed_precondition(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Code::FailedPrecondition, reason, message.into())
    }

    /// UNAUTHENTICATED: who calls has not shown that it may.
    pub fn unauthenticated(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Code::Unauthenticated, reason, message.into())
    }

    /// INVALID_ARGUMENT with reason FEED_FAULT: the fetcher broke the feed's protocol.
    pub fn feed_fault(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, reason::FEED_FAULT, message.into())
    }

    /// Adds a fact for programs: `ErrorInfo.metadata[key]`. Four fit.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        if self.metadata.len() < METADATA_ENTRIES {
            self.metadata
                .insert(key, bounded(&value.to_string(), TEXT_BYTES));
        }
        self
    }

    fn new(code: Code, reason: &'static str, message: String) -> Self {
        Self {
            code,
            reason,
            message,
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            retry_after: None,
        }
    }

    fn details(&self) -> ErrorDetails {
        let metadata = self.metadata.iter();
        let metadata = metadata.map(|(key, value)| ((*key).to_owned(), value.clone()));
        let mut details = ErrorDetails::new();
        details.set_error_info(self.reason, DOMAIN, metadata.collect::<HashMap<_, _>>());
        if !self.violations.is_empty() {
            details.set_bad_request(bounded_violations(&self.violations));
        }
        if self.retry_after.is_some() {
            details.set_retry_info(self.retry_after);
        }
        details
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let message = bounded(&refusal.message, MESSAGE_BYTES);
        Self::with_error_details(refusal.code, message, refusal.details())
    }
}

/// As many violations as a header has room for; the last one counts those left out.
fn bounded_violations(violations: &[Violation]) -> Vec<FieldViolation> {
    let mut bytes = 0;
    let bounded_one = |v: &Violation| {
        let field = bounded(&v.field, TEXT_BYTES);
        FieldViolation::new(field, bounded(&v.description, TEXT_BYTES))
    };
    let fits = |v: &FieldViolation| {
        bytes += v.field.len() + v.description.len() + FRAME_BYTES;
        bytes <= VIOLATIONS_BYTES
    };
    let mut told: Vec<_> = violations
        .iter()
        .map(bounded_one)
        .take_while(fits)
        .collect();
    let untold = violations.len() - told.len();
    if untold > 0 {
        told.push(FieldViolation::new("", format!("{untold} more violations")));
    }
    told
}

/// A text of at most `bytes` bytes, with an ellipsis where it was cut.
fn bounded(text: &str, bytes: usize) -> String {
    const ELLIPSIS: &str = "…";
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes - ELLIPSIS.len());
    format!("{}{ELLIPSIS}", &text[..end])
}

/// What a status says, taken apart for whoever called. All texts are from the network.
#[derive(Clone, Debug)]
pub struct Explained {
    /// gRPC's code.
    pub code: Code,
    /// The message.
    pub message: String,
    /// `ErrorInfo.reason`, when the status is rollcall's own.
    pub reason: Option<String>,
    /// `ErrorInfo.metadata`, when the status is rollcall's own.
    pub metadata: BTreeMap<String, String>,
    /// What is wrong with the request.
    pub violations: Vec<Violation>,
    /// When to come again.
    pub retry_after: Option<Duration>,
}

/// Reads a status and its details. Details that cannot be read count as absent.
pub fn explain(status: &Status) -> Explained {
    let details = status.get_error_details();
    let info = details.error_info().filter(|info| info.domain == DOMAIN);
    let violation = |v: &FieldViolation| Violation::new(v.field.as_str(), v.description.as_str());
    let bad_request = details.bad_request();
    Explained {
        code: status.code(),
        message: status.message().to_owned(),
        reason: info.map(|info| info.reason.clone()),
        metadata: info
            .map(|info| info.metadata.clone().into_iter().collect())
            .unwrap_or_default(),
        violations: bad_request
            .map(|bad| bad.field_violations.iter().map(violation).collect())
            .unwrap_or_default(),
        retry_after: details.retry_info().and_then(|info| info.retry_delay),
    }
}

#[cfg(test)]
mod tests;
