//! Delimited families of metrics.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| andon_fuzz::protobuf(body));
