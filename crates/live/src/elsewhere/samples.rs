//! The samples of another store, for what is evaluated here: what pages count, what is federated.

use std::future::Future;

use andon_monitor::{Answer, Question, selector};
use andon_timeseries::{Found, Held, Select, SelectError, Wanted};
use andon_vocabulary::{Labels, Timestamp};
use tokio::runtime::Handle;

use super::Elsewhere;

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

    /// The value of each series that a query has at a time, histograms left out.
    pub fn values(&self, query: &str, at: Timestamp) -> Result<Vec<(Labels, f64)>, String> {
        match self.wait(self.answer(&Question { query: query.to_owned(), at })) {
            Answer::Values(elements) => Ok(elements
                .into_iter()
                .filter_map(|one| one.value.float().map(|value| (one.labels, value)))
                .collect()),
            Answer::Samples(_) => Err(format!("{query} has no single value for each series")),
            Answer::Unreachable(why) => Err(silent(self, &why).0),
            Answer::Refused(why) => Err(why),
        }
    }

    /// A page may ask from within the runtime, whose other tasks go on meanwhile.
    fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        match Handle::try_current() {
            Ok(_) => tokio::task::block_in_place(|| self.runtime.block_on(answer)),
            Err(_) => self.runtime.block_on(answer),
        }
    }
}

fn silent(elsewhere: &Elsewhere, why: &str) -> SelectError {
    SelectError(format!("{} does not answer: {why}", elsewhere.place()))
}
