//! `Instance`: the settings of this Andon.

mod address;
mod beside;
mod channel;
mod identity;
mod oidc;
mod protection;
mod receiver;
mod silences;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::reference::TeamRef;
use crate::scalar::{Period, Sensitive, TimeOfDay, Zone};
pub use beside::Beside;
pub use channel::{
    Channel, ChannelKind, Ntfy, Opsgenie, Pagerduty, Rate, Sign, Slack, Smtp, SmtpTls, Teams, Telegram,
    Twilio, Webhook,
};
pub use identity::Identity;
pub use oidc::{GrantText, Oidc};
pub use protection::{Exposed, Network, ServerTls};
pub use receiver::{Addressed, Receiver};
pub use silences::SilencePolicy;

/// Settings of this Andon: where it listens and stores, channels, calendars, mode.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Instance {
    #[serde(default)]
    #[schemars(skip)]
    pub name: String,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    /// The address and port it listens on.
    #[serde(default = "listen")]
    #[schemars(extend("format" = "andon-listen"))]
    pub listen: String,
    /// Its certificate: with it, the address speaks https.
    #[serde(default)]
    pub tls: Option<ServerTls>,
    /// Where people reach it, if not at `listen`; links in what it tells lead there.
    #[serde(default)]
    #[schemars(extend("format" = "andon-http-url"))]
    pub external_url: Option<String>,
    /// Those in front of it that speak TLS with people: what they say of who asks, and how, is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
    /// The directory of the journal, relative to the definitions' directory.
    #[serde(default = "data")]
    pub data: String,
    /// Where samples are kept.
    #[serde(default)]
    pub metrics: Metrics,
    /// Who gets every sample that is taken in here: a store that keeps them for longer, or the one that `metrics`
    /// asks, which has no other way to what Andon itself measures.
    #[serde(default)]
    pub remote_write: Vec<Receiver>,
    /// How the samples in this process are kept.
    #[serde(default)]
    pub storage: Storage,
    #[serde(default)]
    pub mode: Mode,
    /// How what this Andon decides is compared with what an incumbent does.
    #[serde(default)]
    pub shadow: Beside,
    #[serde(default)]
    pub labels: LabelNames,
    /// Named spans of the week, for `within('name')`.
    #[serde(default)]
    pub calendars: BTreeMap<String, Calendar>,
    /// How people are reached.
    #[serde(default = "web_only")]
    pub channels: BTreeMap<String, Channel>,
    /// How people answer from where they were told: links, codes and keys of the telephone.
    #[serde(default)]
    pub answers: Option<Answers>,
    /// Who gets the alerts that no service claims.
    #[serde(default)]
    pub default_team: Option<TeamRef>,
    /// An incident whose alerts fire again within this time reopens instead of paging anew.
    #[serde(default = "reopen_within")]
    pub reopen_within: Period,
    /// Who may get in. Without it whoever reaches the address may do everything, and only this machine reaches it.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// When an incident that comes back again and again no longer pages anybody who knows.
    #[serde(default)]
    pub flapping: Flapping,
    /// Whether an alert that pages explains those of the services that depend on its own: nobody is told of them.
    #[serde(default = "yes")]
    pub inhibit_by_dependency: bool,
    /// What silences people may set.
    #[serde(default)]
    pub silences: SilencePolicy,
}

fn yes() -> bool {
    true
}

fn listen() -> String {
    "127.0.0.1:7070".to_owned()
}

fn data() -> String {
    "./data".to_owned()
}

fn web_only() -> BTreeMap<String, Channel> {
    BTreeMap::from([("web".to_owned(), ChannelKind::Web {}.into())])
}

fn reopen_within() -> Period {
    Period::minutes(10)
}

impl Instance {
    /// Whether everything is decided and nothing is carried out.
    pub fn is_shadow(&self) -> bool {
        self.mode == Mode::Shadow
    }

    /// Its address for people, without a slash at its end.
    pub fn url(&self) -> String {
        self.url_at(&self.listen)
    }

    /// The name by which people reach it, if it has one.
    pub fn external_host(&self) -> Option<&str> {
        let rest = self.external_url.as_ref()?.split_once("://")?.1;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next(),
            None => authority.split(':').next(),
        }
    }

    /// The same where it listens elsewhere than it says, as a command line can ask.
    pub fn url_at(&self, address: &str) -> String {
        match &self.external_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("{}://{address}", if self.tls.is_some() { "https" } else { "http" }),
        }
    }

    /// Where providers and telephones reach the doors for answers, without a slash at its end.
    pub fn answers_url(&self) -> String {
        match self.answers.as_ref().and_then(|answers| answers.url.as_ref()) {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => self.url(),
        }
    }
}

impl Default for Instance {
    /// What holds where no file says otherwise.
    fn default() -> Self {
        Instance {
            name: "andon".to_owned(),
            origin: Origin::default(),
            listen: listen(),
            tls: None,
            external_url: None,
            trusted_proxies: Vec::new(),
            data: data(),
            metrics: Metrics::default(),
            remote_write: Vec::new(),
            storage: Storage::default(),
            mode: Mode::default(),
            shadow: Beside::default(),
            labels: LabelNames::default(),
            calendars: BTreeMap::new(),
            channels: web_only(),
            answers: None,
            default_team: None,
            reopen_within: reopen_within(),
            flapping: Flapping::default(),
            inhibit_by_dependency: true,
            identity: None,
            silences: SilencePolicy::default(),
        }
    }
}

/// An incident flaps that came back so often within this time. It may come back as long after it was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Flapping {
    #[schemars(range(min = 1, max = 100))]
    pub times: u32,
    pub within: Period,
}

impl Default for Flapping {
    fn default() -> Self {
        Flapping { times: 2, within: Period::minutes(60) }
    }
}

/// Where samples are kept.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metrics {
    /// In this process.
    #[default]
    Embedded,
    /// In a Prometheus, Mimir, Thanos or VictoriaMetrics, which answers Prometheus's queries. Rules are evaluated by
    /// it, at their intervals.
    Prometheus(Elsewhere),
}

/// A store that answers Prometheus's queries: its address alone, or how it is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Elsewhere {
    Url(#[schemars(extend("format" = "andon-url"))] String),
    Asked(Asked),
}

/// How a store elsewhere is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// What stands before `/api/v1/query`.
    #[schemars(extend("format" = "andon-url"))]
    pub url: String,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<Sensitive>,
    /// A token for `Authorization: Bearer`.
    #[serde(default)]
    pub bearer: Option<Sensitive>,
    /// Such as `X-Scope-OrgID`, the tenant of a Mimir.
    #[serde(default)]
    pub headers: BTreeMap<String, Sensitive>,
    /// A file with the certificates to trust beside the system's, relative to the definitions' directory.
    #[serde(default)]
    pub ca: Option<String>,
    /// How long a query may take.
    #[serde(default = "query_timeout")]
    pub timeout: Period,
}

fn query_timeout() -> Period {
    Period::seconds(10)
}

impl Elsewhere {
    /// With everything that an address alone leaves open.
    pub fn asked(&self) -> Asked {
        match self {
            Elsewhere::Asked(asked) => asked.clone(),
            Elsewhere::Url(url) => Asked {
                url: url.clone(),
                username: None,
                password: None,
                bearer: None,
                headers: BTreeMap::new(),
                ca: None,
                timeout: query_timeout(),
            },
        }
    }
}

/// How the samples in this process are kept. A change holds from the next start on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Storage {
    /// How long every sample is kept.
    pub retention: Period,
    /// How long the lowest, highest, sum and count of each five minutes are; no longer than `retention` keeps none.
    pub retention_5m: Period,
    /// The same of each hour.
    pub retention_1h: Period,
    /// What all of it may take on the disk; the oldest goes first.
    pub retention_bytes: Option<u64>,
    /// What a power cut can lose; `0` makes remote write wait for the disk.
    pub fsync: Period,
    /// How much older than its series' newest sample a sample may be.
    pub out_of_order: Period,
    /// Beyond it new series are refused, and old ones go on.
    pub series_max: u64,
    /// The same of one target.
    pub series_per_target_max: u64,
    /// The label whose values share out the series.
    pub tenant_label: Option<String>,
    /// How many series each of its values may have.
    pub series_per_tenant_max: u64,
}

impl Default for Storage {
    fn default() -> Self {
        let days = |days: u64| Period::minutes(days * 24 * 60);
        Storage {
            retention: days(15),
            retention_5m: days(90),
            retention_1h: days(730),
            retention_bytes: None,
            fsync: Period::seconds(1),
            out_of_order: Period::minutes(5),
            series_max: 1_000_000,
            series_per_target_max: 100_000,
            tenant_label: None,
            series_per_tenant_max: 100_000,
        }
    }
}

/// Whether decisions are carried out.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Deliver and change.
    #[default]
    Act,
    /// Decide everything, deliver and change nothing.
    Shadow,
}

/// Which labels mean what.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LabelNames {
    /// The first of these that a series or alert has names its service.
    #[serde(default = "service_labels")]
    pub service: Vec<String>,
}

fn service_labels() -> Vec<String> {
    ["service", "app", "job"].map(str::to_owned).to_vec()
}

impl Default for LabelNames {
    fn default() -> Self {
        LabelNames { service: service_labels() }
    }
}

/// How people answer from where they were told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Answers {
    /// Where providers and telephones reach `/answers/` of this Andon, where that is not below `external_url`.
    #[serde(default)]
    #[schemars(extend("format" = "andon-http-url"))]
    pub url: Option<String>,
    /// What links and codes are signed with; whoever knows it can answer for anybody.
    pub secret: Sensitive,
}

/// A span of the week in one zone.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Calendar {
    pub days: Vec<Day>,
    pub from: TimeOfDay,
    pub to: TimeOfDay,
    pub timezone: Zone,
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    pub const ALL: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_where_people_reach_it() {
        let mut instance = Instance::default();
        assert_eq!(instance.url(), "http://127.0.0.1:7070");
        let (cert, key) = ("a.crt".to_owned(), "a.key".to_owned());
        instance.tls = Some(ServerTls { cert, key });
        assert_eq!(instance.url_at("127.0.0.1:9"), "https://127.0.0.1:9");
        instance.external_url = Some("https://andon.example.org/".to_owned());
        assert_eq!(instance.url_at("127.0.0.1:9"), "https://andon.example.org");
    }
}
