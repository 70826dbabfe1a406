//! Who may call: a token in a file, shown with every call as `authorization: Bearer …`.
//!
//! A service holds a [`Gate`], a caller a [`Bearer`]; both read the same kind of file ([`TokenFile`]) and read it
//! again while they run, so that a token is changed by changing the file. What is no good is refused, and it is said
//! what about it; the token itself is never shown.

mod bearer;
mod fault;
mod file;
mod gate;
#[cfg(test)]
mod tests;

use std::fmt;

use subtle::ConstantTimeEq as _;

pub use bearer::Bearer;
pub use fault::{TokenFault, Unfit};
pub use file::TokenFile;
pub use gate::{Gate, NoGate};

/// Characters of the shortest token: what can be guessed is none.
pub const SHORTEST: usize = 16;
/// Characters of the longest token: it travels in a header of every call.
pub const LONGEST: usize = 1024;

/// Where a token travels.
const HEADER: &str = "authorization";
/// What stands before it there, in any case.
const SCHEME: &str = "Bearer ";

/// A token: visible ASCII characters, [`SHORTEST`] to [`LONGEST`] of them.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// The token that a file of these bytes holds; line ends and spaces around it are none of it.
    fn parse(bytes: &[u8]) -> Result<Self, Unfit> {
        let token = bytes.trim_ascii();
        if let Some(at) = token.iter().position(|byte| !byte.is_ascii_graphic()) {
            return Err(Unfit::Character { number: at + 1 });
        }
        match token.len() {
            0 => Err(Unfit::Empty),
            length if length < SHORTEST => Err(Unfit::Short { length }),
            length if length > LONGEST => Err(Unfit::Long),
            _ => Ok(Self(String::from_utf8_lossy(token).into_owned())),
        }
    }

    /// Whether a caller shows this token. Takes as long for one that differs in the first character as for one that
    /// differs in the last; only its length shows.
    fn is(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(super::config::HIDDEN)
    }
}
