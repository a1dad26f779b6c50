//! Tells the C library how to keep the memory that a program gives back.
//!
//! Left alone, glibc raises the size from which a block is mapped on its own each time a larger one is freed (up to 32 MB), and opens
//! heaps for each thread. What is freed after that stays in the heap of the thread that freed it: a program that makes and drops
//! tables of some megabytes on every thread holds up to twice what it uses, and spends time on trimming these heaps.

/// Blocks of this size and above are mapped one by one, so freeing them returns their memory; in bytes. The system clears each page of
/// such a block anew, which takes as long as decoding a column into it. The columns of a usual chunk, of a quarter of a million
/// numbers, are smaller.
pub const MAPPED_FROM: i32 = 9 << 18;

/// Memory at the end of a heap that it keeps for the next block instead of giving it back; in bytes. Below that, tables that are made and
/// dropped one after the other would have it taken and cleared each time.
pub const KEPT_AT_END: i32 = 32 << 20;

/// Processors that share a heap. Small blocks come from a cache of each thread, so few requests meet.
pub const PROCESSORS_A_HEAP: usize = 4;

/// Names of the environment by which people tune the heap themselves.
const TUNED: [&str; 4] =
    ["GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"];

/// Settles how the heap works for the rest of the process; whether anything was set. Nothing is where the environment does, nor
/// with a C library other than glibc.
///
/// * `processors`: those that the process may use.
///
/// Source: mallopt(3), `M_MMAP_THRESHOLD`, `M_TRIM_THRESHOLD` and `M_ARENA_MAX`.
#[expect(clippy::must_use_candidate, reason = "without settings a program only needs more memory")]
pub fn settle(processors: usize) -> bool {
    if TUNED.iter().any(|name| std::env::var_os(name).is_some()) {
        return false;
    }
    set(i32::try_from((processors / PROCESSORS_A_HEAP).max(1)).unwrap_or(i32::MAX))
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the C library's own interface")]
fn set(heaps: i32) -> bool {
    // SAFETY: mallopt takes two numbers by value and changes parameters of the allocator under its lock, which glibc allows at
    // any time and from any thread.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_FROM) == 1
            && libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_AT_END) == 1
            && libc::mallopt(libc::M_ARENA_MAX, heaps) == 1
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn set(_heaps: i32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_library_takes_what_is_set() {
        for processors in [0, 1, 4, 64] {
            let tuned = TUNED.iter().any(|name| std::env::var_os(name).is_some());
            assert_eq!(settle(processors), cfg!(all(target_os = "linux", target_env = "gnu")) && !tuned);
        }
    }
}
