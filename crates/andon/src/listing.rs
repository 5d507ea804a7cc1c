//! A listing: what the server answered, as a table that fits the terminal, as JSON or as YAML.

use andon_vocabulary::Timestamp;
use clap::ValueEnum;
use serde_json::Value;

use crate::exit::{Exit, Failure, Outcome};
use crate::terminal::{self, Ink};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
    Yaml,
    Csv,
}

/// Where nobody looks on a screen nothing is cut, and what is longer than this pushes aside its own row alone.
const PADS_MAX: usize = 60;

/// A column: its title, and where in each row its value stands (a JSON pointer).
pub type Column = (&'static str, &'static str);

#[derive(Clone, Debug, clap::Args)]
pub struct Shape {
    /// How to print it
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
}

impl Shape {
    /// Prints rows. `empty` is what a table without rows says.
    pub fn list(&self, rows: &Value, columns: &[Column], empty: &str) -> Outcome {
        match (self.output, rows.as_array()) {
            (Format::Table, Some(rows)) if rows.is_empty() => terminal::out(empty),
            (Format::Table, Some(rows)) => {
                terminal::out(table(rows, columns, terminal::width(), terminal::wants_colour()));
            }
            (Format::Csv, Some(rows)) => terminal::out(csv(rows, columns)),
            _ => self.value(rows)?,
        }
        Ok(Exit::Well)
    }

    /// Prints one thing: as a table it is a line for each of its fields.
    pub fn one(&self, thing: &Value, fields: &[Column]) -> Outcome {
        match self.output {
            Format::Table => {
                let wide = fields.iter().map(|(title, _)| title.len()).max().unwrap_or(0);
                for (title, pointer) in fields {
                    let value = one_line(&cell(thing, pointer));
                    if !value.is_empty() {
                        terminal::out(format_args!("{title:wide$}  {value}"));
                    }
                }
            }
            Format::Csv => terminal::out(csv(std::slice::from_ref(thing), fields)),
            Format::Json | Format::Yaml => self.value(thing)?,
        }
        Ok(Exit::Well)
    }

    /// Whether a person reads it.
    pub fn is_table(&self) -> bool {
        self.output == Format::Table
    }

    fn value(&self, value: &Value) -> Result<(), Failure> {
        match self.output {
            Format::Yaml => match serde_saphyr::to_string(value) {
                Ok(yaml) => terminal::out(yaml.trim_end()),
                Err(error) => {
                    return Err(Failure::usage(format!("this cannot be written as YAML: {error}"))
                        .hint("use `--output json`"));
                }
            },
            Format::Json | Format::Table | Format::Csv => terminal::out(format_args!("{value:#}")),
        }
        Ok(())
    }
}

/// RFC 4180, but for the line's end: the titles, then the rows.
fn csv(rows: &[Value], columns: &[Column]) -> String {
    let titles = columns.iter().map(|(title, _)| title.to_lowercase().replace(' ', "_"));
    let mut lines = vec![titles.collect::<Vec<_>>().join(",")];
    let row = |row: &Value| {
        let column = |(_, pointer): &Column| match row.pointer(pointer) {
            // Times keep their fraction: a program reads this.
            Some(Value::String(text)) => field(text),
            _ => field(&cell(row, pointer)),
        };
        columns.iter().map(column).collect::<Vec<_>>().join(",")
    };
    lines.extend(rows.iter().map(row));
    lines.join("\n")
}

fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// What stands at a pointer, in words. Times lose their fraction, and what never ends has no end.
pub fn cell(row: &Value, pointer: &str) -> String {
    match row.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => without_fraction(text),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Array(items)) => items.iter().map(|item| cell(item, "")).collect::<Vec<_>>().join(", "),
        Some(Value::Object(fields)) => {
            let pair = |(name, value): (&String, &Value)| format!("{name}={}", cell(value, ""));
            fields.iter().map(pair).collect::<Vec<_>>().join(" ")
        }
        Some(other) => other.to_string(),
    }
}

fn without_fraction(text: &str) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(at) if at == Timestamp::MAX.to_jiff() => "no end".to_owned(),
        Ok(at) if text.ends_with('Z') => format!("{at:.0}"),
        _ => text.to_owned(),
    }
}

/// Columns two spaces apart. Where they do not fit, the widest gives way.
fn table(rows: &[Value], columns: &[Column], width: Option<usize>, colour: bool) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| columns.iter().map(|(_, pointer)| one_line(&cell(row, pointer))).collect())
        .collect();
    let mut widths: Vec<usize> = columns.iter().map(|(title, _)| title.len()).collect();
    for row in &cells {
        for (wide, text) in widths.iter_mut().zip(row) {
            *wide = (*wide).max(text.chars().count());
        }
    }
    match width {
        Some(width) => {
            let gaps = 2 * columns.len().saturating_sub(1);
            while widths.iter().sum::<usize>() + gaps > width {
                let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > 8) else { break };
                *widest -= 1;
            }
        }
        None => widths.iter_mut().for_each(|wide| *wide = (*wide).min(PADS_MAX)),
    }
    let shown = |text: &str, wide| if width.is_some() { cut(text, wide) } else { text.to_owned() };
    let line = |cells: &[String], colour| {
        let shown = cells.iter().zip(&widths).map(|(text, &wide)| shown(text, wide));
        line(&shown.collect::<Vec<_>>(), cells, &widths, colour)
    };
    let titles: Vec<String> = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    let mut lines = vec![Ink::Dim.paint(&line(&titles, false), colour)];
    lines.extend(cells.iter().map(|row| line(row, colour)));
    lines.join("\n")
}

/// What is shown of each cell, in the colour of all of it.
fn line(shown: &[String], cells: &[String], widths: &[usize], colour: bool) -> String {
    let mut line = String::new();
    for ((shown, text), &wide) in shown.iter().zip(cells).zip(widths) {
        let pad = wide.saturating_sub(shown.chars().count());
        match Ink::of_state(text) {
            Some(ink) => line.push_str(&ink.paint(shown, colour)),
            None => line.push_str(shown),
        }
        line.extend(std::iter::repeat_n(' ', pad + 2));
    }
    line.trim_end().to_owned()
}

/// What came from outside may hold line breaks and worse; a terminal must not obey it.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn cut(text: &str, wide: usize) -> String {
    if text.chars().count() <= wide {
        return text.to_owned();
    }
    text.chars().take(wide.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: [Column; 3] = [("ID", "/id"), ("STATE", "/state"), ("TITLE", "/title")];

    #[test]
    fn the_widest_column_gives_way() {
        let rows = [json!({ "id": "INC-1", "state": "open", "title": "checkout has no connection left" })];
        assert_eq!(
            table(&rows, &COLUMNS, Some(32), false),
            "ID     STATE  TITLE\nINC-1  open   checkout has no c…"
        );
        assert!(table(&rows, &COLUMNS, None, false).ends_with("connection left"));
    }

    #[test]
    fn what_never_ends_has_no_end() {
        let row = json!({ "ends_at": Timestamp::MAX, "starts_at": "2026-11-20T21:00:00.500Z" });
        assert_eq!(cell(&row, "/ends_at"), "no end");
        assert_eq!(cell(&row, "/starts_at"), "2026-11-20T21:00:00Z");
    }

    #[test]
    fn a_long_cell_widens_no_other_row_where_nothing_is_cut() {
        let title = "x".repeat(1024);
        let columns = [("TITLE", "/title"), ("STATE", "/state")];
        let rows = [json!({ "title": title, "state": "open" }), json!({ "title": "y", "state": "open" })];
        let text = table(&rows, &columns, None, false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], format!("{title}  open"));
        assert_eq!(lines[2], format!("{:60}  open", "y"));
        assert!(table(&rows, &columns, Some(80), false).lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn colour_goes_with_the_word_and_only_where_it_is_wanted() {
        let rows = [json!({ "id": "INC-1", "state": "open" })];
        assert!(table(&rows, &COLUMNS, None, true).contains("\x1b[31mopen\x1b[0m"));
        assert!(!table(&rows, &COLUMNS, None, false).contains('\x1b'));
    }

    #[test]
    fn a_title_cannot_speak_to_the_terminal() {
        let rows = [json!({ "title": "a\x1b[2Jb\nc" })];
        assert!(table(&rows, &COLUMNS, None, false).ends_with("a [2Jb c"));
    }

    #[test]
    fn a_comma_or_a_quote_puts_a_field_in_quotes() {
        let rows = [json!({ "id": "up{a=\"b\"}", "state": "1", "title": "a, b" })];
        assert_eq!(csv(&rows, &COLUMNS), "id,state,title\n\"up{a=\"\"b\"\"}\",1,\"a, b\"");
    }

    #[test]
    fn values_are_said_in_words() {
        let row =
            json!({ "at": "2026-11-20T21:22:05.123Z", "on": true, "people": ["ana", "ben"], "x": null });
        assert_eq!(cell(&row, "/at"), "2026-11-20T21:22:05Z");
        assert_eq!(cell(&row, "/on"), "yes");
        assert_eq!(cell(&row, "/people"), "ana, ben");
        assert_eq!(cell(&row, "/x"), "");
    }
}
