//! Bytes as choices and numbers: whatever they are, they say something.

/// Numbers that hurt: ends, signs, neighbours of limits.
const INTEGERS: [i64; 16] = [
    0,
    1,
    2,
    3,
    5,
    10,
    100,
    -1,
    -1001,
    1 << 31,
    (1 << 31) - 1,
    1 << 62,
    i64::MAX,
    i64::MAX - 1,
    i64::MIN,
    i64::MIN + 1,
];

/// Reads bytes from the front; after the last one everything is zero.
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) const fn byte(&mut self) -> u8 {
        match self.0 {
            [first, rest @ ..] => {
                self.0 = rest;
                *first
            }
            [] => 0,
        }
    }

    /// One of `choices`.
    pub(super) const fn choice(&mut self, choices: u8) -> u8 {
        self.byte() % choices
    }

    pub(super) const fn bool(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    /// A number that is mostly small, and now and then one that hurts.
    pub(super) const fn integer(&mut self) -> i64 {
        let byte = self.byte();
        if byte < 200 {
            (byte % 32) as i64
        } else {
            INTEGERS[(byte % 16) as usize]
        }
    }

    pub(super) fn small(&mut self) -> i32 {
        i32::try_from(self.integer()).unwrap_or(i32::MIN)
    }

    pub(super) const fn unsigned(&mut self) -> u64 {
        self.integer().cast_unsigned()
    }

    /// The next bytes, as many as the first one says.
    pub(super) fn slice(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (slice, rest) = self.0.split_at(length);
        self.0 = rest;
        slice
    }

    /// One of a few texts, or the next bytes as one.
    pub(super) fn text(&mut self, known: &[&str]) -> String {
        match known.get(usize::from(self.byte())) {
            Some(text) => (*text).to_owned(),
            None => String::from_utf8_lossy(self.slice()).into_owned(),
        }
    }

    pub(super) fn duration(&mut self) -> Option<prost_types::Duration> {
        let (seconds, nanos) = (self.integer(), self.small());
        self.bool()
            .then_some(prost_types::Duration { seconds, nanos })
    }
}
