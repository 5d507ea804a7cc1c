//! Regular expressions as Go's RE2 reads them, whole: those of Prometheus and those of Alertmanager differ in a dot.

use andon_timeseries::re2;
use regex::{Regex, RegexBuilder};

/// A compiled regex that is larger than this is refused.
const BYTES_MAX: usize = 1 << 20;

/// What `.` stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dot {
    /// Any character: in Prometheus's files and queries.
    Any,
    /// Any but the end of a line: in Alertmanager's matchers.
    WithinLine,
}

/// The regex, which must match the whole text. The error says what is wrong.
pub(crate) fn compile(text: &str, dot: Dot) -> Result<Regex, String> {
    let wrong = |why: &str| format!("`{text}`: {why}");
    let translated = re2::translated(text).map_err(|why| wrong(&why))?;
    let anchored = match dot {
        Dot::Any => format!("^(?s:{translated})$"),
        Dot::WithinLine => format!("^(?:{translated})$"),
    };
    RegexBuilder::new(&anchored).size_limit(BYTES_MAX).build().map_err(|error| {
        let said = error.to_string();
        let last = said.lines().last().unwrap_or_default();
        wrong(last.trim_start_matches("error: "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn matches(regex: &str, yes: &[&str], no: &[&str]) {
        let compiled = compile(regex, Dot::Any).unwrap();
        for text in yes {
            assert!(compiled.is_match(text), "{regex} should match {text:?}");
        }
        for text in no {
            assert!(!compiled.is_match(text), "{regex} should not match {text:?}");
        }
    }

    #[test]
    fn the_whole_text_matches_across_lines() {
        matches("a|b", &["a", "b"], &["ab", "xa", ""]);
        matches("a.b", &["a\nb"], &["a\n"]);
        matches("", &[""], &["a", "\n"]);
    }

    #[test]
    fn classes_are_those_of_re2() {
        matches(r"\d+", &["12"], &["٣"]);
        matches(r"[\d.]+", &["1.2"], &["٣"]);
        matches(r"\w", &["a", "_"], &["é"]);
        matches(r"\W[\S]", &["é1"], &["a1", "é "]);
        matches(r"[[a]", &["[", "a"], &["b"]);
        matches(r"[[:alpha:]1]+", &["a1b"], &[":"]);
        matches(r"[a&&b]+", &["a&b"], &["c"]);
        matches(r"[]a]+", &["]a"], &["b"]);
        matches(r"[^]a]+", &["bc"], &["]"]);
        matches(r"(.*)\bend\b", &["the end"], &["bend"]);
    }

    #[test]
    fn braces_and_quotes() {
        matches(r"a{2}", &["aa"], &["a"]);
        matches(r"a{2,}b{1,2}", &["aaab"], &["abbb"]);
        matches(r"{a}", &["{a}"], &["a"]);
        matches(r"a{,5}", &["a{,5}"], &["aaa"]);
        matches(r"\Qa.b\E+", &["a.b", "a.bb"], &["axb"]);
        matches(r"\p{Greek}+", &["λ"], &["l"]);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let compile = |text| compile(text, Dot::WithinLine);
        let why = compile("a(").unwrap_err();
        assert!(why.starts_with("`a(`: ") && why.contains("group"), "{why}");
        assert!(compile("(((a{100}){100}){100})").is_err());
        assert!(compile(r"a\").is_err());
        let why = compile("x*+").unwrap_err();
        assert_eq!(why, "`x*+`: invalid nested repetition operator: `*+`");
    }
}
