//! Kafka's protocol as far as the fixture needs it: requests of old versions, in which lengths are plain numbers.
//!
//! One connection to the first node's port without security, one request, one answer, in milliseconds; Kafka's own tools
//! would take two seconds each. <https://kafka.apache.org/protocol.html>

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Kafka;

/// One request.
const ANSWER: Duration = Duration::from_secs(15);

/// An answer is a few lines.
const LARGEST: usize = 1 << 20;

/// A request, by its number and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    key: i16,
    version: i16,
}

impl Call {
    pub(super) const CREATE_ACLS: Self = Self {
        key: 30,
        version: 1,
    };
    pub(super) const DELETE_ACLS: Self = Self {
        key: 31,
        version: 1,
    };
    pub(super) const ALTER_CLIENT_QUOTAS: Self = Self {
        key: 49,
        version: 0,
    };
}

/// What is asked.
#[derive(Debug, Default)]
pub(super) struct Body(Vec<u8>);

impl Body {
    pub(super) fn i8(&mut self, value: i8) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    pub(super) fn i16(&mut self, value: i16) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    pub(super) fn i32(&mut self, value: i32) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    pub(super) fn f64(&mut self, value: f64) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    pub(super) fn flag(&mut self, value: bool) -> &mut Self {
        self.i8(value.into())
    }

    /// The length of what follows; texts and lists here are short.
    pub(super) fn array(&mut self, length: usize) -> &mut Self {
        self.i32(i32::try_from(length).unwrap_or(i32::MAX))
    }

    pub(super) fn string(&mut self, text: &str) -> &mut Self {
        self.i16(i16::try_from(text.len()).unwrap_or(i16::MAX));
        self.put(text.as_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

/// What is answered, read from its front.
#[derive(Debug)]
pub(super) struct Reply {
    bytes: Vec<u8>,
    at: usize,
}

impl Reply {
    pub(super) fn i8(&mut self) -> Result<i8> {
        Ok(i8::from_be_bytes(self.take()?))
    }

    pub(super) fn i16(&mut self) -> Result<i16> {
        Ok(i16::from_be_bytes(self.take()?))
    }

    pub(super) fn i32(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(self.take()?))
    }

    pub(super) fn array(&mut self) -> Result<usize> {
        usize::try_from(self.i32()?.max(0)).context("a length")
    }

    /// A text; none is told by a length of -1.
    pub(super) fn string(&mut self) -> Result<Option<String>> {
        let Ok(length) = usize::try_from(self.i16()?) else {
            return Ok(None);
        };
        let text = self.bytes.get(self.at..self.at + length);
        let text = String::from_utf8_lossy(text.context("the answer is cut")?).into_owned();
        self.at += length;
        Ok(Some(text))
    }

    /// An error's number and text; none for success.
    pub(super) fn error(&mut self) -> Result<Option<String>> {
        let (code, text) = (self.i16()?, self.string()?);
        Ok((code != 0).then(|| format!("error {code}: {}", text.unwrap_or_default())))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.bytes.get(self.at..self.at + N);
        self.at += N;
        bytes
            .context("the answer is cut")?
            .try_into()
            .context("a slice of that length")
    }
}

impl Kafka {
    pub(super) async fn ask(&self, call: Call, body: Body) -> Result<Reply> {
        let asked = timeout(ANSWER, exchange(&self.nodes[0].address(), call, body)).await;
        asked
            .with_context(|| format!("no answer to {call:?} in {ANSWER:?}"))?
            .with_context(|| format!("could not ask {call:?}"))
    }
}

async fn exchange(address: &str, call: Call, body: Body) -> Result<Reply> {
    let mut request = Body::default();
    request.i16(call.key).i16(call.version);
    // The number by which question and answer belong together; there is one of each.
    request.i32(1).string("fixture").put(&body.0);
    let mut stream = TcpStream::connect(address).await?;
    let length = u32::try_from(request.0.len()).context("a short request")?;
    stream.write_u32(length).await?;
    stream.write_all(&request.0).await?;
    let length = usize::try_from(stream.read_u32().await?).context("a length")?;
    ensure!(length <= LARGEST, "an answer of {length} bytes");
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    let mut reply = Reply { bytes, at: 0 };
    ensure!(reply.i32()? == 1, "the answer to another question");
    Ok(reply)
}
