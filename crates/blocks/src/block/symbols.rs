//! The names and values of a block's labels: in order, each once, in one text.

use crate::codec::{Bytes, Short};

#[derive(Debug)]
pub struct Symbols {
    text: String,
    ends: Vec<u32>,
}

impl Symbols {
    pub fn read(bytes: &mut Bytes<'_>) -> Result<Symbols, Short> {
        let count = bytes.count()?;
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(count));
        let mut last = 0;
        for _ in 0..count {
            let shared = usize::try_from(bytes.varint()?).map_err(|_| Short)?;
            let begins = text.len();
            let prefix = text.get(last..begins).and_then(|before| before.get(..shared)).ok_or(Short)?;
            let prefix = prefix.to_owned();
            text.push_str(&prefix);
            text.push_str(bytes.text()?);
            ends.push(u32::try_from(text.len()).map_err(|_| Short)?);
            last = begins;
        }
        text.shrink_to_fit();
        Ok(Symbols { text, ends })
    }

    pub fn get(&self, number: u32) -> Option<&str> {
        let number = number as usize;
        let begins = if number == 0 { 0 } else { *self.ends.get(number - 1)? };
        self.text.get(begins as usize..*self.ends.get(number)? as usize)
    }

    pub fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    /// For numbers that were checked when the index was opened.
    pub fn known(&self, number: u32) -> &str {
        self.get(number).expect("names and values of the table are symbols")
    }
}
