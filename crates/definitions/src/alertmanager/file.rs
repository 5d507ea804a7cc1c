//! The file as it is written, before what a route has from the one above it is filled in.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::time_interval::TimeInterval;
use crate::absent::Absent;
use crate::scalar::Period;

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
    #[schemars(extend("x-absent" = "these templates are not filled in; Andon's own words are sent"))]
    templates: Option<Absent>,
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
    }
    "nothing is sent through the receivers of this file; people are told through the channels of the Instance":
    http_config jira_api_url smtp_from smtp_hello smtp_smarthost smtp_auth_username smtp_auth_password
    smtp_auth_password_file smtp_auth_secret smtp_auth_secret_file smtp_auth_identity smtp_require_tls smtp_tls_config
    smtp_force_implicit_tls slack_api_url slack_api_url_file slack_app_token slack_app_token_file slack_app_url
    pagerduty_url opsgenie_api_url opsgenie_api_key opsgenie_api_key_file wechat_api_url wechat_api_secret
    wechat_api_secret_file wechat_api_corp_id victorops_api_url victorops_api_key victorops_api_key_file
    telegram_api_url telegram_bot_token telegram_bot_token_file webex_api_url rocketchat_api_url rocketchat_token
    rocketchat_token_file rocketchat_token_id rocketchat_token_id_file mattermost_webhook_url
    mattermost_webhook_url_file
}

partly_read! {
    /// Whom notifications go to.
    WrittenReceiver {
        name: String,
        #[serde(default)]
        labels: BTreeMap<String, String>,
    }
    "nothing is sent through this receiver; people are told through the channels of the Instance":
    discord_configs email_configs incidentio_configs pagerduty_configs slack_configs webhook_configs opsgenie_configs
    wechat_configs pushover_configs victorops_configs sns_configs telegram_configs webex_configs msteams_configs
    msteamsv2_configs jira_configs rocketchat_configs mattermost_configs
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
