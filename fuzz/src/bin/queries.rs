//! PromQL, as anybody may write it into an address bar.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| andon_fuzz::query(text));
