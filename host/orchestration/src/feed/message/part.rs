//! Parts of a message that are read as messages of their own.
//!
//! Invariant: a part has the message's header and delimiters, and its places are those of the whole message.

use super::Message;

impl<'a> Message<'a> {
    /// The message cut before each segment of a name: each part has the header, then that segment and what follows it.
    #[must_use]
    pub fn each_after_header(&self, name: &str) -> Vec<Message<'a>> {
        let header = self.segments.first().copied();
        let mut parts: Vec<Message<'a>> = Vec::new();
        for segment in &self.segments {
            if segment.name() == name {
                parts.push(Message {
                    delimiters: self.delimiters,
                    segments: header.into_iter().collect(),
                });
            }
            if let Some(part) = parts.last_mut() {
                part.segments.push(*segment);
            }
        }
        parts
    }
}
