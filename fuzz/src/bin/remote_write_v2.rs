//! `io.prometheus.write.v2.Request`, unpacked.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| andon_fuzz::remote_write(andon_remote::Version::V2, body));
