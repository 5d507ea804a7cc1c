//! How much a template handles: texts that double themselves in a loop, or lists inside lists, would fill the memory long
//! before anything is written.

use super::Value;

/// Lists lie so deep inside each other.
const DEPTH_MAX: usize = 32;

/// What is left of what a template may handle, in bytes and elements.
#[derive(Debug)]
pub struct Room(usize);

impl Room {
    pub fn of(bytes: usize) -> Room {
        Room(bytes)
    }

    /// An error where the value does not fit any more.
    pub fn take(&mut self, value: &Value) -> Result<(), String> {
        self.take_at(value, 0)
    }

    pub fn take_bytes(&mut self, bytes: usize) -> Result<(), String> {
        self.0 = self.0.checked_sub(bytes).ok_or("it makes too much of too little")?;
        Ok(())
    }

    fn take_at(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        if depth > DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} lists inside each other"));
        }
        self.take_bytes(1)?;
        match value {
            Value::List(list) => list.iter().try_for_each(|item| self.take_at(item, depth + 1)),
            Value::Map(map) => map.iter().try_for_each(|(name, item)| {
                self.take_bytes(name.len())?;
                self.take_at(item, depth + 1)
            }),
            // What is told or measured is shared, not copied.
            other => self.take_bytes(other.length().unwrap_or(0)),
        }
    }
}
