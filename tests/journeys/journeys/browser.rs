//! A headless Chromium that a journey looks through, ended with the value that started it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::block_in_place;

use crate::ground::{Ground, workspace};

pub(crate) use fantoccini::key::Key;

/// How often a page is looked at before it is given up: each look is a question to the browser and takes milliseconds.
const LOOKS_MAX: usize = 5_000;

/// How much a window shows, in pixels of the page.
#[derive(Clone, Copy)]
struct Size {
    width: u64,
    height: u64,
}

/// A ward computer's.
const WARD: Size = Size {
    width: 1440,
    height: 900,
};

/// How many drivers are started for one window before it is given up.
const DRIVERS: usize = 5;

/// One window.
pub(crate) struct Browser {
    driver: Child,
    client: Client,
    /// Where the driver is asked for what this window does.
    session: String,
    size: Size,
    base: String,
    _profile: TempDir,
}

impl Browser {
    /// Opens a window of a ward computer's size on the host at `base`.
    pub(crate) async fn open(base: &str) -> Self {
        let (driver, port) = driver();
        let profile = TempDir::new().unwrap();
        let mut wanted = Capabilities::new();
        wanted.insert(
            String::from("goog:chromeOptions"),
            json!({"args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", format!("--window-size={},{}", WARD.width, WARD.height),
                format!("--user-data-dir={}", profile.path().display()),
            ]}),
        );
        let address = format!("http://127.0.0.1:{port}");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&address)
            .await
            .expect("a window opens");
        let session = client.session_id().await.unwrap().unwrap();
        Self {
            driver,
            client,
            session: format!("{address}/session/{session}"),
            size: WARD,
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

    /// Presses the first button or link with these words that is not folded away, and waits until the page it stood on is gone.
    pub(crate) async fn press(&self, words: &str) {
        let with = format!(
            "contains(normalize-space(.), {}) and not(ancestor::details[not(@open)])",
            quoted(words)
        );
        let path = format!("(//button[{with}] | //a[{with}])[1]");
        self.press_one(Locator::XPath(&path)).await;
    }

    /// Opens what is folded away under these words.
    pub(crate) async fn unfold(&self, words: &str) {
        let path = format!("//summary[contains(normalize-space(.), {})]", quoted(words));
        let summary = self.client.find(Locator::XPath(&path)).await.unwrap();
        summary.click().await.unwrap();
    }

    /// Presses the button that sends the form of the main part, likewise.
    pub(crate) async fn send(&self) {
        let button = "main form button:not([value^='find.'])";
        self.press_one(Locator::Css(button)).await;
    }

    async fn press_one(&self, which: Locator<'_>) {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        let found = self.client.find(which).await;
        found
            .unwrap_or_else(|why| panic!("nothing to press is {which:?}: {why}"))
            .click()
            .await
            .unwrap();
        self.gone(&page, &format!("{which:?}")).await;
    }

    /// Presses Enter, and waits until the page that it was pressed on is gone.
    pub(crate) async fn enter(&self) {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        self.key(Key::Enter).await;
        self.gone(&page, "Enter").await;
    }

    async fn gone(&self, page: &Element, pressed: &str) {
        for _ in 0..LOOKS_MAX {
            if page.tag_name().await.is_err() {
                return;
            }
        }
        panic!("pressing {pressed} leads nowhere");
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

    /// Opens a page until it says this: what it shows is done in the background.
    pub(crate) async fn awaits(&self, path: &str, words: &str) {
        for _ in 0..LOOKS_MAX {
            self.go(path).await;
            if self.words().await.contains(words) {
                return;
            }
        }
        self.sees(words).await;
    }

    /// Stops if the page says this.
    pub(crate) async fn does_not_see(&self, words: &str) {
        let page = self.words().await;
        assert!(!page.contains(words), "the page says {words:?}:\n{page}");
    }

    /// From now on no page runs a script of its own.
    pub(crate) async fn without_scripts(&self) {
        self.devtools(
            "Emulation.setScriptExecutionDisabled",
            &json!({"value": true}),
        );
        let page = "data:text/html,<title>off</title><script>document.title='on'</script>";
        self.client.goto(page).await.unwrap();
        assert_eq!(self.client.title().await.unwrap(), "off", "scripts run");
    }

    /// From now on the window shows as much as one of 1,280 by 1,024 does at 400 per cent.
    pub(crate) async fn at_400_per_cent(&mut self) {
        self.size = Size {
            width: 320,
            height: 256,
        };
        self.resize(&self.size);
        self.go("/").await;
        assert_eq!(self.ask("return innerWidth").await, 320);
    }

    /// From now on pages are as on A4 paper with margins of 12 mm.
    pub(crate) async fn on_paper(&mut self) {
        self.size = Size {
            width: 703,
            height: 1_000,
        };
        self.resize(&self.size);
        self.devtools("Emulation.setEmulatedMedia", &json!({"media": "print"}));
        self.go("/").await;
        assert_eq!(self.ask("return matchMedia('print').matches").await, true);
    }

    fn resize(&self, size: &Size) {
        let size = json!({"width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// From now on the reader's own few colours, light on dark, are in place of every page's.
    pub(crate) async fn in_forced_colours(&self) {
        let features = json!([
            {"name": "forced-colors", "value": "active"}, {"name": "prefers-color-scheme", "value": "dark"}
        ]);
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": features}));
        self.go("/").await;
        let forced = "return matchMedia('(forced-colors: active)').matches";
        assert_eq!(self.ask(forced).await, true);
    }

    /// Loads axe-core into every page from now on.
    pub(crate) async fn with_axe(&self) {
        let file = workspace().join("host/gateway/assets/node_modules/axe-core/axe.min.js");
        let source = std::fs::read_to_string(file).expect("fetched by `cargo xtask build`");
        self.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({"source": source}),
        );
    }

    /// What the browser's own tools do for what WebDriver has no word for.
    fn devtools(&self, command: &str, parameters: &Value) {
        let body = json!({"cmd": command, "params": parameters}).to_string();
        block_in_place(|| {
            ureq::post(format!("{}/goog/cdp/execute", self.session))
                .content_type("application/json")
                .send(body)
                .unwrap_or_else(|why| panic!("{command}: {why}"));
        });
    }

    /// What a function's body says of the page.
    pub(crate) async fn ask(&self, body: &str) -> Value {
        let answer = self.client.execute(body, vec![]).await;
        answer.unwrap_or_else(|why| panic!("{why}: {body}"))
    }

    /// The same, of one that calls its last argument when it is done.
    pub(crate) async fn ask_and_wait(&self, body: &str) -> Value {
        let answer = self.client.execute_async(body, vec![]).await;
        answer.unwrap_or_else(|why| panic!("{why}: {body}"))
    }

    /// Presses a key and lets it go.
    pub(crate) async fn key(&self, key: Key) {
        self.keys(pressed(char::from(key))).await;
    }

    /// Types into whatever has the focus, in place of what is in it.
    pub(crate) async fn write(&self, text: &str) {
        let control = char::from(Key::Control);
        let all = [
            KeyAction::Down { value: control },
            KeyAction::Down { value: 'a' },
            KeyAction::Up { value: 'a' },
            KeyAction::Up { value: control },
        ];
        self.keys(all.into_iter().chain(text.chars().flat_map(pressed)))
            .await;
    }

    async fn keys(&self, keys: impl IntoIterator<Item = KeyAction>) {
        let keyboard = KeyActions::new("keyboard".to_owned());
        let actions = keys
            .into_iter()
            .fold(keyboard, |before, key| before.then(key));
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Keeps a picture of the whole page, however long.
    pub(crate) async fn whole_picture(&self, name: &str) {
        let height = self
            .ask("return document.documentElement.scrollHeight")
            .await;
        let height = height.as_u64().unwrap().max(self.size.height);
        self.resize(&Size {
            height,
            ..self.size
        });
        self.picture(name).await;
        self.resize(&self.size);
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

    async fn labelled(&self, label: &str) -> Element {
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

/// A driver, and the port on which it listens.
///
/// It takes a free port of one family of addresses and leaves when the other family's same port is taken, as happens
/// beside other journeys: then another is started.
fn driver() -> (Child, u16) {
    for _ in 0..DRIVERS {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; `cargo xtask test` installs it (Debian package chromium-driver)");
        if let Some(port) = said_port(driver.stdout.take().unwrap()) {
            return (driver, port);
        }
        driver.wait().unwrap();
    }
    panic!("none of {DRIVERS} chromedrivers says on which port it listens");
}

/// The port that the driver says it took, unless it left without one; what it says later is read and dropped, so that
/// its pipe never fills.
fn said_port(out: ChildStdout) -> Option<u16> {
    let mut lines = BufReader::new(out).lines();
    let said = lines.find_map(|line| {
        let line = line.ok()?;
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    std::thread::spawn(move || lines.for_each(drop));
    said
}

/// A key pressed and let go.
fn pressed(value: char) -> [KeyAction; 2] {
    [KeyAction::Down { value }, KeyAction::Up { value }]
}

/// A string as XPath writes it; none here holds both kinds of quotation mark.
fn quoted(text: &str) -> String {
    if text.contains('\'') {
        format!("\"{text}\"")
    } else {
        format!("'{text}'")
    }
}
