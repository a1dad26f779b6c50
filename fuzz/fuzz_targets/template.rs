#![no_main]

libfuzzer_sys::fuzz_target!(init: coroner_fuzz::prepare(), |data: &[u8]| coroner_fuzz::template(data));
