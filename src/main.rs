//! Passes the arguments to the library and exits with its code.

fn main() -> std::process::ExitCode {
    coroner::cli::run()
}
