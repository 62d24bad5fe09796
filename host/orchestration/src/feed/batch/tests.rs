//! Batches, one row each: what is in them and what is wrong with them.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::read;
use crate::limits::BATCH_MESSAGES_MAX;

#[test]
fn batches_are_cut_into_messages_and_counted() {
    // The batch with `/` for CR; its messages with `,` between; what is wrong.
    let rows = [
        (
            "BHS|^~\\&|A/MSH|^~\\&|1/PID|1/MSH|^~\\&|2/BTS|2/",
            "MSH|^~\\&|1/PID|1,MSH|^~\\&|2",
            "",
        ),
        (
            "FHS|^~\\&|A/BHS|^~\\&/MSH|^~\\&|1/BTS|1/BHS|^~\\&/MSH|^~\\&|2/BTS|1/FTS|2",
            "MSH|^~\\&|1,MSH|^~\\&|2",
            "",
        ),
        ("BHS#*!?%#A/MSH|^~\\&|1/BTS#1", "MSH|^~\\&|1", ""),
        ("BHS|^~\\&/MSH|^~\\&|1/BTS", "MSH|^~\\&|1", ""),
        ("FHS|^~\\&/MSH|^~\\&|1/FTS", "MSH|^~\\&|1", ""),
        (
            "BHS|^~\\&/MSH|^~\\&|1/BTS|2",
            "MSH|^~\\&|1",
            "BTS-1 says \"2\" messages, and 1 came",
        ),
        (
            "BHS|^~\\&/MSH|^~\\&|1/BTS|many",
            "MSH|^~\\&|1",
            "BTS-1 says \"many\" messages, and 1 came",
        ),
        (
            "FHS|^~\\&/BHS|^~\\&/MSH|^~\\&|1/BTS|1/FTS|3",
            "MSH|^~\\&|1",
            "FTS-1 says \"3\" batches, and 1 came",
        ),
        (
            "BHS|^~\\&/MSH|^~\\&|1",
            "MSH|^~\\&|1",
            "1 BHS and 0 BTS came: each batch has one of both",
        ),
        (
            "FHS|^~\\&/BHS|^~\\&/MSH|^~\\&|1/BTS",
            "MSH|^~\\&|1",
            "FHS and FTS come together, once",
        ),
        ("BHS|^~\\&/BTS|0", "", "no message is in it"),
        (
            "BHS|^~\\&/PID|1/MSH|^~\\&|1/BTS|1",
            "MSH|^~\\&|1",
            "a line at byte 9 stands between its messages and belongs to none",
        ),
        (
            "BHS/MSH|^~\\&|1/BTS|1",
            "MSH|^~\\&|1",
            "its header names no characters to cut it by, as in FHS|^~\\&",
        ),
    ];
    for (text, messages, wrong) in rows {
        let bytes = text.replace('/', "\r").into_bytes();
        let batch = read(&bytes).unwrap();
        let found: Vec<String> = batch
            .messages
            .iter()
            .map(|message| String::from_utf8_lossy(message).replace('\r', "/"))
            .collect();
        assert_eq!(found.join(","), messages, "{text}");
        assert_eq!(batch.wrong.unwrap_or_default(), wrong, "{text}");
    }
    assert_eq!(read(b"MSH|^~\\&|1"), None);
}

#[test]
fn a_batch_has_a_bound() {
    let text = format!(
        "BHS|^~\\&\r{}BTS\r",
        "MSH|^~\\&|1\r".repeat(BATCH_MESSAGES_MAX + 1)
    );
    let batch = read(text.as_bytes()).unwrap();
    assert_eq!(batch.messages.len(), BATCH_MESSAGES_MAX);
    assert!(batch.wrong.unwrap().starts_with("it has more than 1000"));
}
