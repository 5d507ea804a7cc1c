//! One metric of a family: its labels, and the rows that its kind has.

use andon_protobuf::{Broken, Fields, Value};
use andon_vocabulary::{Labels, Timestamp};

use super::histogram::{self, Classic};
use super::{Family, Histograms, Piece, Reading, Times, time};
use crate::{Exemplar, MetricKind, number, series};

/// A metric as far as all kinds are alike.
struct Metric<'a> {
    /// `a="b",c="d"`, escaped.
    labels: String,
    /// The message of its kind; empty where it is left out.
    content: Fields<'a>,
    at: Option<Timestamp>,
}

impl Reading<'_> {
    pub(super) fn metric(&mut self, family: &Family<'_>, message: Value<'_>) -> Result<(), String> {
        let metric = Metric::read(family.kind, message).map_err(|error| within(family, &error))?;
        let read = match family.kind {
            MetricKind::Summary => self.summary(family, &metric),
            MetricKind::Histogram | MetricKind::GaugeHistogram => self.histogram(family, &metric),
            _ => self.plain(family, &metric),
        };
        read.map_err(|error| within(family, &error))
    }

    fn plain(&mut self, family: &Family<'_>, metric: &Metric<'_>) -> Result<(), String> {
        let (mut value, mut found, mut times) = (0.0, None, Times { at: metric.at, created: None });
        for field in metric.content.clone() {
            match field.map_err(said)? {
                (1, number) => value = number.double().map_err(said)?,
                (2, message) if family.kind == MetricKind::Counter => found = Some(exemplar(message)?),
                (3, message) if family.kind == MetricKind::Counter => {
                    times.created = Some(time(message).map_err(said)?);
                }
                _ => {}
            }
        }
        self.sample(family.name, "", metric, None, (value, times, found))
    }

    fn summary(&mut self, family: &Family<'_>, metric: &Metric<'_>) -> Result<(), String> {
        let (mut count, mut sum, mut times) = (0, 0.0, Times { at: metric.at, created: None });
        let mut quantiles = Vec::new();
        for field in metric.content.clone() {
            match field.map_err(said)? {
                (1, value) => count = value.uint().map_err(said)?,
                (2, value) => sum = value.double().map_err(said)?,
                (3, message) => quantiles.push(quantile(message).map_err(said)?),
                (4, message) => times.created = Some(time(message).map_err(said)?),
                _ => {}
            }
        }
        self.sample(family.name, "_count", metric, None, (count as f64, times, None))?;
        self.sample(family.name, "_sum", metric, None, (sum, times, None))?;
        for (quantile, value) in quantiles {
            let bound = Some(("quantile", quantile));
            self.sample(family.name, "", metric, bound, (value, times, None))?;
        }
        Ok(())
    }

    fn histogram(&mut self, family: &Family<'_>, metric: &Metric<'_>) -> Result<(), String> {
        let read = histogram::read(metric.content.clone(), self.limits.buckets_max)?;
        let times = Times { at: metric.at, created: read.created };
        let is_native = read.is_native() && self.histograms != Histograms::Classic;
        if is_native {
            self.one_sample_more()?;
            let begin = self.families.exemplars.len();
            // An exemplar without its time cannot be told from one that was seen in the scrape before.
            let timed = read.native_exemplars().filter(|exemplar| exemplar.at.is_some()).cloned();
            self.families.exemplars.extend(timed);
            let exemplars = begin..self.families.exemplars.len();
            let series = self.series(family.name, "", metric, None)?;
            let histogram = read.native(family.kind)?;
            self.add(Piece::Histogram { series, histogram, times, exemplars });
        }
        let has_classic = !read.classic.is_empty();
        if !is_native || self.histograms == Histograms::Both && has_classic {
            self.classic(family, metric, times, read.count, read.sum, read.classic)?;
        }
        Ok(())
    }

    fn classic(
        &mut self,
        family: &Family<'_>,
        metric: &Metric<'_>,
        times: Times,
        count: f64,
        sum: f64,
        buckets: Vec<Classic>,
    ) -> Result<(), String> {
        self.sample(family.name, "_count", metric, None, (count, times, None))?;
        self.sample(family.name, "_sum", metric, None, (sum, times, None))?;
        let mut has_all = false;
        for bucket in buckets {
            has_all = bucket.upper == f64::INFINITY;
            let found = (bucket.count, times, bucket.exemplar);
            self.sample(family.name, "_bucket", metric, Some(("le", bucket.upper)), found)?;
            if has_all {
                break;
            }
        }
        if !has_all {
            let all = Some(("le", f64::INFINITY));
            self.sample(family.name, "_bucket", metric, all, (count, times, None))?;
        }
        Ok(())
    }

    fn sample(
        &mut self,
        name: &str,
        suffix: &str,
        metric: &Metric<'_>,
        bound: Option<(&str, f64)>,
        (value, times, exemplar): (f64, Times, Option<Exemplar>),
    ) -> Result<(), String> {
        self.one_sample_more()?;
        let series = self.series(name, suffix, metric, bound)?;
        let exemplar = exemplar.map(|exemplar| {
            self.families.exemplars.push(exemplar);
            self.families.exemplars.len() - 1
        });
        let value = if value.is_nan() { number::NAN } else { value };
        self.add(Piece::Sample { series, value, times, exemplar });
        Ok(())
    }

    /// The series as it would stand in a text.
    fn series(
        &mut self,
        name: &str,
        suffix: &str,
        metric: &Metric<'_>,
        bound: Option<(&str, f64)>,
    ) -> Result<std::ops::Range<usize>, String> {
        self.room_for(2 * (name.len() + suffix.len()) + metric.labels.len() + 64)?;
        let text = &mut self.families.text;
        let begin = text.len();
        if series::is_word(name) {
            text.push_str(name);
            text.push_str(suffix);
            text.push('{');
        } else {
            text.push_str("{\"");
            series::escape(name, text);
            text.push_str(suffix);
            text.push_str("\",");
        }
        text.push_str(&metric.labels);
        if let Some((label, value)) = bound {
            text.push_str(label);
            text.push_str("=\"");
            text.push_str(&number::written(value));
            text.push('"');
        }
        text.push('}');
        Ok(begin..text.len())
    }
}

impl<'a> Metric<'a> {
    fn read(kind: MetricKind, message: Value<'a>) -> Result<Metric<'a>, String> {
        let wanted = match kind {
            MetricKind::Gauge => 2,
            MetricKind::Counter => 3,
            MetricKind::Summary => 4,
            MetricKind::Histogram | MetricKind::GaugeHistogram => 7,
            _ => 5,
        };
        let mut metric = Metric { labels: String::new(), content: Fields::of(&[]), at: None };
        for field in message.message().map_err(said)? {
            match field.map_err(said)? {
                (1, pair) => {
                    let (name, value) = label(pair).map_err(said)?;
                    metric.label(name, value);
                }
                (6, at) => {
                    let ms = at.int().map_err(said)?;
                    // Zero is what a message without a time has.
                    metric.at = (ms != 0).then(|| Timestamp::from_ms(ms));
                }
                (number, content) if number == wanted => metric.content = content.message().map_err(said)?,
                _ => {}
            }
        }
        Ok(metric)
    }

    fn label(&mut self, name: &str, value: &str) {
        if series::is_word(name) && !name.contains(':') {
            self.labels.push_str(name);
        } else {
            self.labels.push('"');
            series::escape(name, &mut self.labels);
            self.labels.push('"');
        }
        self.labels.push_str("=\"");
        series::escape(value, &mut self.labels);
        self.labels.push_str("\",");
    }
}

pub(super) fn exemplar(message: Value<'_>) -> Result<Exemplar, String> {
    let (mut pairs, mut value, mut at, mut runes) = (Vec::new(), 0.0, None, 0);
    for field in message.message().map_err(said)? {
        match field.map_err(said)? {
            (1, pair) => {
                let (name, value) = label(pair).map_err(said)?;
                runes += name.chars().count() + value.chars().count();
                pairs.push((name, value));
            }
            (2, number) => value = number.double().map_err(said)?,
            (3, message) => at = Some(time(message).map_err(said)?),
            _ => {}
        }
    }
    if runes > series::EXEMPLAR_RUNES_MAX {
        return Err("the exemplar's labels are longer than 128 characters".to_owned());
    }
    Ok(Exemplar { labels: pairs.into_iter().collect::<Labels>(), value, at })
}

fn label(pair: Value<'_>) -> Result<(&str, &str), Broken> {
    let (mut name, mut value) = ("", "");
    for field in pair.message()? {
        match field? {
            (1, text) => name = text.text()?,
            (2, text) => value = text.text()?,
            _ => {}
        }
    }
    Ok((name, value))
}

fn quantile(message: Value<'_>) -> Result<(f64, f64), Broken> {
    let (mut quantile, mut value) = (0.0, 0.0);
    for field in message.message()? {
        match field? {
            (1, number) => quantile = number.double()?,
            (2, number) => value = number.double()?,
            _ => {}
        }
    }
    Ok((quantile, value))
}

pub(super) fn said(broken: Broken) -> String {
    broken.to_string()
}

fn within(family: &Family<'_>, error: &str) -> String {
    format!("{error}: {}", family.name.chars().take(60).collect::<String>())
}
