//! The jobs that take time: opening a case, examining it. Each can be watched and stopped.

mod open;

pub use open::open;
