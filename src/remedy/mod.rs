//! What would fix it, and what would have rung earlier.

pub mod fitted;
pub mod golden_refresh;
pub mod monitor;
