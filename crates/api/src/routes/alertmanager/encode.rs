//! An alert as Alertmanager writes it, byte for byte.

use std::time::Duration;

use andon_monitor::{Alert, resolve_timeout};
use andon_vocabulary::{AlertId, Labels, SuppressedBy, Timestamp};

use crate::port::View;
use crate::routes::prometheus::go;

/// What all alerts of an answer have in common.
pub struct Writer {
    pub now: Timestamp,
    /// What an alert of an own rule lasts if nothing more is said of it.
    resolve_timeout: Duration,
    pub out: Vec<u8>,
    starts_at: Time,
    ends_at: Time,
    updated_at: Time,
}

/// About what one alert takes, so that an answer with thousands of them is not moved again and again as it grows.
const ALERT_BYTES: usize = 512;

impl Writer {
    /// Of at most as many alerts as there are.
    pub fn new(view: &View, now: Timestamp) -> Writer {
        let out = Vec::with_capacity(view.monitor.alerts.len() * ALERT_BYTES);
        let [starts_at, ends_at, updated_at] = [const { Time { at: None, text: Vec::new() } }; 3];
        Writer { now, resolve_timeout: resolve_timeout(view.catalog()), out, starts_at, ends_at, updated_at }
    }

    pub fn alert(&mut self, id: AlertId, alert: &Alert, receivers: &[u8], muted_by: &[&str]) {
        let (starts_at, ends_at, generator) = match &alert.received {
            Some(from) => (from.starts_at, from.ends_at, &*from.generator),
            None => (alert.since(), self.now + self.resolve_timeout, ""),
        };
        let out = &mut self.out;
        out.extend_from_slice(b"{\"annotations\":");
        labels(&alert.annotations, out);
        out.extend_from_slice(b",\"endsAt\":");
        self.ends_at.write(ends_at, out);
        out.extend_from_slice(b",\"fingerprint\":\"");
        go::hex(id.0, out);
        out.extend_from_slice(b"\",\"receivers\":");
        out.extend_from_slice(receivers);
        out.extend_from_slice(b",\"startsAt\":");
        self.starts_at.write(starts_at, out);
        status(alert, muted_by, out);
        out.extend_from_slice(b",\"updatedAt\":");
        self.updated_at.write(alert.heard, out);
        if !generator.is_empty() {
            out.extend_from_slice(b",\"generatorURL\":");
            go::escaped(generator, out);
        }
        out.extend_from_slice(b",\"labels\":");
        labels(&alert.labels, out);
        out.push(b'}');
    }
}

/// The one that was written last: what is sent together began, ends and was heard together.
struct Time {
    at: Option<Timestamp>,
    text: Vec<u8>,
}

impl Time {
    fn write(&mut self, at: Timestamp, out: &mut Vec<u8>) {
        if self.at.replace(at) != Some(at) {
            self.text.clear();
            time(at, &mut self.text);
        }
        out.extend_from_slice(&self.text);
    }
}

fn status(alert: &Alert, muted_by: &[&str], out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"status\":{\"inhibitedBy\":");
    list(alert.inhibitors(), out, |by, out| {
        out.push(b'"');
        go::hex(by.0, out);
        out.push(b'"');
    });
    out.extend_from_slice(b",\"mutedBy\":");
    list(muted_by, out, |name, out| go::escaped(name, out));
    out.extend_from_slice(b",\"silencedBy\":");
    let mut silences: Vec<_> = alert.suppressed.iter().filter_map(silence).collect();
    silences.sort_unstable();
    list(silences, out, |id, out| go::push(out, format_args!("\"{id}\"")));
    let is_active = alert.suppressed.is_empty() && muted_by.is_empty();
    let state: &[u8] = if is_active { b",\"state\":\"active\"}" } else { b",\"state\":\"suppressed\"}" };
    out.extend_from_slice(state);
}

fn silence(by: &SuppressedBy) -> Option<andon_vocabulary::SilenceId> {
    match by {
        SuppressedBy::Silence(id) => Some(*id),
        SuppressedBy::Alert(_) | SuppressedBy::Cause(_) => None,
    }
}

/// In brackets, with commas between.
pub fn list<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

pub fn receivers<'a>(names: impl IntoIterator<Item = &'a str>, out: &mut Vec<u8>) {
    list(names, out, |name, out| {
        out.extend_from_slice(b"{\"name\":");
        go::escaped(name, out);
        out.push(b'}');
    });
}

pub fn labels(labels: &Labels, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in labels.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        go::escaped(name, out);
        out.push(b':');
        go::escaped(value, out);
    }
    out.push(b'}');
}

pub fn time(at: Timestamp, out: &mut Vec<u8>) {
    go::push(out, format_args!("\"{at}\""));
}
