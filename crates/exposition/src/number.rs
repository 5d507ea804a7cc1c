//! Values and times.

use andon_vocabulary::Timestamp;

use crate::Format;

/// A float as Prometheus writes it: `NaN`, `+Inf`, `1.5e3`.
pub(crate) fn value(text: &str) -> Option<f64> {
    // Rust reads "infinity" too; those that write these formats do not.
    if text.len() > 4 && text.trim_start_matches(['+', '-']).starts_with(['i', 'I', 'n', 'N']) {
        return None;
    }
    text.parse().ok()
}

/// Whole milliseconds in the old format, seconds with a fraction in OpenMetrics.
pub(crate) fn time(text: &str, format: Format) -> Option<Timestamp> {
    match format {
        Format::Prometheus => text.parse().ok().map(Timestamp::from_ms),
        Format::OpenMetrics => {
            let ms = (value(text)? * 1000.0).round();
            (ms.abs() < 1e17).then(|| Timestamp::from_ms(ms as i64))
        }
    }
}
