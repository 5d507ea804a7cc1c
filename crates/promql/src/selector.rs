//! A selector of series alone, as programs name what they want to see the labels of.

use andon_timeseries::Matchers;

use crate::node::Node;
use crate::{ParseError, parse};

/// `up{job="x"}`, and nothing around it: no range, offset, operator or parenthesis.
pub fn selector(text: &str) -> Result<Matchers, ParseError> {
    match &*parse(text)?.0 {
        Node::Select(selector) if selector.when.offset == 0 && selector.when.at.is_none() => {
            Ok(selector.matchers.clone())
        }
        _ => {
            let message = "this is more than a selector of series; write it as up{job=\"x\"}".to_owned();
            Err(ParseError { message, span: 0..text.len() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_stands_alone() {
        assert_eq!(selector(" up{job=\"a\"} ").unwrap().len(), 2);
        assert_eq!(selector("{job=\"a\"}").unwrap().len(), 1);
        for wrong in
            ["up + up", "up[5m]", "up offset 5m", "up @ 0", "(up)", "-up", "rate(up[5m])", "1", "up up", ""]
        {
            assert!(selector(wrong).is_err(), "{wrong}");
        }
    }
}
