//! Where image bytes live: local files that appear only when they are complete.
