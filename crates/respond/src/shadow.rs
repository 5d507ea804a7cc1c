//! Shadow mode: everything is decided, nothing is delivered. What was to be sent is a fact at once: it would have been.

use andon_definitions::Context;
use andon_vocabulary::{Delivery, Event, InstanceEvent, IntentId, NotificationOwed, Notify, RespondEvent};

use crate::State;

/// What is owed in shadow mode is owed to nobody: neither what is decided now, nor what was when the mode changed.
pub(crate) fn react(state: &State, event: &Event, cx: &Context) -> Vec<Event> {
    if !cx.catalog.instance.is_shadow() {
        return Vec::new();
    }
    match event {
        Event::Respond(RespondEvent::NoticeOwed { intent, delivery, .. }) => vec![notice(*intent, delivery)],
        Event::Respond(RespondEvent::NotificationOwed(owed)) => {
            let NotificationOwed { intent, receiver, integration, .. } = &**owed;
            let (receiver, integration) = (receiver.clone(), *integration);
            vec![RespondEvent::NotificationWithheld { intent: *intent, receiver, integration }.into()]
        }
        Event::Instance(InstanceEvent::CatalogChanged { .. }) => {
            let notices = state.notices.owed.iter().map(|(intent, owed)| notice(*intent, &owed.delivery));
            let mut events: Vec<Event> = notices.collect();
            events.extend(state.dispatch.outbox.all().map(|(intent, owing)| {
                let Notify { receiver, integration, .. } = owing.notify.clone();
                RespondEvent::NotificationWithheld { intent, receiver, integration }.into()
            }));
            events
        }
        _ => Vec::new(),
    }
}

fn notice(intent: IntentId, delivery: &Delivery) -> Event {
    let Delivery { incident, person, channel, .. } = delivery.clone();
    RespondEvent::NoticeWithheld { intent, incident, person, channel }.into()
}
