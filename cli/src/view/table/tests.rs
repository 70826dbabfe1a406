use anstyle::AnsiColor;

use super::{Align, Cell, Table};

fn row(texts: &[&str]) -> Vec<Cell> {
    texts.iter().map(Cell::new).collect()
}

#[test]
fn names_stand_left_and_numbers_right() {
    let mut table = Table::new([
        ("", Align::Left),
        ("TOPIC", Align::Left),
        ("GOT", Align::Right),
    ]);
    table.push(row(&["ok", "A", "1200"]));
    table.push(row(&["FAULT", "LONGER-NAME", "0"]));
    assert_eq!(
        table.render(),
        "       TOPIC         GOT\nok     A            1200\nFAULT  LONGER-NAME     0\n"
    );
}

#[test]
fn no_line_ends_in_spaces() {
    let mut table = Table::new([("A", Align::Left), ("B", Align::Left)]);
    table.push(row(&["long", "longer"]));
    table.push(row(&["x", ""]));
    assert_eq!(table.render(), "A     B\nlong  longer\nx\n");
}

#[test]
fn wide_characters_count_twice() {
    let mut table = Table::new([("NAME", Align::Left), ("N", Align::Right)]);
    table.push(row(&["充电站", "1"]));
    assert_eq!(table.render(), "NAME    N\n充电站  1\n");
}

#[test]
fn escapes_from_the_network_are_shown_and_do_not_act() {
    let mut table = Table::new([("HOST", Align::Left)]);
    table.push(row(&["\u{1b}[2J"]));
    assert_eq!(table.render(), "HOST\n\\u{1b}[2J\n");
}

#[test]
fn style_does_not_disturb_the_columns() {
    let mut table = Table::new([("S", Align::Left), ("N", Align::Right)]);
    table.push(vec![
        Cell::new("warn").style(AnsiColor::Yellow.on_default()),
        Cell::new("5"),
    ]);
    let styled = table.render();
    assert!(styled.contains('\u{1b}'));
    assert_eq!(
        anstream::adapter::strip_str(&styled).to_string(),
        "S     N\nwarn  5\n"
    );
}
