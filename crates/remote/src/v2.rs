//! Requests of version 2.0: `io.prometheus.write.v2.Request`, where each text stands once and has a number.

use andon_protobuf::{Fields, Value};
use andon_timeseries::Exemplar;
use andon_vocabulary::Timestamp;
use twox_hash::XxHash3_128;

use crate::read::{Left, sample};
use crate::series::{Names, symbol_pairs};
use crate::v1::kind;
use crate::{Item, Limits, Malformed, Metadata, Room, Series};

/// The texts of a request. The numbers change from request to request, so that a key is made of the texts' hashes.
#[derive(Default)]
struct Symbols<'a> {
    texts: Vec<&'a str>,
    hashes: Vec<[u8; 16]>,
}

pub(crate) fn read(
    body: &[u8],
    limits: &Limits,
    left: &mut Left,
    room: &mut Room,
    take: &mut dyn FnMut(Item<'_>),
) -> Result<(), Malformed> {
    let mut symbols = Symbols::default();
    // A message may have its fields in any order, but the texts are needed first.
    for field in Fields::of(body) {
        if let (4, value) = field? {
            if symbols.texts.len() == limits.symbols_max {
                let max = limits.symbols_max;
                return Err(Malformed(format!(
                    "the request has more than {max} symbols; send fewer series at once"
                )));
            }
            let text = value.text()?;
            symbols.texts.push(text);
            symbols.hashes.push(XxHash3_128::oneshot(text.as_bytes()).to_le_bytes());
        }
    }
    if symbols.texts.first().is_some_and(|first| !first.is_empty()) {
        return Err(Malformed("the first symbol of a request must be empty".to_owned()));
    }
    for field in Fields::of(body) {
        if let (5, value) = field? {
            series(value.message()?, &symbols, limits, left, room, take)?;
        }
    }
    Ok(())
}

fn series(
    fields: Fields<'_>,
    symbols: &Symbols<'_>,
    limits: &Limits,
    left: &mut Left,
    room: &mut Room,
    take: &mut dyn FnMut(Item<'_>),
) -> Result<(), Malformed> {
    room.clear();
    let (mut metadata, mut created) = (None, 0);
    for field in fields {
        match field? {
            (1, value) => numbers(value, &mut room.numbers)?,
            (2, value) => {
                left.one()?;
                room.samples.push(sample(value.message()?)?);
            }
            (3, value) => left.histogram(value, room)?,
            (4, value) => {
                left.one()?;
                room.exemplars.push(exemplar(value, symbols)?);
            }
            (5, value) => metadata = Some(described(value, symbols)?),
            (6, value) => created = value.int()?,
            _ => {}
        }
    }
    let key = &mut room.key;
    let known = room.numbers.iter().map_while(|number| symbols.hashes.get(*number as usize));
    known.for_each(|hash| key.extend_from_slice(hash));
    take(Item::Series(Series {
        key: (room.key.len() == 16 * room.numbers.len()).then_some(&room.key[..]),
        samples: &room.samples,
        histograms: &room.histograms,
        refused: &room.refused,
        exemplars: &room.exemplars,
        metadata,
        created: (created != 0).then(|| Timestamp::from_ms(created)),
        names: Names::Symbols { numbers: &room.numbers, texts: &symbols.texts },
        labels_max: limits.labels_max,
    }));
    Ok(())
}

/// Numbers of symbols. One beyond 32 bits refers to none, as does the largest one.
fn numbers(value: Value<'_>, into: &mut Vec<u32>) -> Result<(), Malformed> {
    Ok(value.uints(&mut |number| into.push(u32::try_from(number).unwrap_or(u32::MAX)))?)
}

fn exemplar(value: Value<'_>, symbols: &Symbols<'_>) -> Result<Exemplar, Malformed> {
    let (mut refs, mut number, mut at) = (Vec::new(), 0.0, 0);
    for field in value.message()? {
        match field? {
            (1, value) => numbers(value, &mut refs)?,
            (2, value) => number = value.double()?,
            (3, value) => at = value.int()?,
            _ => {}
        }
    }
    let mut pairs = Vec::new();
    symbol_pairs(&refs, &symbols.texts, &mut pairs)?;
    Ok(Exemplar { at: Timestamp::from_ms(at), value: number, labels: pairs.into_iter().collect() })
}

fn described<'a>(value: Value<'_>, symbols: &Symbols<'a>) -> Result<Metadata<'a>, Malformed> {
    let mut found = Metadata { metric: "", kind: kind(0), help: "", unit: "" };
    let text = |value: Value<'_>| {
        let number = usize::try_from(value.uint()?).unwrap_or(usize::MAX);
        let text = symbols.texts.get(number).copied();
        text.ok_or_else(|| Malformed(format!("metadata refers to symbol {number}, which is not there")))
    };
    for field in value.message()? {
        match field? {
            (1, value) => found.kind = kind(value.int()?),
            (3, value) => found.help = text(value)?,
            (4, value) => found.unit = text(value)?,
            _ => {}
        }
    }
    Ok(found)
}
