//! What others send when something fires, in each of their formats.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| andon_fuzz::intake(body));
