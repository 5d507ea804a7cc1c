//! What a target answered, ready to be read row by row.

use andon_definitions::Job;
use andon_exposition::{Encoding, Families, Format, Histograms, Limits, ParseError};

/// Where a job sets no limit of its own: more is an accident or an attack.
pub const LIMITS: Limits =
    Limits { line_bytes_max: 1 << 20, labels_max: 1024, samples_max: 2_000_000, buckets_max: 10_000 };

#[derive(Debug)]
pub enum Body<'a> {
    Text(&'a [u8], Format),
    Families(Families),
}

impl<'a> Body<'a> {
    pub fn new(bytes: &'a [u8], encoding: Encoding, job: &Job) -> Result<Body<'a>, ParseError> {
        match encoding {
            Encoding::Text(format) => Ok(Body::Text(bytes, format)),
            Encoding::Protobuf => {
                let histograms = if job.classic_histograms { Histograms::Both } else { Histograms::Native };
                Families::read(bytes, histograms, &LIMITS).map(Body::Families)
            }
        }
    }
}
