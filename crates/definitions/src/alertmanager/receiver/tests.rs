//! Receivers: what they have from `global`, and what is refused.

use super::{Kept, Key, Kind, Receiver};
use crate::tests::file;
use crate::{Severity, load, render};

/// The receiver `a` of a file with these lines.
#[track_caller]
fn receiver(global: &str, lines: &str) -> Receiver {
    let text = format!("global: {global}\nroute: {{ receiver: a }}\nreceivers:\n- name: a\n{lines}\n");
    let files = [file("alertmanager.yml", &text)];
    let (catalog, found) = load(&files);
    let errors: Vec<_> = found.into_iter().filter(|found| found.severity == Severity::Error).collect();
    assert_eq!(render(&errors, &files, false), "");
    catalog.alertmanager.unwrap().receivers["a"].clone()
}

/// What is wrong with a receiver of these lines: code, place and message of each error.
#[track_caller]
fn refused(global: &str, lines: &str, wanted: &[&str]) {
    let text = format!("global: {global}\nroute: {{ receiver: a }}\nreceivers:\n- name: a\n{lines}\n");
    let (_, found) = load(&[file("alertmanager.yml", &text)]);
    let errors = found.iter().filter(|found| found.severity == Severity::Error);
    let shown: Vec<String> =
        errors.map(|found| format!("{}:{} {}", found.line, found.column, found.message)).collect();
    assert_eq!(shown, wanted, "{lines}");
}

#[test]
fn what_an_integration_does_not_say_it_has_from_global() {
    let global = "{ http_config: { follow_redirects: false }, smtp_smarthost: 'mail:587', smtp_from: andon@x, \
                  smtp_auth_password: s3cret, slack_api_url: 'https://hooks/x', opsgenie_api_key: k, \
                  pagerduty_url: 'http://pd/' }";
    let lines =
        "  webhook_configs: [ { url: 'http://w/' }, { url_file: u, send_resolved: false, http_config: {} } ]
  email_configs: [ { to: b@x, headers: { reply-to: c@x } } ]
  slack_configs: [ { channel: '#a', fields: [ { title: t, value: v } ], short_fields: true } ]
  pagerduty_configs: [ { service_key: s, routing_key: r }, { routing_key_file: f } ]
  opsgenie_configs: [ { responders: [ { name: t, type: Team } ] } ]";
    let receiver = receiver(global, lines);
    let ids: Vec<String> = receiver.integrations.iter().map(|integration| integration.id()).collect();
    assert_eq!(
        ids,
        ["webhook[0]", "webhook[1]", "email[0]", "pagerduty[0]", "pagerduty[1]", "opsgenie[0]", "slack[0]"]
    );
    let sends: Vec<bool> = receiver.integrations.iter().map(|one| one.send_resolved).collect();
    assert_eq!(sends, [true, false, false, true, true, true, false]);
    let [
        Kind::Webhook(first),
        Kind::Webhook(second),
        Kind::Email(email),
        Kind::PagerDuty(one),
        Kind::PagerDuty(two),
        Kind::OpsGenie(opsgenie),
        Kind::Slack(slack),
    ] = &receiver.integrations.iter().map(|one| one.kind.clone()).collect::<Vec<_>>()[..]
    else {
        panic!("these kinds")
    };
    assert_eq!((first.http.follow_redirects, second.http.follow_redirects), (false, true));
    assert_eq!(second.url, Kept::File("u".to_owned()));
    assert_eq!((email.smtp.host.as_str(), email.smtp.port, email.smtp.require_tls), ("mail", 587, true));
    assert_eq!((email.smtp.hello.as_str(), email.smtp.implicit_tls), ("localhost", false));
    assert_eq!(email.headers.keys().collect::<Vec<_>>(), ["From", "Reply-To", "Subject", "To"]);
    assert!(matches!((&one.key, &two.key), (Key::Service(_), Key::Routing(Kept::File(_)))));
    assert_eq!((one.url.as_str(), one.details.len(), one.severity.source()), ("http://pd/", 4, "error"));
    assert_eq!(opsgenie.url, "https://api.opsgenie.com/");
    assert!(slack.fields[0].short);
    let shown = format!("{receiver:?}");
    for secret in ["s3cret", "hooks", "\"k\"", "\"r\""] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn a_mail_server_may_be_named_as_go_does() {
    for (written, host, port) in
        [(":25", "localhost", 25), ("mail:submission", "mail", 587), ("[::1]:smtp", "::1", 25)]
    {
        let global = format!("{{ smtp_smarthost: '{written}', smtp_from: x, smtp_require_tls: no }}");
        let receiver = receiver(&global, "  email_configs: [ { to: a@x } ]");
        let Kind::Email(email) = &receiver.integrations[0].kind else { panic!("mail") };
        assert_eq!((&*email.smtp.host, email.smtp.port, email.smtp.require_tls), (host, port, false));
    }
}

#[test]
fn a_proxy_without_a_name_is_none() {
    let receiver = receiver(
        "{ http_config: { proxy_url: '' } }",
        "  webhook_configs: [ { url: 'http://w/' }, { url: 'http://w/', http_config: { proxy_url: 'p:3128' } } ]",
    );
    let proxies: Vec<_> =
        receiver.integrations.iter().map(|one| one.kind.http().unwrap().proxy_url.as_deref()).collect();
    assert_eq!(proxies, [None, Some("p:3128")]);
}

#[test]
fn a_token_of_an_app_is_how_slack_is_reached() {
    let receiver = receiver("{ slack_app_token: xoxb }", "  slack_configs: [ { channel: '#a' } ]");
    let Kind::Slack(slack) = &receiver.integrations[0].kind else { panic!("slack") };
    assert_eq!(slack.http.authorization.as_ref().unwrap().credentials.as_ref().unwrap().0, "xoxb");
    let Kept::Here(url) = &slack.url else { panic!("an address") };
    assert_eq!(url.0, "https://slack.com/api/chat.postMessage");
}

#[test]
fn what_alertmanager_refuses_is_refused() {
    for (global, lines, wanted) in [
        (
            "{}",
            "  webhook_configs: [ { max_alerts: 1 } ]",
            &["5:22 one of `url` and `url_file` is missing"][..],
        ),
        (
            "{}",
            "  webhook_configs: [ { url: 'http://a', url_file: b } ]",
            &["5:51 `url` and `url_file` exclude each other"],
        ),
        (
            "{}",
            "  webhook_configs: [ { url: 'ftp://a' } ]",
            &["5:29 this is not an address: http:// or https://, and a host"],
        ),
        (
            "{}",
            "  webhook_configs: [ { url: 'http://a/b c' } ]",
            &["5:29 this is not an address: a space in it is written %20"],
        ),
        (
            "{}",
            "  webhook_configs: [ { url: 'http://${HOST}:80/' } ]",
            &[
                "5:29 this is not an address: its host holds what no host does; nothing is filled in from the environment",
            ],
        ),
        (
            "{}",
            "  webhook_configs: [ { url: 'http://a:port/' } ]",
            &["5:29 this is not an address: a port is a number"],
        ),
        (
            "{}",
            "  webhook_configs: [ { url: 'http://u:p@[::1]:80/%41?%zz' }, { url: 'http://a/%4' } ]",
            &["5:69 this is not an address: a % that is meant is written %25"],
        ),
        (
            "{}",
            "  opsgenie_configs: [ { api_key: a, tags: [ b ] } ]",
            &["5:43 expected a text of a receiver, filled in when something is sent, found a list"],
        ),
        (
            "{}",
            "  webhook_configs: [ { url: 'http://a', timeout: x } ]",
            &["5:50 `x` is not a duration such as 30s, 5m, 1h30m or 1w"],
        ),
        (
            "{}",
            "  email_configs: [ { to: a@x } ]",
            &[
                "5:20 `from` is missing, and `global` has no `smtp_from`",
                "5:20 `smarthost` is missing, and `global` has no `smtp_smarthost`",
            ],
        ),
        (
            "{ smtp_smarthost: 'a:25', smtp_from: x }",
            "  email_configs: [ { headers: { a: b, A: c } } ]",
            &["5:20 `to` is missing", "5:36 the header `A` is here twice"],
        ),
        (
            "{ smtp_smarthost: 'a', smtp_from: x }",
            "  email_configs: [ { to: a@x } ]",
            &["1:27 `a` is not HOST:PORT"],
        ),
        (
            "{ smtp_smarthost: 'a:25', smtp_from: x }",
            "  email_configs: [ { to: a, threading: { enabled: true } } ]",
            &["5:40 `thread_by_date` is `none` or `daily`"],
        ),
        (
            "{}",
            "  slack_configs: [ { channel: a } ]",
            &["5:20 no `api_url` or `app_token` is here or in a file, and none in `global`"],
        ),
        (
            "{ slack_api_url: '${SLACK_URL}' }",
            "  slack_configs: [ { channel: a } ]",
            &["1:26 this is not an address: http:// or https://, and a host"],
        ),
        (
            "{}",
            "  slack_configs: [ { api_url: hooks.slack.com/services/x } ]",
            &["5:31 this is not an address: http:// or https://, and a host"],
        ),
        (
            "{}",
            "  slack_configs: [ { api_url: 'http://a', app_token: b } ]",
            &["5:20 an address (`api_url`, `api_url_file`) and an app's token exclude each other"],
        ),
        (
            "{ slack_api_url: 'http://a' }",
            "  slack_configs: [ { actions: [ { type: button, text: x } ] } ]",
            &["5:33 one of `url` and `name` is missing"],
        ),
        (
            "{}",
            "  pagerduty_configs: [ { client: a } ]",
            &["5:24 one of `routing_key` and `service_key` is missing"],
        ),
        (
            "{}",
            "  opsgenie_configs: [ { message: a } ]",
            &["5:23 `api_key` is missing, and `global` has no `opsgenie_api_key`"],
        ),
        (
            "{ opsgenie_api_key: a, opsgenie_api_key_file: b }",
            "",
            &["1:55 `opsgenie_api_key` and `opsgenie_api_key_file` exclude each other"],
        ),
        (
            "{ opsgenie_api_key: a }",
            "  opsgenie_configs: [ { responders: [ { type: x } ] } ]",
            &[
                "5:39 one of `id`, `name` and `username` is missing",
                "5:47 the `type` of a responder is one of team, teams, user, escalation, schedule",
            ],
        ),
        (
            "{}",
            "  webhook_configs: [ { url: 'http://a', http_config: { basic_auth: {}, authorization: {} } } ]",
            &["5:87 `basic_auth` and `authorization` exclude each other"],
        ),
        (
            "{}",
            "  pagerduty_configs: [ { routing_key: k, details: { a: '{{ b' } } ]",
            &["5:56 `{{` is never closed"],
        ),
        (
            "{}",
            "  pagerduty_configs: [ { routing_key: k, description: '{{ template \"own\" . }}' } ]",
            &["5:56 no template is called `own`"],
        ),
        (
            "{}",
            "  webhook_configs: [ { url: 'http://a', payload: { a: [ 1, '{{ b' ] } } ]",
            &["5:60 `{{` is never closed"],
        ),
        ("{ slack_api_url: '' }", "", &["1:26 this is not an address: http:// or https://, and a host"]),
        (
            "{}",
            "  webhook_configs: [ { url: 'http://a', http_config: { proxy_url: '::' } } ]",
            &["5:67 `::` is no address of a proxy: http://HOST:PORT, and https:// where it speaks TLS"],
        ),
        (
            "{ smtp_smarthost: 'a:25', smtp_from: x, smtp_require_tls: 'no' }",
            "",
            &["1:67 expected true or false, found text"],
        ),
        ("{}", "  webhook_configs: [ ~ ]", &["5:22 this key has no value"]),
        (
            "{}",
            "  webhook_configs: [ { url: 'http://a', http_config: { oauth2: { client_id: a } } } ]",
            &["5:64 no receiver is sent to with an OAuth 2 token"],
        ),
        (
            "{ http_config: { proxy_url: 'http://p', proxy_connect_header: { a: [ b ] } } }",
            "  webhook_configs: [ { url: 'http://a', http_config: {} } ]",
            &[],
        ),
        (
            "{ http_config: { proxy_url: 'http://p', proxy_connect_header: { a: [ b ] } } }",
            "  webhook_configs: [ { url: 'http://a' } ]",
            &["1:71 no receiver is reached through a proxy that asks for headers of its own"],
        ),
    ] {
        refused(global, lines, wanted);
    }
}

#[test]
fn what_is_not_sent_is_a_warning_at_its_place() {
    let text = "route: { receiver: a }\nreceivers:\n- name: a\n  telegram_configs: [ { chat_id: 1 } ]\n  msteams_configs: []\n";
    let (_, found) = load(&[file("alertmanager.yml", text)]);
    let shown: Vec<String> =
        found.iter().map(|found| format!("{}:{} {}", found.line, found.column, found.message)).collect();
    assert!(shown.contains(&"4:3 nothing is sent to this service".to_owned()), "{shown:?}");
    assert!(found.iter().all(|found| !found.is_error() && found.line != 5), "{shown:?}");
}

#[test]
fn templates_come_from_the_files_that_are_named() {
    let text = "route: { receiver: a }\nreceivers:\n- name: a\n  webhook_configs: [ { url: 'http://a/{{ template \"team\" . }}' } ]\ntemplates: [ 't/*.tmpl' ]\n";
    let own = "{{ define \"team\" }}{{ .CommonLabels.team }}{{ end }}";
    let shown = |own: &str| {
        let (catalog, found) = load(&[file("am/alertmanager.yml", text), file("am/t/own.tmpl", own)]);
        let found = found.iter().filter(|found| found.code != "not-there");
        let found: Vec<String> = found
            .map(|found| format!("{}:{}:{} {}", found.file, found.line, found.column, found.message))
            .collect();
        (catalog.alertmanager.is_some(), found)
    };
    assert_eq!(shown(own), (true, vec![]));
    let broken = "{{ define \"team\" }}\n{{ nothing }}{{ end }}";
    assert_eq!(
        shown(broken).1,
        [
            "am/alertmanager.yml:4:39 no template is called `team`",
            "am/t/own.tmpl:2:4 no function of templates is called `nothing`",
        ]
    );
    let (catalog, found) = load(&[file("am/alertmanager.yml", text)]);
    let absent = found.iter().find(|found| found.code == "unknown-name").expect("it is said");
    assert!(catalog.alertmanager.is_some() && !absent.is_error(), "the file may be where it runs");
    assert_eq!(absent.hint.as_deref(), Some("`t/*.tmpl` under `templates` names no file here"));
    let calls = format!("{own}\n{{{{ define \"x\" }}}}{{{{ template \"y\" . }}}}{{{{ end }}}}");
    assert_eq!(shown(&calls).1, ["am/t/own.tmpl:2:17 no template is called `y`: what puts this in fails"]);
}
