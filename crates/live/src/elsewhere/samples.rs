//! The samples of another store, for whoever reads samples here: pages, and queries of people.

use std::collections::BTreeSet;
use std::future::Future;

use andon_monitor::{Answer, Question, selector};
use andon_timeseries::{Found, Held, Matcher, Select, SelectError, Wanted};
use andon_vocabulary::{Labels, Timestamp};
use serde_json::Value;
use tokio::runtime::Handle;

use super::{Elsewhere, Silence, wire};

/// Blocks until it has answered, like all that follows.
impl Select for Elsewhere {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        Ok(Box::new(self.fetch(wanted)?))
    }
}

impl Elsewhere {
    pub fn fetch(&self, wanted: Wanted<'_>) -> Result<Held, SelectError> {
        let span = wanted.to.since(wanted.from).as_millis().max(1);
        let query = format!("{}[{span}ms]", selector(wanted.matchers));
        match self.wait(self.answer(&Question { query, at: wanted.to })) {
            Answer::Samples(mut series) => {
                // Versions before 3 count the first moment of a range in.
                for one in &mut series {
                    one.samples.retain(|sample| sample.at > wanted.from);
                }
                series.retain(|one| !one.samples.is_empty());
                Ok(Held::new(series))
            }
            Answer::Values(_) => Err(SelectError("a range was answered by single values".to_owned())),
            Answer::Unreachable(why) => Err(silent(self, &why)),
            Answer::Refused(why) => Err(SelectError(why)),
        }
    }

    pub fn label_names(
        &self,
        any_of: &[Vec<Matcher>],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<String>, SelectError> {
        self.texts("labels", any_of, from, to)
    }

    pub fn label_values(
        &self,
        label: &str,
        any_of: &[Vec<Matcher>],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<String>, SelectError> {
        // This one takes no POST: the series say the same.
        if !any_of.is_empty() {
            let series = self.series(any_of, from, to)?;
            let values: BTreeSet<String> =
                series.iter().filter_map(|labels| labels.get(label)).map(str::to_owned).collect();
            return Ok(values.into_iter().collect());
        }
        let query = format!("count by ({label}) ({{{label}!=\"\"}})");
        match self.wait(self.answer(&Question { query, at: to })) {
            Answer::Values(elements) => {
                let values = elements.iter().filter_map(|element| element.labels.get(label));
                let values: BTreeSet<String> = values.map(str::to_owned).collect();
                Ok(values.into_iter().collect())
            }
            Answer::Samples(_) => Ok(Vec::new()),
            Answer::Unreachable(why) => Err(silent(self, &why)),
            Answer::Refused(why) => Err(SelectError(why)),
        }
    }

    pub fn series(
        &self,
        any_of: &[Vec<Matcher>],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Labels>, SelectError> {
        let data = self.data("series", any_of, from, to)?;
        let found = data.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(wire::labels);
        let found: BTreeSet<Labels> = found.collect();
        Ok(found.into_iter().collect())
    }

    fn texts(
        &self,
        path: &str,
        any_of: &[Vec<Matcher>],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<String>, SelectError> {
        let data = self.data(path, any_of, from, to)?;
        let texts = data.as_array().map_or(&[][..], Vec::as_slice).iter();
        Ok(texts.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// A page may ask from within the runtime, whose other tasks go on meanwhile.
    fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        match Handle::try_current() {
            Ok(_) => tokio::task::block_in_place(|| self.runtime.block_on(answer)),
            Err(_) => self.runtime.block_on(answer),
        }
    }

    fn data(
        &self,
        path: &str,
        any_of: &[Vec<Matcher>],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Value, SelectError> {
        let (start, end) = (wire::seconds(from), wire::seconds(to));
        let selectors: Vec<String> = any_of.iter().map(|matchers| selector(matchers)).collect();
        let mut form = vec![("start", start.as_str()), ("end", end.as_str())];
        form.extend(selectors.iter().map(|selector| ("match[]", selector.as_str())));
        let said = self.wait(self.post(path, &form)).and_then(|body| wire::data(&body));
        said.map_err(|silence| match silence {
            Silence::Unreachable(why) => silent(self, &why),
            Silence::Refused(why) => SelectError(why),
        })
    }
}

fn silent(elsewhere: &Elsewhere, why: &str) -> SelectError {
    SelectError(format!("{} does not answer: {why}", elsewhere.url()))
}
