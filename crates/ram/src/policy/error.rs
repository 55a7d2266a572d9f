//! Why a document is not a policy.

/// A document that is refused. The wire calls it `MalformedPolicyDocument`, or `InvalidParameter.PolicyDocument.Length`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// More bytes than a document of its kind may have.
    #[error("the policy document has {found_bytes} bytes; at most {max_bytes} are allowed")]
    TooLong {
        /// Length of the document.
        found_bytes: usize,
        /// What is allowed.
        max_bytes: usize,
    },
    /// Not JSON, a name twice in one object, or nested too deep.
    #[error("the policy document is not valid JSON: {why}")]
    Json {
        /// What is wrong, with line and column.
        why: String,
    },
    /// JSON that breaks the grammar.
    #[error("the policy document is malformed at {at}: {why}")]
    Grammar {
        /// Where, such as `Statement[1].Condition.Bool`.
        at: String,
        /// What is wrong, as a sentence without its end.
        why: String,
    },
}
