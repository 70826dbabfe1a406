//! A table in columns as wide as their content.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

use super::style::paint;
use crate::sanitize::safe;

/// Spaces between two columns.
const GAP: usize = 2;

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Names.
    Left,
    /// Numbers.
    Right,
}

/// One field; safe to print whatever it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A field in plain style.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self {
            text: safe(text.as_ref()).into_owned(),
            style: Style::new(),
        }
    }

    /// The field in another style.
    pub fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

/// Columns and rows.
#[derive(Clone, Debug)]
pub struct Table {
    aligns: Vec<Align>,
    minimums: Vec<usize>,
    gap: usize,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with a header: each column's name, alignment and least width.
    pub fn new(columns: impl IntoIterator<Item = (impl AsRef<str>, Align)>) -> Self {
        let (names, aligns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let minimums = vec![0; aligns.len()];
        Self {
            aligns,
            minimums,
            gap: GAP,
            rows: vec![names.into_iter().map(Cell::new).collect()],
        }
    }

    /// The table with least widths for its first columns.
    pub fn with_minimums(mut self, minimums: &[usize]) -> Self {
        for (minimum, &wanted) in self.minimums.iter_mut().zip(minimums) {
            *minimum = wanted;
        }
        self
    }

    /// The table with one space between columns, as Kafka's own tools have it.
    pub fn tight(self) -> Self {
        Self { gap: 1, ..self }
    }

    /// Adds a row; it has a cell for every column.
    pub fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.aligns.len(), "a cell for every column");
        self.rows.push(row);
    }

    /// The lines, each ending in a line break, without spaces at their end.
    pub fn render(&self) -> String {
        let widths: Vec<usize> = (0..self.aligns.len())
            .map(|column| self.width(column))
            .collect();
        self.rows.iter().fold(String::new(), |mut text, row| {
            self.render_row(&mut text, row, &widths);
            text.push('\n');
            text
        })
    }

    fn width(&self, column: usize) -> usize {
        let widest = self
            .rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(Cell::width)
            .max()
            .unwrap_or(0);
        widest.max(self.minimums.get(column).copied().unwrap_or(0))
    }

    fn render_row(&self, text: &mut String, row: &[Cell], widths: &[usize]) {
        let last = row
            .iter()
            .rposition(|cell| !cell.text.is_empty())
            .unwrap_or(0);
        for (column, (cell, width)) in row.iter().zip(widths).enumerate().take(last + 1) {
            let pad = width.saturating_sub(cell.width());
            let (before, after) = match self.aligns.get(column) {
                Some(Align::Right) => (pad, 0),
                Some(Align::Left) | None => (0, pad),
            };
            let after = if column == last { 0 } else { after + self.gap };
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "{:before$}{}{:after$}",
                "",
                paint(cell.style, &cell.text),
                ""
            );
        }
    }
}

#[cfg(test)]
mod tests;
