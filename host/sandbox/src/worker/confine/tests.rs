//! What a confined process can still do, tried by a process that was confined: this test, started again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use super::{limit, limit_after_loading, shut};
use wasmtime::Engine;

use crate::budget::Budget;

/// Says to the started process what to try.
const TRY: &str = "SANDBOX_TEST_TRY";

/// What is tried, and how the process ends: with its own words, or by a signal.
const ATTEMPTS: [(&str, Result<&str, i32>); 14] = [
    ("nothing", Ok("done")),
    ("memory", Ok("done")),
    ("a thread that waits", Ok("done")),
    ("reading a file", Ok("refused")),
    ("writing a file", Ok("refused")),
    ("listing a folder", Ok("refused")),
    ("reading another descriptor", Ok("refused")),
    ("a new thread", Ok("refused")),
    ("more memory than there is", Ok("refused")),
    ("new code", Ok("refused")),
    ("a connection", Err(libc::SIGSYS)),
    ("a socket", Err(libc::SIGSYS)),
    ("a program", Ok("refused")),
    ("a panic", Ok("caught")),
];

fn attempt(what: &str, mut other: &std::fs::File, engine: &Engine) -> std::io::Result<()> {
    match what {
        "nothing" => Ok(()),
        "memory" => {
            let bytes = vec![1_u8; 32 << 20];
            assert_eq!(bytes[bytes.len() / 2], 1);
            Ok(())
        }
        "a thread that waits" => {
            std::thread::sleep(std::time::Duration::from_millis(1));
            Ok(())
        }
        "reading a file" => std::fs::read("/etc/hostname").map(drop),
        "writing a file" => std::fs::write("/tmp/palatine-was-here", "x"),
        "listing a folder" => std::fs::read_dir("/").map(drop),
        "reading another descriptor" => {
            let mut byte = [0];
            other.read(&mut byte).map(drop)
        }
        "a new thread" => std::thread::Builder::new().spawn(|| ()).map(drop),
        "more memory than there is" => {
            let mut bytes = Vec::<u8>::new();
            bytes
                .try_reserve_exact(16 << 30)
                .map_err(std::io::Error::other)
        }
        "new code" => {
            let module = wat::parse_str("(module (func (export \"f\")))").unwrap();
            let made = wasmtime::Module::new(engine, module);
            made.map(drop).map_err(std::io::Error::other)
        }
        "a connection" => std::net::TcpStream::connect("127.0.0.1:1").map(drop),
        "a socket" => std::os::unix::net::UnixStream::pair().map(drop),
        "a program" => Command::new("/bin/true").status().map(drop),
        "a panic" => {
            let caught = std::panic::catch_unwind(|| panic!("on purpose"));
            assert!(caught.is_err());
            Err(std::io::Error::other("caught"))
        }
        unknown => panic!("nobody tries {unknown}"),
    }
}

/// Confines this process, tries, and says over the socket what came of it.
fn try_confined(what: &str) -> ! {
    let other = std::fs::File::open("/dev/zero").unwrap();
    let mut config = wasmtime::Config::new();
    config.parallel_compilation(false);
    let engine = Engine::new(&config).unwrap();
    limit().unwrap();
    limit_after_loading(&Budget::default()).unwrap();
    shut().unwrap();
    let words: &[u8] = match attempt(what, &other, &engine) {
        Ok(()) => b"done",
        Err(why) if why.to_string() == "caught" => b"caught",
        Err(_) => b"refused",
    };
    rustix::io::write(std::io::stdin(), words).unwrap();
    std::process::exit(0)
}

#[test]
fn a_confined_process_can_run_a_guest_and_nothing_else() {
    if let Ok(what) = std::env::var(TRY) {
        try_confined(&what);
    }
    for (what, expected) in ATTEMPTS {
        let (mut ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "worker::confine::tests::a_confined_process_can_run_a_guest_and_nothing_else",
                "--nocapture",
            ])
            .env(TRY, what)
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = String::new();
        ours.read_to_string(&mut said).unwrap();
        let status = child.wait().unwrap();
        match expected {
            Ok(words) => assert_eq!(said, words, "{what}: {status}"),
            Err(signal) => assert_eq!(status.signal(), Some(signal), "{what}: {said}"),
        }
    }
    assert!(!std::path::Path::new("/tmp/palatine-was-here").exists());
}
