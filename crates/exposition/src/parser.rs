//! Lines to entries.

use std::str;

use andon_vocabulary::METRIC_NAME;

use crate::metadata::{Comment, comment};
use crate::{Entry, Format, Limits, ParseError, Row, number, series};

/// Reads a body. The first error ends the iteration: of a broken scrape nothing should be believed.
pub fn parse(body: &[u8], format: Format, limits: Limits) -> Parser<'_> {
    Parser { rest: body, format, limits, line: 0, samples: 0, is_done: false, names: Vec::new() }
}

/// The entries of a body, in order.
#[derive(Debug)]
pub struct Parser<'a> {
    rest: &'a [u8],
    format: Format,
    limits: Limits,
    line: usize,
    samples: usize,
    is_done: bool,
    /// The label names of the line at hand; kept for its memory.
    names: Vec<&'a str>,
}

impl<'a> Iterator for Parser<'a> {
    type Item = Result<Entry<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_done {
            match self.step() {
                Ok(None) => {}
                Ok(Some(entry)) => return Some(Ok(entry)),
                Err(message) => {
                    self.is_done = true;
                    return Some(Err(ParseError { line: self.line, message }));
                }
            }
        }
        None
    }
}

impl<'a> Parser<'a> {
    fn step(&mut self) -> Result<Option<Entry<'a>>, String> {
        self.line += 1;
        if self.rest.is_empty() {
            self.is_done = true;
            return match self.format {
                Format::Prometheus => Ok(None),
                Format::OpenMetrics => Err("the body ends without # EOF; it may be cut off".to_owned()),
            };
        }
        let line = self.take_line()?;
        let line = line.trim_start_matches([' ', '\t']);
        if line.is_empty() {
            return Ok(None);
        }
        if !line.starts_with('#') {
            return self.sample(line).map(|row| Some(Entry::Sample(row)));
        }
        match comment(line)? {
            Comment::Entry(entry) => Ok(Some(entry)),
            Comment::Remark => Ok(None),
            Comment::End if self.format == Format::Prometheus => Ok(None),
            Comment::End => {
                self.is_done = true;
                if self.rest.is_empty() { Ok(None) } else { Err("something follows after # EOF".to_owned()) }
            }
        }
    }

    fn take_line(&mut self) -> Result<&'a str, String> {
        let max = self.limits.line_bytes_max;
        let window = &self.rest[..self.rest.len().min(max.saturating_add(1))];
        let (line, rest) = match window.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None if self.rest.len() <= max => (self.rest, &self.rest[self.rest.len()..]),
            None => return Err(format!("the line is longer than {max} bytes")),
        };
        self.rest = rest;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        str::from_utf8(line).map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to() + 1))
    }

    fn sample(&mut self, line: &'a str) -> Result<Row<'a>, String> {
        self.samples += 1;
        if self.samples > self.limits.samples_max {
            return Err(format!(
                "more than {} samples; scrape less, or raise the limit",
                self.limits.samples_max
            ));
        }
        let names = &mut self.names;
        names.clear();
        let rest = series::walk(line, &mut |name, _| names.push(name)).map_err(|what| at(what, line))?;
        self.check_names(line)?;
        let series = &line[..line.len() - rest.len()];
        // An exemplar tells about one observation of many; nothing here reads it.
        let rest = match (self.format, rest.split_once(" # ")) {
            (Format::OpenMetrics, Some((before, exemplar))) if exemplar.starts_with('{') => before,
            _ => rest,
        };
        let mut words = rest.split([' ', '\t']).filter(|word| !word.is_empty());
        let value = words.next().ok_or_else(|| at("the value is missing", line))?;
        let value = number::value(value).ok_or_else(|| at(&format!("{value:?} is not a value"), line))?;
        let time = words.next();
        let at_time = match time {
            None => None,
            Some(text) => match number::time(text, self.format) {
                Some(time) => Some(time),
                None => return Err(at(&format!("{text:?} is not a time"), line)),
            },
        };
        match words.next() {
            Some(more) => Err(at(&format!("{more:?} follows where the line should end"), line)),
            None => Ok(Row { series, value, at: at_time }),
        }
    }

    fn check_names(&self, line: &str) -> Result<(), String> {
        if self.names.len() > self.limits.labels_max {
            return Err(at(&format!("more than {} labels", self.limits.labels_max), line));
        }
        if !self.names.contains(&METRIC_NAME) {
            return Err(at("the series has no name", line));
        }
        for (index, name) in self.names.iter().enumerate() {
            if self.names[..index].contains(name) {
                return Err(at(&format!("{name} is given twice"), line));
            }
        }
        Ok(())
    }
}

/// The message with the beginning of the line it is about.
fn at(message: &str, line: &str) -> String {
    const SHOWN: usize = 60;
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{message}: {}…", &line[..end]),
        None => format!("{message}: {line}"),
    }
}

#[cfg(test)]
mod tests;
