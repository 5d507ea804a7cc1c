//! One JSON object to a line on stdout. Each line reads alone: it names its service, instance and version.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::place::{Place, text};

#[derive(Debug, Clone, Copy)]
pub enum Level {
    Info,
    Warn,
    Error,
}

#[derive(Debug)]
pub struct Log {
    service: &'static str,
    instance: String,
    version: String,
    /// Of the requests that went well one in so many is written: at 140 a second, all of them would fill
    /// 100 MB of disk in an hour and say nothing. Failures are always written.
    every: u64,
    well: AtomicU64,
}

impl Log {
    /// `LOG_EVERY=1` writes every request.
    pub fn from_env(place: &Place) -> Result<Log, String> {
        let every = match text("LOG_EVERY")? {
            None => 100,
            Some(every) => match every.parse() {
                Ok(every) if every > 0 => every,
                _ => {
                    return Err(format!("LOG_EVERY is '{every}'; it must be a number from 1, such as 100"));
                }
            },
        };
        Ok(Log {
            service: place.service.name(),
            instance: place.instance.clone(),
            version: place.version.clone(),
            every,
            well: AtomicU64::new(0),
        })
    }

    /// `fields` is an object; its keys stand beside the common ones.
    pub fn say(&self, level: Level, msg: &str, fields: Value) {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut line = json!({
            "ts": at.as_millis() as f64 / 1000.0,
            "level": match level { Level::Info => "info", Level::Warn => "warn", Level::Error => "error" },
            "msg": msg,
            "service": self.service,
            "instance": self.instance,
            "version": self.version,
        });
        if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
            line.extend(fields);
        }
        // A reader that went away is no reason to stop selling.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }

    /// Whether a request that went well should be written: the first one, then one in `every`.
    pub fn wants_another(&self) -> bool {
        self.well.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.every)
    }
}
