//! OpenMetrics 1.0.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| andon_fuzz::text(body, andon_exposition::Format::OpenMetrics));
