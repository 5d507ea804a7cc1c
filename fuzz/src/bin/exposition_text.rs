//! Text 0.0.4.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| andon_fuzz::text(body, andon_exposition::Format::Prometheus));
