//! Series as services have them: counters, gauges with decimals and without, sparse counters, constants.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

pub const EVERY_MS: i64 = 15_000;

/// Deterministic but for when it ends, which is now, since peers refuse what is too old or not yet.
pub struct Data {
    series: usize,
    samples: usize,
    last_at: i64,
}

impl Data {
    pub fn new(series: usize, samples: usize) -> Data {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        Data { series, samples, last_at: now - now % EVERY_MS }
    }

    pub fn series(&self) -> usize {
        self.series
    }

    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Milliseconds since 1970.
    pub fn last_at(&self) -> i64 {
        self.last_at
    }

    pub fn at(&self, sample: usize) -> i64 {
        self.last_at - (self.samples - 1 - sample) as i64 * EVERY_MS
    }

    /// Sorted by name, as remote write demands.
    pub fn labels(&self, series: usize) -> [(&'static str, String); 7] {
        [
            ("__name__", "x".to_owned()),
            ("cluster", "eu-west-1".to_owned()),
            ("handler", format!("/api/v1/resource{}", series % 50)),
            ("instance", format!("10.0.{}.{}:9100", series / 5_000, series / 50 % 100)),
            ("job", format!("service-{}", series / 50 % 20)),
            ("method", ["GET", "POST"][series / 7 % 2].to_owned()),
            ("pod", format!("service-{}-7d9f8b6c5-{:05x}", series / 50 % 20, series)),
        ]
    }

    /// 40 % counters, 15 % whole gauges, 15 % gauges with two decimals, 5 % with all their digits, 15 % sparse
    /// counters, 10 % constants.
    pub fn value(&self, series: usize, sample: usize) -> f64 {
        let noise = |salt: usize| mixed(series as u64 * 1_000_003 + salt as u64);
        let unit = |salt: usize| noise(salt) as f64 / u64::MAX as f64;
        let rate = 1 + noise(0) % 200;
        match series % 20 {
            0..8 => (sample as u64 * rate + noise(sample + 1) % rate) as f64,
            8..11 => (1_000 + noise(sample + 1) % 64) as f64,
            11..14 => {
                (((50.0 + 10.0 * (sample as f64 / 40.0).sin() + unit(sample + 1)) * 100.0).round()) / 100.0
            }
            14 => 0.5 + unit(sample + 1) / 10.0,
            15..18 => (sample as u64 / (40 + noise(0) % 100)) as f64,
            _ => (noise(0) % 10) as f64,
        }
    }

    /// All series at one time as text, without times.
    pub fn exposition(&self, sample: usize) -> String {
        let mut text = String::from("# TYPE x untyped\n");
        for series in 0..self.series {
            text.push_str("x{");
            for (at, (name, value)) in self.labels(series).iter().skip(1).enumerate() {
                let comma = if at == 0 { "" } else { "," };
                // Writing to a string does not fail.
                let _ = write!(text, "{comma}{name}=\"{value}\"");
            }
            let _ = writeln!(text, "}} {}", self.value(series, sample));
        }
        text
    }
}

/// splitmix64, by Sebastiano Vigna (public domain algorithm).
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
