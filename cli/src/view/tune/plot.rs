//! P(every topic answers | timeout) as a plot of text.

use std::fmt::Write as _;
use std::time::Duration;

use rollcall_proto::v1::{AdviseResponse, RollPoint};
use unicode_width::UnicodeWidthStr as _;

use super::exact;
use crate::view::quantity::{self, of_proto};
use crate::view::style::{self, paint};
use crate::view::{Reader, WIDTH};

/// Columns of a bar that stands for 100 %.
const BAR: usize = 50;
/// Columns of a timeout, and of a share.
const TIMEOUT: usize = 9;
const SHARE: usize = 7;

/// The plot; nothing where no topic is known.
pub(super) fn plot(advice: &AdviseResponse, reader: &Reader) -> String {
    if advice.points.is_empty() {
        return String::new();
    }
    let title = paint(style::STRONG, &reader.speech.word("tune-plot"));
    let mut screen = format!("{title}\n");
    for point in &advice.points {
        // Writing to a String cannot fail.
        let _ = writeln!(screen, "{}", line(point, advice, reader));
    }
    screen
}

fn line(point: &RollPoint, advice: &AdviseResponse, reader: &Reader) -> String {
    let timeout = of_proto(point.timeout.as_ref()).unwrap_or_default();
    let share = |share| format!("{:>SHARE$}", quantity::share(share));
    let numbers = format!(
        "{:>TIMEOUT$}{}{}  ",
        exact(timeout),
        share(point.p_all_answer),
        share(point.p_all_answer_in_a_row)
    );
    let notes = notes(timeout, advice, reader);
    let bar = bar(point);
    match notes.is_empty() {
        true => format!("{numbers}{bar}").trim_end().to_owned(),
        false => {
            let room = WIDTH.saturating_sub(numbers.width() + BAR + 2);
            let cut: String = notes.chars().take(room).collect();
            format!("{numbers}{bar:BAR$}  {}", paint(style::STRONG, &cut))
        }
    }
}

/// What both callers reach as `#`, what only one of them does as `-`.
fn bar(point: &RollPoint) -> String {
    let columns = |share: f64| (share.clamp(0.0, 1.0) * BAR as f64).round() as usize;
    let (random, row) = (
        columns(point.p_all_answer),
        columns(point.p_all_answer_in_a_row),
    );
    let (both, one) = (random.min(row), random.max(row));
    format!("{}{}", "#".repeat(both), "-".repeat(one - both))
}

/// Which of the timeouts that matter this one is.
fn notes(timeout: Duration, advice: &AdviseResponse, reader: &Reader) -> String {
    let marks = [
        ("tune-mark-now", &advice.timeout),
        ("tune-mark-target", &advice.timeout_for_all),
        (
            "tune-mark-target-in-a-row",
            &advice.timeout_for_all_in_a_row,
        ),
    ];
    let here = marks
        .iter()
        .filter(|(_, at)| of_proto(at.as_ref()) == Some(timeout));
    let words: Vec<String> = here.map(|(key, _)| reader.speech.word(key)).collect();
    reader.speech.list(&words)
}
