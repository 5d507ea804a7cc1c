//! Stories, and what is answered about them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use andon_definitions::alertmanager::AlertMatcher;
use andon_vocabulary::{
    CatalogTexts, Command, Effect, IncidentId, Input, Labels, Outcome, Received, ReceivedAlert, Record,
    Silence, SilenceId, Started, Timestamp, Told, Via, Who,
};
use expect_test::{Expect, expect};

use super::*;
use crate::{State, turn};

const FILES: [(&str, &str); 2] = [
    (
        "ops.yaml",
        "apiVersion: andon/v1
kind: Instance
metadata: { name: test }
spec: { default_team: team:payments, channels: { web: { web: {} }, chat: { webhook: { url: 'http://127.0.0.1:1/' } } } }
---
apiVersion: andon/v1
kind: Team
metadata: { name: payments }
spec:
  people:
    ana: { timezone: UTC, contact: [ { channel: chat }, { channel: web } ] }
    ben: { timezone: UTC, contact: [ { channel: web } ] }
    eve: { timezone: UTC, contact: [ { channel: web } ] }
  oncall:
    primary: { people: [ana, ben], every: 1w, starts: 2026-11-16, handover: { day: mon, at: '09:00', timezone: UTC } }
  escalation:
    - { page: 'oncall:primary' }
    - { after: 10m, page: ben }
---
apiVersion: andon/v1
kind: Service
metadata: { name: shop }
spec: { owner: team:payments, select: { service: shop } }
",
    ),
    (
        "alertmanager.yml",
        "route:
  receiver: all
  group_by: [alertname]
  routes:
    - { matchers: ['severity=\"warning\"'], receiver: tickets }
    - { matchers: ['service=~\"shop|cart\"'], receiver: shop, group_wait: 30s }
receivers:
  - { name: all }
  - { name: tickets, webhook_configs: [ { url: 'http://127.0.0.1:1/' } ] }
  - { name: shop, webhook_configs: [ { url: 'http://127.0.0.1:2/' } ] }
",
    ),
];

struct Story {
    state: State,
    records: Vec<(u64, Record)>,
    now: Timestamp,
}

impl Story {
    /// A Friday evening: ana is on call.
    fn begin() -> Story {
        Story::of("act")
    }

    fn of(mode: &str) -> Story {
        let now: Timestamp = "2026-11-20T21:00:00Z".parse().expect("a time");
        let mut story = Story { state: State::default(), records: Vec::new(), now };
        let started = Started { term: 1, version: "0".to_owned(), moved: false, address: None };
        story.turn(Input::Started(started));
        let spec = format!("spec: {{ mode: {mode}, default_team");
        story.defines("spec: { default_team", &spec);
        story
    }

    /// The files, with this instead of that.
    fn defines(&mut self, that: &str, this: &str) {
        assert!(FILES.iter().any(|(_, text)| text.contains(that)), "{that}");
        let files: BTreeMap<String, String> =
            FILES.map(|(path, text)| (path.to_owned(), text.replace(that, this))).into();
        self.turn(Input::Catalog(CatalogTexts { hash: this.to_owned(), files }));
    }

    fn turn(&mut self, input: Input) {
        let turned = turn(&mut self.state, input, self.now);
        turned.answer.expect("it is not refused");
        let seq = self.records.len() as u64 + 1;
        self.records.extend(turned.record.map(|record| (seq, record)));
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.turn(Input::Tick);
    }

    fn fires(&mut self, name: &str, severity: &str) {
        let labels = [("alertname", name), ("service", "shop"), ("severity", severity)];
        let alert = ReceivedAlert {
            labels: Labels::new(labels),
            annotations: Labels::default(),
            starts_at: self.now,
            ends_at: self.now + Duration::from_secs(3600),
            open_ended: false,
            generator: "".into(),
        };
        self.turn(Input::Received(Received {
            source: "prom".into(),
            alerts: vec![alert],
            heard: Vec::new(),
            payload: None,
            by: None,
        }));
    }

    /// Everything that is owed is answered: what goes through a channel or to a receiver of this name is refused.
    fn deliver(&mut self, refuses: &str) {
        for owed in self.state.owed(self.now) {
            let is_refused = match &owed.effect {
                Effect::Deliver(delivery) => *delivery.channel == *refuses,
                Effect::Notify(notify) => *notify.receiver == *refuses,
                _ => continue,
            };
            let outcome = match is_refused {
                true => Outcome::NotDelivered { error: "503".to_owned(), lasting: true, retry_after_s: None },
                false => Outcome::Delivered { receipt: "200 OK".to_owned() },
            };
            let (intent, attempt) = (owed.intent, owed.attempt);
            self.turn(Input::Outcome { intent, attempt, outcome });
        }
    }

    /// Every channel wants to be left alone for so long.
    fn fails_for_now(&mut self, seconds: u64) {
        for owed in self.state.owed(self.now) {
            let Effect::Deliver(_) = &owed.effect else { continue };
            let (intent, attempt, error) = (owed.intent, owed.attempt, "429".to_owned());
            let outcome = Outcome::NotDelivered { error, lasting: false, retry_after_s: Some(seconds) };
            self.turn(Input::Outcome { intent, attempt, outcome });
        }
    }

    fn tell(&mut self, command: Command) {
        let key = self.records.len().to_string();
        self.turn(Input::Told(Told { who: Who::new("ana", Via::Cli), key, command }));
    }

    fn silence(&mut self, matchers: &str) {
        let matchers = AlertMatcher::list(matchers).unwrap().iter().map(AlertMatcher::plain).collect();
        let until = self.now + Duration::from_secs(7200);
        let (by, why) = ("ben".to_owned(), "we know".to_owned());
        let silence = Silence::new(SilenceId(1), matchers, self.now, until, by, why);
        self.tell(Command::Silence { silence: silence.into(), replaces: None });
    }

    fn asked(&self, of: &str, wanted: Expect) {
        let answer = self.answer(of);
        let mut text = format!("{}\n", answer.short);
        answer.steps.iter().for_each(|step| write(&mut text, step, 0));
        wanted.assert_eq(&text);
    }

    fn answer(&self, of: &str) -> Why {
        let since = self.now - Duration::from_secs(12 * 3600);
        let (state, records) = (&self.state, &self.records[..]);
        let past = Past { state, at: self.now, records, since, left_out: 0 };
        let question = Question::parse(of, state.catalog()).expect("a question");
        why(&question, &past)
    }
}

fn write(text: &mut String, step: &Step, depth: usize) {
    let sign = match step.sign {
        Sign::Led => '+',
        Sign::Stopped => '-',
        Sign::Waits => '?',
        Sign::Said => ' ',
    };
    let place = step.definition.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
    let record = step.record.map_or_else(String::new, |record| format!(" #{record}"));
    let _ = writeln!(text, "{}{sign} {}{place}{record}", "  ".repeat(depth), step.text);
    step.steps.iter().for_each(|below| write(text, below, depth + 1));
}

#[test]
fn what_was_decided_is_not_explained_by_definitions_that_came_later() {
    let mut story = Story::begin();
    story.fires("Down", "critical");
    story.deliver("");
    story.defines("people: [ana, ben]", "people: [ben, ana]");
    story.asked(
        "INC-1",
        expect![[r#"
            ana was paged for INC-1
            + INC-1 SEV4 opened: Down on shop (tier 3, worth a page) #3
              Down belongs to INC-1 #3
            + escalation of payments, step 1: an incident opened #3
                by definitions that were changed since
              + paging ana through chat: an incident opened #3
                + ana was sent it through chat: 200 OK #4
            ? step 2 pages ben next, unless somebody acknowledges before (ops.yaml:18)
        "#]],
    );
}

#[test]
fn an_alert_leads_to_a_person_over_a_channel_that_failed_and_to_a_receiver() {
    let mut story = Story::begin();
    story.fires("Down", "critical");
    story.deliver("chat");
    story.deliver("chat");
    story.wait(30);
    story.deliver("chat");
    story.asked("Down", expect![[r#"
        ana, receiver shop was told of Down
        + Down {service="shop", severity="critical"}
          + Down fires, as prom says #3
          + it is worth a page: label severity="critical"
          + no silence and no other alert suppresses it
          + it belongs to INC-1: shop claims it (ops.yaml:20)
            + INC-1 SEV4 opened: Down on shop (tier 3, worth a page) (ops.yaml:20) #3
              Down belongs to INC-1 #3
            + escalation of payments, step 1: an incident opened (ops.yaml:17) #3
                ana was on call in payments/primary, from 2026-11-16T09:00:00Z until 2026-11-23T09:00:00Z (ops.yaml:15)
              - paging ana through chat: an incident opened (ops.yaml:11) #3
                - chat did not reach ana: 503; going on through web, and chat is not asked again: it refuses for good #4
              + paging ana through web: chat failed (ops.yaml:11) #4
                + ana was sent it through web: 200 OK #5
            ? step 2 pages ben next, unless somebody acknowledges before (ops.yaml:18)
          + the first route leads on (alertmanager.yml:2)
            - not the route {severity="warning"}: it has severity="critical" (alertmanager.yml:5)
            + the route {service=~"shop|cart"} leads to receiver shop (alertmanager.yml:6)
                grouped as {alertname="Down"}, alone (alertmanager.yml:6)
              + telling shop of {alertname="Down"}: its first alerts (1 firing, 0 resolved) #6
                + shop was told: 200 OK #7
                shop knows since 2026-11-20T21:00:30Z, and is told again after the repeat_interval of 4h: the group is looked at again at 2026-11-21T01:05:30Z (alertmanager.yml:6)
    "#]]);
}

#[test]
fn a_silence_and_a_ticket_page_nobody() {
    let mut story = Story::begin();
    story.silence("alertname=\"Down\"");
    story.fires("Down", "critical");
    story.fires("Slow", "warning");
    story.wait(60);
    story.asked("Down{service=\"shop\"}", expect![[r#"
        nobody was told of Down
        - Down {service="shop", severity="critical"}
          + Down fires, as prom says #4
          + it is worth a page: label severity="critical"
          - silenced by ben, until 2026-11-20T23:00:00Z: {alertname="Down"}, "we know" (silence 00000000-0000-0000-0000-000000000001)
          - it is in no incident: it is suppressed since it fires (shop claims it) (ops.yaml:20)
          - the first route leads on (alertmanager.yml:2)
            - not the route {severity="warning"}: it has severity="critical" (alertmanager.yml:5)
            - the route {service=~"shop|cart"} leads to receiver shop (alertmanager.yml:6)
                grouped as {alertname="Down"}, alone; 1 suppressed (alertmanager.yml:6)
              - shop is told nothing of it while it is suppressed
    "#]]);
    story.asked(
        "Slow",
        expect![[r#"
            nobody was told of Slow
            ? Slow {service="shop", severity="warning"}
              + Slow fires, as prom says #5
              - it is a ticket: label severity="warning", so it pages nobody
              + no silence and no other alert suppresses it
              - it belongs to INC-1: shop claims it (ops.yaml:20)
                + INC-1 SEV4 opened: Slow on shop (tier 3, a ticket) (ops.yaml:20) #5
                  Slow belongs to INC-1 #5
                - what is in it is a ticket: nobody is paged
              ? the first route leads on (alertmanager.yml:2)
                ? the route {severity="warning"} leads to receiver tickets (alertmanager.yml:5)
                    grouped as {alertname="Slow"}, alone (alertmanager.yml:5)
                  ? telling tickets of {alertname="Slow"}: its first alerts (1 firing, 0 resolved) #6
                    ? attempt 1 is under way: no answer yet
        "#]],
    );
    story.asked(
        "Gone",
        expect![[r#"
        no such alert fired since 2026-11-20T09:01:00Z
        - no alert with these labels fired since 2026-11-20T09:01:00Z, and no rule here raises one
    "#]],
    );
}

#[test]
fn a_page_that_nobody_was_sent_is_not_counted_as_one() {
    let mut story = Story::begin();
    story.fires("Down", "critical");
    story.tell(Command::Acknowledge { incident: IncidentId(1) });
    story.asked(
        "ana",
        expect![[r#"
        ana was to be paged once since 2026-11-20T09:00:00Z, and it did not arrive
          ana was on call in payments/primary until 2026-11-23T09:00:00Z (ops.yaml:15)
        - paging ana through chat: an incident opened (INC-1) (ops.yaml:11) #3
          - ana need not be told: the incident was acknowledged first #4
    "#]],
    );
}

#[test]
fn a_person_hears_whose_turn_it_was_and_when_theirs_would_have_come() {
    let mut story = Story::begin();
    story.fires("Down", "critical");
    story.deliver("none");
    story.wait(60);
    story.asked("ben", expect![[r#"
        ben was not paged since 2026-11-20T09:01:00Z
          ben was not on call in payments/primary: ana was, until 2026-11-23T09:00:00Z (ops.yaml:15)
        - nothing was sent to ben since 2026-11-20T09:01:00Z
        - ben was not paged for INC-1 Down on shop
          - step 1 pages oncall:primary, and paged ana: ben was not on call in payments/primary: ana was, until 2026-11-23T09:00:00Z (ops.yaml:17) #3
          ? step 2 pages ben, 10m after the first page: not due yet (ops.yaml:18)
    "#]]);
    story.tell(Command::Acknowledge { incident: IncidentId(1) });
    story.asked("ben", expect![[r#"
        ben was not paged since 2026-11-20T09:01:00Z
          ben was not on call in payments/primary: ana was, until 2026-11-23T09:00:00Z (ops.yaml:15)
        - nothing was sent to ben since 2026-11-20T09:01:00Z
        - ben was not paged for INC-1 Down on shop
          - step 1 pages oncall:primary, and paged ana: ben was not on call in payments/primary: ana was, until 2026-11-23T09:00:00Z (ops.yaml:17) #3
          - step 2 pages ben, 10m after the first page; before that: INC-1 acknowledged by ana, until 2026-11-20T21:31:00Z without activity (ops.yaml:18) #6
    "#]]);
    story.asked(
        "eve",
        expect![[r#"
        eve was not paged since 2026-11-20T09:01:00Z
          eve was not on call in payments/primary: ana was, until 2026-11-23T09:00:00Z (ops.yaml:15)
        - nothing was sent to eve since 2026-11-20T09:01:00Z
        - eve was not paged for INC-1 Down on shop
          - no step of the escalation of payments pages eve (ops.yaml:6)
    "#]],
    );
    story.asked("INC-1", expect![[r#"
        ana was paged for INC-1
        + INC-1 SEV4 opened: Down on shop (tier 3, worth a page) (ops.yaml:20) #3
          Down belongs to INC-1 #3
        + escalation of payments, step 1: an incident opened (ops.yaml:17) #3
            ana was on call in payments/primary, from 2026-11-16T09:00:00Z until 2026-11-23T09:00:00Z (ops.yaml:15)
          + paging ana through chat: an incident opened (ops.yaml:11) #3
            + ana was sent it through chat: 200 OK #4
        - INC-1 acknowledged by ana, until 2026-11-20T21:31:00Z without activity #6
        - ana has it since 2026-11-20T21:01:00Z, which holds until 2026-11-20T21:31:00Z without activity: nobody else is paged (ops.yaml:10)
    "#]]);
}

/// Whoever is paged for an incident before another alert joins it was not told of that alert.
#[test]
fn an_alert_that_joins_a_paged_incident_tells_nobody_anew() {
    let mut story = Story::begin();
    story.fires("Down", "critical");
    story.deliver("none");
    story.tell(Command::Acknowledge { incident: IncidentId(1) });
    story.wait(20);
    story.fires("Slow", "warning");
    story.deliver("none");
    story.asked("Slow", expect![[r#"
        nobody was told of Slow anew: ana had been paged for INC-1
        ? Slow {service="shop", severity="warning"}
          + Slow fires, as prom says #6
          - it is a ticket: label severity="warning", so it pages nobody
          + no silence and no other alert suppresses it
          - it belongs to INC-1: shop claims it (ops.yaml:20)
              it joined INC-1, for which ana had been paged at 2026-11-20T21:00:00Z: it paged nobody anew
            + INC-1 SEV4 opened: Down on shop (tier 3, worth a page) (ops.yaml:20) #3
              Down belongs to INC-1 #3
            + escalation of payments, step 1: an incident opened (ops.yaml:17) #3
                ana was on call in payments/primary, from 2026-11-16T09:00:00Z until 2026-11-23T09:00:00Z (ops.yaml:15)
              + paging ana through chat: an incident opened (ops.yaml:11) #3
                + ana was sent it through chat: 200 OK #4
            - INC-1 acknowledged by ana, until 2026-11-20T21:30:00Z without activity #5
              Slow belongs to INC-1 #6
            - ana has it since 2026-11-20T21:00:00Z, which holds until 2026-11-20T21:30:00Z without activity: nobody else is paged (ops.yaml:10)
          ? the first route leads on (alertmanager.yml:2)
            ? the route {severity="warning"} leads to receiver tickets (alertmanager.yml:5)
                grouped as {alertname="Slow"}, alone (alertmanager.yml:5)
              ? tickets is told first after the group_wait of 30s (alertmanager.yml:5)
    "#]]);
    assert_eq!(story.answer("Down").short, "ana was told of Down");
}

#[test]
fn a_question_that_cannot_be_read_says_so() {
    let story = Story::begin();
    let parse = |text: &str| Question::parse(text, story.state.catalog()).map_err(|why| why.0);
    assert_eq!(parse("ana"), Ok(Question::Person("ana".into())));
    assert!(matches!(parse("alert:ana"), Ok(Question::Alerts { .. })));
    assert!(matches!(parse("service=\"shop\""), Ok(Question::Alerts { .. })));
    assert_eq!(parse("person:zoe"), Err("nobody is called zoe".to_owned()));
    assert!(parse("").is_err() && parse("{").is_err() && parse("INC-x").is_err() && parse("{}").is_err());
}

/// The escalation goes on, since nobody acknowledges; nothing of it leaves.
#[test]
fn in_shadow_mode_everything_is_decided_and_nothing_is_owed() {
    let mut story = Story::of("shadow");
    story.fires("Down", "critical");
    for seconds in [0, 30, 570, 600] {
        story.wait(seconds);
        assert_eq!(story.state.owed(story.now), [], "{seconds}");
    }
    let would = crate::deliveries(&story.state, &story.records);
    let would: Vec<String> =
        would.iter().rev().map(|one| format!("{} {} {}", one.state.word(), one.to, one.through)).collect();
    assert_eq!(would, ["withheld ana chat", "withheld shop integration 0", "withheld ben web"]);
    let key = "deploy".to_owned();
    let command = Command::Deploy { service: "shop".into(), version: "v2".into() };
    let told = Told { who: Who::new("ana", Via::Cli), key, command };
    assert!(turn(&mut story.state, Input::Told(told), story.now).answer.is_err());
    story.asked("Down", expect![[r#"
        nobody was told of Down; receiver shop would have been
        - Down {service="shop", severity="critical"}
          + Down fires, as prom says #3
          + it is worth a page: label severity="critical"
          + no silence and no other alert suppresses it
          - it belongs to INC-1: shop claims it (ops.yaml:20)
            + INC-1 SEV4 opened: Down on shop (tier 3, worth a page) (ops.yaml:20) #3
              Down belongs to INC-1 #3
            + escalation of payments, step 1: an incident opened (ops.yaml:17) #3
                ana was on call in payments/primary, from 2026-11-16T09:00:00Z until 2026-11-23T09:00:00Z (ops.yaml:15)
              - paging ana through chat: an incident opened (ops.yaml:11) #3
                - ana would have been sent it through chat: this is shadow mode #3
            + escalation of payments, step 2: nobody acknowledged within 10m (ops.yaml:18) #5
            - nobody is left to page: every step of the escalation was taken #5
              - paging ben through web: nobody acknowledged within 10m (ops.yaml:12) #5
                - ben would have been sent it through web: this is shadow mode #5
            - no further step of the escalation pages anybody
          - the first route leads on (alertmanager.yml:2)
            - not the route {severity="warning"}: it has severity="critical" (alertmanager.yml:5)
            - the route {service=~"shop|cart"} leads to receiver shop (alertmanager.yml:6)
                grouped as {alertname="Down"}, alone (alertmanager.yml:6)
              - telling shop of {alertname="Down"}: its first alerts (1 firing, 0 resolved) #4
                - shop would have been told: this is shadow mode #4
                shop knows since 2026-11-20T21:00:30Z, and is told again after the repeat_interval of 4h: the group is looked at again at 2026-11-21T01:05:30Z (alertmanager.yml:6)
    "#]]);
}

/// What was owed when the mode changed is owed to nobody.
#[test]
fn a_change_to_shadow_mode_withholds_what_was_owed() {
    let mut story = Story::begin();
    story.fires("Down", "critical");
    assert_eq!(story.state.owed(story.now).len(), 1);
    let mut files: BTreeMap<String, String> =
        FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let text = files.get_mut("ops.yaml").expect("the file");
    *text = text.replace("spec: { default_team", "spec: { mode: shadow, default_team");
    story.turn(Input::Catalog(CatalogTexts { hash: "2".to_owned(), files }));
    assert!(story.state.respond.notices.owed.is_empty());
    assert_eq!(crate::deliveries(&story.state, &story.records)[0].state, crate::SendingState::Withheld);
}

#[test]
fn a_storm_is_told_in_short() {
    let mut story = Story::begin();
    (0..300).for_each(|n| story.fires(&format!("Down{n}"), "critical"));
    let texts: Vec<String> = story.answer("INC-1").steps.into_iter().map(|step| step.text).collect();
    let joined: Vec<usize> = (0..texts.len()).filter(|n| texts[*n].contains("belongs to INC-1")).collect();
    assert_eq!(joined.len(), 10, "{texts:?}");
    assert_eq!(texts[joined[9] + 1], "290 more alerts joined it");
}

#[test]
fn of_a_long_story_the_beginning_and_the_end_are_told() {
    let mut story = Story::begin();
    story.fires("Down", "critical");
    for _ in 0..120 {
        story.deliver("");
        story.tell(Command::Acknowledge { incident: IncidentId(1) });
        story.wait(24 * 3600);
        story.fires("Down", "critical");
    }
    let steps = story.answer("INC-1").steps;
    let left_out: Vec<usize> =
        (0..steps.len()).filter(|n| steps[*n].text.contains("are left out here")).collect();
    assert_eq!(left_out, [40]);
    let (before, after) = (&steps[39], &steps[41]);
    assert!(before.record < after.record, "{before:?} {after:?}");
    assert!(steps.len() < 210, "{}", steps.len());
}

#[test]
fn a_channel_that_failed_for_the_moment_is_gone_back_to() {
    let mut story = Story::begin();
    story.fires("Down", "critical");
    story.fails_for_now(120);
    let answer = story.answer("Down");
    let mut text = String::new();
    answer.steps.iter().for_each(|step| write(&mut text, step, 0));
    assert!(text.contains("? it failed for the moment, and is asked again when web fails too"), "{text}");
    assert!(text.contains("going on through web #"), "{text}");
    story.deliver("web");
    let answer = story.answer("Down");
    let mut text = String::new();
    answer.steps.iter().for_each(|step| write(&mut text, step, 0));
    assert!(
        text.contains("web did not reach ana: 503; back to chat, which failed for the moment: attempt 2"),
        "{text}"
    );
    assert!(text.contains("? attempt 2 is next"), "{text}");
}

#[test]
fn a_maintenance_says_what_it_covers() {
    let mut story = Story::begin();
    let maintenance = "apiVersion: andon/v1\nkind: Maintenance\nmetadata: { name: vacuum }\nspec: { services: [shop], owner: team:payments, reason: it is vacuumed, once: { at: '2026-11-20T20:00:00Z', for: 3h } }\n";
    let mut files: BTreeMap<String, String> =
        FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    files.insert("maintenance.yaml".to_owned(), maintenance.to_owned());
    story.turn(Input::Catalog(CatalogTexts { hash: "2".to_owned(), files }));
    story.fires("Down", "critical");
    let answer = story.answer("Down");
    let mut text = String::new();
    answer.steps.iter().for_each(|step| write(&mut text, step, 0));
    assert!(text.contains("{service=\"shop\"}, \"it is vacuumed\""), "{text}");
}
