//! What a script claims of an evaluation beside its result: that it fails, warns, informs, and in which words.

use regex::Regex;

use super::text::word;
use crate::{Annotations, Level};

/// Everything that is claimed beside the result.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    pub ordered: bool,
    pub fails: Option<Words>,
    warns: Said,
    informs: Said,
}

/// What is claimed of one level of annotations.
#[derive(Clone, Debug, Default)]
struct Said {
    /// Each is said, and nothing else is.
    expected: Vec<Words>,
    some: bool,
    none: bool,
}

/// How a message must read.
#[derive(Clone, Debug)]
pub(super) enum Words {
    Any,
    Exactly(String),
    Like(Regex),
}

impl Words {
    /// What is written behind `expected_fail_regexp` or `regex:`.
    pub fn like(pattern: &str) -> Result<Words, String> {
        let pattern = pattern.trim();
        Regex::new(pattern).map(Words::Like).map_err(|_| format!("{pattern:?} is no regular expression"))
    }

    pub fn fit(&self, message: &str) -> bool {
        match self {
            Words::Any => true,
            Words::Exactly(text) => text == message,
            Words::Like(pattern) => pattern.is_match(message),
        }
    }

    pub fn described(&self) -> String {
        match self {
            Words::Any => "anything".to_owned(),
            Words::Exactly(text) => format!("{text:?}"),
            Words::Like(pattern) => format!("something like {:?}", pattern.as_str()),
        }
    }
}

impl Claims {
    /// What the verb itself claims, as in `eval_warn`.
    pub fn of_verb(verb: &str) -> Option<Claims> {
        let mut claims = Claims::default();
        match verb {
            "eval" => {}
            "eval_fail" => claims.fails = Some(Words::Any),
            "eval_ordered" => claims.ordered = true,
            "eval_warn" => claims.warns.some = true,
            "eval_info" => claims.informs.some = true,
            _ => return None,
        }
        Some(claims)
    }

    /// One more claim, written behind `expect`: `warn msg: PromQL warning: …`.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        const KINDS: &str = "ordered, fail, warn, no_warn, info, no_info, string or range vector";
        let (kind, rest) = word(text);
        let words = match rest.split_once(':') {
            _ if rest.is_empty() => Words::Any,
            Some(("msg", text)) => Words::Exactly(text.trim().to_owned()),
            Some(("regex", pattern)) => Words::like(pattern)?,
            _ => return Err(format!("behind `expect {kind}` comes msg: or regex:, or nothing")),
        };
        match kind {
            "ordered" => self.ordered = true,
            "fail" => {
                if matches!(self.fails, Some(Words::Exactly(_) | Words::Like(_))) {
                    return Err("an evaluation fails only once; write one `expect fail`".to_owned());
                }
                self.fails = Some(words);
            }
            "warn" => self.warns.expected.push(words),
            "no_warn" => self.warns.none = true,
            "info" => self.informs.expected.push(words),
            "no_info" => self.informs.none = true,
            _ => return Err(format!("{kind:?} cannot be expected; write {KINDS}")),
        }
        for (level, said) in [("warn", &self.warns), ("info", &self.informs)] {
            if said.none && (said.some || !said.expected.is_empty()) {
                return Err(format!("{level} and no_{level} cannot both be expected"));
            }
        }
        Ok(())
    }

    pub fn check(&self, annotations: &Annotations) -> Result<(), String> {
        self.warns.check(annotations, Level::Warning, "warning")?;
        self.informs.check(annotations, Level::Info, "info")
    }
}

impl Said {
    fn check(&self, annotations: &Annotations, level: Level, name: &str) -> Result<(), String> {
        let all = annotations.iter().filter(|(annotation, _)| annotation.level == level);
        let said: Vec<String> = all.map(|(annotation, _)| annotation.to_string()).collect();
        if self.none && !said.is_empty() {
            return Err(format!("expected no {name}, but it said {said:?}"));
        }
        if self.some && said.is_empty() {
            return Err(format!("expected a {name}, but it said none"));
        }
        if let Some(words) = self.expected.iter().find(|words| !said.iter().any(|text| words.fit(text))) {
            return Err(format!("expected as {name} {}, but it said {said:?}", words.described()));
        }
        let unexpected = |text: &&String| !self.expected.iter().any(|words| words.fit(text));
        match said.iter().find(unexpected) {
            Some(text) if !self.expected.is_empty() => Err(format!("it also said as {name} {text:?}")),
            _ => Ok(()),
        }
    }
}
