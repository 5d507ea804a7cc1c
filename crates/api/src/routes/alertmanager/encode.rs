//! An alert as Alertmanager writes it, byte for byte.

use std::time::Duration;

use andon_monitor::Alert;
use andon_vocabulary::{AlertId, Labels, SuppressedBy, Timestamp};

use crate::routes::prometheus::go;

/// What all alerts of an answer have in common.
pub struct Writer {
    pub now: Timestamp,
    /// What an alert of an own rule lasts if nothing more is said of it.
    pub resolve_timeout: Duration,
    pub out: Vec<u8>,
}

impl Writer {
    pub fn alert(&mut self, id: AlertId, alert: &Alert, receivers: &[u8], muted_by: &[&str]) {
        let (starts_at, ends_at, generator) = match &alert.received {
            Some(from) => (from.starts_at, from.ends_at, &*from.generator),
            None => (alert.since(), self.now + self.resolve_timeout, ""),
        };
        let out = &mut self.out;
        out.extend_from_slice(b"{\"annotations\":");
        labels(&alert.annotations, out);
        out.extend_from_slice(b",\"endsAt\":");
        time(ends_at, out);
        go::push(out, format_args!(",\"fingerprint\":\"{:016x}\",\"receivers\":", id.0));
        out.extend_from_slice(receivers);
        out.extend_from_slice(b",\"startsAt\":");
        time(starts_at, out);
        status(alert, muted_by, out);
        out.extend_from_slice(b",\"updatedAt\":");
        time(alert.heard, out);
        if !generator.is_empty() {
            out.extend_from_slice(b",\"generatorURL\":");
            go::escaped(generator, out);
        }
        out.extend_from_slice(b",\"labels\":");
        labels(&alert.labels, out);
        out.push(b'}');
    }
}

fn status(alert: &Alert, muted_by: &[&str], out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"status\":{\"inhibitedBy\":");
    list(alert.inhibitors(), out, |by, out| go::push(out, format_args!("\"{:016x}\"", by.0)));
    out.extend_from_slice(b",\"mutedBy\":");
    list(muted_by, out, |name, out| go::escaped(name, out));
    out.extend_from_slice(b",\"silencedBy\":");
    let mut silences: Vec<_> = alert.suppressed.iter().filter_map(silence).collect();
    silences.sort_unstable();
    list(silences, out, |id, out| go::push(out, format_args!("\"{id}\"")));
    let is_active = alert.suppressed.is_empty() && muted_by.is_empty();
    let state = if is_active { "active" } else { "suppressed" };
    go::push(out, format_args!(",\"state\":\"{state}\"}}"));
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
