//! Tests of queries as text, in the notation of Prometheus's `promqltest` and `promtool`.

mod values;

pub use values::{BadValues, values};
