//! The file as it is written, before what a route has from the one above it is filled in.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::receiver::{WrittenEmail, WrittenOpsGenie, WrittenPagerDuty, WrittenSlack, WrittenWebhook};
use super::time_interval::TimeInterval;
use crate::absent::Absent;
use crate::prometheus::{HttpClient, Secret, Tls};
use crate::scalar::Period;
use crate::template::Words;

/// A mapping some of whose keys are understood and not acted on.
macro_rules! partly_read {
    (
        $(#[$doc:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $kind:ty,)* }
        $why:literal: $($key:ident)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
        pub(crate) struct $name {
            $($(#[$of_field])* pub $field: $kind,)*
            $(
                #[serde(default)]
                #[schemars(extend("x-absent" = $why))]
                $key: Option<Absent>,
            )+
        }
    };
}

/// A whole `alertmanager.yml`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
pub(crate) struct File {
    #[serde(default)]
    pub global: Global,
    pub route: WrittenRoute,
    #[serde(default)]
    pub inhibit_rules: Vec<WrittenInhibition>,
    #[serde(default)]
    pub receivers: Vec<WrittenReceiver>,
    #[serde(default)]
    pub templates: Vec<String>,
    /// The older name of `time_intervals`.
    #[serde(default)]
    pub mute_time_intervals: Vec<NamedInterval>,
    #[serde(default)]
    pub time_intervals: Vec<NamedInterval>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "no traces are sent"))]
    tracing: Option<Absent>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "no second record of events is kept: the journal is one"))]
    event_recorder: Option<Absent>,
}

partly_read! {
    /// What holds for every receiver that says nothing else.
    Global {
        #[serde(default)]
        resolve_timeout: Option<Period>,
        #[serde(default)]
        http_config: Option<HttpClient>,
        #[serde(default)]
        smtp_from: Option<Words>,
        #[serde(default)]
        smtp_hello: Option<String>,
        #[serde(default)]
        #[schemars(extend("format" = "andon-smarthost"))]
        smtp_smarthost: Option<String>,
        #[serde(default)]
        smtp_auth_username: Option<String>,
        #[serde(default)]
        smtp_auth_password: Option<Secret>,
        #[serde(default)]
        smtp_auth_password_file: Option<String>,
        #[serde(default)]
        smtp_auth_secret: Option<Secret>,
        #[serde(default)]
        smtp_auth_secret_file: Option<String>,
        #[serde(default)]
        smtp_auth_identity: Option<String>,
        #[serde(default)]
        smtp_require_tls: Option<bool>,
        #[serde(default)]
        smtp_tls_config: Option<Tls>,
        #[serde(default)]
        smtp_force_implicit_tls: Option<bool>,
        /// An address with a key in it.
        #[serde(default)]
        #[schemars(extend("format" = "andon-secret-url"))]
        slack_api_url: Option<Secret>,
        #[serde(default)]
        slack_api_url_file: Option<String>,
        #[serde(default)]
        slack_app_token: Option<Secret>,
        #[serde(default)]
        slack_app_token_file: Option<String>,
        #[serde(default)]
        #[schemars(extend("format" = "andon-http-url"))]
        slack_app_url: Option<String>,
        #[serde(default)]
        #[schemars(extend("format" = "andon-http-url"))]
        pagerduty_url: Option<String>,
        #[serde(default)]
        #[schemars(extend("format" = "andon-http-url"))]
        opsgenie_api_url: Option<String>,
        #[serde(default)]
        opsgenie_api_key: Option<Words>,
        #[serde(default)]
        opsgenie_api_key_file: Option<String>,
    }
    "nothing is sent to this service; webhook, email, slack, pagerduty and opsgenie are the kinds that are sent":
    jira_api_url wechat_api_url wechat_api_secret wechat_api_secret_file wechat_api_corp_id victorops_api_url
    victorops_api_key victorops_api_key_file telegram_api_url telegram_bot_token telegram_bot_token_file webex_api_url
    rocketchat_api_url rocketchat_token rocketchat_token_file rocketchat_token_id rocketchat_token_id_file
    mattermost_webhook_url mattermost_webhook_url_file
}

partly_read! {
    /// Whom notifications go to.
    WrittenReceiver {
        name: String,
        #[serde(default)]
        labels: BTreeMap<String, String>,
        #[serde(default)]
        webhook_configs: Vec<WrittenWebhook>,
        #[serde(default)]
        email_configs: Vec<WrittenEmail>,
        #[serde(default)]
        pagerduty_configs: Vec<WrittenPagerDuty>,
        #[serde(default)]
        opsgenie_configs: Vec<WrittenOpsGenie>,
        #[serde(default)]
        slack_configs: Vec<WrittenSlack>,
    }
    "nothing is sent to this service; webhook, email, slack, pagerduty and opsgenie are the kinds that are sent":
    discord_configs incidentio_configs wechat_configs pushover_configs victorops_configs sns_configs telegram_configs
    webex_configs msteams_configs msteamsv2_configs jira_configs rocketchat_configs mattermost_configs
}

/// A node of the tree of routes.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct WrittenRoute {
    #[serde(default)]
    pub receiver: String,
    #[serde(default)]
    pub group_by: Option<Vec<String>>,
    /// The older way to write `matchers` that compare.
    #[serde(default, rename = "match")]
    pub equal: BTreeMap<String, String>,
    /// The older way to write `matchers` with regular expressions.
    #[serde(default)]
    pub match_re: BTreeMap<String, Pattern>,
    #[serde(default)]
    pub matchers: Vec<MatcherList>,
    #[serde(default)]
    pub mute_time_intervals: Vec<String>,
    #[serde(default)]
    pub active_time_intervals: Vec<String>,
    #[serde(default, rename = "continue")]
    pub goes_on: bool,
    #[serde(default)]
    pub routes: Vec<WrittenRoute>,
    #[serde(default)]
    pub group_wait: Option<Period>,
    #[serde(default)]
    pub group_interval: Option<Period>,
    #[serde(default)]
    pub repeat_interval: Option<Period>,
}

/// Alerts that silence others.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct WrittenInhibition {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub source_match: BTreeMap<String, String>,
    #[serde(default)]
    pub source_match_re: BTreeMap<String, Pattern>,
    #[serde(default)]
    pub source_matchers: Vec<MatcherList>,
    #[serde(default)]
    pub target_match: BTreeMap<String, String>,
    #[serde(default)]
    pub target_match_re: BTreeMap<String, Pattern>,
    #[serde(default)]
    pub target_matchers: Vec<MatcherList>,
    #[serde(default)]
    pub equal: Vec<String>,
}

/// Times under a name that routes use.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
pub(crate) struct NamedInterval {
    pub name: String,
    #[serde(default)]
    pub time_intervals: Vec<TimeInterval>,
}

/// A regular expression, which must match the whole value.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Pattern(#[schemars(extend("format" = "andon-re2"))] pub String);

/// One or more matchers, such as `severity="page"`.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct MatcherList(#[schemars(extend("format" = "andon-alert-matchers"))] pub String);
