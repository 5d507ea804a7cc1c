//! The functions that are evaluated: one table, from a name to what it does.

use crate::Kind;
use crate::eval::calendar::{self, Moment};
use crate::eval::over_time as over;
use crate::eval::rate;
use crate::eval::window::Window;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    /// A number for a number.
    Each(fn(f64) -> f64),
    /// A number for the samples of a range, if they suffice for one.
    Window {
        value: fn(&Window) -> Option<f64>,
        keeps_name: bool,
    },
    /// A number for a point in time, given as seconds, or for "now" without an argument.
    Calendar(fn(&Moment) -> f64),
    QuantileOverTime,
    PredictLinear,
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
    LabelReplace,
    LabelJoin,
    HistogramQuantile,
}

impl Function {
    pub fn named(name: &str) -> Option<Function> {
        let window = |value| Function::Window { value, keeps_name: false };
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
            "avg_over_time" => window(over::avg),
            "ceil" => Function::Each(f64::ceil),
            "changes" => window(over::changes),
            "clamp" => Function::Clamp,
            "clamp_max" => Function::ClampMax,
            "clamp_min" => Function::ClampMin,
            "cos" => Function::Each(f64::cos),
            "cosh" => Function::Each(f64::cosh),
            "count_over_time" => window(over::count),
            "day_of_month" => Function::Calendar(calendar::day_of_month),
            "day_of_week" => Function::Calendar(calendar::day_of_week),
            "day_of_year" => Function::Calendar(calendar::day_of_year),
            "days_in_month" => Function::Calendar(calendar::days_in_month),
            "deg" => Function::Each(f64::to_degrees),
            "delta" => window(rate::delta),
            "deriv" => window(rate::deriv),
            "exp" => Function::Each(f64::exp),
            "floor" => Function::Each(f64::floor),
            "histogram_quantile" => Function::HistogramQuantile,
            "hour" => Function::Calendar(calendar::hour),
            "idelta" => window(rate::idelta),
            "increase" => window(rate::increase),
            "irate" => window(rate::irate),
            "label_join" => Function::LabelJoin,
            "label_replace" => Function::LabelReplace,
            "last_over_time" => Function::Window { value: over::last, keeps_name: true },
            "ln" => Function::Each(f64::ln),
            "log10" => Function::Each(f64::log10),
            "log2" => Function::Each(f64::log2),
            "max_over_time" => window(over::max),
            "min_over_time" => window(over::min),
            "minute" => Function::Calendar(calendar::minute),
            "month" => Function::Calendar(calendar::month),
            "pi" => Function::Pi,
            "predict_linear" => Function::PredictLinear,
            "present_over_time" => window(over::present),
            "quantile_over_time" => Function::QuantileOverTime,
            "rad" => Function::Each(f64::to_radians),
            "rate" => window(rate::rate),
            "resets" => window(over::resets),
            "round" => Function::Round,
            "scalar" => Function::Scalar,
            "sgn" => Function::Each(sign),
            "sin" => Function::Each(f64::sin),
            "sinh" => Function::Each(f64::sinh),
            "sort" => Function::Sort { descending: false },
            "sort_desc" => Function::Sort { descending: true },
            "sqrt" => Function::Each(f64::sqrt),
            "stddev_over_time" => window(over::stddev),
            "stdvar_over_time" => window(over::stdvar),
            "sum_over_time" => window(over::sum),
            "tan" => Function::Each(f64::tan),
            "tanh" => Function::Each(f64::tanh),
            "time" => Function::Time,
            "timestamp" => Function::Timestamp,
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
