//! Moves bytes: open, plan, copy while re-encrypting, verify, resume.
