//! One row for each route, in the order of the routes.

/// A route, as a client sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub path: &'static str,
    pub methods: &'static [&'static str],
    pub about: &'static str,
    pub takes: Takes,
    pub says: Says,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Of its address, or of a form where it takes one.
    Fields(&'static [&'static str]),
    /// Of its address when asked; JSON when something is sent.
    FieldsOrJson(&'static [&'static str]),
    Command,
    /// JSON with these fields when something is sent; those that may be left out end in `?`.
    Document(&'static [&'static str]),
    /// A request of remote write.
    Samples,
    /// What a sender of alerts or changes says, in its own format.
    Payload,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Json,
    Receipt,
    /// What a sender's payload became.
    Taken,
    /// In a sender's own words.
    Accepted,
    Events,
    Prometheus,
    Alertmanager,
    Nothing,
    Text,
}

const fn row(
    methods: &'static [&'static str],
    path: &'static str,
    takes: Takes,
    says: Says,
    about: &'static str,
) -> Row {
    Row { path, methods, about, takes, says }
}

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const FORM: &[&str] = &["GET", "POST"];
const WRITE: &[&str] = &["POST", "PUT"];
const NONE: Takes = Fields(&[]);

use Says::{Accepted, Alertmanager, Events, Json, Nothing, Prometheus, Receipt, Taken, Text};
use Takes::{Command, Document, Fields, FieldsOrJson, Payload, Samples};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(GET,   "/api/v1/openapi.json",                 NONE,                                        Json,       "this document"),
    // this Andon
    row(GET,   "/api/v1/andon/status",                 NONE,                                        Json,       "how this Andon is"),
    row(GET,   "/api/v1/andon/journal",                Fields(&["from", "limit"]),                  Json,       "records of the journal, oldest first"),
    row(GET,   "/api/v1/andon/why",                    Fields(&["of", "at", "window"]),              Json,       "why somebody was told, or was not: of an alert, a person or an incident"),
    row(POST,  "/api/v1/andon/commands",               Command,                                     Receipt,    "a person's command, answered once it is durable"),
    row(GET,   "/api/v1/andon/stream",                 NONE,                                        Events,     "an event whenever something changes"),
    // who may
    row(POST,  "/api/v1/andon/sign-in",                Document(&["handle", "password"]),           Json,       "a token for a terminal, which lasts as long as a sign-in"),
    row(GET,   "/api/v1/andon/me",                     NONE,                                        Json,       "who asks, and what they may"),
    row(FORM,  "/api/v1/andon/users",                  Document(&["handle", "grants?"]),            Json,       "users; or a link by which somebody who is new, or needs another password, chooses one"),
    row(&["PUT"], "/api/v1/andon/users/{handle}",      Document(&["grants?", "disabled?"]),         Json,       "what a user may, and whether they may sign in"),
    row(GET,   "/api/v1/andon/invitations",            NONE,                                        Json,       "links by which somebody chooses a password, as long as they wait to be used"),
    row(&["DELETE"], "/api/v1/andon/invitations/{id}", NONE,                                        Json,       "takes back a link that nobody has used"),
    row(FORM,  "/api/v1/andon/tokens",                 Document(&["owner?", "note?", "scopes?", "lasts?"]), Json, "tokens; or a new one, which is shown once"),
    row(&["DELETE"], "/api/v1/andon/tokens/{id}",      NONE,                                        Json,       "ends a token"),
    // monitor
    row(GET,   "/api/v1/andon/alerts",                 Fields(&["q", "state", "service", "told", "limit", "offset"]), Json, "alerts that are pending, firing or lost; q is matchers, or words"),
    row(GET,   "/api/v1/andon/alerts/noisy",           Fields(&["since"]),                          Json,       "of each rule, how often somebody was paged and then did something"),
    row(GET,   "/api/v1/andon/silences",               NONE,                                        Json,       "silences, those of the last five days included"),
    row(GET,   "/api/v1/andon/silences/preview",       Fields(&["matchers", "starts_at", "ends_at", "weekly", "owner", "comment"]), Json, "what a silence with these matchers would silence now; with `ends_at`, whether it would be taken and when it begins"),
    row(GET,   "/api/v1/andon/silences/{id}",          NONE,                                        Json,       "one silence"),
    row(POST,  "/api/v1/write",                        Samples,                                     Nothing,    "remote write, versions 1.0 and 2.0"),
    // respond
    row(GET,   "/api/v1/andon/incidents",              NONE,                                        Json,       "incidents that are open or may reopen"),
    row(GET,   "/api/v1/andon/incidents/{id}",         NONE,                                        Json,       "an incident, of any age"),
    row(GET,   "/api/v1/andon/incidents/{id}/timeline", NONE,                                       Json,       "what happened, oldest first"),
    row(GET,   "/api/v1/andon/shadow",                 Fields(&["day", "limit"]),                   Json,       "a day beside the pager that is still in charge: who would have been paged otherwise, and why"),
    row(GET,   "/api/v1/andon/shadow/days",            NONE,                                        Json,       "the days beside it that were reported, newest first"),
    row(GET,   "/api/v1/andon/deliveries",             Fields(&["q", "state", "window", "limit"]),  Json,       "what was sent to whom, with every attempt, newest first"),
    row(GET,   "/api/v1/andon/runs",                   NONE,                                        Json,       "runs of runbooks, newest first"),
    row(GET,   "/api/v1/andon/runs/{id}",              NONE,                                        Json,       "a run, of any age"),
    row(GET,   "/api/v1/andon/preview/{runbook}",      Fields(&["incident"]),                       Json,       "what a run would do; its inputs are further fields"),
    // on call
    row(GET,   "/api/v1/andon/oncall",                 Fields(&["at", "days", "team", "person"]),   Json,       "who is on call, or the shifts of so many days"),
    row(GET,   "/api/v1/andon/oncall.ics",             Fields(&["team", "person"]),                 Text,       "the shifts as a calendar (RFC 5545)"),
    row(GET,   "/api/v1/andon/oncall/changes",         NONE,                                        Json,       "shifts that were taken over, and swaps that are offered"),
    row(GET,   "/api/v1/andon/oncall/load",            NONE,                                        Json,       "pages of the last four weeks by person, and what would share them better"),
    // change, improve
    row(GET,   "/api/v1/andon/changes",                NONE,                                        Json,       "changes of the last day, newest first"),
    row(GET,   "/api/v1/andon/reviews",                NONE,                                        Json,       "reviews that are open"),
    // queries
    row(FORM,  "/api/v1/query",                        Fields(&["query", "time", "timeout", "limit", "lookback_delta", "stats"]), Prometheus, "a query at one time"),
    row(FORM,  "/api/v1/query_range",                  Fields(&["query", "start", "end", "step", "timeout", "limit", "lookback_delta", "stats"]), Prometheus, "a query over a stretch of time"),
    row(FORM,  "/api/v1/query_exemplars",              Fields(&["query", "start", "end"]),          Prometheus, "exemplars of the series that a query selects"),
    row(FORM,  "/api/v1/format_query",                 Fields(&["query"]),                          Prometheus, "the query, written the usual way"),
    // what there is
    row(&["GET", "POST", "DELETE"], "/api/v1/series",  Fields(&["match[]", "start", "end", "limit"]), Prometheus, "the label sets of series; DELETE is refused, as Prometheus does"),
    row(FORM,  "/api/v1/labels",                       Fields(&["match[]", "start", "end", "limit"]), Prometheus, "names of labels"),
    row(GET,   "/api/v1/label/{name}/values",          Fields(&["match[]", "start", "end", "limit"]), Prometheus, "values of a label"),
    row(GET,   "/api/v1/metadata",                     Fields(&["metric", "limit", "limit_per_metric"]), Prometheus, "what targets say of metrics"),
    // what it comes from
    row(GET,   "/api/v1/targets",                      Fields(&["state", "scrapePool"]),            Prometheus, "what is scraped"),
    row(GET,   "/api/v1/targets/metadata",             Fields(&["match_target", "metric", "limit"]), Prometheus, "what each target says of its metrics"),
    row(GET,   "/api/v1/scrape_pools",                 NONE,                                        Prometheus, "names of scrape pools"),
    // what follows from it
    row(GET,   "/api/v1/rules",                        Fields(&["type", "rule_name[]", "rule_group[]", "file[]", "match[]", "exclude_alerts", "group_limit", "group_next_token"]), Prometheus, "rules, each with its last evaluation"),
    row(GET,   "/api/v1/alerts",                       NONE,                                        Prometheus, "alerts that are pending or firing"),
    row(GET,   "/api/v1/alertmanagers",                NONE,                                        Prometheus, "none: Andon pages by itself"),
    // this server
    row(GET,   "/api/v1/status/buildinfo",             NONE,                                        Prometheus, "the release of Prometheus whose API this is"),
    row(GET,   "/api/v1/status/runtimeinfo",           NONE,                                        Prometheus, "how this process is"),
    row(GET,   "/api/v1/status/config",                NONE,                                        Prometheus, "what is scraped, as a configuration"),
    row(GET,   "/api/v1/status/flags",                 NONE,                                        Prometheus, "bounds that hold here"),
    row(GET,   "/api/v1/status/tsdb",                  Fields(&["limit"]),                          Prometheus, "where the series come from"),
    row(GET,   "/api/v1/status/walreplay",             NONE,                                        Prometheus, "done, wherever there is an answer"),
    // the store
    row(WRITE, "/api/v1/admin/tsdb/delete_series",     Fields(&["match[]", "start", "end"]),        Nothing,    "deletes samples, where this is allowed"),
    row(WRITE, "/api/v1/admin/tsdb/clean_tombstones",  NONE,                                        Nothing,    "gives back the room of what was deleted"),
    row(WRITE, "/api/v1/admin/tsdb/snapshot",          Fields(&["skip_head"]),                      Prometheus, "copies the store while it runs"),
    // from others
    row(POST,  "/api/v1/in/{source}",                  Payload,                                     Taken,      "alerts or changes, in the format of a source of the definitions"),
    row(POST,  "/v2/enqueue",                          Payload,                                     Accepted,   "PagerDuty's Events API, version 2"),
    row(POST,  "/v2/change/enqueue",                   Payload,                                     Accepted,   "PagerDuty's change events"),
    row(POST,  "/v2/alerts",                           Payload,                                     Accepted,   "an alert of Opsgenie's API"),
    row(POST,  "/v2/alerts/{identifier}/{action}",     Payload,                                     Accepted,   "close or acknowledge an alert of Opsgenie's API"),
    row(POST,  "/api/v2/generic/incoming",             Payload,                                     Nothing,    "GoAlert's generic API"),
    row(POST,  "/integrations/v1/formatted_webhook/{token}/", Payload,                              Taken,      "Grafana OnCall's formatted webhook"),
    // what people answer from where they were told
    row(FORM,  "/answers/link/{pass}",                 NONE,                                        Text,       "what a link in a message would do; or does it"),
    row(POST,  "/answers/slack/{channel}",             Payload,                                     Nothing,    "a button that was pressed in Slack, signed by it"),
    row(POST,  "/answers/telegram/{channel}",          Payload,                                     Nothing,    "a button that was pressed in Telegram, with the secret token of the bot's webhook"),
    row(POST,  "/answers/twilio/{channel}",            Payload,                                     Nothing,    "the reply to a text message, signed by Twilio"),
    row(POST,  "/answers/twilio/{channel}/{notice}",   Payload,                                     Nothing,    "what became of a text message or a call, signed by Twilio"),
    row(POST,  "/answers/twilio/{channel}/key/{pass}", Payload,                                     Nothing,    "a key that was pressed during a call, signed by Twilio"),
    // Alertmanager's, here and below /alertmanager
    row(GET,   "/api/v2/status",                       NONE,                                        Alertmanager, "the routes in force, and the release of Alertmanager whose API this is"),
    row(GET,   "/api/v2/receivers",                    Fields(&["receiver_matchers"]),              Alertmanager, "names of receivers"),
    row(FORM,  "/api/v2/alerts",                       FieldsOrJson(&["active", "silenced", "inhibited", "unprocessed", "filter", "receiver", "receiver_matchers"]), Alertmanager, "alerts that fire; or such as others raise, answered once they are durable"),
    row(GET,   "/api/v2/alerts/groups",                Fields(&["active", "silenced", "inhibited", "muted", "filter", "receiver", "receiver_matchers"]), Alertmanager, "alerts that fire, as they are told of together"),
    row(FORM,  "/api/v2/silences",                     FieldsOrJson(&["filter"]),                   Alertmanager, "silences, also such as have ended lately; or a new or changed one, answered once it is durable"),
    row(&["GET", "DELETE"], "/api/v2/silence/{silenceID}", NONE,                                    Alertmanager, "a silence; or its end"),
    // beside the API
    row(GET,   "/federate",                            Fields(&["match[]"]),                        Text,       "newest samples, for another Prometheus"),
    row(GET,   "/metrics",                             NONE,                                        Text,       "this Andon's own metrics"),
    row(GET,   "/-/healthy",                           NONE,                                        Text,       "it answers"),
    row(GET,   "/-/ready",                             NONE,                                        Text,       "it answers, and has read its log"),
    row(WRITE, "/-/reload",                            NONE,                                        Text,       "refused: definitions are read when they change"),
];

/// What each field means.
#[rustfmt::skip]
pub(super) const TAKES: &[(&str, &str)] = &[
    ("active",           "false: without those that people are told of"),
    ("at",               "a time in RFC 3339; without it, now"),
    ("comment",          "why, as it would be said"),
    ("day",              "such as 2026-11-23; without it, today"),
    ("days",             "every shift of so many days, at most 366"),
    ("end",              "the last time, in seconds or RFC 3339"),
    ("ends_at",          "when it would end"),
    ("exclude_alerts",   "true: without the alerts of each rule"),
    ("file[]",           "only rules of these files"),
    ("filter",           "a matcher such as alertname=\"Down\"; several must all hold"),
    ("from",             "the number of the first record"),
    ("group_limit",      "how many groups at most"),
    ("group_next_token", "where the answer before ended"),
    ("incident",         "an incident that it would be for, such as INC-1"),
    ("inhibited",        "false: without those that another alert explains"),
    ("limit",            "how many at most; 0: all"),
    ("limit_per_metric", "how many of each metric at most"),
    ("lookback_delta",   "how old a sample may be and still count"),
    ("match[]",          "a selector of series; several mean those of any"),
    ("match_target",     "a selector of targets by their labels"),
    ("matchers",         "which alerts are meant, such as service=\"shop\""),
    ("metric",           "only this metric"),
    ("muted",            "false: without groups that a time interval mutes"),
    ("of",               "`INC-7`, a person's handle, or an alert: by its name, or as `TargetDown{service=\"shop\"}`"),
    ("offset",           "how many to pass over"),
    ("owner",            "who would be reminded before it ends: a person, or team:NAME"),
    ("person",           "a handle of a team's people"),
    ("q",                "words; of alerts, matchers as Alertmanager reads them, too"),
    ("query",            "PromQL"),
    ("receiver",         "a regular expression on the names of receivers"),
    ("receiver_matchers", "a matcher on the labels of receivers, which have a name"),
    ("rule_group[]",     "only rules of these groups"),
    ("rule_name[]",      "only rules of these names"),
    ("scrapePool",       "only targets of this pool"),
    ("service",          "the name of a service"),
    ("silenced",         "false: without those that a silence holds on"),
    ("since",            "a time; without it, 30 days ago"),
    ("skip_head",        "true: without what is only in memory"),
    ("start",            "the first time, in seconds or RFC 3339"),
    ("starts_at",        "when it would begin; without it, now"),
    ("state",            "of targets: active, dropped or any; of alerts: pending, firing or lost; of deliveries: owed, accepted, failed, dropped or withheld"),
    ("stats",            "anything: with how long it took"),
    ("step",             "from value to value, in seconds or as 15s"),
    ("team",             "a team of the definitions"),
    ("time",             "in seconds or RFC 3339; without it, now"),
    ("timeout",          "how long it may take"),
    ("told",             "yes: people are told of it; no: nobody is"),
    ("type",             "alert or record"),
    ("unprocessed",      "accepted, and of no consequence: every alert is processed"),
    ("weekly",           "in which hours of the week only, such as tue 02:00-04:00 Europe/Madrid"),
    ("window",           "how far back to look, such as 12h"),
];
