//! Incidents, notices and runs, in words.

use andon_vocabulary::{
    ApprovalExpiredThen, CalendarSays, IncumbentDid, NoticeKind, NoticeNext, NotificationNext, PersonAnswer,
    Purpose, Requester, RespondEvent, Says, ShiftOverride,
};

use super::change::{answer_words, result_words};
use super::{Kind, Subject};

pub(super) fn say(event: &RespondEvent) -> String {
    use RespondEvent as E;
    match event {
        E::IncidentOpened { incident, severity, title, why, declared_by, .. } => match declared_by {
            Some(who) => format!("{incident} SEV{severity} declared by {}: {title}", who.person),
            None => format!("{incident} SEV{severity} opened: {title} ({why})"),
        },
        E::IncidentAssigned { incident, team } => {
            format!("{incident} belongs to {team}, as other definitions say")
        }
        E::AlertJoined { incident, name, .. } => format!("{name} belongs to {incident}"),
        E::IncidentReopened { incident, .. } => format!("{incident} reopened: it came back"),
        E::IncidentFlaps { incident, times, by, until } => {
            let until = until.second();
            let next = match by {
                Some(person) => format!("{person} has it, until {until} without activity"),
                None => format!("somebody is paged if it stays until {until}"),
            };
            format!("{incident} flaps: it came back {times} times lately; {next}")
        }
        E::EscalationWaits { incident, until } => {
            format!(
                "{incident} people were paged lately; the escalation begins again if it stays until {}",
                until.second()
            )
        }
        E::SeverityChanged { incident, from, to, why } => format!("{incident} SEV{from} → SEV{to}: {why}"),
        E::Acknowledged { incident, who, expires } => {
            format!("{incident} acknowledged by {}, until {} without activity", who.person, expires.second())
        }
        E::AckExtended { incident, expires } => {
            format!("{incident} acknowledgement now lasts until {}", expires.second())
        }
        E::AckLapsed { incident, by } => {
            format!("{incident} the acknowledgement of {by} lapsed without activity")
        }
        E::Noted { who, text, .. } => format!("{}: {text}", who.person),
        E::IncidentResolved { incident, why } => format!("{incident} resolved: {why}"),
        E::IncidentSuppressed { incident } => {
            format!("{incident} is quiet: what disturbs most in it is suppressed")
        }
        E::IncidentCalmed { incident } => {
            format!("{incident} is no longer worth a page: only tickets are left of it")
        }
        E::IncidentClosed { incident } => format!("{incident} closed: it did not come back"),
        E::Escalated { team, step, round, why, .. } => {
            let round = if *round > 0 { format!(", round {}", round + 1) } else { String::new() };
            format!("escalation of {team}, step {}{round}: {why}", step + 1)
        }
        E::EscalationExhausted { why, .. } => format!("nobody is left to page: {why}"),
        E::NoticeOwed { delivery, why, .. } => {
            format!("{} {} through {}: {why}", verb(delivery.kind), delivery.person, delivery.channel)
        }
        E::NoticeSent { person, channel, receipt, .. } => {
            format!("{person} was sent it through {channel}: {receipt}")
        }
        E::NoticeArrived { person, channel, receipt, .. } => {
            format!("{channel} says that it has reached {person}: {receipt}")
        }
        E::NoticeFailed { person, channel, error, next, .. } => {
            let next = match next {
                NoticeNext::Retry { at, attempt } => format!("attempt {attempt} at {}", at.second()),
                NoticeNext::NextChannel { channel: to, follows: Some(_), back_at: None } => {
                    format!("going on through {to}, and {channel} is not asked again: it refuses for good")
                }
                NoticeNext::NextChannel { channel, .. } => format!("going on through {channel}"),
                NoticeNext::EarlierChannel { channel, attempt, at, .. } => {
                    format!(
                        "back to {channel}, which failed for the moment: attempt {attempt} at {}",
                        at.second()
                    )
                }
                NoticeNext::GiveUp => "no other channel is left".to_owned(),
            };
            format!("{channel} did not reach {person}: {error}; {next}")
        }
        E::NoticeWithheld { person, channel, .. } => {
            format!("{person} would have been sent it through {channel}: this is shadow mode")
        }
        E::NotificationWithheld { receiver, .. } => {
            format!("{receiver} would have been told: this is shadow mode")
        }
        E::NoticeDropped { person, why, .. } => format!("{person} need not be told: {why}"),
        E::ShiftTaken { taken, who, instead_of, .. } => {
            let by =
                if who.person == taken.person { String::new() } else { format!(", says {}", who.person) };
            let others: Vec<&str> =
                instead_of.iter().map(|one| &**one).filter(|one| **one != *taken.person).collect();
            let instead =
                if others.is_empty() { String::new() } else { format!(" instead of {}", others.join(", ")) };
            format!("{}{instead}{by}: {}{}", has(taken), taken.id, because(&taken.reason))
        }
        E::ShiftGivenBack { taken, who } => {
            format!("{} given back by {}: it was {}", taken.id, who.person, has(taken))
        }
        E::ShiftLost { taken } => {
            let ShiftOverride { id, team, rotation, .. } = taken;
            format!("{id} is lost: there is no rotation {team}/{rotation} any more; it was {}", has(taken))
        }
        E::SwapOffered { offer, .. } => {
            let takes = offer.takes.map_or_else(String::new, |takes| format!(", for {takes}"));
            format!(
                "{} asks {} to take {}/{} {}{takes}: {}{}",
                offer.by,
                offer.to,
                offer.team,
                offer.rotation,
                offer.gives,
                offer.id,
                because(&offer.reason)
            )
        }
        E::SwapAccepted { offer, .. } => format!("{} accepts {} of {}", offer.to, offer.id, offer.by),
        E::SwapDeclined { offer, who, reason } => {
            format!("{} declines {}{}", who.person, offer.id, because(reason))
        }
        E::CalendarRead { calendar } => {
            let name = format!("{}/{}", calendar.team, calendar.rotation);
            match &calendar.says {
                CalendarSays::Shifts { shifts, .. } => {
                    format!("the calendar of {name} has {} shifts", shifts.len())
                }
                CalendarSays::Failed { error } => {
                    format!("the calendar of {name} cannot be read: {error}; what it said before stays")
                }
            }
        }
        E::GroupsFlushed { groups } => match &groups[..] {
            [one] => format!("it is time to tell of the group {}", one.group),
            several => format!("it is time to tell of {} groups", several.len()),
        },
        E::NotificationHeld { group, receiver, why, until } => {
            format!("{receiver} is not told of {group} before {}: {why}", until.second())
        }
        E::NotificationOwed(owed) => {
            let (receiver, reason) = (&owed.receiver, owed.reason);
            let (firing, resolved) = (owed.firing.len(), owed.resolved.len());
            format!("telling {receiver} of {}: {reason} ({firing} firing, {resolved} resolved)", owed.group)
        }
        E::NotificationSent { receiver, receipt, .. } => format!("{receiver} was told: {receipt}"),
        E::NotificationFailed { receiver, error, next, .. } => {
            let next = match next {
                NotificationNext::Retry { at, attempt } => format!("attempt {attempt} at {}", at.second()),
                NotificationNext::GiveUp => "the group's next time is another chance".to_owned(),
            };
            format!("{receiver} was not told: {error}; {next}")
        }
        E::NotificationDropped { receiver, why, .. } => format!("{receiver} need not be told: {why}"),
        E::IncumbentDid { source, deed } => {
            let what = &deed.case.title;
            match &deed.did {
                IncumbentDid::Paged { whom } => {
                    let whom: Vec<&str> = whom.iter().map(|party| party.name.as_str()).collect();
                    format!("the incumbent {source} paged {}: {what}", whom.join(", "))
                }
                IncumbentDid::Acknowledged { by: Some(by) } => {
                    format!("{by} acknowledged at the incumbent {source}: {what}")
                }
                IncumbentDid::Acknowledged { by: None } => {
                    format!("somebody acknowledged at the incumbent {source}: {what}")
                }
                IncumbentDid::Resolved => format!("the incumbent {source} says that it is over: {what}"),
            }
        }
        E::ShadowReported { day, counts, .. } => format!("beside the incumbent on {day}: {counts}"),
        E::RunProposed { runbook, why, .. } => format!("runbook {runbook} is proposed: {why}"),
        E::RunRefused { runbook, why, .. } => format!("runbook {runbook} not launched: {why}"),
        E::RunStarted(started) => {
            let by = match &started.requested_by {
                Requester::Alert(alert) => alert.clone(),
                Requester::Person(who) => who.person.to_string(),
            };
            format!("{} of runbook {} started by {by}", started.run, started.runbook)
        }
        E::RunWaits { run, lock, held_by } => format!("{run} waits for the lock {lock}, held by {held_by}"),
        E::LockTaken { run, lock } => format!("{run} holds the lock {lock}"),
        E::StepBegan { run, step } => format!("{run} step {step} began"),
        E::StepSkipped { run, step, why } => format!("{run} step {step} skipped: {why}"),
        E::StepMeasured { run, step, says } => format!("{run} step {step} measured {}", value_words(says)),
        E::ApprovalAsked { run, step, from, preview, .. } => {
            let what: Vec<String> = preview.steps.iter().map(|step| step.action.to_string()).collect();
            format!("{run} step {step} asks {} to approve: {}", from.join(", "), what.join(", then "))
        }
        E::Approved { run, who, alone, .. } => match alone {
            Some(reason) => format!("{} approved {run}, alone: {reason}", who.person),
            None => format!("{} approved {run}", who.person),
        },
        E::Rejected { run, who, reason, .. } => format!("{} rejected {run}: {reason}", who.person),
        E::ApprovalExpired { run, then, .. } => match then {
            ApprovalExpiredThen::Escalate => format!("{run}: nobody approved in time; asking further"),
            ApprovalExpiredThen::Abort => format!("{run}: nobody approved in time"),
        },
        E::StepIntended { order, attempt, purpose, .. } => {
            let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            match purpose {
                Purpose::Act => format!("{}: asked to {}{again}", run(order), order.action),
                Purpose::RollBack => {
                    format!("{}: asked to take it back: {}{again}", run(order), order.action)
                }
            }
        }
        E::StepCarried { run, step, result, .. } => format!("{run} step {step} {}", result_words(result)),
        E::StepUnknown { run, step, why, .. } => {
            format!("{run} step {step}: don't know whether it happened: {why}")
        }
        E::LookupIntended { run, step, .. } => format!("{run} step {step}: looking whether it happened"),
        E::LookedUp { run, step, answer, .. } => format!("{run} step {step}: {}", answer_words(answer)),
        E::PersonAsked { run, step, question } => format!("{run} step {step} asks: {question}"),
        E::PersonAnswered { run, step, who, answer, reason } => {
            let answer = match answer {
                PersonAnswer::Done => "it happened",
                PersonAnswer::Repeat => "do it again",
                PersonAnswer::Abort => "stop here",
            };
            format!("{} says of {run} step {step}: {answer} ({reason})", who.person)
        }
        E::StepRetried { run, step, attempt, at, why } => {
            format!("{run} step {step} will be tried again at {}, attempt {attempt}: {why}", at.second())
        }
        E::VerifyBegan { run, step, until } => {
            format!("{run} step {step}: watching whether it helps, until {}", until.second())
        }
        E::VerifyReading { run, step, says } => format!("{run} step {step}: {}", says_words(says)),
        E::StepVerified { run, step, value } => {
            format!("{run} step {step} verified: it helped, value {value}")
        }
        E::StepNotVerified { run, step, why } => format!("{run} step {step} did not help: {why}"),
        E::StopIfBaseline { run, value } => format!("{run} begins at {value}"),
        E::StepFailed { run, step, why } => format!("{run} step {step} failed: {why}"),
        E::StepDone { run, step, detail } => format!("{run} step {step} done: {detail}"),
        E::NotifyAsked { run, to, text, .. } => format!("{run} tells {to}: {text}"),
        E::RunFinished { run, runbook, outcome, why, .. } => format!("{run} of {runbook} {outcome}: {why}"),
    }
}

fn has(taken: &ShiftOverride) -> String {
    format!("{} has {}/{} {}", taken.person, taken.team, taken.rotation, taken.during)
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

fn run(order: &andon_vocabulary::Order) -> String {
    order.run.map_or_else(|| order.step.to_string(), |run| format!("{run} step {}", order.step))
}

fn verb(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Page => "paging",
        NoticeKind::Approval => "asking for approval:",
        NoticeKind::Question => "asking",
        NoticeKind::Tell | NoticeKind::Acknowledged | NoticeKind::Resolved => "telling",
    }
}

/// A measured value; without a bound there is nothing to hold it against.
fn value_words(says: &Says) -> String {
    match says {
        Says::Holds { value } | Says::Fails { value } => value.to_string(),
        Says::NoData => "no data".to_owned(),
        Says::Error { error } => error.clone(),
    }
}

fn says_words(says: &Says) -> String {
    match says {
        Says::Holds { value } => format!("{value}, as wanted"),
        Says::Fails { value } => format!("{value}, not as wanted"),
        Says::NoData => "no data".to_owned(),
        Says::Error { error } => error.clone(),
    }
}

pub(super) fn kind(event: &RespondEvent) -> Kind {
    use RespondEvent as E;
    match event {
        E::AlertJoined { .. } | E::IncidentReopened { .. } => Kind::Alert,
        E::Acknowledged { .. } | E::Noted { .. } => Kind::Person,
        E::ShiftTaken { .. }
        | E::ShiftGivenBack { .. }
        | E::SwapOffered { .. }
        | E::SwapAccepted { .. }
        | E::SwapDeclined { .. } => Kind::Person,
        E::Approved { .. } | E::Rejected { .. } | E::PersonAnswered { .. } => Kind::Decision,
        E::IncidentOpened { declared_by: Some(_), .. } => Kind::Person,
        _ => Kind::Automation,
    }
}

pub(super) fn subject(event: &RespondEvent) -> Subject {
    let told_of = match event {
        RespondEvent::NoticeOwed { delivery, .. } => delivery.run,
        _ => None,
    };
    Subject { incident: event.incident(), run: event.run().or(told_of), ..Subject::default() }
}
