//! Content lines (RFC 5545, 3.1): unfolded, with their parameters.

/// A line of a calendar: `DTSTART;TZID=Europe/Madrid:20261116T090000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// In capitals.
    pub name: String,
    /// Names in capitals; values without quotes.
    pub parameters: Vec<(String, String)>,
    pub value: String,
}

impl Line {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What TEXT means once its escapes are taken out.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut escaped = false;
        for c in self.value.chars() {
            match (escaped, c) {
                (false, '\\') => escaped = true,
                (true, 'n' | 'N') => {
                    out.push('\n');
                    escaped = false;
                }
                (_, c) => {
                    out.push(c);
                    escaped = false;
                }
            }
        }
        out
    }
}

/// Every line that is one; what is none is left out, as readers of calendars do.
pub fn lines(text: &str) -> impl Iterator<Item = Line> + '_ {
    unfolded(text).filter_map(|line| parse(&line))
}

fn unfolded(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut rest = text.lines().peekable();
    std::iter::from_fn(move || {
        let mut line = rest.next()?.to_owned();
        while let Some(more) = rest.peek().and_then(|next| next.strip_prefix([' ', '\t'])) {
            line.push_str(more);
            rest.next();
        }
        Some(line)
    })
}

fn parse(line: &str) -> Option<Line> {
    let colon = outside_quotes(line, ':')?;
    let (head, value) = (&line[..colon], &line[colon + 1..]);
    let mut parts = Vec::new();
    let mut rest = head;
    while let Some(at) = outside_quotes(rest, ';') {
        parts.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    parts.push(rest);
    let mut parts = parts.into_iter();
    let name = parts.next()?.trim().to_ascii_uppercase();
    let parameter = |part: &str| {
        let (name, value) = part.split_once('=')?;
        Some((name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
    };
    Some(Line { name, parameters: parts.filter_map(parameter).collect(), value: value.to_owned() })
}

fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == wanted && !quoted).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_unfolded_and_taken_apart() {
        let text = "BEGIN:VEVENT\r\ndtstart;TZID=\"Europe/Ma\r\n drid\";X=a:b:20261116T\r\n\t090000\r\nSUMMARY:a\\, b\\\\n\\nc\r\nnothing\r\n";
        let all: Vec<Line> = lines(text).collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all[1].name, "DTSTART");
        assert_eq!(all[1].parameter("TZID"), Some("Europe/Madrid"));
        assert_eq!(all[1].value, "b:20261116T090000");
        assert_eq!(all[2].text(), "a, b\\n\nc");
    }
}
