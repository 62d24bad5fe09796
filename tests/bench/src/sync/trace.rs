//! A trace of system calls, and what it proves.
//!
//! A call spans from the line where it begins to the line where it has ended; one call is before another when it had ended
//! before the other began.

use std::collections::HashMap;

use super::Acknowledged;

/// Which file acknowledged changes are in first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    Sqlite,
    Postgres,
}

impl Log {
    fn holds(self, path: &str) -> bool {
        match self {
            Self::Sqlite => path.ends_with("/record.sqlite-wal"),
            // A link leads from the data to wherever the log is kept; the tracer shows where.
            Self::Postgres => path.contains("/log/") || path.contains("/pg_wal/"),
        }
    }

    /// Whether what a call wrote to it holds these words. PostgreSQL's pages each begin with a header, which may stand
    /// in the middle of a word.
    fn says(self, arguments: &str, words: &str) -> bool {
        const PAGE: usize = 8_192;
        const HEADER: usize = 24;
        let written = bytes(arguments);
        let written = match self {
            Self::Sqlite => written,
            Self::Postgres => {
                let pages = written.chunks(PAGE);
                let held = pages.map(|page| page.get(HEADER..).unwrap_or_default());
                held.collect::<Vec<_>>().concat()
            }
        };
        let mut windows = written.windows(words.len().max(1));
        windows.any(|found| found == words.as_bytes())
    }
}

#[derive(Clone, Debug)]
struct Call {
    /// Of which thread or process.
    by: String,
    name: String,
    /// The file or the socket.
    on: String,
    text: String,
    begins: usize,
    ends: usize,
}

impl Call {
    fn is_sync(&self) -> bool {
        matches!(self.name.as_str(), "fsync" | "fdatasync")
    }
}

/// What was traced.
pub(crate) struct Trace(Vec<Call>);

impl Trace {
    /// Reads what the tracer wrote: `process call(arguments) = result`, a call that another interrupted in two lines.
    pub(crate) fn read(text: &str) -> Self {
        let mut calls: Vec<Call> = Vec::new();
        let mut open: HashMap<&str, usize> = HashMap::new();
        for (at, line) in text.lines().enumerate() {
            let Some((process, rest)) = line.split_once(' ') else {
                continue;
            };
            let rest = rest.trim_start();
            if rest.starts_with("<... ") {
                if let Some(call) = open.remove(process).and_then(|n| calls.get_mut(n)) {
                    call.ends = at;
                }
                continue;
            }
            let Some((name, arguments)) = rest.split_once('(') else {
                continue;
            };
            let is_whole = !rest.ends_with("<unfinished ...>");
            if !is_whole {
                open.insert(process, calls.len());
            }
            calls.push(Call {
                by: process.to_owned(),
                name: name.to_owned(),
                on: on(arguments).to_owned(),
                text: arguments.to_owned(),
                begins: at,
                ends: if is_whole { at } else { usize::MAX },
            });
        }
        Self(calls)
    }

    /// Whether whoever wrote it to the log had synced the log before the acknowledgement was sent. A writer syncs at the
    /// end of a commit, so its next sync is that of this one; what others sync meanwhile may come before the end. Pages
    /// of the log are written again with what the next commit adds to them, so any of its writes may be the one.
    pub(crate) fn proves(&self, one: &Acknowledged, log: Log, doors: &[String; 2]) -> bool {
        let Some(sent) = self.0.iter().find(|call| acknowledges(call, one, doors)) else {
            return false;
        };
        let mut written = self.0.iter().filter(|call| {
            !call.is_sync()
                && log.holds(&call.on)
                && call.ends < sent.begins
                && log.says(&call.text, &named(one))
        });
        written.any(|written| {
            self.0.iter().any(|call| {
                call.is_sync()
                    && (&call.on, &call.by) == (&written.on, &written.by)
                    && call.begins > written.ends
                    && call.ends < sent.begins
            })
        })
    }

    /// The same without its syncs.
    pub(crate) fn without_syncs(&self) -> Self {
        Self(
            self.0
                .iter()
                .filter(|call| !call.is_sync())
                .cloned()
                .collect(),
        )
    }

    /// How often the log was written.
    pub(crate) fn writes(&self, log: Log) -> usize {
        let writes = self.0.iter().filter(|call| !call.is_sync());
        writes.filter(|call| log.holds(&call.on)).count()
    }

    /// How often the log was synced.
    pub(crate) fn syncs(&self, log: Log) -> usize {
        let syncs = self.0.iter().filter(|call| call.is_sync());
        syncs.filter(|call| log.holds(&call.on)).count()
    }
}

/// What stands behind the first descriptor: `9</a/file>, …` or `9<TCP:[here->there]>, …`.
fn on(arguments: &str) -> &str {
    let Some((_, rest)) = arguments.split_once('<') else {
        return "";
    };
    let end = [">,", ">)", "> "]
        .iter()
        .filter_map(|end| rest.find(end))
        .min();
    end.map_or("", |end| &rest[..end])
}

/// Whether a call sends the acknowledgement to whoever waits for it.
fn acknowledges(call: &Call, one: &Acknowledged, doors: &[String; 2]) -> bool {
    let from = |door: &str| call.on.contains(&format!("[{door}->"));
    match one {
        Acknowledged::Write(id) => {
            from(&doors[0]) && call.text.contains("HTTP/1.1 201") && call.text.contains(id)
        }
        Acknowledged::Read(id) => {
            from(&doors[0]) && call.text.contains("HTTP/1.1 200") && call.text.contains(id)
        }
        Acknowledged::Message(id) => from(&doors[1]) && call.text.contains(&format!("MSA|AA|{id}")),
    }
}

/// The words of the log that nothing but what was acknowledged is named by.
fn named(one: &Acknowledged) -> String {
    match one {
        Acknowledged::Write(id) | Acknowledged::Message(id) => id.clone(),
        // Only the leaf of the read names the version.
        Acknowledged::Read(id) => format!("Patient/{id}/_history/1"),
    }
}

/// The bytes that the tracer shows as a string of C, the first one of a call.
fn bytes(arguments: &str) -> Vec<u8> {
    let quoted = arguments.split_once('"').map_or("", |(_, rest)| rest);
    let mut shown = quoted.bytes().peekable();
    let mut bytes = Vec::new();
    while let Some(byte) = shown.next() {
        if byte == b'"' {
            break;
        }
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let mut octal = 0;
        let mut digits = 0;
        while let Some(digit @ b'0'..=b'7') = shown.peek().copied() {
            if digits == 3 {
                break;
            }
            octal = octal * 8 + u32::from(digit - b'0');
            digits += 1;
            shown.next();
        }
        bytes.push(match digits {
            0 => match shown.next() {
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'r') => b'\r',
                Some(b'v') => 0x0b,
                Some(b'f') => 0x0c,
                Some(itself) => itself,
                None => break,
            },
            _ => u8::try_from(octal).unwrap_or(u8::MAX),
        });
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Acknowledged, Log, Trace};

    /// Lines of a trace; `W` writes the log, `S` syncs it, `A` acknowledges, `…` in two parts.
    fn proved(lines: &[&str]) -> bool {
        let text = lines.join("\n");
        let doors = ["127.0.0.1:80".to_owned(), "127.0.0.1:25".to_owned()];
        let write = Acknowledged::Write("p-1".to_owned());
        Trace::read(&text).proves(&write, Log::Sqlite, &doors)
    }

    #[test]
    fn what_is_proved_by_case() {
        let w = r#"7 pwrite64(9</r/record.sqlite-wal>, "..p-1..", 4096, 32) = 4096"#;
        let s = "7 fdatasync(9</r/record.sqlite-wal>) = 0";
        let s_of_another = "6 fdatasync(9</r/record.sqlite-wal>) = 0";
        let other = "7 fdatasync(8</r/record.sqlite>) = 0";
        let s_begins = "7 fdatasync(9</r/record.sqlite-wal> <unfinished ...>";
        let s_ends = "7 <... fdatasync resumed>) = 0";
        let a = r#"8 sendto(5<TCP:[127.0.0.1:80->127.0.0.1:9]>, "HTTP/1.1 201 Created p-1", 24, 0, NULL, 0) = 24"#;
        let elsewhere = r#"8 sendto(5<TCP:[127.0.0.1:9->127.0.0.1:80]>, "HTTP/1.1 201 Created p-1", 24, 0, NULL, 0) = 24"#;
        for (lines, right) in [
            (&[w, s, a][..], true),
            (&[w, a, s][..], false),
            (&[s, w, a][..], false),
            (&[w, other, a][..], false),
            (&[w, s_begins, s_ends, a][..], true),
            (&[w, s_begins, a, s_ends][..], false),
            (&[w, s, w, a][..], true),
            (&[w, s_of_another, a][..], false),
            (&[w, s, elsewhere][..], false),
            (&[s, a][..], false),
        ] {
            assert_eq!(proved(lines), right, "{lines:?}");
        }
    }

    #[test]
    fn a_word_that_a_page_begins_in_is_read() {
        let header = "\\20\\321\\5\\0".to_owned() + &"\\0".repeat(20);
        let first = "x".repeat(8_192 - 24 - 2);
        let w = format!(
            r#"7 pwrite64(9</r/log/1>, "{header}{first}p-{header}x1\n", 16384, 0) = 16384"#
        );
        let call = w.split_once('(').map_or("", |(_, rest)| rest);
        assert!(Log::Postgres.says(call, "p-x1"));
        assert!(!Log::Sqlite.says(call, "p-x1"));
        assert!(!Log::Postgres.says(call, "p-x2"));
    }

    #[test]
    fn a_read_is_proved_by_its_leaf_alone() {
        let read = Acknowledged::Read("p-1".to_owned());
        let doors = ["127.0.0.1:80".to_owned(), "127.0.0.1:25".to_owned()];
        let trace = |row: &str| {
            let lines = [
                format!(r#"7 pwrite64(9</r/record.sqlite-wal>, "{row}", 4096, 32) = 4096"#),
                "7 fdatasync(9</r/record.sqlite-wal>) = 0".to_owned(),
                r#"8 writev(5<TCP:[127.0.0.1:80->127.0.0.1:9]>, [{iov_base="HTTP/1.1 200 OK p-1"}], 1) = 9"#
                    .to_owned(),
            ];
            Trace::read(&lines.join("\n"))
        };
        for (row, right) in [
            (r"RXR\0\5vread\0\26Patient/p-1/_history/1\3", true),
            (r"RXR\4\0\26Patient/p-1/_history/1\3", true),
            (r"RXR\0\6commit\0\13Patient/p-1\3", false),
            (r"p-1", false),
        ] {
            assert_eq!(
                trace(row).proves(&read, Log::Sqlite, &doors),
                right,
                "{row}"
            );
        }
        assert!(trace("p-1").syncs(Log::Sqlite) > 0);
        assert_eq!(trace("p-1").without_syncs().syncs(Log::Sqlite), 0);
    }
}
