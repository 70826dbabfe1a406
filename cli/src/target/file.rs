//! A properties file as Java's and librdkafka's clients read it: comments, continued lines, escapes.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use java_properties::{LineContent, PropertiesIter};
use rollcall_proto::service::config::kafka::Property;
use rollcall_proto::service::config::{Fault, Faults};

/// A file of client settings that is longer is none.
const MOST_BYTES: u64 = 1 << 20;

/// The properties of a file, each with `FILE:LINE`; what cannot be read goes into `faults`.
pub(super) fn read(path: &Path, faults: &mut Faults) -> Vec<Property> {
    let place = path.display().to_string();
    let text = match text(path) {
        Ok(text) => text,
        Err(problem) => {
            faults.push(Fault::new(place, problem, "a file with NAME=VALUE lines"));
            return Vec::new();
        }
    };
    parse(&text, &place, faults)
}

/// UTF-8 where it is that, else Latin-1, which is what Java takes it for.
fn text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| format!("cannot be opened: {error}"))?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("is longer than 1 MiB".to_owned());
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect()))
}

fn parse(text: &str, place: &str, faults: &mut Faults) -> Vec<Property> {
    // The library drops a last line that ends in a backslash.
    let text = format!("{text}\n");
    let lines = PropertiesIter::new_with_encoding(text.as_bytes(), encoding_rs::UTF_8);
    let mut properties = Vec::new();
    for line in lines {
        match line {
            Ok(line) => {
                let origin = format!("{place}:{}", line.line_number());
                if let LineContent::KVPair(name, value) = line.consume_content()
                    && !(name.is_empty() && value.is_empty())
                {
                    properties.push(Property {
                        name,
                        value,
                        origin,
                    });
                }
            }
            Err(error) => {
                let line = error
                    .line_number()
                    .map_or_else(String::new, |line| format!(":{line}"));
                faults.push(Fault::new(
                    format!("{place}{line}"),
                    "is no line of a properties file",
                    "NAME=VALUE, with \\\\ for a backslash and \\uXXXX for a character",
                ));
                break;
            }
        }
    }
    properties
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str, usize)]) {
        let mut faults = Faults::default();
        let read = parse(text, "f", &mut faults);
        let read: Vec<_> = read
            .iter()
            .map(|one| (one.name.as_str(), one.value.as_str(), one.origin.clone()))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, value, line)| (*name, *value, format!("f:{line}")))
            .collect();
        assert_eq!(read, expected);
        assert!(faults.is_empty(), "{faults}");
    }

    #[test]
    fn comments_separators_and_blank_lines_are_javas() {
        check(
            "# one\n! two\n\n a = 1\nb:2\nc 3\n  d=4=5\n",
            &[("a", "1", 4), ("b", "2", 5), ("c", "3", 6), ("d", "4=5", 7)],
        );
    }

    #[test]
    fn lines_go_on_behind_a_backslash_and_keep_the_number_of_their_first() {
        check(
            "a=1,\\\n   2,\\\n   3\nb=4\nc=5\\",
            &[("a", "1,2,3", 1), ("b", "4", 4), ("c", "5", 5)],
        );
    }

    #[test]
    fn escapes_are_read() {
        check(
            "a\\ b=\\u00e9\\t\\\\x\n#k=v\\\nc\\=d=e\r\n",
            &[("a b", "é\t\\x", 1), ("c=d", "e", 3)],
        );
    }

    #[test]
    fn a_broken_escape_is_told_with_its_line_and_without_the_value() {
        let mut faults = Faults::default();
        parse("a=1\nsasl.password=hunter\\u2\n", "f", &mut faults);
        let told = faults.to_string();
        assert!(told.starts_with("f:2: "), "{told}");
        assert!(!told.contains("hunter"), "{told}");
    }

    #[test]
    fn a_file_in_latin_1_is_read_as_java_does_and_a_missing_one_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("client.properties");
        fs::write(&path, b"sasl.password=caf\xe9\n").unwrap();
        let mut faults = Faults::default();
        assert_eq!(read(&path, &mut faults)[0].value, "café");
        assert!(faults.is_empty());
        read(&directory.path().join("nothing"), &mut faults);
        assert!(
            faults.to_string().contains("nothing: cannot be opened"),
            "{faults}"
        );
    }
}
