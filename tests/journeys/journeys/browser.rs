//! A headless Chromium that a journey looks through, ended with the value that started it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;

use crate::ground::Ground;

/// How often a page is looked at before it is given up: each look is a question to the browser and takes milliseconds.
const LOOKS_MAX: usize = 5_000;

/// One window.
pub(crate) struct Browser {
    driver: Child,
    client: Client,
    base: String,
    _profile: TempDir,
}

impl Browser {
    /// Opens a window of a ward computer's size on the host at `base`.
    pub(crate) async fn open(base: &str) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; `cargo xtask test` installs it (Debian package chromium-driver)");
        let port = said_port(driver.stdout.take().unwrap());
        let profile = TempDir::new().unwrap();
        let mut wanted = Capabilities::new();
        wanted.insert(
            String::from("goog:chromeOptions"),
            json!({"args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--window-size=1440,900",
                format!("--user-data-dir={}", profile.path().display()),
            ]}),
        );
        let address = format!("http://127.0.0.1:{port}");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&address)
            .await
            .expect("a window opens");
        Self {
            driver,
            client,
            base: base.to_owned(),
            _profile: profile,
        }
    }

    /// A window in which somebody of the demonstration has signed in.
    pub(crate) async fn signed_in(ground: &Ground, account: &str) -> Self {
        let browser = Self::open(&ground.base()).await;
        browser.go("/").await;
        browser.fill("Account", account).await;
        browser.fill("Password", palatine::seed::PASSWORD).await;
        browser.press("Sign in").await;
        browser
    }

    pub(crate) async fn go(&self, path: &str) {
        self.client
            .goto(&format!("{}{path}", self.base))
            .await
            .unwrap();
    }

    /// Types into the field with this label.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let field = self.labelled(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Ticks or chooses what has this label.
    pub(crate) async fn choose(&self, label: &str) {
        let path = format!("//label[contains(normalize-space(.), {})]", quoted(label));
        self.client
            .find(Locator::XPath(&path))
            .await
            .unwrap_or_else(|why| panic!("{label}: {why}"))
            .click()
            .await
            .unwrap();
    }

    /// Presses the button or link with these words, and waits until the page it stood on is gone.
    pub(crate) async fn press(&self, words: &str) {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        let words_quoted = quoted(words);
        let path = format!(
            "(//button[contains(normalize-space(.), {words_quoted})] | //a[contains(normalize-space(.), {words_quoted})])[1]"
        );
        let found = self.client.find(Locator::XPath(&path)).await;
        found
            .unwrap_or_else(|why| panic!("nothing to press says {words:?}: {why}"))
            .click()
            .await
            .unwrap();
        for _ in 0..LOOKS_MAX {
            if page.tag_name().await.is_err() {
                return;
            }
        }
        panic!("pressing {words:?} leads nowhere");
    }

    /// The words on the page as a person sees them.
    pub(crate) async fn words(&self) -> String {
        // A page that is still being put in place of another one is looked at again.
        for _ in 1..LOOKS_MAX {
            if let Ok(body) = self.client.find(Locator::Css("body")).await
                && let Ok(words) = body.text().await
            {
                return words;
            }
        }
        panic!("the page has no words");
    }

    /// Stops unless the page says this.
    pub(crate) async fn sees(&self, words: &str) {
        let page = self.words().await;
        assert!(
            page.contains(words),
            "the page does not say {words:?}:\n{page}"
        );
    }

    /// Stops if the page says this.
    pub(crate) async fn does_not_see(&self, words: &str) {
        let page = self.words().await;
        assert!(!page.contains(words), "the page says {words:?}:\n{page}");
    }

    /// Keeps a picture of the page under the build's folder, to be looked at.
    pub(crate) async fn picture(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            folder.join(format!("{name}.png")),
            self.client.screenshot().await.unwrap(),
        )
        .unwrap();
    }

    async fn labelled(&self, label: &str) -> fantoccini::elements::Element {
        let path = format!(
            "//*[@id = //label[contains(normalize-space(.), {})]/@for]",
            quoted(label)
        );
        self.client
            .find(Locator::XPath(&path))
            .await
            .unwrap_or_else(|why| panic!("{label}: {why}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

/// The port that the driver says it took; what it says later is read and dropped, so that its pipe never fills.
fn said_port(out: ChildStdout) -> u16 {
    let mut lines = BufReader::new(out).lines();
    let said = lines.find_map(|line| {
        let line = line.ok()?;
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    std::thread::spawn(move || lines.for_each(drop));
    said.expect("chromedriver says on which port it listens")
}

/// A string as XPath writes it; none here holds both kinds of quotation mark.
fn quoted(text: &str) -> String {
    if text.contains('\'') {
        format!("\"{text}\"")
    } else {
        format!("'{text}'")
    }
}
