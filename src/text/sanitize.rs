//! Text from data, made harmless for terminals and markdown.
