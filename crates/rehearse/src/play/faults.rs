//! What channels and receivers do wrong, as a scenario says.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_definitions::scenario::Delivery;
use andon_vocabulary::Timestamp;

/// Of one channel or receiver, from when it was said until something else is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fault {
    /// How likely a message is lost.
    pub lost: f64,
    /// Answers take so much longer.
    pub late: Duration,
    /// Every answer comes twice.
    pub twice: bool,
    /// It will never take anything.
    pub refuses: bool,
    down_until: Option<Timestamp>,
}

impl Fault {
    pub fn is_down(&self, now: Timestamp) -> bool {
        self.down_until.is_some_and(|until| now < until)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Faults {
    channels: BTreeMap<String, Fault>,
    receivers: BTreeMap<String, Fault>,
}

impl Faults {
    pub fn set(&mut self, said: &Delivery, now: Timestamp) {
        let fault = Fault {
            lost: said.lost,
            late: said.late.map_or(Duration::ZERO, |late| *late),
            twice: said.twice,
            refuses: said.refuses,
            down_until: said.down.map(|down| now + *down),
        };
        if let Some(channel) = &said.channel {
            self.channels.insert(channel.clone(), fault.clone());
        }
        if let Some(receiver) = &said.receiver {
            self.receivers.insert(receiver.clone(), fault);
        }
    }

    pub fn of_channel(&self, channel: &str) -> Fault {
        self.channels.get(channel).cloned().unwrap_or_default()
    }

    pub fn of_receiver(&self, receiver: &str) -> Fault {
        self.receivers.get(receiver).cloned().unwrap_or_default()
    }
}
