//! Where the pass runs. The trait, and the local engine on top of polars. Nothing but an engine may see a row that is
//! not in the sample.
