//! Instants as people read them.
