//! Nothing that was seen outside is missing from the journal, and nothing left before its intent stood there.

use andon_vocabulary::{ChangeEvent, Delivery, Event, Order, Record, RespondEvent};

use crate::play::{Play, SeenWhat};

pub fn check(play: &Play) -> Vec<String> {
    let mut violations = Vec::new();
    let records = records(play);
    let mut kept = records.iter().flat_map(|record| &record.events);
    for seen in &play.seen {
        if let SeenWhat::Event(event) = &seen.what
            && !kept.any(|kept| kept == event)
        {
            violations.push(format!(
                "{}: acknowledged, and not in the journal: {}",
                seen.at,
                andon_cycle::words::say(event)
            ));
            break;
        }
    }
    let intends = |is: &dyn Fn(&Event) -> bool| records.iter().flat_map(|record| &record.events).any(is);
    for seen in &play.seen {
        let (what, intended) = match &seen.what {
            SeenWhat::Sent(sent) => (sent.action.to_string(), intends(&|event| ordered(event) == Some(sent))),
            SeenWhat::Notified(intent, notify) => {
                (notify.receiver.to_string(), intends(&|event| event.issues() == Some(*intent)))
            }
            SeenWhat::Tried(tried) => (tried.subject.clone(), intends(&|event| owed(event) == Some(tried))),
            _ => continue,
        };
        if !intended {
            violations.push(format!("{}: left without an intent in the journal: {what}", seen.at));
        }
    }
    violations
}

fn ordered(event: &Event) -> Option<&Order> {
    match event {
        Event::Respond(RespondEvent::StepIntended { order, .. })
        | Event::Change(ChangeEvent::ChangeIntended { order, .. }) => Some(order),
        _ => None,
    }
}

fn owed(event: &Event) -> Option<&Delivery> {
    match event {
        Event::Respond(RespondEvent::NoticeOwed { delivery, .. }) => Some(delivery),
        _ => None,
    }
}

pub fn records(play: &Play) -> Vec<Record> {
    use andon_journal::{Journal, Seq};
    let stored = play.journal.read(Seq::START.next(), usize::MAX).expect("a journal in memory is whole");
    stored.iter().map(|stored| Record::decode(&stored.body).expect("this binary wrote it")).collect()
}
