//! A calendar of stretches of time, as RFC 5545 wants it.

use std::fmt::Write;

use andon_vocabulary::{Stretch, Timestamp};

/// Content lines are folded after so many bytes (RFC 5545, 3.1).
const LINE_BYTES_MAX: usize = 75;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The same for the same entry, for ever; unlike every other.
    pub uid: String,
    pub during: Stretch,
    pub summary: String,
    /// May be empty.
    pub description: String,
}

/// `now` is when it was written. Times are in UTC, which every reader shows in its own zone.
pub fn write(name: &str, entries: &[Entry], now: Timestamp) -> String {
    let mut out = String::new();
    line(&mut out, "BEGIN:VCALENDAR");
    line(&mut out, "VERSION:2.0");
    line(&mut out, "PRODID:-//Andon//On call//EN");
    line(&mut out, "CALSCALE:GREGORIAN");
    line(&mut out, "METHOD:PUBLISH");
    line(&mut out, &format!("X-WR-CALNAME:{}", escaped(name)));
    line(&mut out, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    for entry in entries {
        line(&mut out, "BEGIN:VEVENT");
        line(&mut out, &format!("UID:{}", escaped(&entry.uid)));
        line(&mut out, &format!("DTSTAMP:{}", utc(now)));
        line(&mut out, &format!("DTSTART:{}", utc(entry.during.from)));
        line(&mut out, &format!("DTEND:{}", utc(entry.during.until)));
        line(&mut out, &format!("SUMMARY:{}", escaped(&entry.summary)));
        if !entry.description.is_empty() {
            line(&mut out, &format!("DESCRIPTION:{}", escaped(&entry.description)));
        }
        line(&mut out, "TRANSP:TRANSPARENT");
        line(&mut out, "END:VEVENT");
    }
    line(&mut out, "END:VCALENDAR");
    out
}

/// A whole second, as a calendar counts.
fn utc(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// TEXT of RFC 5545, 3.3.11. Control characters have no place in it: a line break in a name would begin a new property.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => {}
            '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Folded so that no line has more bytes than it may, and no character is cut.
fn line(out: &mut String, text: &str) {
    let mut room = LINE_BYTES_MAX;
    for c in text.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = LINE_BYTES_MAX - 1;
        }
        out.write_char(c).expect("a String grows");
        room -= c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn entry(summary: &str) -> Entry {
        let during = Stretch { from: at("2026-11-16T08:00:00Z"), until: at("2026-11-23T08:00:00Z") };
        Entry {
            uid: "shop/primary/1@andon".into(),
            during,
            summary: summary.into(),
            description: String::new(),
        }
    }

    #[test]
    fn a_shift_is_an_event() {
        let text = write("shop", &[entry("ana, on call")], at("2026-11-20T12:00:00Z"));
        assert_eq!(
            text,
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Andon//On call//EN\r\nCALSCALE:GREGORIAN\r\n\
             METHOD:PUBLISH\r\nX-WR-CALNAME:shop\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nBEGIN:VEVENT\r\n\
             UID:shop/primary/1@andon\r\nDTSTAMP:20261120T120000Z\r\nDTSTART:20261116T080000Z\r\n\
             DTEND:20261123T080000Z\r\nSUMMARY:ana\\, on call\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n\
             END:VCALENDAR\r\n"
        );
    }

    #[test]
    fn a_hostile_name_is_only_text() {
        let hostile = "x\r\nEND:VEVENT\r\nBEGIN:VALARM\u{0}\u{7f};\\,\u{85}";
        let text = write(hostile, &[entry(hostile)], at("2026-11-20T12:00:00Z"));
        let unfolded = text.replace("\r\n ", "");
        assert_eq!(unfolded.matches("\r\nBEGIN:").count(), 1, "{text}");
        assert_eq!(unfolded.matches("\r\nEND:VEVENT").count(), 1, "{text}");
        assert!(unfolded.contains("SUMMARY:x\\nEND:VEVENT\\nBEGIN:VALARM\\;\\\\\\,\r\n"), "{unfolded}");
    }

    #[test]
    fn no_line_is_longer_than_75_bytes_and_no_character_is_cut() {
        let long = "Ünïcødé ☎ ".repeat(40);
        let text = write(&long, &[entry(&long)], at("2026-11-20T12:00:00Z"));
        assert!(text.split("\r\n").all(|line| line.len() <= LINE_BYTES_MAX), "{text}");
        assert!(text.replace("\r\n ", "").contains(&long));
    }
}
