//! The life of a key: states, versions, data keys, and the root of trust.
