//! Slack: a message with one attachment, to a webhook or as an app.

use schemars::JsonSchema;
use serde::Deserialize;

use super::rest::or_own;
use super::{Kept, Rest};
use crate::prometheus::{Authorization, HttpClient, Secret};
use crate::scalar::Period;
use crate::template::Words;

pub(crate) const APP_URL: &str = "https://slack.com/api/chat.postMessage";

/// Slack as it is written.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
pub(crate) struct WrittenSlack {
    #[serde(default)]
    pub send_resolved: bool,
    #[serde(default)]
    http_config: Option<HttpClient>,
    /// An address with a key in it.
    #[serde(default)]
    #[schemars(extend("format" = "andon-secret-url"))]
    api_url: Option<Secret>,
    #[serde(default)]
    api_url_file: Option<String>,
    #[serde(default)]
    app_token: Option<Secret>,
    #[serde(default)]
    app_token_file: Option<String>,
    #[serde(default)]
    #[schemars(extend("format" = "andon-http-url"))]
    app_url: Option<String>,
    #[serde(default)]
    channel: Words,
    #[serde(default)]
    username: Option<Words>,
    #[serde(default)]
    color: Option<Words>,
    #[serde(default)]
    title: Option<Words>,
    #[serde(default)]
    title_link: Option<Words>,
    #[serde(default)]
    pretext: Option<Words>,
    #[serde(default)]
    text: Option<Words>,
    #[serde(default)]
    message_text: Words,
    #[serde(default)]
    fields: Vec<WrittenField>,
    #[serde(default)]
    short_fields: bool,
    #[serde(default)]
    footer: Option<Words>,
    #[serde(default)]
    fallback: Option<Words>,
    #[serde(default)]
    callback_id: Option<Words>,
    #[serde(default)]
    icon_emoji: Option<Words>,
    #[serde(default)]
    icon_url: Option<Words>,
    #[serde(default)]
    image_url: Words,
    #[serde(default)]
    thumb_url: Words,
    #[serde(default)]
    link_names: bool,
    #[serde(default)]
    mrkdwn_in: Vec<String>,
    #[serde(default)]
    actions: Vec<WrittenAction>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "each time a new message is sent; messages that are there stay as they are"))]
    update_message: bool,
    #[serde(default)]
    timeout: Period,
}

/// A field of the attachment as it is written.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
struct WrittenField {
    #[serde(default)]
    title: Option<Words>,
    #[serde(default)]
    value: Option<Words>,
    #[serde(default)]
    short: Option<bool>,
}

/// A button of the attachment as it is written.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
struct WrittenAction {
    #[serde(default, rename = "type")]
    kind: Option<Words>,
    #[serde(default)]
    text: Option<Words>,
    #[serde(default)]
    url: Words,
    #[serde(default)]
    style: Words,
    #[serde(default)]
    name: Words,
    #[serde(default)]
    value: Words,
    #[serde(default)]
    confirm: Option<Confirm>,
}

/// What a button asks once more.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
pub struct Confirm {
    #[serde(default)]
    pub text: Words,
    #[serde(default)]
    pub title: Words,
    #[serde(default)]
    pub ok_text: Words,
    #[serde(default)]
    pub dismiss_text: Words,
}

/// Slack.
#[derive(Clone, PartialEq, Debug)]
pub struct Slack {
    /// It holds the app's token, where there is one.
    pub http: HttpClient,
    pub url: Kept<Secret>,
    pub channel: Words,
    pub username: Words,
    pub color: Words,
    pub title: Words,
    pub title_link: Words,
    pub pretext: Words,
    pub text: Words,
    pub message_text: Words,
    pub fields: Vec<Field>,
    pub footer: Words,
    pub fallback: Words,
    pub callback_id: Words,
    pub icon_emoji: Words,
    pub icon_url: Words,
    pub image_url: Words,
    pub thumb_url: Words,
    pub link_names: bool,
    /// The parts that Slack reads as its Markdown.
    pub mrkdwn_in: Vec<String>,
    pub actions: Vec<Action>,
    /// Zero: none of its own.
    pub timeout: Period,
}

/// A field of the attachment.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    pub title: Words,
    pub value: Words,
    /// Whether another may stand beside it.
    pub short: bool,
}

/// A button of the attachment: it leads somewhere, or says its name and value.
#[derive(Clone, PartialEq, Debug)]
pub struct Action {
    pub kind: Words,
    pub text: Words,
    pub url: Words,
    pub style: Words,
    pub name: Words,
    pub value: Words,
    pub confirm: Option<Confirm>,
}

impl WrittenSlack {
    pub fn complete(&self, at: &str, rest: &mut Rest) -> Option<Slack> {
        let (http, url) = self.reached(at, rest)?;
        if self.update_message && self.api_url.as_ref().is_none_or(|url| url.0 != APP_URL) {
            let message = format!("`update_message` needs the `api_url` {APP_URL}, and an app's token");
            rest.add(format!("{at}/update_message"), "conflict", message);
        }
        let fields = self.fields.iter().enumerate();
        let fields: Vec<Option<Field>> = fields
            .map(|(index, field)| {
                let at = format!("{at}/fields/{index}");
                let title = rest.said(&at, "title", field.title.as_ref());
                let value = rest.said(&at, "value", field.value.as_ref());
                Some(Field { title: title?, value: value?, short: field.short.unwrap_or(self.short_fields) })
            })
            .collect();
        let actions = self.actions.iter().enumerate();
        let actions: Vec<Option<Action>> =
            actions.map(|(index, action)| action.complete(&format!("{at}/actions/{index}"), rest)).collect();
        let mrkdwn_in = match self.mrkdwn_in.is_empty() {
            true => ["fallback", "pretext", "text"].map(str::to_owned).to_vec(),
            false => self.mrkdwn_in.clone(),
        };
        let own =
            |words: &Option<Words>, name: &str| or_own(words.as_ref(), &format!("slack.default.{name}"));
        Some(Slack {
            http,
            url,
            channel: self.channel.clone(),
            username: own(&self.username, "username"),
            color: own(&self.color, "color"),
            title: own(&self.title, "title"),
            title_link: own(&self.title_link, "titlelink"),
            pretext: own(&self.pretext, "pretext"),
            text: own(&self.text, "text"),
            message_text: self.message_text.clone(),
            fields: fields.into_iter().flatten().collect(),
            footer: own(&self.footer, "footer"),
            fallback: own(&self.fallback, "fallback"),
            callback_id: own(&self.callback_id, "callbackid"),
            icon_emoji: own(&self.icon_emoji, "iconemoji"),
            icon_url: own(&self.icon_url, "iconurl"),
            image_url: self.image_url.clone(),
            thumb_url: self.thumb_url.clone(),
            link_names: self.link_names,
            mrkdwn_in,
            actions: actions.into_iter().flatten().collect(),
            timeout: self.timeout,
        })
    }

    /// By an app's token or a webhook's address; what is said here wins over `global`.
    fn reached(&self, at: &str, rest: &mut Rest) -> Option<(HttpClient, Kept<Secret>)> {
        let global = rest.global;
        let mut http = rest.http(at, self.http_config.as_ref());
        let own_url = rest.kept(at, "api_url", self.api_url.as_ref(), self.api_url_file.as_ref());
        let own_token = rest.kept(at, "app_token", self.app_token.as_ref(), self.app_token_file.as_ref());
        if own_url.is_some() && own_token.is_some() {
            let message = "an address (`api_url`, `api_url_file`) and an app's token exclude each other";
            rest.add(at.to_owned(), "conflict", message);
        }
        let authorized = self.http_config.as_ref().is_some_and(|http| http.authorization.is_some());
        let has_url = matches!(own_url, Some(Kept::Here(_)));
        let token = match own_token {
            None if !authorized && !has_url => {
                let file = global.slack_app_token_file.as_ref();
                rest.kept("/global", "slack_app_token", global.slack_app_token.as_ref(), file)
            }
            own => own,
        };
        let url = own_url.or_else(|| {
            let file = global.slack_api_url_file.as_ref();
            rest.kept("/global", "slack_api_url", global.slack_api_url.as_ref(), file)
        });
        let Some(token) = token else {
            if url.is_none() {
                let message = "no `api_url` or `app_token` is here or in a file, and none in `global`";
                rest.add(at.to_owned(), "missing-key", message);
            }
            return Some((http, url?));
        };
        if http.authorization.is_some() {
            let message = "the app's token is the `authorization`; there can be no other";
            rest.add(format!("{at}/http_config/authorization"), "conflict", message);
        }
        let (credentials, credentials_file) = match token {
            Kept::Here(token) => (Some(token), None),
            Kept::File(file) => (None, Some(file)),
        };
        http.authorization = Some(Authorization { kind: "Bearer".to_owned(), credentials, credentials_file });
        let url = self.app_url.as_ref().or(global.slack_app_url.as_ref());
        Some((http, Kept::Here(Secret(url.map_or(APP_URL, String::as_str).to_owned()))))
    }
}

impl WrittenAction {
    fn complete(&self, at: &str, rest: &mut Rest) -> Option<Action> {
        let kind = rest.said(at, "type", self.kind.as_ref());
        let text = rest.said(at, "text", self.text.as_ref());
        let leads = !self.url.is_empty();
        if !leads && self.name.is_empty() {
            rest.add(at.to_owned(), "missing-key", "one of `url` and `name` is missing");
        }
        if self.confirm.as_ref().is_some_and(|confirm| confirm.text.is_empty()) {
            rest.add(format!("{at}/confirm"), "missing-key", "`text` is missing");
        }
        let unless_it_leads = |words: &Words| if leads { Words::default() } else { words.clone() };
        Some(Action {
            kind: kind?,
            text: text?,
            url: self.url.clone(),
            style: self.style.clone(),
            name: unless_it_leads(&self.name),
            value: unless_it_leads(&self.value),
            confirm: self.confirm.clone().filter(|_| !leads),
        })
    }
}
