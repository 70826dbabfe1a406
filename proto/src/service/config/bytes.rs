//! Numbers of bytes as people write them.

/// Units, the largest binary one first: those that a number is written with come before the others.
const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];
const BINARY_UNITS: usize = 3;

/// Reads "64MiB", "1 GB" or "1000"; `None` when it is no such number.
pub(super) fn parse(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let number: u64 = number.parse().ok()?;
    let unit = match unit.trim() {
        "" => 1,
        unit => UNITS.iter().find(|known| known.0 == unit)?.1,
    };
    number.checked_mul(unit)
}

/// Writes a number with the largest binary unit that divides it.
pub(super) fn format(bytes: u64) -> String {
    let divides = |unit: &&(&str, u64)| bytes >= unit.1 && bytes.is_multiple_of(unit.1);
    match UNITS[..BINARY_UNITS].iter().find(divides) {
        Some((name, unit)) => format!("{}{name}", bytes / unit),
        None => format!("{bytes}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_they_are_written() {
        for bytes in [0, 1, 1000, 1024, 1 << 20, 3 << 29, u64::MAX] {
            assert_eq!(parse(&format(bytes)), Some(bytes));
        }
        assert_eq!(parse("64MiB"), Some(64 << 20));
        assert_eq!(parse("1 GB"), Some(1_000_000_000));
        assert_eq!(parse("7"), Some(7));
        assert_eq!(format(64 << 20), "64MiB");
    }

    #[test]
    fn what_is_no_number_of_bytes_is_none() {
        for text in [
            "",
            "MiB",
            "-1",
            "1.5MiB",
            "1mib",
            "1 M",
            "99999999999GiB",
            "0x10",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
