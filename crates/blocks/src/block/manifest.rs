//! What a block says of itself; written last, so that a block with a manifest is whole.

use std::time::Duration;

use andon_vocabulary::Timestamp;
use serde::{Deserialize, Serialize};

/// A block of another version is not read.
pub const VERSION: u32 = 2;

/// How densely a block holds the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Resolution {
    /// Every sample.
    #[serde(rename = "raw")]
    Raw,
    #[serde(rename = "5m")]
    FiveMinutes,
    #[serde(rename = "1h")]
    Hour,
}

impl Resolution {
    pub const ALL: [Resolution; 3] = [Resolution::Raw, Resolution::FiveMinutes, Resolution::Hour];

    /// What one aggregate stands for; none where nothing is aggregated.
    pub fn step(self) -> Option<Duration> {
        match self {
            Resolution::Raw => None,
            Resolution::FiveMinutes => Some(Duration::from_secs(300)),
            Resolution::Hour => Some(Duration::from_secs(3600)),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Resolution::Raw => "raw",
            Resolution::FiveMinutes => "5m",
            Resolution::Hour => "1h",
        }
    }
}

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u32,
    /// Counts up within one store; the directory's name.
    pub number: u64,
    pub resolution: Resolution,
    /// Every sample lies in `(from, to]`.
    pub from: Timestamp,
    pub to: Timestamp,
    pub series: u64,
    pub samples: u64,
    pub chunks: u64,
    pub chunk_bytes: u64,
    pub index_bytes: u64,
    /// The blocks whose samples are all in this one: a crash may have left them beside it.
    #[serde(default)]
    pub replaces: Vec<u64>,
}

/// The file: beside the manifest a checksum of it.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    manifest: Manifest,
    checksum: String,
}

impl Manifest {
    pub fn to_json(&self) -> Vec<u8> {
        let stored = Stored { manifest: self.clone(), checksum: self.checksum() };
        serde_json::to_vec_pretty(&stored).expect("numbers and texts are JSON")
    }

    pub fn from_json(json: &[u8]) -> Option<Manifest> {
        let stored: Stored = serde_json::from_slice(json).ok()?;
        (stored.checksum == stored.manifest.checksum()).then_some(stored.manifest)
    }

    fn checksum(&self) -> String {
        let json = serde_json::to_vec(self).expect("numbers and texts are JSON");
        format!("{:08x}", crc32c::crc32c(&json))
    }

    pub fn bytes(&self) -> u64 {
        self.chunk_bytes + self.index_bytes
    }

    pub fn overlaps(&self, from: Timestamp, to: Timestamp) -> bool {
        self.from < to && from < self.to
    }
}
