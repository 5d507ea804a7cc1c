//! Fields to bytes.

/// A message that is being written. A field of the default value is left out by whoever writes, as proto3 wants it.
#[derive(Clone, Debug, Default)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    pub fn uint(&mut self, number: u32, value: u64) {
        self.key(number, 0);
        self.varint(value);
    }

    pub fn int(&mut self, number: u32, value: i64) {
        self.uint(number, value.cast_unsigned());
    }

    pub fn sint(&mut self, number: u32, value: i64) {
        self.uint(number, zigzag(value));
    }

    pub fn double(&mut self, number: u32, value: f64) {
        self.key(number, 1);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub fn text(&mut self, number: u32, text: &str) {
        self.key(number, 2);
        self.varint(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub fn message(&mut self, number: u32, fill: impl FnOnce(&mut Message)) {
        self.key(number, 2);
        self.prefixed(fill);
    }

    /// Packed, as proto3 does it.
    pub fn uints(&mut self, number: u32, values: impl IntoIterator<Item = u64>) {
        self.message(number, |inner| values.into_iter().for_each(|value| inner.varint(value)));
    }

    pub fn sints(&mut self, number: u32, values: impl IntoIterator<Item = i64>) {
        self.uints(number, values.into_iter().map(zigzag));
    }

    pub fn doubles(&mut self, number: u32, values: impl IntoIterator<Item = f64>) {
        self.message(number, |inner| {
            values.into_iter().for_each(|value| inner.bytes.extend_from_slice(&value.to_le_bytes()));
        });
    }

    /// Writes with the length before it.
    pub fn prefixed(&mut self, fill: impl FnOnce(&mut Message)) {
        // Most are shorter than 128 bytes, so that one byte of length is enough.
        self.bytes.push(0);
        let begin = self.bytes.len();
        fill(self);
        let length = self.bytes.len() - begin;
        if length < 0x80 {
            self.bytes[begin - 1] = length as u8;
            return;
        }
        let end = self.bytes.len();
        self.varint(length as u64);
        let prefix = self.bytes.len() - end;
        self.bytes[begin - 1..].rotate_right(prefix);
        // The placeholder is now behind the prefix.
        self.bytes.remove(begin - 1 + prefix);
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn key(&mut self, number: u32, wire: u8) {
        self.varint(u64::from(number) << 3 | u64::from(wire));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}
