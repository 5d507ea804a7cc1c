//! `alertmanager.yml`, as somebody brings it along.

use andon_vocabulary::Labels;
use expect_test::expect;

use super::{check, file};
use crate::alertmanager::{Alertmanager, GroupBy, Looked, LookedVerdict, Route};
use crate::load;

/// A team of two, an inhibition, a quiet night.
const WEB: &str = r#"
global: { resolve_timeout: 10m }
route:
  receiver: everybody
  group_by: [alertname]
  group_wait: 1m
  routes:
    - matchers: [ team="web" ]
      receiver: web
      routes:
        - match: { severity: page }
          receiver: web-pager
          group_by: ['...']
          repeat_interval: 1h
          active_time_intervals: [office]
          continue: true
        - match_re: { severity: page|ticket }
          receiver: web-tickets
    - matchers:
        - '{team=~"db|store", "käse"!="brie"}'
      receiver: data
      continue: true
      group_by: []
    - receiver: audit
      matchers: [ audit = yes ]
inhibit_rules:
  - source_matchers: [ alertname = DatacentreDown ]
    target_match_re: { severity: page|ticket }
    equal: [dc]
time_intervals:
  - name: office
    time_intervals: [ { weekdays: ['monday:friday'], times: [ { start_time: '08:00', end_time: '18:00' } ] } ]
receivers: [ { name: everybody }, { name: web }, { name: web-pager }, { name: web-tickets }, { name: data }, { name: audit } ]
"#;

fn alertmanager(text: &str) -> std::sync::Arc<Alertmanager> {
    let files = [file("alertmanager.yml", text)];
    let (catalog, found) = load(&files);
    assert_eq!(found.iter().map(|found| found.code.as_str()).collect::<Vec<_>>(), [""; 0]);
    catalog.alertmanager.unwrap()
}

fn receivers(root: &Route, labels: &[(&str, &str)]) -> String {
    let labels = Labels::new(labels.iter().copied());
    root.matching(&labels).iter().map(|route| route.receiver.as_str()).collect::<Vec<_>>().join(",")
}

/// The receivers at which a search that is shown step by step ends.
fn ends_of<'a>(looked: &Looked<'a>, ends: &mut Vec<&'a str>) {
    if looked.verdict == LookedVerdict::EndsHere {
        ends.push(&looked.route.receiver);
    }
    looked.below.iter().for_each(|below| ends_of(below, ends));
}

#[test]
fn an_alert_ends_at_the_deepest_routes_that_match() {
    let read = alertmanager(WEB);
    for (labels, wanted) in [
        (&[][..], "everybody"),
        (&[("team", "web")], "web"),
        (&[("team", "web"), ("severity", "page")], "web-pager,web-tickets"),
        (&[("team", "web"), ("severity", "ticket")], "web-tickets"),
        (&[("team", "db")], "data"),
        (&[("team", "db"), ("käse", "brie")], "everybody"),
        (&[("team", "store"), ("audit", "yes")], "data,audit"),
        (&[("team", "web"), ("audit", "yes")], "web"),
    ] {
        assert_eq!(receivers(&read.route, labels), wanted, "{labels:?}");
        let mut ends = Vec::new();
        ends_of(&read.route.search_steps(&Labels::new(labels.iter().copied())), &mut ends);
        assert_eq!(ends.join(","), wanted, "{labels:?}: every step of the search");
    }
}

#[test]
fn what_a_route_does_not_say_it_has_from_the_one_above() {
    let read = alertmanager(WEB);
    let [web, data, _] = &read.route.routes[..] else { panic!("three routes") };
    let pager = &web.routes[0];
    let secs = |route: &Route| {
        [route.group_wait, route.group_interval, route.repeat_interval].map(|period| period.as_secs())
    };
    assert_eq!(secs(&read.route), [60, 300, 4 * 3600]);
    assert_eq!(secs(pager), [60, 300, 3600]);
    assert_eq!(pager.group_by, GroupBy::All);
    assert_eq!(web.group_by, GroupBy::Labels(["alertname".to_owned()].into()));
    assert_eq!(data.group_by, GroupBy::Labels([].into()), "an empty list is said too");
    assert_eq!((pager.active_in.as_slice(), web.active_in.as_slice()), (&["office".to_owned()][..], &[][..]));
    assert_eq!((pager.origin.line, data.origin.line), (11, 19));
    assert_eq!(read.resolve_timeout.as_secs(), 600);
    assert_eq!(read.inhibitions[0].source[0].to_string(), r#"alertname="DatacentreDown""#);
    assert!(read.time_intervals["office"][0].contains("2026-11-23T09:00:00Z".parse().unwrap()));
}

#[test]
fn a_label_without_a_value_is_empty() {
    let read = alertmanager(
        "route: { receiver: a, routes: [ { match: { team: }, receiver: b } ] }\nreceivers: [ { name: a }, { name: b } ]\n",
    );
    assert_eq!(receivers(&read.route, &[]), "b");
    assert_eq!(receivers(&read.route, &[("team", "web")]), "a");
}

#[test]
fn a_route_is_held_outside_of_its_times() {
    let mut text = WEB
        .replace("receiver: web-tickets", "receiver: web-tickets\n          mute_time_intervals: [office]");
    text.push_str("mute_time_intervals: [ { name: empty } ]\n");
    let read = alertmanager(&text);
    let [pager, tickets] = &read.route.routes[0].routes[..] else { panic!("two routes") };
    let (noon, night) = ("2026-11-23T12:00:00Z".parse().unwrap(), "2026-11-23T23:00:00Z".parse().unwrap());
    assert_eq!((read.held(pager, noon), read.held(tickets, night)), (None, None));
    assert_eq!(read.held(pager, night).as_deref(), Some("active in office only"));
    assert_eq!(read.held(tickets, noon).as_deref(), Some("muted in office"));
}

#[test]
fn what_alertmanager_refuses_is_an_error_at_its_place() {
    check(
        r"
== alertmanager.yml
route:
  receiver: nobody
  match: { a: b }
  group_by: [a, '...', a]
  repeat_interval: 0s
  routes:
    - matchers: [ 'a' ]
    - match_re: { a: '[' }
    - active_time_intervals: [ never ]
      mute_time_interval: [ never ]
receivers: [ { name: a }, { name: a }, { name: '' } ]
time_intervals:
  - name: n
    time_intervals: [ { times: [ { start_time: '22:00', end_time: '06:00' } ], weekdays: [ 'fri' ], location: europe/madrid } ]
",
        expect![[r#"
            error[wrong-value]: `a` is not a list of matchers such as severity="page", team=web
             --> alertmanager.yml:7:19
              |
            7 |     - matchers: [ 'a' ]
              |                   ^^^

            error[wrong-value]: not a regular expression: `[`: unclosed character class
             --> alertmanager.yml:8:22
              |
            8 |     - match_re: { a: '[' }
              |                      ^^^

            error[unknown-key]: unknown key `mute_time_interval`
              --> alertmanager.yml:10:7
               |
            10 |       mute_time_interval: [ never ]
               |       ^^^^^^^^^^^^^^^^^^
               |
               = help: did you mean `mute_time_intervals`?

            error[wrong-value]: `fri` is not days of the week such as saturday or monday:friday
              --> alertmanager.yml:14:92
               |
            14 |     time_intervals: [ { times: [ { start_time: '22:00', end_time: '06:00' } ], weekdays: [ 'fri' ], location: europe/madrid } ]
               |                                                                                            ^^^^^

            error[wrong-value]: `europe/madrid` is no time zone to Go: write Europe/Madrid
              --> alertmanager.yml:14:111
               |
            14 |     time_intervals: [ { times: [ { start_time: '22:00', end_time: '06:00' } ], weekdays: [ 'fri' ], location: europe/madrid } ]
               |                                                                                                               ^^^^^^^^^^^^^

        "#]],
    );
    check(
        r"
== alertmanager.yml
route:
  receiver: nobody
  match: { a: b, 'a-b': c }
  group_by: [a, '...', a]
  repeat_interval: 0s
  continue: true
  routes:
    - active_time_intervals: [ never ]
receivers: [ { name: a }, { name: a }, { name: '' } ]
time_intervals:
  - name: n
    time_intervals: [ { times: [ { start_time: '22:00', end_time: '06:00' } ] } ]
  - name: n
",
        expect![[r#"
            error[unknown-name]: no receiver is called `nobody`
             --> alertmanager.yml:2:13
              |
            2 |   receiver: nobody
              |             ^^^^^^

            error[conflict]: every alert goes through the first route; say this in one below it
             --> alertmanager.yml:3:10
              |
            3 |   match: { a: b, 'a-b': c }
              |          ^^^^^^^^^^^^^^^^^^

            error[wrong-value]: `a-b` is not a label name; write it in `matchers`, with quotes
             --> alertmanager.yml:3:25
              |
            3 |   match: { a: b, 'a-b': c }
              |                         ^

            error[conflict]: `...` stands for all labels, and needs no others beside it
             --> alertmanager.yml:4:13
              |
            4 |   group_by: [a, '...', a]
              |             ^^^^^^^^^^^^^

            error[duplicate]: `a` is here twice
             --> alertmanager.yml:4:24
              |
            4 |   group_by: [a, '...', a]
              |                        ^

            error[out-of-range]: this must not be 0
             --> alertmanager.yml:5:20
              |
            5 |   repeat_interval: 0s
              |                    ^^

            error[conflict]: every alert goes through the first route; say this in one below it
             --> alertmanager.yml:6:13
              |
            6 |   continue: true
              |             ^^^^

            error[unknown-name]: no time interval is called `never`
             --> alertmanager.yml:8:32
              |
            8 |     - active_time_intervals: [ never ]
              |                                ^^^^^

            error[duplicate]: a receiver is called `a` already
             --> alertmanager.yml:9:35
              |
            9 | receivers: [ { name: a }, { name: a }, { name: '' } ]
              |                                   ^

            error[no-value]: a receiver needs a name
             --> alertmanager.yml:9:48
              |
            9 | receivers: [ { name: a }, { name: a }, { name: '' } ]
              |                                                ^^

            error[wrong-value]: the end comes after the start, within a day; for a night write two
              --> alertmanager.yml:12:67
               |
            12 |     time_intervals: [ { times: [ { start_time: '22:00', end_time: '06:00' } ] } ]
               |                                                                   ^^^^^^^

            error[duplicate]: a time interval is called `n` already
              --> alertmanager.yml:13:11
               |
            13 |   - name: n
               |           ^

        "#]],
    );
}

#[test]
fn what_is_not_sent_yet_is_said() {
    check(
        r"
== alertmanager.yml
global: { smtp_smarthost: 'mail:25', smtp_from: andon@example.org, webex_api_url: 'http://a' }
route: { receiver: mail }
receivers:
  - name: mail
    email_configs: [ { to: ops@example.org } ]
    telegram_configs: [ { chat_id: 1 } ]
templates: [ '*.tmpl' ]
",
        expect![[r#"
            warning[not-there]: nothing is sent to this service
             --> alertmanager.yml:1:68
              |
            1 | global: { smtp_smarthost: 'mail:25', smtp_from: andon@example.org, webex_api_url: 'http://a' }
              |                                                                    ^^^^^^^^^^^^^
              |
              = help: webhook, email, slack, pagerduty and opsgenie are the kinds that are sent

            warning[not-there]: nothing is sent to this service
             --> alertmanager.yml:6:5
              |
            6 |     telegram_configs: [ { chat_id: 1 } ]
              |     ^^^^^^^^^^^^^^^^
              |
              = help: webhook, email, slack, pagerduty and opsgenie are the kinds that are sent

        "#]],
    );
}

/// Elsewhere an empty value is an empty text; a regular expression has to be written.
#[test]
fn a_regular_expression_is_never_left_out() {
    for (text, column) in [
        ("route: { receiver: a, routes: [ { match_re: { x: } } ] }\nreceivers: [ { name: a } ]\n", 47),
        (
            "route: { receiver: a }\nreceivers: [ { name: a } ]\ninhibit_rules: [ { source_match_re: { x: ~ } } ]\n",
            39,
        ),
    ] {
        let (_, found) = load(&[file("alertmanager.yml", text)]);
        let shown: Vec<_> = found.iter().map(|found| (found.code.as_str(), found.column)).collect();
        assert_eq!(shown, [("no-value", column)], "{text}");
    }
    let text = "route: { receiver: a, routes: [ { match: { x: }, match_re: { y: '' } } ] }\nreceivers: [ { name: a } ]\n";
    assert_eq!(load(&[file("alertmanager.yml", text)]).1, []);
}
