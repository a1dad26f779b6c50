//! The fuzz targets over their committed corpus, so that what they found once stays found, without a fuzzer.

use std::{fs, path::Path};

#[expect(unreachable_pub, reason = "the targets are a crate of their own elsewhere")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[test]
fn no_target_fails_on_its_corpus() {
    targets::prepare();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, target) in targets::TARGETS {
        let mut files: Vec<_> =
            fs::read_dir(folder.join(name)).expect(name).flatten().map(|entry| entry.path()).collect();
        files.sort();
        assert!(files.len() >= 3, "{name}: {} files", files.len());
        for file in files {
            let data = fs::read(&file).expect("a file of the corpus");
            let ended = std::panic::catch_unwind(|| target(&data));
            assert!(ended.is_ok(), "{}", file.display());
        }
    }
}

#[test]
fn no_target_fails_on_damaged_inputs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut state = 5_u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for (name, target) in targets::TARGETS {
        for file in fs::read_dir(folder.join(name)).expect(name).flatten() {
            let sound = fs::read(file.path()).expect("a file of the corpus");
            for round in 0..20 {
                let mut data = sound.clone();
                for _ in 0..=round % 4 {
                    if data.is_empty() {
                        break;
                    }
                    let at = next() % data.len();
                    match next() % 3 {
                        0 => data[at] ^= 1 << (next() % 8),
                        1 => data.truncate(at),
                        _ => drop(data.splice(at..at, [b'"', b'\n', b'{', 0xff, b'9'])),
                    }
                }
                let ended = std::panic::catch_unwind(|| target(&data));
                assert!(ended.is_ok(), "{name}, {}, round {round}: {data:?}", file.path().display());
            }
        }
    }
}
