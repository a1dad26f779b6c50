//! The few formats in which coroner shows numbers.
