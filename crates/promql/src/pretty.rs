//! A query laid out for people, as Prometheus lays it out: what does not fit on a line goes onto several.

use crate::{ParseError, parse};

/// The query itself, written the usual way.
pub fn pretty(text: &str) -> Result<String, ParseError> {
    parse(text)?;
    let tree = promql_parser::parser::parse(text);
    // What the first step took, the second takes.
    tree.map(|tree| tree.prettify()).map_err(|message| ParseError { message, span: 0..text.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_a_line_takes_several() {
        assert_eq!(pretty("sum(rate(up[5m]))by(job)").unwrap(), "sum by (job) (rate(up[5m]))");
        let long = format!("sum by (job) (rate({}[5m])) / sum by (job) (rate({0}[5m]))", "a".repeat(60));
        let laid = pretty(&long).unwrap();
        assert!(laid.lines().count() == 3 && laid.contains("\n/\n"), "{laid}");
        assert!(pretty("up{").is_err());
    }
}
