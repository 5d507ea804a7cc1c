//! `Route`s and `AlertmanagerConfig`s: parts of one tree.

use andon_vocabulary::Labels;
use expect_test::expect;

use super::{check, files};
use crate::Alertmanager;
use crate::alertmanager::receiver::{Kind, Tree};
use crate::load;

/// A root and two branches, each with what only it needs.
const PARTS: &str = r#"
== root.yaml
apiVersion: andon/v1
kind: Route
metadata: { name: everything }
spec:
  route:
    receiver: everybody
    group_by: [alertname]
    routes: [ { matchers: [ severity="info" ], receiver: everybody, group_wait: 5m } ]
  receivers: [ { name: everybody } ]
== web.yaml
apiVersion: andon/v1
kind: Route
metadata: { name: web }
spec:
  order: 2
  route:
    matchers: [ team="web" ]
    receiver: web
    mute_time_intervals: [night]
  receivers: [ { name: web } ]
  time_intervals: [ { name: night, time_intervals: [ { times: [ { start_time: '00:00', end_time: '06:00' } ] } ] } ]
  inhibit_rules: [ { source_matchers: [ a="1" ], target_matchers: [ b="2" ] } ]
== data.yaml
apiVersion: andon/v1
kind: Route
metadata: { name: data }
spec:
  order: 1
  route: { matchers: [ team=~"web|db" ], receiver: data, continue: true, group_by: [cluster] }
  receivers: [ { name: data } ]
"#;

/// What an operator's team has in a cluster.
const CONFIG: &str = r#"
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: { name: shop, namespace: prod }
spec:
  route:
    receiver: chat
    groupBy: [job]
    groupWait: 10s
    matchers: [ { name: namespace, value: other }, { name: team, value: web, matchType: '=~' } ]
    routes:
      - { receiver: pager, matchers: [ { name: severity, value: page } ], muteTimeIntervals: [weekend] }
  receivers:
    - name: chat
      slackConfigs: [ { apiURL: { name: chat, key: url }, channel: '#shop', sendResolved: true } ]
    - name: pager
      pagerdutyConfigs:
        - routingKey: { name: pager, key: key }
          details: [ { key: who, value: us } ]
          pagerDutyLinkConfigs: [ { href: 'https://shop.example', alt: shop } ]
  muteTimeIntervals:
    - name: weekend
      timeIntervals: [ { weekdays: [saturday, Sunday], daysOfMonth: [ { start: 1, end: 7 } ] } ]
  inhibitRules:
    - { sourceMatch: [ { name: alertname, value: Down } ], targetMatch: [ { name: severity, value: page } ], equal: [job] }
"#;

fn joined(input: &str) -> std::sync::Arc<Alertmanager> {
    let (catalog, found) = load(&files(input));
    let errors: Vec<_> = found.iter().filter(|found| found.is_error()).map(|found| &found.message).collect();
    assert_eq!(errors, [""; 0]);
    catalog.alertmanager.unwrap()
}

fn receivers(alertmanager: &Alertmanager, labels: &[(&str, &str)]) -> String {
    let labels = Labels::new(labels.iter().copied());
    let ends = alertmanager.route.matching(&labels);
    ends.iter().map(|route| route.receiver.as_str()).collect::<Vec<_>>().join(",")
}

#[test]
fn parts_are_one_tree_in_their_order() {
    let read = joined(PARTS);
    assert_eq!(receivers(&read, &[("team", "web")]), "data,web");
    assert_eq!(receivers(&read, &[("team", "db"), ("severity", "info")]), "data,everybody");
    assert_eq!(receivers(&read, &[("team", "x")]), "everybody");
    let branches: Vec<String> = read
        .route
        .routes
        .iter()
        .map(|route| format!("{}:{}", route.origin.file, route.origin.line))
        .collect();
    assert_eq!(branches, ["data.yaml:6", "web.yaml:7", "root.yaml:8"]);
    assert_eq!(read.inhibitions[0].origin.file, "web.yaml");
    assert_eq!(read.receivers.keys().collect::<Vec<_>>(), ["data", "everybody", "web"]);
}

#[test]
fn parts_join_an_alertmanager_yml() {
    let file = "== alertmanager.yml\nroute: { receiver: all }\nreceivers: [ { name: all } ]\n== web.yaml\n";
    let branch = PARTS.split("== web.yaml\n").nth(1).unwrap().split("== ").next().unwrap();
    let read = joined(&format!("{file}{branch}"));
    assert_eq!(receivers(&read, &[("team", "web")]), "web");
    assert_eq!(receivers(&read, &[]), "all");
    assert_eq!(read.origin.file, "alertmanager.yml");
}

#[test]
fn files_are_named_from_where_each_part_stands() {
    let read = joined(
        r#"
== ops/alertmanager.yml
global: { slack_api_url_file: keys/slack }
route: { receiver: all }
receivers: [ { name: all, webhook_configs: [ { url_file: /etc/hook } ] } ]
== ops/web/web.yaml
apiVersion: andon/v1
kind: Route
metadata: { name: web }
spec:
  route: { matchers: [ team="web" ], receiver: web }
  receivers:
    - name: web
      slack_configs: [ { channel: '#web' } ]
      webhook_configs: [ { url_file: keys/hook } ]
      pagerduty_configs: [ { routing_key_file: keys/pager, details: { log_file: app.log } } ]
"#,
    );
    let said = format!("{:?}", read.receivers["web"].integrations);
    for path in ["ops/keys/slack", "ops/web/keys/hook", "ops/web/keys/pager"] {
        assert!(said.contains(&format!("\"{path}\"")), "{path}: {said}");
    }
    // What stands in `details` is the receiver's affair.
    let pager = read.receivers["web"].integrations.iter().find_map(|one| match &one.kind {
        Kind::PagerDuty(pager) => Some(pager),
        _ => None,
    });
    let log = &pager.expect("the pager").details["log_file"];
    assert!(matches!(log, Tree::Text(words) if words.source() == "app.log"), "{log:?}");
    assert!(format!("{:?}", read.receivers["all"].integrations).contains("\"/etc/hook\""));
}

#[test]
fn branches_without_a_root_leave_the_rest_to_the_teams() {
    let branch = PARTS.split("== data.yaml\n").nth(1).unwrap();
    let read = joined(branch);
    assert_eq!(receivers(&read, &[("team", "db")]), "data");
    assert_eq!(receivers(&read, &[]), "nobody");
    assert!(read.receivers["nobody"].integrations.is_empty());
}

#[test]
fn what_holds_for_all_is_said_once() {
    check(
        r#"
apiVersion: andon/v1
kind: Route
metadata: { name: a }
spec: { route: { receiver: r }, receivers: [ { name: r } ] }
---
apiVersion: andon/v1
kind: Route
metadata: { name: b }
spec: { route: { receiver: r } }
---
apiVersion: andon/v1
kind: Route
metadata: { name: c }
spec: { route: { matchers: [ a="b" ], receiver: r, repeat: 4h }, global: {} }
"#,
        expect![[r#"
            error[duplicate]: two routes say what becomes of every alert
             --> ops.yaml:9:7
              |
            4 | spec: { route: { receiver: r }, receivers: [ { name: r } ] }
              |       - the first
            ...
            9 | spec: { route: { receiver: r } }
              |       ^
              |
              = help: give one of them `matchers`

            error[unknown-key]: unknown key `repeat`
              --> ops.yaml:14:52
               |
            14 | spec: { route: { matchers: [ a="b" ], receiver: r, repeat: 4h }, global: {} }
               |                                                    ^^^^^^
               |
               = help: there is `group_by`, `match`, `match_re`, `mute_time_intervals`, `active_time_intervals`, `continue`, `routes`, `group_wait`, `group_interval` and `repeat_interval`

        "#]],
    );
    check(
        r#"
apiVersion: andon/v1
kind: Route
metadata: { name: c }
spec: { route: { matchers: [ a="b" ], receiver: r }, global: { resolve_timeout: 5m } }
"#,
        expect![[r#"
            error[unknown-name]: no receiver is called `r`
             --> ops.yaml:4:49
              |
            4 | spec: { route: { matchers: [ a="b" ], receiver: r }, global: { resolve_timeout: 5m } }
              |                                                 ^

            error[conflict]: `global` holds for all routes
             --> ops.yaml:4:62
              |
            4 | spec: { route: { matchers: [ a="b" ], receiver: r }, global: { resolve_timeout: 5m } }
              |                                                              ^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: say it beside the route that has no matchers

        "#]],
    );
}

#[test]
fn an_alertmanager_config_holds_for_its_namespace() {
    let read = joined(CONFIG);
    let shop = [("namespace", "prod"), ("team", "web")];
    assert_eq!(receivers(&read, &shop), "prod/shop/chat");
    assert_eq!(receivers(&read, &[shop[0], shop[1], ("severity", "page")]), "prod/shop/pager");
    assert_eq!(receivers(&read, &[("namespace", "other"), ("team", "web")]), "nobody");
    let branch = &read.route.routes[0];
    assert!(branch.goes_on);
    assert_eq!(branch.group_wait.to_string(), "10s");
    assert_eq!(branch.routes[0].muted_in, ["prod/shop/weekend"]);
    let inhibition = &read.inhibitions[0];
    let texts: Vec<String> =
        inhibition.source.iter().chain(&inhibition.target).map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [r#"alertname="Down""#, r#"namespace="prod""#, r#"namespace="prod""#, r#"severity="page""#]
    );
    let kinds: Vec<&str> = read
        .receivers
        .values()
        .flat_map(|receiver| &receiver.integrations)
        .map(|one| one.kind.name())
        .collect();
    assert_eq!(kinds, ["slack", "pagerduty"]);
}

#[test]
fn secrets_of_kubernetes_are_files_here() {
    check(
        CONFIG,
        expect![[r#"
        warning[not-there]: what this selects is known to Kubernetes only: it is read from secrets/chat/url
          --> ops.yaml:14:33
           |
        14 |       slackConfigs: [ { apiURL: { name: chat, key: url }, channel: '#shop', sendResolved: true } ]
           |                                 ^^^^^^^^^^^^^^^^^^^^^^^^

        warning[not-there]: what this selects is known to Kubernetes only: it is read from secrets/pager/key
          --> ops.yaml:17:23
           |
        17 |         - routingKey: { name: pager, key: key }
           |                       ^^^^^^^^^^^^^^^^^^^^^^^^^

    "#]],
    );
}

#[test]
fn what_an_alertmanager_config_gets_wrong_stands_at_its_place() {
    check(
        r#"
apiVersion: monitoring.coreos.com/v1beta1
kind: AlertmanagerConfig
metadata: { name: shop }
spec:
  route: { receiver: chat, matchers: [ { name: team, value: '(', matchType: '=~' }, { value: x, matchType: '~' } ], groupWat: 1m }
  receivers: [ { name: chat } ]
"#,
        expect![[r#"
            warning[no-value]: `metadata.namespace` is missing: these routes are asked about the alerts of every namespace
             --> ops.yaml:2:7
              |
            2 | kind: AlertmanagerConfig
              |       ^^^^^^^^^^^^^^^^^^
              |
              = help: say the namespace that it is applied to

            error[wrong-value]: `(`: unclosed group
             --> ops.yaml:5:40
              |
            5 |   route: { receiver: chat, matchers: [ { name: team, value: '(', matchType: '=~' }, { value: x, matchType: '~' } ], groupWat: 1m }
              |                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            error[wrong-value]: `~` is no matchType: write =, !=, =~ or !~
             --> ops.yaml:5:85
              |
            5 |   route: { receiver: chat, matchers: [ { name: team, value: '(', matchType: '=~' }, { value: x, matchType: '~' } ], groupWat: 1m }
              |                                                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            error[unknown-key]: unknown key `group_wat`
             --> ops.yaml:5:117
              |
            5 |   route: { receiver: chat, matchers: [ { name: team, value: '(', matchType: '=~' }, { value: x, matchType: '~' } ], groupWat: 1m }
              |                                                                                                                     ^^^^^^^^
              |
              = help: did you mean `group_wait`?

        "#]],
    );
}

/// What brings each kind of trouble: shared and unused names, a branch without matchers, the older list of times,
/// texts that need quotes.
const WHOLE: &str = r#"
global: { resolve_timeout: 5m, slack_api_url: 'https://slack.example/x' }
templates: [ 't/*.tmpl', /etc/x.tmpl ]
route:
  receiver: everybody
  group_by: [alertname]
  repeat_interval: 1h
  routes:
    - { match: { team: web }, receiver: web, continue: true, mute_time_intervals: [night] }
    - receiver: web
      matchers: [ 'severity=~"page|ticket"', 'x!="yes: no # \"q\""' ]
      routes: [ { match_re: { a: 'b.*' }, receiver: Deep One, active_time_intervals: [office, night] } ]
    - { continue: true, group_wait: 1m }
    - { matchers: [ a="1" ], receiver: everybody }
inhibit_rules: [ { source_matchers: [ a="1" ], target_matchers: [ b="2" ], equal: [c] } ]
mute_time_intervals: [ { name: night, time_intervals: [ { times: [ { start_time: '00:00', end_time: '06:00' } ] } ] } ]
time_intervals: [ { name: office, time_intervals: [ { weekdays: ['monday:friday'] } ] } ]
receivers:
  - name: everybody
  - { name: web, slack_configs: [ { channel: '#web', text: "{{ .CommonLabels.a }}\nline", title: 'yes' } ] }
  - { name: Deep One, webhook_configs: [ { url: 'http://127.0.0.1:1/' } ] }
  - { name: unused, webhook_configs: [ { url_file: keys/hook } ] }
"#;

#[test]
fn an_alertmanager_yml_falls_apart_into_routes_that_say_the_same() {
    let whole = super::file("alertmanager.yml", WHOLE);
    let before = joined(&format!("== alertmanager.yml\n{WHOLE}"));
    let parts = crate::alertmanager::split(&[whole], |pattern| format!("../{pattern}")).unwrap();
    let names: Vec<&str> = parts.iter().map(|part| part.path.as_str()).collect();
    assert_eq!(names, ["everything.yaml", "web.yaml", "web-2.yaml", "route.yaml", "everybody.yaml"]);
    let (catalog, found) = load(&parts);
    assert_eq!(crate::render(&found, &parts, false), "");
    let after = catalog.alertmanager.unwrap();
    let mut said = Labels::default();
    // Every combination of a few values of every label that the routes ask for.
    for number in 0..4_u32.pow(4) {
        for (place, (name, values)) in (0..).zip([
            ("team", ["", "web", "db", "x"]),
            ("severity", ["", "page", "ticket", "info"]),
            ("x", ["", "1", "yes: no # \"q\"", "2"]),
            ("a", ["", "1", "b", "bc"]),
        ]) {
            said = said.with(name, values[usize::try_from(number / 4_u32.pow(place) % 4).unwrap()]);
        }
        let ends = |read: &Alertmanager| {
            let ends = read.route.matching(&said).into_iter().cloned().map(placeless);
            ends.collect::<Vec<_>>()
        };
        assert_eq!(ends(&before), ends(&after), "{said:?}");
    }
    assert_eq!(before.inhibitions[0].source, after.inhibitions[0].source);
    assert_eq!(before.time_intervals, after.time_intervals);
    assert_eq!(before.resolve_timeout, after.resolve_timeout);
    assert!(parts[0].text.contains("url_file: ../keys/hook"), "{}", parts[0].text);
    for (name, receiver) in before.receivers.iter().filter(|(name, _)| *name != "unused") {
        let kinds = |receiver: &crate::alertmanager::Receiver| {
            receiver.integrations.iter().map(|one| one.kind.clone()).collect::<Vec<_>>()
        };
        assert_eq!(kinds(receiver), kinds(&after.receivers[name]), "{name}");
    }
}

fn placeless(route: crate::alertmanager::Route) -> crate::alertmanager::Route {
    let routes = route.routes.into_iter().map(placeless).collect();
    crate::alertmanager::Route { origin: crate::Origin::default(), routes, ..route }
}

#[test]
fn receivers_of_any_name_and_templates_of_ones_own_fall_apart_too() {
    let whole = super::file(
        "alertmanager.yml",
        r#"
templates: [ 't/*.tmpl' ]
route:
  receiver: "null"
  routes: [ { match: { a: b }, receiver: "123" }, { match: { a: c }, receiver: "null" }, { receiver: "1e3" } ]
receivers:
  - { name: "null" }
  - { name: "1e3" }
  - { name: "123", slack_configs: [ { channel: x, api_url: 'https://slack.example/x', text: '{{ template "own" . }}' } ] }
"#,
    );
    let own = super::file("t/own.tmpl", r#"{{ define "own" }}x{{ end }}"#);
    let parts = crate::alertmanager::split(&[whole, own.clone()], str::to_owned).unwrap();
    let (catalog, found) = load(&[parts, vec![own]].concat());
    assert_eq!(found, []);
    assert_eq!(catalog.alertmanager.unwrap().receivers.len(), 3);
}

#[test]
fn a_file_that_is_empty_is_an_error() {
    let (_, found) = load(&[super::file("ops.yaml", " \n"), super::file("rules.yml", "# nothing yet\n")]);
    let said: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(said, ["this file is empty"]);
}

/// A warning says what will not happen; all the rest of the `Route` does.
#[test]
fn a_route_with_a_receiver_that_is_not_sent_to_is_there() {
    let text = PARTS.replace(
        "  receivers: [ { name: everybody } ]",
        "  receivers: [ { name: everybody, telegram_configs: [ { chat_id: 1 } ] } ]",
    );
    let (catalog, found) = load(&files(&text));
    let codes: Vec<&str> = found.iter().map(|found| found.code.as_str()).collect();
    assert_eq!(codes, ["not-there"]);
    let alertmanager = catalog.alertmanager.expect("its routes are there");
    assert_eq!(receivers(&alertmanager, &[("team", "web")]), "data,web");
}
