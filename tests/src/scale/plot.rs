//! Growth as text: both axes count powers of ten, so that what grows with the topics climbs one step a step.

use std::fmt::Write as _;

/// Rows of a plot for a factor of ten.
const ROWS: f64 = 4.0;
/// Columns for a factor of ten.
const COLUMNS: f64 = 12.0;
/// Room of the labels on the left.
const LABEL: usize = 8;

/// Points with a line of slope one through the first of them: below it growth is better than linear. Points that are not
/// above 0 are left out.
pub(super) fn plot(points: &[(f64, f64)]) -> String {
    let points: Vec<_> = points
        .iter()
        .filter(|(x, y)| *x > 0.0 && *y > 0.0)
        .collect();
    let Some(&&(first_x, first_y)) = points.first() else {
        return String::new();
    };
    let place = |x: f64, y: f64| {
        let column = ((x / first_x).log10() * COLUMNS).round() as usize;
        let row = ((y / first_y).log10() * ROWS).round() as i64;
        (column, row)
    };
    let mut marks: Vec<(usize, i64, char)> = Vec::new();
    let last = points
        .iter()
        .map(|(x, y)| place(*x, *y).0)
        .max()
        .unwrap_or(0);
    for column in 0..=last {
        let row = (column as f64 / COLUMNS * ROWS).round() as i64;
        marks.push((column, row, '·'));
    }
    marks.extend(points.iter().map(|(x, y)| {
        let (column, row) = place(*x, *y);
        (column, row, '●')
    }));
    drawn(&marks, &points)
}

/// The later of two marks in one place is seen.
fn drawn(marks: &[(usize, i64, char)], points: &[&(f64, f64)]) -> String {
    let rows = marks.iter().map(|mark| mark.1);
    let (low, high) = (rows.clone().min().unwrap_or(0), rows.max().unwrap_or(0));
    let width = marks.iter().map(|mark| mark.0).max().unwrap_or(0) + 1;
    let mut text = String::new();
    for row in (low..=high).rev() {
        let mut line = vec![' '; width];
        for &(column, _, mark) in marks.iter().filter(|mark| mark.1 == row) {
            line[column] = mark;
        }
        let label = label(row, points);
        let line: String = line.into_iter().collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{label:>LABEL$} │ {}", line.trim_end());
    }
    text
}

/// What the point in this row measured.
fn label(row: i64, points: &[&(f64, f64)]) -> String {
    let first = points.first().map_or(1.0, |point| point.1);
    let is_here = |y: f64| ((y / first).log10() * ROWS).round() as i64 == row;
    let here = points.iter().find(|point| is_here(point.1));
    here.map_or(String::new(), |point| format!("{:.1}", point.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_with_the_topics_lies_on_the_line_and_what_grows_less_below_it() {
        let linear = plot(&[(10.0, 1.0), (100.0, 10.0), (1000.0, 100.0)]);
        assert!(linear.lines().next().unwrap().starts_with("   100.0 │"));
        assert!(linear.lines().next().unwrap().ends_with('●'), "{linear}");
        assert_eq!(linear.matches('●').count(), 3);
        let better = plot(&[(10.0, 1.0), (100.0, 2.0), (1000.0, 4.0)]);
        assert!(better.lines().next().unwrap().ends_with('·'), "{better}");
        assert_eq!(better.matches('●').count(), 3);
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(plot(&[]), "");
        assert_eq!(plot(&[(10.0, 0.0)]), "");
    }
}
