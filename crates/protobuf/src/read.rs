//! Bytes to fields.

use std::str;

use crate::Broken;

const CUT_OFF: Broken = Broken("a message is cut off");
const OTHER_TYPE: Broken = Broken("a field has another type than it should");

/// The fields of a message, in the order in which they stand there. The first error ends them.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

/// The content of a field, as far as the wire tells its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    #[inline]
    pub fn of(message: &'a [u8]) -> Fields<'a> {
        Fields { rest: message }
    }

    /// What has not been read yet.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    fn field(&mut self) -> Result<(u32, Value<'a>), Broken> {
        let key = varint(&mut self.rest)?;
        let number = u32::try_from(key >> 3).map_err(|_| Broken("a field's number is too large"))?;
        if number == 0 {
            return Err(Broken("a field has the number 0"));
        }
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut self.rest)?),
            1 => Value::Fixed64(u64::from_le_bytes(take(&mut self.rest)?)),
            2 => Value::Bytes(prefixed(&mut self.rest)?),
            5 => Value::Fixed32(u32::from_le_bytes(take(&mut self.rest)?)),
            _ => return Err(Broken("a field has a type that is not used any more")),
        };
        Ok((number, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>), Broken>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

impl<'a> Value<'a> {
    #[inline]
    pub fn uint(self) -> Result<u64, Broken> {
        match self {
            Value::Varint(value) => Ok(value),
            _ => Err(OTHER_TYPE),
        }
    }

    /// `int64`, `int32`, an enum.
    #[inline]
    pub fn int(self) -> Result<i64, Broken> {
        self.uint().map(u64::cast_signed)
    }

    /// `sint64`, `sint32`.
    #[inline]
    pub fn sint(self) -> Result<i64, Broken> {
        self.uint().map(unzigzag)
    }

    #[inline]
    pub fn double(self) -> Result<f64, Broken> {
        match self {
            Value::Fixed64(bits) => Ok(f64::from_bits(bits)),
            _ => Err(OTHER_TYPE),
        }
    }

    #[inline]
    pub fn bytes(self) -> Result<&'a [u8], Broken> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(OTHER_TYPE),
        }
    }

    #[inline]
    pub fn text(self) -> Result<&'a str, Broken> {
        str::from_utf8(self.bytes()?).map_err(|_| Broken("a text is not UTF-8"))
    }

    #[inline]
    pub fn message(self) -> Result<Fields<'a>, Broken> {
        self.bytes().map(Fields::of)
    }

    /// A repeated `uint32` or `uint64`: one of them, or several packed.
    pub fn uints(self, take: &mut impl FnMut(u64)) -> Result<(), Broken> {
        match self {
            Value::Varint(value) => take(value),
            Value::Bytes(mut packed) => {
                while !packed.is_empty() {
                    take(varint(&mut packed)?);
                }
            }
            _ => return Err(OTHER_TYPE),
        }
        Ok(())
    }

    /// A repeated `sint32` or `sint64`.
    pub fn sints(self, take: &mut impl FnMut(i64)) -> Result<(), Broken> {
        self.uints(&mut |value| take(unzigzag(value)))
    }

    /// A repeated `double`.
    pub fn doubles(self, take: &mut impl FnMut(f64)) -> Result<(), Broken> {
        let packed = match self {
            Value::Fixed64(bits) => {
                take(f64::from_bits(bits));
                return Ok(());
            }
            _ => self.bytes()?,
        };
        let (values, odd) = packed.as_chunks::<8>();
        if !odd.is_empty() {
            return Err(CUT_OFF);
        }
        values.iter().for_each(|bytes| take(f64::from_le_bytes(*bytes)));
        Ok(())
    }
}

/// The next of several messages that stand one behind another, each with its length before it. None: that was the last.
pub fn delimited<'a>(rest: &mut &'a [u8]) -> Option<Result<&'a [u8], Broken>> {
    (!rest.is_empty()).then(|| prefixed(rest))
}

#[inline]
fn prefixed<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Broken> {
    let length = usize::try_from(varint(rest)?).map_err(|_| CUT_OFF)?;
    let (bytes, after) = rest.split_at_checked(length).ok_or(CUT_OFF)?;
    *rest = after;
    Ok(bytes)
}

#[inline]
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Broken> {
    let (bytes, after) = rest.split_first_chunk::<N>().ok_or(CUT_OFF)?;
    *rest = after;
    Ok(*bytes)
}

#[inline]
fn varint(rest: &mut &[u8]) -> Result<u64, Broken> {
    // Most are short: field numbers, lengths of labels.
    if let [byte @ 0..0x80, after @ ..] = *rest {
        *rest = after;
        return Ok(u64::from(*byte));
    }
    let mut value = 0;
    for (at, byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if *byte < 0x80 {
            *rest = &rest[at + 1..];
            return Ok(value);
        }
    }
    Err(if rest.len() < 10 { CUT_OFF } else { Broken("a number is longer than 64 bits") })
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    #[test]
    fn what_is_written_is_read() {
        let mut message = Message::default();
        message.uint(1, 300);
        message.int(2, -5);
        message.sint(3, -5);
        message.double(4, -0.5);
        message.text(5, "über");
        message.message(6, |inner| inner.text(1, &"x".repeat(200)));
        message.doubles(7, [1.0, f64::INFINITY]);
        message.sints(8, [0, -1, i64::MIN, i64::MAX]);
        message.uints(9, [1, 1 << 40]);
        let bytes = message.into_bytes();
        let fields: Vec<(u32, Value)> = Fields::of(&bytes).collect::<Result<_, _>>().unwrap();
        let value = |number: u32| fields.iter().find(|(found, _)| *found == number).unwrap().1;
        assert_eq!(value(1).uint(), Ok(300));
        assert_eq!(value(2).int(), Ok(-5));
        assert_eq!(value(3).sint(), Ok(-5));
        assert_eq!(value(4).double(), Ok(-0.5));
        assert_eq!(value(5).text(), Ok("über"));
        let inner = value(6).message().unwrap().next().unwrap().unwrap();
        assert_eq!(inner.1.text().unwrap().len(), 200);
        let mut doubles = Vec::new();
        value(7).doubles(&mut |double| doubles.push(double)).unwrap();
        assert_eq!(doubles, [1.0, f64::INFINITY]);
        let mut sints = Vec::new();
        value(8).sints(&mut |sint| sints.push(sint)).unwrap();
        assert_eq!(sints, [0, -1, i64::MIN, i64::MAX]);
        let mut uints = Vec::new();
        value(9).uints(&mut |uint| uints.push(uint)).unwrap();
        assert_eq!(uints, [1, 1 << 40]);
        assert_eq!(value(1).text(), Err(OTHER_TYPE));
    }

    #[test]
    fn bytes_as_other_writers_write_them() {
        // Field 1 = 150 is the format's own example.
        assert_eq!(Fields::of(&[0x08, 0x96, 0x01]).next(), Some(Ok((1, Value::Varint(150)))));
        let broken = |bytes: &[u8]| Fields::of(bytes).find_map(Result::err);
        assert_eq!(broken(&[0x08]), Some(CUT_OFF));
        assert_eq!(broken(&[0x08, 0x80]), Some(CUT_OFF));
        assert_eq!(broken(&[0x0a, 0x05, 1]), Some(CUT_OFF));
        assert_eq!(broken(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), Some(CUT_OFF));
        assert_eq!(broken(&[0x09, 1, 2]), Some(CUT_OFF));
        assert!(broken(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_some());
        assert!(broken(&[0x00, 0x01]).is_some());
        assert!(broken(&[0x0b]).is_some());
    }

    #[test]
    fn any_bytes_can_be_read() {
        arbtest::arbtest(|u| {
            let bytes: Vec<u8> = u.arbitrary()?;
            for (_, value) in Fields::of(&bytes).flatten() {
                // Right or wrong, all that matters is that it ends.
                let _ = (value.sints(&mut |_| {}), value.doubles(&mut |_| {}), value.text());
                assert!(
                    value.message().is_err()
                        || value.message().is_ok_and(|inner| inner.count() <= bytes.len())
                );
            }
            let mut rest = &bytes[..];
            while let Some(Ok(message)) = delimited(&mut rest) {
                assert!(message.len() < bytes.len());
            }
            Ok(())
        });
    }
}
