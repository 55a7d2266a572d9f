use std::fmt;

/// Shorthand for what every decoder in this crate returns.
pub type Result<T> = std::result::Result<T, FormatError>;

/// Why bytes could not be taken as the image that they claim to be.
///
/// The text says what was wrong and, where the user can do something, what.
/// It never quotes payload bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FormatError {
    /// Format whose rules were applied, as the user would name it: `qcow2`, `luks1`, `vhd` …
    pub format: &'static str,
    /// Coarse reason, for callers that branch on it.
    pub kind: ErrorKind,
    /// Byte offset in the file, when there is one to point at.
    pub offset: Option<u64>,
    /// One sentence for the operator.
    pub message: String,
}

/// The reasons that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The file ends before something that it refers to.
    Truncated,
    /// A field has a value that the format's specification forbids.
    Invalid,
    /// Valid, but a feature that is not handled; the text names the feature.
    Unsupported,
    /// Beyond a limit that protects the reader; the text names the limit.
    TooLarge,
    /// Another file would be needed: backing file, external data file, parent, extent.
    NeedsOtherFile,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.format, self.message)?;
        if let Some(offset) = self.offset {
            write!(f, " (at byte {offset}, {offset:#x})")?;
        }
        Ok(())
    }
}

impl FormatError {
    /// An error without a place in the file.
    pub fn new(format: &'static str, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { format, kind, offset: None, message: message.into() }
    }

    /// JSON of another shape than expected. What the parser quotes comes from the file: it is cut
    /// and made printable.
    pub(crate) fn unreadable(format: &'static str, what: &str, error: &serde_json::Error) -> Self {
        let printable = |c: char| {
            if c == ' ' || c.is_ascii_graphic() { c } else { '?' }
        };
        let reason: String = error.to_string().chars().map(printable).take(160).collect();
        Self::new(format, ErrorKind::Invalid, format!("{what}: {reason}"))
    }

    /// The same error, pointing at a byte of the file.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }
}
