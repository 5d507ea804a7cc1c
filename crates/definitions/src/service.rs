//! `Service`: who owns it, where it runs, how it is watched, what its failure costs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::reference::{ServiceRef, TeamRef};
use crate::scalar::{Period, Query, Sensitive};

/// Owner, tier, dependencies, which series are its own, where it runs, scrape and probes, value per minute.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    #[serde(default)]
    #[schemars(skip)]
    pub name: String,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    pub owner: TeamRef,
    /// 1 matters most.
    #[serde(default = "tier")]
    #[schemars(range(min = 1, max = 3))]
    pub tier: u8,
    #[serde(default)]
    pub depends_on: Vec<ServiceRef>,
    /// Whether nobody is told of its alerts while one of what it depends on explains them.
    #[serde(default = "yes")]
    pub inhibit_by_dependency: bool,
    /// Labels that series and alerts of this service have. Without it: the service label is its name.
    #[serde(default)]
    pub select: BTreeMap<String, String>,
    #[serde(default)]
    pub platform: Option<Platform>,
    #[serde(default)]
    pub scrape: Option<Scrape>,
    #[serde(default)]
    pub probes: Vec<Probe>,
    #[serde(default)]
    pub value_per_minute: Option<Money>,
    #[serde(default)]
    pub impact: Option<Impact>,
    /// Faults that can be switched on at run time, by name.
    #[serde(default)]
    pub faults: BTreeMap<String, Fault>,
}

fn yes() -> bool {
    true
}

fn tier() -> u8 {
    3
}

/// Where a service runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// On this machine, supervised by Andon.
    Local(Local),
}

/// Instances on this machine. Each gets its `PORT` and `VERSION` by environment, and for every service, say checkout,
/// `CHECKOUT_URLS`, the addresses at its start, and `CHECKOUT_URLS_FILE`, which goes on listing the ready ones.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Local {
    /// The program and its arguments; never a shell.
    #[schemars(length(min = 1))]
    pub argv: Vec<String>,
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 100))]
    pub instances: u32,
    #[serde(default = "first_version")]
    pub version: String,
    /// Run by `andon up` before anything starts, where the definitions are. The word `$profile` is the cargo profile
    /// that andon was built with, so that what cargo builds lands beside it; that is where programs are looked for
    /// first, and then on PATH.
    #[serde(default)]
    pub build: Vec<String>,
    #[serde(default)]
    pub env: BTreeMap<String, Sensitive>,
    /// An HTTP path that answers 2xx when an instance can serve.
    #[serde(default)]
    #[schemars(extend("format" = "andon-path"))]
    pub ready: Option<String>,
    /// How long an instance may take to stop before it is killed.
    #[serde(default = "grace")]
    pub grace: Period,
}

fn one() -> u32 {
    1
}

fn first_version() -> String {
    "v1".to_owned()
}

fn grace() -> Period {
    Period::seconds(10)
}

/// Where metrics are read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Scrape {
    #[serde(default = "metrics_path")]
    #[schemars(extend("format" = "andon-path"))]
    pub path: String,
    #[serde(default = "scrape_every")]
    #[schemars(extend("format" = "andon-interval"))]
    pub every: Period,
    /// At most `every`; without it: `every`, or 10s where that is longer.
    #[serde(default)]
    #[schemars(extend("format" = "andon-interval"))]
    pub timeout: Option<Period>,
    /// `host:port` of what Andon does not run itself.
    #[serde(default)]
    pub targets: Vec<Target>,
    #[serde(default)]
    pub limits: ScrapeLimits,
}

/// `host:port`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Target(#[schemars(extend("format" = "andon-host-port"))] pub String);

/// What one scrape may bring; beyond it the scrape fails and says so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScrapeLimits {
    #[serde(default = "body_bytes")]
    #[schemars(range(min = 1))]
    pub body_bytes: u64,
    #[serde(default = "samples")]
    #[schemars(range(min = 1))]
    pub samples: u64,
}

fn metrics_path() -> String {
    "/metrics".to_owned()
}

fn scrape_every() -> Period {
    Period::seconds(15)
}

fn body_bytes() -> u64 {
    16 * 1024 * 1024
}

fn samples() -> u64 {
    100_000
}

impl Default for ScrapeLimits {
    fn default() -> Self {
        ScrapeLimits { body_bytes: body_bytes(), samples: samples() }
    }
}

impl Scrape {
    pub fn timeout(&self) -> Period {
        self.timeout.unwrap_or_else(|| self.every.min(Period::seconds(10)))
    }
}

/// A check from outside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    Http(HttpProbe),
    Tcp(TcpProbe),
}

/// Ask over HTTP.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = [{ "required": ["path"] }, { "required": ["url"] }]))]
pub struct HttpProbe {
    /// Of each instance.
    #[serde(default)]
    #[schemars(extend("format" = "andon-path"))]
    pub path: Option<String>,
    /// In full.
    #[serde(default)]
    #[schemars(extend("format" = "andon-url"))]
    pub url: Option<String>,
    #[serde(default = "probe_every")]
    #[schemars(extend("format" = "andon-interval"))]
    pub every: Period,
    /// The status that counts as well.
    #[serde(default = "ok")]
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
    /// Slower than this is a failure.
    #[serde(default = "probe_under")]
    pub under: Period,
}

/// Connect over TCP.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("not" = { "required": ["port", "address"] }))]
pub struct TcpProbe {
    /// On each instance's host; without port and address: the instance's own port.
    #[serde(default)]
    pub port: Option<u16>,
    /// `host:port`.
    #[serde(default)]
    #[schemars(extend("format" = "andon-host-port"))]
    pub address: Option<String>,
    #[serde(default = "probe_every")]
    #[schemars(extend("format" = "andon-interval"))]
    pub every: Period,
    /// Slower than this is a failure.
    #[serde(default = "probe_under")]
    pub under: Period,
}

fn probe_every() -> Period {
    Period::seconds(5)
}

fn probe_under() -> Period {
    Period::seconds(1)
}

fn ok() -> u16 {
    200
}

/// An amount of one currency.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    #[schemars(range(min = 0))]
    pub amount: f64,
    /// ISO 4217, such as EUR.
    #[schemars(extend("format" = "andon-currency"))]
    pub currency: String,
}

/// What a failure does to people, so that an incident can say how many of what fail.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Impact {
    /// Failed units per second.
    pub query: Query,
    /// What fails, such as `checkouts`.
    pub unit: String,
}

/// How a fault is switched: a POST to each instance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Fault {
    /// The path.
    #[schemars(extend("format" = "andon-path"))]
    pub post: String,
    #[serde(default)]
    pub body: Option<String>,
}
