//! Why a rhythm rests on the records' coming and not on their timestamps.

use rollcall_proto::v1::{ArrivalModel, TimestampWorth};

use super::Reader;
use super::quantity::{self, of_proto};
use crate::words::arguments::Arguments;

/// Why the records' timestamps are not used; nothing where they are.
pub(super) fn stamps(model: &ArrivalModel, reader: &Reader) -> Option<String> {
    let key = match model.timestamps() {
        TimestampWorth::Unspecified | TimestampWorth::Usable => return None,
        TimestampWorth::Missing => "timestamps-missing",
        TimestampWorth::Ahead => "timestamps-ahead",
        TimestampWorth::Behind => "timestamps-behind",
    };
    let off = of_proto(model.timestamps_off.as_ref()).unwrap_or_default();
    let arguments = Arguments::default().text("length", quantity::duration(off));
    Some(reader.speech.say(key, &arguments))
}
