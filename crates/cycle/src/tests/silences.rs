//! Silences as people set them and as files define them, told as the journal tells it.

use std::collections::BTreeMap;
use std::fmt::Write;

use andon_definitions::alertmanager::AlertMatcher;
use andon_definitions::{Severity, SourceFile, load};
use andon_vocabulary::{
    CatalogTexts, Command, Effect, Event, Input, InstanceEvent, Labels, Outcome, Owed, Received,
    ReceivedAlert, Record, Silence, SilenceId, Timestamp, Told, Via, Who,
};
use expect_test::{Expect, expect};

use crate::{State, turn, words};

const TEAM: &str = "
---
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people: { ana: { timezone: UTC, contact: [ { channel: web } ] } }
  oncall: { primary: { people: [ana], every: 1w, handover: { day: mon, at: '09:00', timezone: UTC } } }
  escalation: [ { page: 'oncall:primary' } ]
---
apiVersion: andon/v1
kind: Service
metadata: { name: ledger }
spec: { owner: shop }
";

pub(super) struct Night {
    pub state: State,
    pub records: Vec<Record>,
    now: Timestamp,
    said: String,
    turns: u128,
}

impl Night {
    pub fn new(at: &str, spec: &str) -> Night {
        let mut night = Night {
            state: State::default(),
            records: Vec::new(),
            now: at.parse().unwrap(),
            said: String::new(),
            turns: 0,
        };
        night.files(spec, "");
        night
    }

    pub fn files(&mut self, spec: &str, more: &str) {
        self.defines(spec, &format!("{TEAM}{more}"));
    }

    /// From now on, these.
    pub fn defines(&mut self, spec: &str, rest: &str) {
        let instance =
            format!("apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: test }}\nspec: {spec}");
        let text = format!("{instance}{rest}");
        let file = SourceFile { path: "ops.yaml".to_owned(), text: text.clone() };
        let (_, findings) = load(&[file]);
        assert!(findings.iter().all(|finding| finding.severity != Severity::Error), "{findings:#?}");
        let hash = text.clone();
        let files = BTreeMap::from([("ops.yaml".to_owned(), text)]);
        self.turn(Input::Catalog(CatalogTexts { hash, files }));
    }

    /// What time brings on the way there, and then.
    pub fn until(&mut self, at: &str) {
        let at: Timestamp = at.parse().unwrap();
        while let Some(due) = self.state.next_deadline(self.now).filter(|due| *due <= at) {
            self.now = self.now.max(due);
            self.turn(Input::Tick);
        }
        self.now = at;
    }

    pub fn fires(&mut self, alertname: &str, severity: &str) {
        self.receives(alertname, severity, self.now + std::time::Duration::from_secs(90 * 86_400));
    }

    pub fn ends(&mut self, alertname: &str, severity: &str) {
        self.receives(alertname, severity, self.now);
    }

    fn receives(&mut self, alertname: &str, severity: &str, ends_at: Timestamp) {
        self.raised([("alertname", alertname), ("service", "ledger"), ("severity", severity)], ends_at);
    }

    /// By a sender of any labels.
    pub fn raised<const N: usize>(&mut self, labels: [(&str, &str); N], ends_at: Timestamp) {
        let alert = ReceivedAlert {
            labels: Labels::new(labels),
            annotations: Labels::default(),
            starts_at: self.now,
            ends_at,
            open_ended: false,
            generator: "".into(),
        };
        self.turn(Input::Received(Received {
            source: "test".into(),
            alerts: vec![alert],
            heard: Vec::new(),
            payload: None,
            by: None,
        }));
    }

    pub fn silence(&mut self, matchers: &str, until: &str, change: impl FnOnce(&mut Silence)) {
        let list = AlertMatcher::list(matchers).unwrap();
        let (id, by, why) = (SilenceId(self.turns + 1), "ana".to_owned(), "mended".to_owned());
        let matchers = list.iter().map(AlertMatcher::plain).collect();
        let mut silence = Silence::new(id, matchers, self.now, until.parse().unwrap(), by, why);
        change(&mut silence);
        self.tell(Command::Silence { silence: silence.into(), replaces: None });
    }

    pub fn tell(&mut self, command: Command) {
        let (who, key) = (Who::new("ana", Via::Cli), self.turns.to_string());
        self.turn(Input::Told(Told { who, key, command }));
    }

    /// The provider takes what is owed now.
    pub fn takes(&mut self) {
        self.answers(&Outcome::Delivered { receipt: "200".to_owned() });
    }

    /// It answers nothing for now.
    pub fn fails(&mut self) {
        let error = "no answer".to_owned();
        self.answers(&Outcome::NotDelivered { error, lasting: false, retry_after_s: None });
    }

    /// Nothing reaches this person, and never will.
    pub fn refuses(&mut self, person: &str) {
        let error = "no such address".to_owned();
        self.answers_of(person, &Outcome::NotDelivered { error, lasting: true, retry_after_s: None });
    }

    fn answers(&mut self, outcome: &Outcome) {
        self.answers_of("", outcome);
    }

    fn answers_of(&mut self, person: &str, outcome: &Outcome) {
        for owed in self.state.owed(self.now) {
            let Owed { intent, attempt, effect } = owed;
            if !person.is_empty() && !matches!(effect, Effect::Deliver(it) if *it.person == *person) {
                continue;
            }
            self.turn(Input::Outcome { intent, attempt, outcome: outcome.clone() });
        }
    }

    pub fn turn(&mut self, input: Input) {
        self.turns += 1;
        let turned = turn(&mut self.state, input, self.now);
        if let Err(refusal) = turned.answer {
            let hint = refusal.hint.unwrap_or_default();
            writeln!(self.said, "{} refused: {}; {hint}", self.now.second(), refusal.what).unwrap();
        }
        self.records.extend(turned.record.clone());
        for event in turned.record.into_iter().flat_map(|record| record.events) {
            let is_told = matches!(event, Event::Monitor(_))
                || words::say(&event).starts_with("telling")
                || words::say(&event).starts_with("paging");
            if is_told && !matches!(event, Event::Instance(InstanceEvent::Answered { .. })) {
                writeln!(self.said, "{} {}", self.now.second(), words::say(&event)).unwrap();
            }
        }
    }

    pub fn says(self, expected: Expect) {
        expected.assert_eq(&self.said);
    }
}

#[test]
fn hours_of_the_week_are_right_when_clocks_change() {
    // In Madrid 02:00 is skipped on 29 March, and comes twice on 25 October.
    let mut night = Night::new("2026-03-25T00:00:00Z", "{}");
    night.fires("Slow", "warning");
    night.silence("alertname=Slow", "2026-04-06T12:00:00Z", |silence| {
        silence.weekly = Some("sun 02:00-04:00 Europe/Madrid".parse().unwrap());
    });
    night.until("2026-04-07T00:00:00Z");
    night.says(expect![[r#"
        2026-03-25T00:00:00Z Slow fires, as test says
        2026-03-25T00:00:00Z ana silences {alertname="Slow"} every sun 02:00-04:00 Europe/Madrid until 2026-04-06T12:00:00Z: mended
        2026-03-29T01:00:00Z silence 00000000-0000-0000-0000-000000000003 begins
        2026-03-29T01:00:00Z nobody is told of ALR-16750236602402663864: silence 00000000-0000-0000-0000-000000000003
        2026-03-29T02:00:00Z silence 00000000-0000-0000-0000-000000000003 rests until 2026-04-05T00:00:00Z
        2026-03-29T02:00:00Z ALR-16750236602402663864 no longer suppressed (silence 00000000-0000-0000-0000-000000000003)
        2026-04-05T00:00:00Z silence 00000000-0000-0000-0000-000000000003 begins
        2026-04-05T00:00:00Z nobody is told of ALR-16750236602402663864: silence 00000000-0000-0000-0000-000000000003
        2026-04-05T02:00:00Z silence 00000000-0000-0000-0000-000000000003 rests until 2026-04-06T12:00:00Z
        2026-04-05T02:00:00Z ALR-16750236602402663864 no longer suppressed (silence 00000000-0000-0000-0000-000000000003)
        2026-04-06T11:45:00Z ana is to know that the silence of {alertname="Slow"} ends at 2026-04-06T12:00:00Z
        2026-04-06T11:45:00Z telling ana through web: a silence of theirs ends soon
        2026-04-06T12:00:00Z silence 00000000-0000-0000-0000-000000000003 ends: its time is over
    "#]]);

    let mut night = Night::new("2026-10-24T00:00:00Z", "{}");
    night.fires("Slow", "warning");
    night.silence("alertname=Slow", "2026-10-26T00:00:00Z", |silence| {
        silence.weekly = Some("sun 02:00-04:00 Europe/Madrid".parse().unwrap());
    });
    night.until("2026-10-27T00:00:00Z");
    night.says(expect![[r#"
        2026-10-24T00:00:00Z Slow fires, as test says
        2026-10-24T00:00:00Z ana silences {alertname="Slow"} every sun 02:00-04:00 Europe/Madrid until 2026-10-26T00:00:00Z: mended
        2026-10-25T00:00:00Z silence 00000000-0000-0000-0000-000000000003 begins
        2026-10-25T00:00:00Z nobody is told of ALR-16750236602402663864: silence 00000000-0000-0000-0000-000000000003
        2026-10-25T03:00:00Z silence 00000000-0000-0000-0000-000000000003 rests until 2026-10-26T00:00:00Z
        2026-10-25T03:00:00Z ALR-16750236602402663864 no longer suppressed (silence 00000000-0000-0000-0000-000000000003)
        2026-10-25T23:45:00Z ana is to know that the silence of {alertname="Slow"} ends at 2026-10-26T00:00:00Z
        2026-10-25T23:45:00Z telling ana through web: a silence of theirs ends soon
        2026-10-26T00:00:00Z silence 00000000-0000-0000-0000-000000000003 ends: its time is over
    "#]]);
}

#[test]
fn what_is_more_urgent_than_what_was_silenced_is_told_of() {
    let mut night = Night::new("2026-11-20T21:00:00Z", "{ silences: { remind_before: 0s } }");
    night.fires("Slow", "warning");
    night.silence("service=ledger", "2026-11-20T23:00:00Z", |silence| silence.lift_on_severity = true);
    night.fires("SlowToo", "warning");
    night.fires("Down", "critical");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z ana silences {service="ledger"} from 2026-11-20T21:00:00Z to 2026-11-20T23:00:00Z: mended
        2026-11-20T21:00:00Z silence 00000000-0000-0000-0000-000000000003 begins
        2026-11-20T21:00:00Z nobody is told of ALR-16750236602402663864: silence 00000000-0000-0000-0000-000000000003
        2026-11-20T21:00:00Z SlowToo fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
    "#]]);
}

#[test]
fn what_is_allowed_is_said_with_the_refusal() {
    let spec = "{ silences: { max: 7d, matchers_min: 2, alerts_max: 1, reason_required: true, deny: ['severity=\"critical\"'] } }";
    let mut night = Night::new("2026-11-20T21:00:00Z", spec);
    night.fires("Slow", "warning");
    night.fires("Slower", "warning");
    night.fires("Down", "critical");
    let soon = "2026-11-20T23:00:00Z";
    night.silence("service=ledger,alertname=Slow", "2026-12-20T23:00:00Z", |_| {});
    night.silence("service=ledger", soon, |_| {});
    night.silence("service=ledger,alertname=~\"Slow.*\"", soon, |_| {});
    night.silence("service=ledger,alertname=Down", soon, |_| {});
    night.silence("service=ledger,alertname=Slow", soon, |silence| silence.comment.clear());
    night.silence("service=ledger,alertname=Slow", soon, |silence| {
        silence.weekly = Some("someday 02:00-04:00 Europe/Madrid".parse().unwrap());
    });
    night.silence("service=ledger,alertname!=\"\"", soon, |silence| {
        silence.starts_at = "2026-11-20T22:00:00Z".parse().unwrap();
    });
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Slower fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:00:00Z refused: it would last 4w2d2h, and silences last at most 1w here; let it end by 2026-11-27T21:00:00Z, and extend it later
        2026-11-20T21:00:00Z refused: it has 1 of at least 2 matchers; say more of what the alerts have, such as service="…"
        2026-11-20T21:00:00Z refused: it would silence 2 alerts, and at most 1 may be; narrow it: say which service or which instances
        2026-11-20T21:00:00Z refused: people are told of {alertname="Down", service="ledger", severity="critical"}, whatever silences it; leave it out; `silences.deny` of the Instance says so
        2026-11-20T21:00:00Z refused: it has no reason; say why in the comment
        2026-11-20T21:00:00Z refused: `som` is no day of the week: write mon, tue, wed, thu, fri, sat or sun; write the days, the hours and the zone, such as tue 02:00-04:00 Europe/Madrid
        2026-11-20T21:00:00Z refused: it would silence 3 alerts, and at most 1 may be; narrow it: say which service or which instances
    "#]]);
}

#[test]
fn its_owner_is_reminded_before_it_ends() {
    let mut night = Night::new("2026-11-20T21:00:00Z", "{}");
    night.silence("service=ledger", "2026-11-20T23:00:00Z", |silence| {
        silence.owner = Some("team:shop".into());
    });
    night.silence("service=cellar", "2026-11-20T21:20:00Z", |_| {});
    night.until("2026-11-21T00:00:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z ana silences {service="ledger"} from 2026-11-20T21:00:00Z to 2026-11-20T23:00:00Z: mended
        2026-11-20T21:00:00Z silence 00000000-0000-0000-0000-000000000002 begins
        2026-11-20T21:00:00Z ana silences {service="cellar"} from 2026-11-20T21:00:00Z to 2026-11-20T21:20:00Z: mended
        2026-11-20T21:00:00Z silence 00000000-0000-0000-0000-000000000003 begins
        2026-11-20T21:20:00Z silence 00000000-0000-0000-0000-000000000003 ends: its time is over
        2026-11-20T22:45:00Z team:shop is to know that the silence of {service="ledger"} ends at 2026-11-20T23:00:00Z
        2026-11-20T22:45:00Z telling ana through web: a silence of theirs ends soon
        2026-11-20T23:00:00Z silence 00000000-0000-0000-0000-000000000002 ends: its time is over
    "#]]);
}

#[test]
fn maintenance_is_what_the_files_say() {
    let vacuum = |hours: &str| {
        format!(
            "---\napiVersion: andon/v1\nkind: Maintenance\nmetadata: {{ name: vacuum }}\nspec: {{ services: [ledger], owner: shop, reason: it is vacuumed, {hours} }}\n"
        )
    };
    let mut night = Night::new("2026-11-20T21:00:00Z", "{}");
    night.fires("Slow", "warning");
    night.files("{}", &vacuum("weekly: { days: [fri], from: '22:00', to: '23:00', timezone: UTC }"));
    night.until("2026-11-20T22:30:00Z");
    // Its hours are over already, and then they begin anew.
    night.files("{}", &vacuum("weekly: { days: [fri], from: '20:00', to: '21:00', timezone: UTC }"));
    night.files("{}", &vacuum("once: { at: '2026-11-20T22:00:00Z', for: 3h }"));
    let id = night.state.monitor.silences.maintenance().next().unwrap().silence.id;
    night.tell(Command::LiftSilence { silence: id });
    // Read again for another reason, it does not come back.
    night.files("{ reopen_within: 1m }", &vacuum("once: { at: '2026-11-20T22:00:00Z', for: 3h }"));
    night.files("{}", &vacuum("weekly: { days: [fri], from: '22:00', to: '23:00', timezone: UTC }"));
    night.tell(Command::LiftSilence { silence: id });
    night.tell(Command::LiftSilence { silence: id });
    night.files("{}", "");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z team:shop silences {service="ledger"} every fri 22:00-23:00 UTC: it is vacuumed
        2026-11-20T22:00:00Z silence 44383848-cc0a-4234-9253-96e68eb90810 begins
        2026-11-20T22:00:00Z nobody is told of ALR-16750236602402663864: silence 44383848-cc0a-4234-9253-96e68eb90810
        2026-11-20T22:30:00Z team:shop silences {service="ledger"} every fri 20:00-21:00 UTC: it is vacuumed
        2026-11-20T22:30:00Z silence 44383848-cc0a-4234-9253-96e68eb90810 rests until 2026-11-27T20:00:00Z
        2026-11-20T22:30:00Z ALR-16750236602402663864 no longer suppressed (silence 44383848-cc0a-4234-9253-96e68eb90810)
        2026-11-20T22:30:00Z team:shop silences {service="ledger"} from 2026-11-20T22:00:00Z to 2026-11-21T01:00:00Z: it is vacuumed
        2026-11-20T22:30:00Z silence 44383848-cc0a-4234-9253-96e68eb90810 begins
        2026-11-20T22:30:00Z nobody is told of ALR-16750236602402663864: silence 44383848-cc0a-4234-9253-96e68eb90810
        2026-11-20T22:30:00Z silence 44383848-cc0a-4234-9253-96e68eb90810 ends: lifted by ana
        2026-11-20T22:30:00Z ALR-16750236602402663864 no longer suppressed (silence 44383848-cc0a-4234-9253-96e68eb90810)
        2026-11-20T22:30:00Z team:shop silences {service="ledger"} every fri 22:00-23:00 UTC: it is vacuumed
        2026-11-20T22:30:00Z silence 44383848-cc0a-4234-9253-96e68eb90810 begins
        2026-11-20T22:30:00Z nobody is told of ALR-16750236602402663864: silence 44383848-cc0a-4234-9253-96e68eb90810
        2026-11-20T22:30:00Z silence 44383848-cc0a-4234-9253-96e68eb90810 rests until 2026-11-27T22:00:00Z
        2026-11-20T22:30:00Z ALR-16750236602402663864 no longer suppressed (silence 44383848-cc0a-4234-9253-96e68eb90810)
        2026-11-20T22:30:00Z refused: the maintenance vacuum silences nothing now; the files say when it does; change it there
        2026-11-20T22:30:00Z silence 44383848-cc0a-4234-9253-96e68eb90810 ends: the files no longer define it
    "#]]);
}

#[test]
fn what_would_remind_nobody_or_never_begin_is_refused() {
    let mut night = Night::new("2026-11-20T21:00:00Z", "{ default_team: shop }");
    let sunday = || "sun 02:00-04:00 UTC".parse().ok();
    night.silence("alertname=Down", "2026-11-20T23:00:00Z", |silence| silence.owner = Some("zoe".into()));
    night.silence("alertname=Down", "2026-11-20T23:00:00Z", |silence| silence.owner = Some("team:x".into()));
    night.silence("alertname=Down", "2026-11-22T02:00:00Z", |silence| silence.weekly = sunday());
    night.silence("alertname=Down", "2026-11-22T02:00:01Z", |silence| silence.weekly = sunday());
    night.silence("alertname=Down", "2026-11-20T23:00:00Z", |silence| {
        silence.owner = Some("team:shop".into());
    });
    assert_eq!(night.state.monitor.silences.all().count(), 2);
    night.says(expect![[r#"
        2026-11-20T21:00:00Z refused: there is nobody called "zoe" to be reminded of it; name a person or a team of the definitions, such as team:shop
        2026-11-20T21:00:00Z refused: there is nobody called "team:x" to be reminded of it; name a person or a team of the definitions, such as team:shop
        2026-11-20T21:00:00Z refused: sun 02:00-04:00 UTC never comes between 2026-11-20T21:00:00Z and 2026-11-22T02:00:00Z: it would silence nothing; let it end later, or say other hours
        2026-11-20T21:00:00Z ana silences {alertname="Down"} every sun 02:00-04:00 UTC until 2026-11-22T02:00:01Z: mended
        2026-11-20T21:00:00Z ana silences {alertname="Down"} from 2026-11-20T21:00:00Z to 2026-11-20T23:00:00Z: mended
        2026-11-20T21:00:00Z silence 00000000-0000-0000-0000-000000000006 begins
    "#]]);
}
