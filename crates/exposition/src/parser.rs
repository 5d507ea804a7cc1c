//! Lines to entries.

use std::str;

use andon_vocabulary::Timestamp;
use memchr::{memchr, memchr2, memrchr};

use crate::metadata::{Comment, comment};
use crate::row::{Beside, about};
use crate::{Entry, Format, Limits, MetricKind, ParseError, Place, Row, number, series};

/// Reads a body. The first error ends the iteration: of a broken scrape nothing should be believed.
pub fn parse(body: &[u8], format: Format, limits: Limits) -> Parser<'_> {
    Progress::new(format, limits).rest(body)
}

/// How far a body has been read, for whoever gets it in portions.
#[derive(Clone, Debug)]
pub struct Progress {
    format: Format,
    limits: Limits,
    line: usize,
    samples: usize,
    is_done: bool,
    kind: Option<MetricKind>,
}

impl Progress {
    pub fn new(format: Format, limits: Limits) -> Progress {
        Progress { format, limits, line: 0, samples: 0, is_done: false, kind: None }
    }

    /// Goes on with whole lines, which are not yet the last. Afterwards [`Parser::progress`] tells of them too.
    pub fn lines(self, lines: &[u8]) -> Parser<'_> {
        Parser { rest: lines, goes_on: true, so_far: self }
    }

    /// Goes on to the end of the body.
    pub fn rest(self, rest: &[u8]) -> Parser<'_> {
        Parser { rest, goes_on: false, so_far: self }
    }
}

/// The entries of a body, in order.
#[derive(Debug)]
pub struct Parser<'a> {
    rest: &'a [u8],
    /// More comes in another portion.
    goes_on: bool,
    so_far: Progress,
}

impl<'a> Iterator for Parser<'a> {
    type Item = Result<Entry<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() || !(self.goes_on || self.so_far.is_done) {
            match self.step() {
                Ok(None) => {}
                Ok(Some(entry)) => return Some(Ok(entry)),
                Err(message) => {
                    self.so_far.is_done = true;
                    self.rest = &[];
                    return Some(Err(ParseError { place: Place::Line(self.so_far.line), message }));
                }
            }
        }
        None
    }
}

impl<'a> Parser<'a> {
    /// How far it has come.
    pub fn progress(self) -> Progress {
        self.so_far
    }

    fn step(&mut self) -> Result<Option<Entry<'a>>, String> {
        if self.so_far.is_done {
            return Err("something follows after # EOF".to_owned());
        }
        self.so_far.line += 1;
        if self.rest.is_empty() {
            self.so_far.is_done = true;
            return match self.so_far.format {
                Format::Prometheus => Ok(None),
                Format::OpenMetrics => Err("the body ends without # EOF; it may be cut off".to_owned()),
            };
        }
        let line = unindented(self.take_line()?);
        match line.first() {
            None => Ok(None),
            Some(b'#') => self.comment(line),
            Some(_) => self.sample(line).map(|row| Some(Entry::Sample(row))),
        }
    }

    /// The next line, if it is nothing but a series of so many bytes, one blank and an ordinary number. Anything else is
    /// none, and waits for [`next`](Iterator::next). The line is not taken yet: whoever knows such a series by its bytes
    /// [passes](Parser::pass) it, and any other would be read wrongly, since only its length was looked at.
    #[inline]
    pub fn plain(&self, series_bytes: usize) -> Option<Plain<'a>> {
        let (series, rest) = self.rest.split_at_checked(series_bytes)?;
        let rest = rest.strip_prefix(b" ")?;
        let text =
            &rest[..rest[..rest.len().min(NUMBER_BYTES_MAX)].iter().position(|byte| *byte == b'\n')?];
        let value = number::short(text)?;
        let bytes = series_bytes + 1 + text.len();
        let Progress { limits, samples, is_done, .. } = &self.so_far;
        let is_allowed = bytes <= limits.line_bytes_max && *samples < limits.samples_max && !is_done;
        is_allowed.then_some(Plain { series, value, bytes })
    }

    /// Goes on behind this line.
    #[inline]
    pub fn pass(&mut self, line: &Plain<'a>) {
        self.rest = &self.rest[line.bytes + 1..];
        self.so_far.line += 1;
        self.so_far.samples += 1;
    }

    fn take_line(&mut self) -> Result<&'a [u8], String> {
        let max = self.so_far.limits.line_bytes_max;
        let window = &self.rest[..self.rest.len().min(max.saturating_add(1))];
        let (line, rest) = match memchr(b'\n', window) {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None if self.rest.len() <= max => (self.rest, &self.rest[self.rest.len()..]),
            None => return Err(format!("the line is longer than {max} bytes")),
        };
        self.rest = rest;
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn comment(&mut self, line: &'a [u8]) -> Result<Option<Entry<'a>>, String> {
        let line =
            str::from_utf8(line).map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to() + 1))?;
        match comment(line, self.so_far.format)? {
            Comment::Entry(entry) => {
                if let Entry::Type { kind, .. } = entry {
                    self.so_far.kind = Some(kind);
                }
                Ok(Some(entry))
            }
            Comment::End if self.so_far.format == Format::OpenMetrics => {
                self.so_far.is_done = true;
                Ok(None)
            }
            Comment::End | Comment::Remark => Ok(None),
        }
    }

    fn sample(&mut self, line: &'a [u8]) -> Result<Row<'a>, String> {
        self.so_far.samples += 1;
        if self.so_far.samples > self.so_far.limits.samples_max {
            return Err(format!(
                "more than {} samples; scrape less, or raise the limit",
                self.so_far.limits.samples_max
            ));
        }
        let Parts { series, rest, exemplar } = self.split(line).map_err(|what| about(what, line))?;
        let (value, rest) = word(rest);
        if value.is_empty() {
            return Err(about("the value is missing", line));
        }
        let Some(value) = number::value(value) else {
            return Err(about(&format!("{:?} is not a value", String::from_utf8_lossy(value)), line));
        };
        let (at, rest) = self.time(rest, line)?;
        let (more, _) = word(rest);
        if !more.is_empty() {
            let more = String::from_utf8_lossy(more);
            return Err(about(&format!("{more:?} follows where the line should end"), line));
        }
        let beside = if exemplar.is_empty() { Beside::Nothing } else { Beside::Text(exemplar) };
        Ok(Row {
            series,
            value,
            at,
            created: None,
            place: Place::Line(self.so_far.line),
            kind: self.so_far.kind,
            beside,
        })
    }

    /// Values and times have no brace, so that the last one of a line without exemplar ends its series, and no label
    /// need be looked at.
    fn split(&self, line: &'a [u8]) -> Result<Parts<'a>, &'static str> {
        const OPEN: &str = "a label's value is never closed by a quote, or the labels not by }";
        if self.so_far.format == Format::OpenMetrics && memchr(b'#', line).is_some() {
            let (series, rest) = line.split_at(series::end(line).ok_or(OPEN)?);
            let (rest, exemplar) = match memchr(b'#', rest) {
                Some(mark) => (&rest[..mark], unindented(&rest[mark + 1..])),
                None => (rest, &rest[rest.len()..]),
            };
            return Ok(Parts { series, rest, exemplar });
        }
        if let Some(last) = memrchr(b'}', line) {
            let (series, rest) = line.split_at(last + 1);
            return Ok(Parts { series, rest, exemplar: &[] });
        }
        let name = memchr2(b' ', b'\t', line).unwrap_or(line.len());
        if memchr(b'{', line).is_some() {
            return Err(OPEN);
        }
        let (series, rest) = line.split_at(name);
        Ok(Parts { series, rest, exemplar: &[] })
    }

    fn time(&self, rest: &'a [u8], line: &[u8]) -> Result<(Option<Timestamp>, &'a [u8]), String> {
        let (text, rest) = word(rest);
        if text.is_empty() {
            return Ok((None, rest));
        }
        match number::time(text, self.so_far.format) {
            Some(time) => Ok((Some(time), rest)),
            None => Err(about(&format!("{:?} is not a time", String::from_utf8_lossy(text)), line)),
        }
    }
}

/// A line as most are, of a series that is known.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    pub series: &'a [u8],
    pub value: f64,
    /// Without its end.
    bytes: usize,
}

/// No ordinary number is longer.
const NUMBER_BYTES_MAX: usize = 32;

struct Parts<'a> {
    series: &'a [u8],
    /// The value and its time.
    rest: &'a [u8],
    exemplar: &'a [u8],
}

fn unindented(line: &[u8]) -> &[u8] {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &line[blanks..]
}

/// The next word and what follows it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = unindented(text);
    // Numbers are short: looking at each byte is quicker than preparing to look at many at once.
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests;
