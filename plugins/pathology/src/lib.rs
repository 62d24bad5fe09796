//! pathology
