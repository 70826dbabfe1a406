//! The protobuf JSON mapping of the contract's messages, zeros emitted, safe to print.
//!
//! A count that is missing exactly where it is 0 would hide what rollcall is about, so default values
//! are always written. prost-reflect works from the descriptors: it also prints enum values that are
//! newer than this build (as numbers), where generated serializers fail.

use std::io;
use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions,
};
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::sanitize::{is_unsafe, push_json_escape};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "the build wrote these descriptors; every JSON test decodes them"
    )]
    DescriptorPool::decode(rollcall_proto::DESCRIPTORS).expect("the contract's own descriptors")
});

/// A message of `rollcall.v1` as JSON; `name` is its name in the contract.
pub fn value(name: &str, message: &impl Message) -> io::Result<Value> {
    let options = SerializeOptions::new().skip_default_fields(false);
    to_value(name, message, &options)
}

fn to_value(name: &str, message: &impl Message, options: &SerializeOptions) -> io::Result<Value> {
    let bytes = message.encode_to_vec();
    let dynamic =
        DynamicMessage::decode(descriptor(name)?, bytes.as_slice()).map_err(io::Error::other)?;
    dynamic
        .serialize_with_options(serde_json::value::Serializer, options)
        .map_err(io::Error::other)
}

fn descriptor(name: &str) -> io::Result<MessageDescriptor> {
    POOL.get_message_by_name(&format!("rollcall.v1.{name}"))
        .ok_or_else(|| io::Error::other(format!("the contract has no message {name}")))
}

/// A message of `rollcall.v1` as JSON without what has its default value: for files, where every byte counts.
pub fn compact(name: &str, message: &impl Message) -> io::Result<Value> {
    to_value(name, message, &SerializeOptions::new())
}

/// Reads a message of `rollcall.v1` from its JSON. Fields and enum values that this build does not know are
/// left out.
pub fn read<M: Message + Default>(name: &str, json: &[u8]) -> serde_json::Result<M> {
    let descriptor = descriptor(name).map_err(serde_json::Error::io)?;
    let options = DeserializeOptions::new().deny_unknown_fields(false);
    let mut json = serde_json::Deserializer::from_slice(json);
    let dynamic = DynamicMessage::deserialize_with_options(descriptor, &mut json, &options)?;
    json.end()?;
    dynamic.transcode_to().map_err(serde::de::Error::custom)
}

/// Writes a document over several lines, with a line break at its end.
pub fn write_pretty(out: &mut impl io::Write, document: &impl serde::Serialize) -> io::Result<()> {
    write(out, document, Safe(PrettyFormatter::new()))
}

/// Writes a document as one line (NDJSON).
pub fn write_line(out: &mut impl io::Write, document: &impl serde::Serialize) -> io::Result<()> {
    write(out, document, Safe(CompactFormatter))
}

fn write(
    out: &mut impl io::Write,
    document: &impl serde::Serialize,
    formatter: impl Formatter,
) -> io::Result<()> {
    document.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    out.write_all(b"\n")
}

/// A formatter that also escapes what JSON allows in strings and a terminal obeys.
struct Safe<F>(F);

impl<F: Formatter> Formatter for Safe<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if !fragment.contains(is_unsafe) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut json = String::with_capacity(fragment.len() + 8);
        for character in fragment.chars() {
            match is_unsafe(character) {
                true => push_json_escape(&mut json, character),
                false => json.push(character),
            }
        }
        writer.write_all(json.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests;
