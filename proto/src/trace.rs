//! Trace context in and out of gRPC metadata and of messages, as W3C Trace Context writes it (`traceparent`).
//!
//! Source: <https://www.w3.org/TR/trace-context/>, version 00. Versions to come are read as far as 00 goes,
//! as it demands. Nothing is made up: a header that is not valid counts as absent.

use std::fmt;
use std::str::FromStr;

use tonic::metadata::MetadataMap;

const TRACEPARENT: &str = "traceparent";
/// Length of a `traceparent` of version 00: `00-` + 32 + `-` + 16 + `-` + 2.
const TRACEPARENT_BYTES: usize = 55;
const SAMPLED: u8 = 1;

/// Where in a trace a call stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    sampled: bool,
}

/// A text that is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no valid traceparent")]
pub struct InvalidTraceparent;

impl TraceContext {
    /// A new trace, from random bytes: 16 for its id, 8 for its first span.
    pub fn fresh(random: [u8; 24], sampled: bool) -> Self {
        let (mut trace_id, mut span_id) = ([0; 16], [0; 8]);
        trace_id.copy_from_slice(&random[..16]);
        span_id.copy_from_slice(&random[16..]);
        Self {
            trace_id: not_zero(trace_id),
            span_id: not_zero(span_id),
            sampled,
        }
    }

    /// Another span of the same trace, from random bytes.
    #[must_use]
    pub fn child(self, random: [u8; 8]) -> Self {
        let span_id = not_zero(random);
        Self { span_id, ..self }
    }

    /// A place that another library names; `None` where an id is zero.
    pub fn of(trace_id: [u8; 16], span_id: [u8; 8], sampled: bool) -> Option<Self> {
        let valid = trace_id != [0; 16] && span_id != [0; 8];
        valid.then_some(Self {
            trace_id,
            span_id,
            sampled,
        })
    }

    /// The trace's id.
    pub const fn trace_id(&self) -> [u8; 16] {
        self.trace_id
    }

    /// The span's id.
    pub const fn span_id(&self) -> [u8; 8] {
        self.span_id
    }

    /// The trace's id in 32 hex digits.
    pub fn trace_id_text(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.trace_id))
    }

    /// The span's id in 16 hex digits.
    pub fn span_id_text(&self) -> String {
        format!("{:016x}", u64::from_be_bytes(self.span_id))
    }

    /// Whether the caller records this trace.
    pub const fn sampled(&self) -> bool {
        self.sampled
    }
}

/// Writes the context into a call's metadata.
pub fn inject(metadata: &mut MetadataMap, context: &TraceContext) {
    // Hex digits and dashes are valid in any header.
    if let Ok(value) = context.to_string().parse() {
        metadata.insert(TRACEPARENT, value);
    }
}

/// The context that a call brought; `None` when there is none, more than one, or no valid one.
pub fn extract(metadata: &MetadataMap) -> Option<TraceContext> {
    let mut values = metadata.get_all(TRACEPARENT).iter();
    let only = values.next().filter(|_| values.next().is_none())?;
    only.to_str().ok()?.parse().ok()
}

/// A context as a field of a message: empty when there is none, or when it is not recorded.
pub fn told(context: Option<TraceContext>) -> String {
    context
        .filter(TraceContext::sampled)
        .map_or_else(String::new, |context| context.to_string())
}

/// The context in a field of a message; `None` when it is empty or not valid.
pub fn heard(field: &str) -> Option<TraceContext> {
    field.parse().ok()
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace_id, span_id) = (self.trace_id_text(), self.span_id_text());
        let flags = u8::from(self.sampled);
        write!(f, "00-{trace_id}-{span_id}-{flags:02x}")
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TraceContext {
    type Err = InvalidTraceparent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceparent> {
        parse(text.as_bytes()).ok_or(InvalidTraceparent)
    }
}

fn parse(text: &[u8]) -> Option<TraceContext> {
    let (known, rest) = text.split_at_checked(TRACEPARENT_BYTES)?;
    let [version] = hex(&known[..2])?;
    let ends_well = match version {
        0 => rest.is_empty(),
        0xff => false,
        1..0xff => rest.is_empty() || rest[0] == b'-',
    };
    let dashes = [2, 35, 52].iter().all(|&at| known[at] == b'-');
    let (trace_id, span_id) = (hex::<16>(&known[3..35])?, hex::<8>(&known[36..52])?);
    let [flags] = hex(&known[53..])?;
    let valid = ends_well && dashes && trace_id != [0; 16] && span_id != [0; 8];
    valid.then_some(TraceContext {
        trace_id,
        span_id,
        sampled: flags & SAMPLED != 0,
    })
}

/// Bytes from lower-case hex digits; the standard allows no others.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let digit = |d: u8| match d {
        b'0'..=b'9' => Some(d - b'0'),
        b'a'..=b'f' => Some(d - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Ids of zeros are invalid; the chance of drawing one is not worth an error.
fn not_zero<const N: usize>(mut id: [u8; N]) -> [u8; N] {
    if id == [0; N] {
        id[N - 1] = 1;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_context_survives_the_wire() {
        let context = TraceContext::fresh(std::array::from_fn(|i| i as u8), true);
        let mut metadata = MetadataMap::new();
        inject(&mut metadata, &context);
        assert_eq!(extract(&metadata), Some(context));
        let child = context.child([9; 8]);
        assert_eq!(child.trace_id(), context.trace_id());
        assert_ne!(child.span_id(), context.span_id());
    }

    #[test]
    fn the_standards_example_is_read_and_written() {
        let context: TraceContext = EXAMPLE.parse().unwrap();
        assert!(context.sampled());
        assert_eq!(context.to_string(), EXAMPLE);
    }

    #[test]
    fn what_is_not_valid_counts_as_absent() {
        for wrong in [
            "",
            "00",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-é1",
        ] {
            assert_eq!(
                wrong.parse::<TraceContext>(),
                Err(InvalidTraceparent),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = EXAMPLE.replacen("00", "cc", 1) + "-more";
        assert_eq!(later.parse::<TraceContext>().unwrap().to_string(), EXAMPLE);
    }

    #[test]
    fn two_contexts_are_none() {
        let mut metadata = MetadataMap::new();
        metadata.append(TRACEPARENT, EXAMPLE.parse().unwrap());
        metadata.append(TRACEPARENT, EXAMPLE.parse().unwrap());
        assert_eq!(extract(&metadata), None);
    }

    #[test]
    fn no_id_is_zero() {
        let context = TraceContext::fresh([0; 24], false);
        let text = context.to_string();
        assert_eq!(text.parse(), Ok(context));
    }
}
