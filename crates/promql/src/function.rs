//! The functions that are evaluated: one table, from a name to what it does.

use andon_timeseries::{Histogram, Purpose};

use crate::Kind;
use crate::eval::calendar::{self, Moment};
use crate::eval::notes::Notes;
use crate::eval::over_time as over;
use crate::eval::rate;
use crate::eval::window::Window;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    /// A number for a number.
    Each(fn(f64) -> f64),
    /// A number for a native histogram.
    OfHistogram(fn(&Histogram) -> f64),
    /// A value for the samples of a range, if they suffice for one.
    Window {
        value: OfWindow,
        names: Names,
        purpose: Purpose,
    },
    /// The same for what only counters should be given to.
    Counter(OfWindow),
    /// A number for a point in time, given as seconds, or for "now" without an argument.
    Calendar(fn(&Moment) -> f64),
    QuantileOverTime,
    PredictLinear,
    Smoothed,
    Absent,
    AbsentOverTime,
    Clamp,
    ClampMin,
    ClampMax,
    Round,
    Scalar,
    Vector,
    Time,
    Pi,
    Timestamp,
    Sort {
        descending: bool,
    },
    SortByLabel {
        descending: bool,
    },
    LabelReplace,
    LabelJoin,
    HistogramQuantile,
    HistogramFraction,
}

pub(crate) type OfWindow = fn(&Window, &mut Notes) -> over::Result;

/// Whether the result is still the metric that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    Kept,
    Dropped,
}

impl Function {
    pub fn named(name: &str) -> Option<Function> {
        let window = |value: OfWindow, purpose| Function::Window { value, names: Names::Dropped, purpose };
        let any = |value: OfWindow| window(value, Purpose::Any);
        Some(match name {
            "abs" => Function::Each(f64::abs),
            "absent" => Function::Absent,
            "absent_over_time" => Function::AbsentOverTime,
            "acos" => Function::Each(f64::acos),
            "acosh" => Function::Each(f64::acosh),
            "asin" => Function::Each(f64::asin),
            "asinh" => Function::Each(f64::asinh),
            "atan" => Function::Each(f64::atan),
            "atanh" => Function::Each(f64::atanh),
            "avg_over_time" => window(over::avg, Purpose::Average),
            "ceil" => Function::Each(f64::ceil),
            "changes" => any(over::changes),
            "clamp" => Function::Clamp,
            "clamp_max" => Function::ClampMax,
            "clamp_min" => Function::ClampMin,
            "cos" => Function::Each(f64::cos),
            "cosh" => Function::Each(f64::cosh),
            "count_over_time" => window(over::count, Purpose::Count),
            "day_of_month" => Function::Calendar(calendar::day_of_month),
            "day_of_week" => Function::Calendar(calendar::day_of_week),
            "day_of_year" => Function::Calendar(calendar::day_of_year),
            "days_in_month" => Function::Calendar(calendar::days_in_month),
            "deg" => Function::Each(|radians| radians * 180.0 / std::f64::consts::PI),
            "delta" => any(rate::delta),
            "deriv" => any(rate::deriv),
            "double_exponential_smoothing" => Function::Smoothed,
            "exp" => Function::Each(f64::exp),
            "floor" => Function::Each(f64::floor),
            "histogram_avg" => Function::OfHistogram(|histogram| histogram.sum / histogram.count),
            "histogram_count" => Function::OfHistogram(|histogram| histogram.count),
            "histogram_fraction" => Function::HistogramFraction,
            "histogram_stddev" => Function::OfHistogram(Histogram::deviation),
            "histogram_stdvar" => Function::OfHistogram(Histogram::variance),
            "histogram_sum" => Function::OfHistogram(|histogram| histogram.sum),
            "histogram_quantile" => Function::HistogramQuantile,
            "hour" => Function::Calendar(calendar::hour),
            "idelta" => any(rate::idelta),
            "increase" => Function::Counter(rate::increase),
            "irate" => window(rate::irate, Purpose::Counter),
            "label_join" => Function::LabelJoin,
            "label_replace" => Function::LabelReplace,
            "last_over_time" => {
                Function::Window { value: over::last, names: Names::Kept, purpose: Purpose::Any }
            }
            "ln" => Function::Each(f64::ln),
            "log10" => Function::Each(f64::log10),
            "log2" => Function::Each(f64::log2),
            "mad_over_time" => any(over::mad),
            "max_over_time" => window(over::max, Purpose::Max),
            "min_over_time" => window(over::min, Purpose::Min),
            "minute" => Function::Calendar(calendar::minute),
            "month" => Function::Calendar(calendar::month),
            "pi" => Function::Pi,
            "predict_linear" => Function::PredictLinear,
            "present_over_time" => window(over::present, Purpose::Count),
            "quantile_over_time" => Function::QuantileOverTime,
            "rad" => Function::Each(|degrees| degrees * std::f64::consts::PI / 180.0),
            "rate" => Function::Counter(rate::rate),
            "resets" => window(over::resets, Purpose::Counter),
            "round" => Function::Round,
            "scalar" => Function::Scalar,
            "sgn" => Function::Each(sign),
            "sin" => Function::Each(f64::sin),
            "sinh" => Function::Each(f64::sinh),
            "sort" => Function::Sort { descending: false },
            "sort_by_label" => Function::SortByLabel { descending: false },
            "sort_by_label_desc" => Function::SortByLabel { descending: true },
            "sort_desc" => Function::Sort { descending: true },
            "sqrt" => Function::Each(f64::sqrt),
            "stddev_over_time" => any(over::stddev),
            "stdvar_over_time" => any(over::stdvar),
            "sum_over_time" => window(over::sum, Purpose::Sum),
            "tan" => Function::Each(f64::tan),
            "tanh" => Function::Each(f64::tanh),
            "time" => Function::Time,
            "timestamp" => Function::Timestamp,
            "ts_of_last_over_time" => any(over::time_of_last),
            "ts_of_max_over_time" => any(over::time_of_max),
            "ts_of_min_over_time" => any(over::time_of_min),
            "vector" => Function::Vector,
            "year" => Function::Calendar(calendar::year),
            _ => return None,
        })
    }

    pub fn kind(self) -> Kind {
        match self {
            Function::Scalar | Function::Time | Function::Pi => Kind::Scalar,
            _ => Kind::Vector,
        }
    }
}

/// Zero and NaN are their own sign.
fn sign(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        value
    }
}
