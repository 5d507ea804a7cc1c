//! Why Andon paged nobody for what the incumbent paged somebody for.

use std::fmt;

use andon_definitions::Catalog;
use andon_vocabulary::{AlertId, IncidentId, Name, SilenceId, SuppressedBy, Timestamp, Urgency};
use serde::Serialize;

use super::book::{Book, Fired};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing that fired here at that time has its key, its labels or its name.
    NoSuchAlert,
    Silenced {
        silence: SilenceId,
    },
    Inhibited {
        by: AlertId,
    },
    /// An alert of a service that its own depends on explains it.
    Explained {
        by: AlertId,
    },
    /// Its route tells nobody anything at that hour.
    OutOfHours {
        receiver: Name,
        why: String,
    },
    /// It joined an incident that people had been paged for.
    Joined {
        incident: IncidentId,
        whom: Vec<Name>,
        at: Option<Timestamp>,
        acknowledged_by: Option<Name>,
    },
    /// The incident came back again and again, and people know.
    Flaps {
        incident: IncidentId,
    },
    NobodyToPage {
        incident: IncidentId,
        why: String,
    },
    /// Its urgency pages nobody, and no route leads it to a receiver.
    NotUrgent {
        log: bool,
    },
    /// No route leads it to a receiver that sends anything.
    NotRouted,
    /// Its group's time, or its escalation's, had not come.
    NotYet,
    /// It ended before that time came.
    EndedFirst {
        after_ms: u64,
    },
}

/// Of an alert that told nobody, as of `at`, when the incumbent paged.
pub(super) fn reason(book: &Book, fired: &Fired, at: Timestamp, catalog: &Catalog) -> Reason {
    let covers =
        |from: Timestamp, until: Option<Timestamp>| from <= at && until.is_none_or(|until| at < until);
    let quiet = fired.quiet.iter().find(|quiet| covers(quiet.from, quiet.until)).or(fired.quiet.first());
    if let Some(quiet) = quiet {
        return match quiet.by {
            SuppressedBy::Silence(silence) => Reason::Silenced { silence },
            SuppressedBy::Alert(by) => Reason::Inhibited { by },
            SuppressedBy::Cause(by) => Reason::Explained { by },
        };
    }
    if let Some(held) = &fired.held {
        return Reason::OutOfHours { receiver: held.receiver.clone(), why: held.why.clone() };
    }
    if let Some(belongs) = &fired.incident
        && let Some(episode) = book.episode(belongs.incident, belongs.began)
    {
        let incident = belongs.incident;
        if episode.flaps {
            return Reason::Flaps { incident };
        }
        if let Some(page) = episode.pages.first() {
            let whom = episode.pages.iter().filter(|other| other.at == page.at);
            let whom = whom.map(|page| page.person.clone()).collect();
            let acknowledged_by = episode.acknowledged.as_ref().map(|(_, who)| who.clone());
            return Reason::Joined { incident, whom, at: Some(page.at), acknowledged_by };
        }
        if let Some(why) = &episode.stuck {
            return Reason::NobodyToPage { incident, why: why.clone() };
        }
        if fired.urgency == Urgency::Page && episode.is_older(belongs.at) {
            let acknowledged_by = episode.acknowledged.as_ref().map(|(_, who)| who.clone());
            return Reason::Joined { incident, whom: Vec::new(), at: None, acknowledged_by };
        }
    }
    let is_routed = catalog.alertmanager.as_ref().is_some_and(|alertmanager| {
        alertmanager.route.matching(&fired.labels).iter().any(|route| {
            let receiver = alertmanager.receivers.get(&route.receiver);
            receiver.is_some_and(|receiver| !receiver.integrations.is_empty())
        })
    });
    match fired.urgency {
        Urgency::Log if !is_routed => return Reason::NotUrgent { log: true },
        Urgency::Ticket if !is_routed => return Reason::NotUrgent { log: false },
        _ if !is_routed && fired.incident.is_none() => return Reason::NotRouted,
        _ => {}
    }
    match fired.until {
        Some(until) => Reason::EndedFirst {
            after_ms: u64::try_from(until.since(fired.at).as_millis()).unwrap_or(u64::MAX),
        },
        None => Reason::NotYet,
    }
}

impl Reason {
    pub fn word(&self) -> &'static str {
        match self {
            Reason::NoSuchAlert => "no_such_alert",
            Reason::Silenced { .. } => "silenced",
            Reason::Inhibited { .. } => "inhibited",
            Reason::Explained { .. } => "explained",
            Reason::OutOfHours { .. } => "out_of_hours",
            Reason::Joined { .. } => "joined",
            Reason::Flaps { .. } => "flaps",
            Reason::NobodyToPage { .. } => "nobody_to_page",
            Reason::NotUrgent { .. } => "not_urgent",
            Reason::NotRouted => "not_routed",
            Reason::NotYet => "not_yet",
            Reason::EndedFirst { .. } => "ended_first",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NoSuchAlert => f.write_str("no such alert came here at that time"),
            Reason::Silenced { silence } => write!(f, "silence {silence} covers it"),
            Reason::Inhibited { by } => write!(f, "{by} inhibits it"),
            Reason::Explained { by } => write!(f, "{by}, of a service that its own depends on, explains it"),
            Reason::OutOfHours { receiver, why } => write!(f, "{receiver} is not told of it then: {why}"),
            Reason::Joined { incident, whom, at, acknowledged_by } => {
                write!(f, "it joined {incident}")?;
                if let Some(at) = at {
                    let whom: Vec<&str> = whom.iter().map(|name| &**name).collect();
                    write!(f, ", for which {} was paged at {}", whom.join(", "), at.second())?;
                }
                match acknowledged_by {
                    Some(who) => write!(f, "; {who} had acknowledged it"),
                    None => Ok(()),
                }
            }
            Reason::Flaps { incident } => write!(f, "{incident} flaps: people know"),
            Reason::NobodyToPage { incident, why } => write!(f, "{incident} has nobody to page: {why}"),
            Reason::NotUrgent { log: true } => f.write_str("it is for the log: nobody is paged for it"),
            Reason::NotUrgent { log: false } => f.write_str("it is a ticket: nobody is paged for it"),
            Reason::NotRouted => f.write_str("no route leads it to anybody"),
            Reason::NotYet => f.write_str("its time had not come"),
            Reason::EndedFirst { after_ms } => {
                let lasted = andon_vocabulary::Span(std::time::Duration::from_millis(*after_ms));
                write!(f, "it ended after {lasted}, before anybody was to be told")
            }
        }
    }
}
