//! Unit tests of rules in the notation of `promtool test rules`, recognised by their `tests:`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::scalar::{Period, Query};

/// A file of unit tests for rules, as promtool reads it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RuleTests {
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    /// The rules under test: paths from this file, a `*` in their last part.
    #[serde(default)]
    pub rule_files: Vec<String>,
    /// How often the rules are evaluated.
    #[serde(default = "a_minute")]
    #[schemars(extend("format" = "andon-interval"))]
    pub evaluation_interval: Period,
    /// Groups that are evaluated in this order; the others come first.
    #[serde(default)]
    pub group_eval_order: Vec<String>,
    /// Numbers may differ by the smallest step there is.
    #[serde(default)]
    pub fuzzy_compare: bool,
    pub tests: Vec<RuleTest>,
}

/// Series, and what the rules make of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RuleTest {
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    #[serde(default)]
    pub name: Option<String>,
    /// The distance between two values of a series; where there is none, or 0, the interval of the evaluation.
    #[serde(default)]
    #[schemars(extend("format" = "andon-interval-or-none"))]
    pub interval: Option<Period>,
    /// When the first value is taken: a time with its offset, or seconds since 1970; 0 where it is left out.
    #[serde(default)]
    #[schemars(extend("format" = "andon-beginning"))]
    pub start_timestamp: Option<String>,
    #[serde(default)]
    pub input_series: Vec<InputSeries>,
    #[serde(default)]
    pub alert_rule_test: Vec<AlertTest>,
    #[serde(default)]
    pub promql_expr_test: Vec<ExprTest>,
    /// What `$externalLabels` gives.
    #[serde(default)]
    pub external_labels: BTreeMap<String, String>,
    /// What `$externalURL` gives.
    #[serde(default)]
    pub external_url: Option<String>,
}

/// A series and its values.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InputSeries {
    #[schemars(extend("format" = "andon-labelled"))]
    pub series: String,
    #[schemars(extend("format" = "andon-points"))]
    pub values: String,
}

/// The alerts of one name that must fire at a time, and no others.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AlertTest {
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    #[serde(default)]
    pub eval_time: Period,
    pub alertname: String,
    #[serde(default)]
    pub exp_alerts: Vec<ExpectedAlert>,
}

/// An alert as it must be; its name need not be among the labels.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedAlert {
    #[serde(default)]
    pub exp_labels: BTreeMap<String, String>,
    #[serde(default)]
    pub exp_annotations: BTreeMap<String, String>,
}

/// What a query must answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExprTest {
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    pub expr: Query,
    #[serde(default)]
    pub eval_time: Period,
    #[serde(default)]
    pub exp_samples: Vec<ExpectedSample>,
}

/// A sample as it must be.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedSample {
    #[serde(default)]
    #[schemars(extend("format" = "andon-labelled"))]
    pub labels: String,
    #[serde(default = "zero")]
    #[schemars(extend("format" = "andon-float"))]
    pub value: String,
    /// Instead of a value: `{{schema:0 count:3 sum:5 buckets:[1 2]}}`.
    #[serde(default)]
    #[schemars(extend("format" = "andon-points"))]
    pub histogram: Option<String>,
}

fn a_minute() -> Period {
    Period::minutes(1)
}

fn zero() -> String {
    "0".to_owned()
}

impl ExpectedSample {
    pub fn number(&self) -> f64 {
        float(&self.value).expect("checked when it was loaded")
    }
}

impl RuleTest {
    /// When the first value is taken, in milliseconds.
    pub fn start_ms(&self) -> i64 {
        let text = self.start_timestamp.as_deref().unwrap_or("0");
        beginning(text).expect("checked when it was loaded")
    }
}

/// As YAML writes floats: `.inf` and `.nan` as well.
pub(crate) fn float(text: &str) -> Result<f64, String> {
    match text.to_ascii_lowercase().as_str() {
        ".inf" | "+.inf" => Ok(f64::INFINITY),
        "-.inf" => Ok(f64::NEG_INFINITY),
        ".nan" => Ok(f64::NAN),
        _ => text.parse().map_err(|_| format!("`{text}` is not a number")),
    }
}

/// Milliseconds since 1970.
pub(crate) fn beginning(text: &str) -> Result<i64, String> {
    if let Ok(time) = text.parse::<andon_vocabulary::Timestamp>() {
        return Ok(time.as_ms());
    }
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..1e11).contains(seconds));
    let milliseconds = seconds.map(|seconds| (seconds * 1000.0) as i64);
    milliseconds.ok_or_else(|| format!("`{text}` is neither a time with its offset nor seconds since 1970"))
}
