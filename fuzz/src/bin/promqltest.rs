//! Scripts of `andon test`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| andon_fuzz::script(text));
