//! A day, pair by pair, and what it comes to.

use std::collections::{BTreeMap, BTreeSet};

use andon_definitions::Catalog;
use andon_vocabulary::{IncidentId, Name, ShadowCounts, Timestamp};
use serde::Serialize;

use super::book::{Book, Episode, Fired};
use super::cases::Case;
use super::day::Day;
use super::pair::{Ours, Theirs, pair};
use super::party::{Whom, meant};
use super::reason::{Reason, reason};
use super::row::{Row, Side, Verdict};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub from: Timestamp,
    pub until: Timestamp,
    pub counts: ShadowCounts,
    /// Of what only the incumbent paged for: how often each reason was why.
    pub reasons: BTreeMap<&'static str, u32>,
    /// By verdict, what differs first; then by time.
    pub rows: Vec<Row>,
    /// The book was full then: something is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<Timestamp>,
}

/// What began within that day, as far as it is known `now`.
pub fn compare(book: &Book, catalog: &Catalog, day: &Day, now: Timestamp) -> Comparison {
    let mut alerts: Vec<&Fired> = book.alerts().collect();
    alerts.sort_by_key(|fired| (fired.at, fired.id));
    let mut cases: Vec<(&Name, &Case)> = book.cases().filter(|(_, case)| !case.paged.is_empty()).collect();
    cases.sort_by_key(|(source, case)| (case.first(), *source, &case.is.id));
    let ours: Vec<Ours<'_>> = alerts
        .iter()
        .map(|fired| Ours {
            from: fired.at,
            until: fired.until.unwrap_or(Timestamp::MAX),
            labels: &fired.labels,
            summary: fired.summary.as_deref(),
            service: fired.service.as_deref(),
        })
        .collect();
    let theirs: Vec<Theirs<'_>> = cases
        .iter()
        .map(|(_, case)| Theirs {
            at: case.first(),
            key: case.is.key.as_deref(),
            labels: &case.is.labels,
            title: &case.is.title,
            service: case.is.service.as_deref(),
        })
        .collect();
    let pairs = pair(&theirs, &ours, catalog.instance.shadow.within.0);
    let mut rows = Vec::new();
    let mut met = Met::default();
    for ((source, case), found) in cases.into_iter().zip(pairs) {
        let fired = found.map(|at| alerts[at]);
        if let Some(fired) = fired {
            met.note(fired);
        }
        if day.contains(case.first()) {
            rows.push(of_case(book, catalog, source, case, fired));
        }
    }
    rows.extend(met.others(book, &alerts, day));
    rows.sort_by(|one, other| {
        (one.verdict, one.at, &one.title, one.alert).cmp(&(
            other.verdict,
            other.at,
            &other.title,
            other.alert,
        ))
    });
    let mut counts = ShadowCounts::default();
    let mut reasons = BTreeMap::new();
    for row in &rows {
        *match row.verdict {
            Verdict::Same => &mut counts.same,
            Verdict::Different => &mut counts.different,
            Verdict::Unknown => &mut counts.unknown,
            Verdict::OnlyIncumbent => &mut counts.only_incumbent,
            Verdict::OnlyAndon => &mut counts.only_andon,
        } += 1;
        if let Some(reason) = &row.reason {
            *reasons.entry(reason.word()).or_default() += 1;
        }
    }
    let (from, until) = (day.from, day.until.min(now.max(day.from)));
    Comparison { from, until, counts, reasons, rows, full: book.full() }
}

impl Case {
    fn first(&self) -> Timestamp {
        self.paged.first().map_or(Timestamp::MAX, |(at, _)| *at)
    }
}

fn of_case(book: &Book, catalog: &Catalog, source: &Name, case: &Case, fired: Option<&Fired>) -> Row {
    let at = case.first();
    let whom = |is_first: bool| {
        let pages = case.paged.iter().filter(move |(page, _)| (*page == at) == is_first);
        let whom: BTreeSet<Whom> = pages.map(|(_, party)| meant(party, source, catalog)).collect();
        whom
    };
    let first = whom(true);
    let then: Vec<Whom> = whom(false).difference(&first).cloned().collect();
    let acknowledged = case.acknowledged.as_ref();
    let incumbent = Side {
        at,
        whom: first.iter().cloned().collect(),
        then,
        acknowledged_at: acknowledged.map(|(at, _)| *at),
        acknowledged_by: acknowledged.and_then(|(_, by)| Some(meant(by.as_ref()?, source, catalog))),
        source: Some(source.clone()),
        link: case.is.link.clone(),
    };
    let andon = fired.and_then(|fired| of_alert(book, fired));
    let mut row = Row {
        verdict: Verdict::OnlyIncumbent,
        at,
        title: if case.is.title.is_empty() { case.is.id.clone() } else { case.is.title.clone() },
        incumbent: Some(incumbent),
        andon: None,
        later_ms: None,
        reason: None,
        why: String::new(),
        alert: fired.map(|fired| fired.id),
        incident: fired.and_then(|fired| Some(fired.incident.as_ref()?.incident)),
    };
    let Some(andon) = andon else {
        let reason = fired.map_or(Reason::NoSuchAlert, |fired| reason(book, fired, at, catalog));
        row.why = reason.to_string();
        row.reason = Some(reason);
        return row;
    };
    let is_unknown = |whom: &Whom| matches!(whom, Whom::Unknown(_));
    row.verdict = match () {
        () if andon.whom.iter().any(|whom| first.contains(whom)) => Verdict::Same,
        () if first.iter().any(is_unknown) => Verdict::Unknown,
        () => Verdict::Different,
    };
    let later = andon.at.as_ms().saturating_sub(at.as_ms());
    row.why = match row.verdict {
        Verdict::Same => {
            format!("both paged {}", listed(andon.whom.iter().filter(|one| first.contains(one))))
        }
        _ => format!("the incumbent paged {}, Andon {}", listed(&first), listed(&andon.whom)),
    };
    row.why += &apart(later);
    row.later_ms = Some(later);
    row.andon = Some(andon);
    row
}

/// What Andon did about an alert: it paged for its incident, from when it joined it on, or told receivers of it.
fn of_alert(book: &Book, fired: &Fired) -> Option<Side> {
    let belongs = fired.incident.as_ref();
    let episode = belongs.and_then(|belongs| book.episode(belongs.incident, belongs.began));
    // Whoever was paged before the alert joined was paged for something else.
    let episode = episode.filter(|episode| {
        let paged_at = episode.pages.first().map(|page| page.at);
        belongs.zip(paged_at).is_some_and(|(belongs, paged_at)| paged_at >= belongs.at)
    });
    let mut pages: Vec<(Timestamp, Whom)> =
        fired.told.iter().map(|(receiver, at)| (*at, Whom::Receiver(receiver.clone()))).collect();
    pages.extend(episode.into_iter().flat_map(of_episode));
    side(pages, episode)
}

fn of_episode(episode: &Episode) -> impl Iterator<Item = (Timestamp, Whom)> + '_ {
    episode.pages.iter().map(|page| (page.at, Whom::Person(page.person.clone())))
}

/// People who are paged and receivers that are told at their own times are both told first.
fn side(mut pages: Vec<(Timestamp, Whom)>, episode: Option<&Episode>) -> Option<Side> {
    pages.sort();
    let at = pages.first()?.0;
    let person_at = pages.iter().find(|(_, whom)| matches!(whom, Whom::Person(_))).map(|(at, _)| *at);
    let is_first = |page: &(Timestamp, Whom)| match page.1 {
        Whom::Person(_) => Some(page.0) == person_at,
        _ => true,
    };
    let first: BTreeSet<Whom> =
        pages.iter().filter(|page| is_first(page)).map(|(_, whom)| whom.clone()).collect();
    let others: BTreeSet<Whom> = pages.iter().map(|(_, whom)| whom.clone()).collect();
    let acknowledged = episode.and_then(|episode| episode.acknowledged.as_ref());
    Some(Side {
        at,
        then: others.difference(&first).cloned().collect(),
        whom: first.into_iter().collect(),
        acknowledged_at: acknowledged.map(|(at, _)| *at),
        acknowledged_by: acknowledged.map(|(_, who)| Whom::Person(who.clone())),
        source: None,
        link: None,
    })
}

/// What the incumbent has a case for.
#[derive(Default)]
struct Met {
    episodes: BTreeSet<(IncidentId, Timestamp)>,
    alerts: BTreeSet<(Timestamp, andon_vocabulary::AlertId)>,
}

impl Met {
    fn note(&mut self, fired: &Fired) {
        self.alerts.insert((fired.at, fired.id));
        if let Some(belongs) = &fired.incident {
            self.episodes.insert((belongs.incident, belongs.began));
        }
    }

    /// Pages and notifications of that day that the incumbent has no case for.
    fn others(&self, book: &Book, alerts: &[&Fired], day: &Day) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut rules = BTreeMap::<(IncidentId, Timestamp), &Fired>::new();
        for fired in alerts {
            if let Some(belongs) = &fired.incident {
                rules.entry((belongs.incident, belongs.began)).or_insert(fired);
            }
        }
        for (incident, concerned) in book.concerned() {
            for episode in &concerned.episodes {
                let place = (incident, episode.began);
                let Some(page) = episode.pages.first().filter(|page| day.contains(page.at)) else { continue };
                if self.episodes.contains(&place) {
                    continue;
                }
                let fired = rules.get(&place);
                let rule = fired.map_or_else(String::new, |fired| format!("rule {}: ", fired.rule));
                let team = concerned.team.as_ref().map_or_else(String::new, |team| format!(" of {team}"));
                let andon = side(of_episode(episode).collect(), Some(episode));
                let whom = andon.as_ref().map_or_else(String::new, |side| listed(&side.whom));
                rows.push(Row {
                    verdict: Verdict::OnlyAndon,
                    at: page.at,
                    title: concerned.title.clone(),
                    incumbent: None,
                    andon,
                    later_ms: None,
                    reason: None,
                    why: format!("{rule}the escalation{team} pages {whom}: {}", page.why),
                    alert: fired.map(|fired| fired.id),
                    incident: Some(incident),
                });
            }
        }
        let mut told = BTreeMap::<(Timestamp, &Name), Vec<&Fired>>::new();
        for fired in alerts.iter().filter(|fired| !self.alerts.contains(&(fired.at, fired.id))) {
            for (receiver, at) in fired.told.iter().filter(|(_, at)| day.contains(*at)) {
                told.entry((*at, receiver)).or_default().push(fired);
            }
        }
        rows.extend(told.into_iter().map(|((at, receiver), fired)| {
            let first = fired[0];
            let name = first.labels.get("alertname").unwrap_or("an alert");
            let others = match fired.len() - 1 {
                0 => String::new(),
                others => format!(" and {others} more"),
            };
            Row {
                verdict: Verdict::OnlyAndon,
                at,
                title: format!("{name}{others}"),
                incumbent: None,
                andon: side(vec![(at, Whom::Receiver(receiver.clone()))], None),
                later_ms: None,
                reason: None,
                why: format!("rule {}: its route leads to receiver {receiver}", first.rule),
                alert: Some(first.id),
                incident: first.incident.as_ref().map(|belongs| belongs.incident),
            }
        }));
        rows
    }
}

fn listed<'a>(whom: impl IntoIterator<Item = &'a Whom>) -> String {
    let whom: Vec<String> = whom.into_iter().map(Whom::to_string).collect();
    whom.join(", ")
}

/// Nothing where it is the same second.
fn apart(later_ms: i64) -> String {
    let span = andon_vocabulary::Span(std::time::Duration::from_millis(later_ms.unsigned_abs()));
    match later_ms {
        -999..=999 => String::new(),
        1000.. => format!("; Andon {span} later"),
        _ => format!("; Andon {span} earlier"),
    }
}
