//! What a store elsewhere has said, and what it is still to be asked.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use andon_promql::{Element, Expr};
use andon_timeseries::{Found, Held, MatchOp, Matcher, Sample, Select, SelectError, Series, Wanted};
use andon_vocabulary::{METRIC_NAME, Name, Timestamp};

use crate::ask::Unanswered;

/// A query in PromQL, to be evaluated at one time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub query: String,
    pub at: Timestamp,
}

/// What came of it: values, or for a range the samples themselves.
#[derive(Clone, Debug)]
pub enum Answer {
    Values(Vec<Element>),
    Samples(Vec<Series>),
    /// It cannot be reached.
    Unreachable(String),
    /// It refuses the query.
    Refused(String),
}

/// A driver gives the answers to what evaluations found missing, and evaluates again.
#[derive(Debug, Default)]
pub struct Answers {
    /// What people call the store.
    store: Name,
    given: BTreeMap<Question, Answer>,
    missing: RefCell<BTreeSet<Question>>,
}

impl Answers {
    pub fn of(store: Name) -> Answers {
        Answers { store, ..Answers::default() }
    }

    pub fn give(&mut self, question: Question, answer: Answer) {
        self.given.insert(question, answer);
    }

    /// What evaluations have asked for in vain since the last call.
    pub fn take_missing(&self) -> BTreeSet<Question> {
        self.missing.take()
    }

    /// Nothing is evaluated any more at times before this one.
    pub fn forget_before(&mut self, at: Timestamp) {
        self.given.retain(|question, _| question.at >= at);
    }

    pub(crate) fn instant(&self, expr: &Expr, at: Timestamp) -> Result<Vec<Element>, Unanswered> {
        match self.answer(Question { query: expr.to_string(), at })? {
            Answer::Values(elements) => Ok(elements.clone()),
            Answer::Samples(_) => {
                Err(Unanswered::Failed(format!("{expr} gives a range vector, not a value for each series")))
            }
            Answer::Unreachable(_) | Answer::Refused(_) => unreachable!("these are no answers"),
        }
    }

    /// The samples that an expression reads, from `since` on.
    pub(crate) fn since(&self, expr: &Expr, since: Timestamp, at: Timestamp) -> Result<Later, Unanswered> {
        let mut series = BTreeMap::new();
        let mut waits = false;
        for selected in expr.selectors() {
            let span = at.since(since).as_millis().max(1);
            let query = format!("{}[{span}ms]", selector(&selected.matchers));
            match self.answer(Question { query, at }) {
                Ok(Answer::Samples(found)) => {
                    for mut one in found.iter().cloned() {
                        one.samples.retain(|sample: &Sample| sample.at > since);
                        series.insert(one.labels.clone(), one);
                    }
                }
                Ok(_) => return Err(Unanswered::Failed("a range was answered by single values".to_owned())),
                // The others are asked in the same breath.
                Err(Unanswered::NotYet) => waits = true,
                Err(error) => return Err(error),
            }
        }
        if waits { Err(Unanswered::NotYet) } else { Ok(Later(series.into_values().collect())) }
    }

    fn answer(&self, question: Question) -> Result<&Answer, Unanswered> {
        match self.given.get(&question) {
            None => {
                self.missing.borrow_mut().insert(question);
                Err(Unanswered::NotYet)
            }
            Some(Answer::Unreachable(why)) => {
                Err(Unanswered::Unreachable { store: self.store.clone(), why: why.clone() })
            }
            Some(Answer::Refused(why)) => Err(Unanswered::Failed(why.clone())),
            Some(answer) => Ok(answer),
        }
    }
}

/// These conditions as a selector of PromQL.
pub fn selector(matchers: &[Matcher]) -> String {
    let matcher = |matcher: &Matcher| {
        let op = match matcher.op() {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Regex => "=~",
            MatchOp::NotRegex => "!~",
        };
        format!("{}{op}{:?}", matcher.name(), matcher.value())
    };
    let is_name = |matcher: &&Matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal;
    let name = matchers.iter().find(is_name).map_or("", |matcher| matcher.value());
    let rest = matchers.iter().filter(|matcher| !(is_name(matcher) && matcher.value() == name)).map(matcher);
    format!("{name}{{{}}}", rest.collect::<Vec<_>>().join(","))
}

/// Samples that another store gave, for an evaluation here.
pub(crate) struct Later(Vec<Series>);

impl Select for Later {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        let fits = |series: &&Series| {
            let value = |matcher: &Matcher| series.labels.get(matcher.name()).unwrap_or("").to_owned();
            wanted.matchers.iter().all(|matcher| matcher.matches_value(&value(matcher)))
        };
        let within = |at: Timestamp| at > wanted.from && at <= wanted.to;
        let cut = |series: &Series| Series {
            labels: series.labels.clone(),
            samples: series.samples.iter().copied().filter(|sample| within(sample.at)).collect(),
            histograms: series.histograms.iter().filter(|sample| within(sample.at)).cloned().collect(),
        };
        Ok(Box::new(Held::new(self.0.iter().filter(fits).map(cut).collect())))
    }
}
