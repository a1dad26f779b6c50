//! What would fix it, and what would have rung earlier.

pub mod monitor;
