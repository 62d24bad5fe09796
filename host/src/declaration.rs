//! What an operator declares in a file.
//!
//! Invariant: what is wrong with the file is said with its name and the place in it.

use std::path::Path;

use serde::de::DeserializeOwned;

/// Reads a declaration.
///
/// # Errors
/// Where the file cannot be read, is not JSON, or has a member too many, too few or of another kind.
pub(crate) fn read<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    let named = |why: String| format!("the declaration {}: {why}", file.display());
    let text =
        std::fs::read_to_string(file).map_err(|why| named(format!("it cannot be read: {why}")))?;
    serde_json::from_str(&text).map_err(|why| named(format!("{why}; `--help` says what it holds")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_wrong_is_said_with_the_file() -> Result<(), std::io::Error> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("holder.json");
        for (text, words) in [
            (None, "it cannot be read"),
            (Some("["), "EOF while parsing a list at line 1"),
            (Some("[\"x\"]"), "expected u32 at line 1"),
        ] {
            if let Some(text) = text {
                std::fs::write(&file, text)?;
            }
            let why = super::read::<Vec<u32>>(&file).err().unwrap_or_default();
            assert!(why.contains("holder.json") && why.contains(words), "{why}");
        }
        Ok(())
    }
}
