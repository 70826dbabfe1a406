//! Texts from the network, kept short.

/// Longest text from Kafka that is kept: a failure, a client id, a host.
pub const TEXT_BYTES: usize = 256;

/// The text, cut to [`TEXT_BYTES`] at a character's boundary.
///
/// It may still hold control characters: whoever prints it makes it safe for where it is printed.
pub fn bounded(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "é".repeat(TEXT_BYTES);
        assert_eq!(bounded(&text), "é".repeat(TEXT_BYTES / 2));
        assert_eq!(bounded(&format!("x{text}")).len(), TEXT_BYTES - 1);
    }

    #[test]
    fn a_short_text_stays_as_it_is() {
        assert_eq!(bounded("Local: Timed out"), "Local: Timed out");
    }
}
