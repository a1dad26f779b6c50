//! Settles the heap, passes the arguments to the library and exits with its code.

fn main() -> std::process::ExitCode {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    coroner_heap::settle(processors);
    coroner::cli::run()
}
