//! Each department's own screens over the stories that it brings, in a real browser: by a clinician who finds the patient and
//! goes through all there is, and by axe-core.

use crate::browser::Browser;
use crate::gallery::judged;
use crate::ground::{Database, Ground};

/// What the page was answered with, and what its menu leads to of one departmental.
const STATUS: &str = "return performance.getEntriesByType('navigation')[0].responseStatus";
const SCREENS: &str = "
    const of = it => new URL(it.href).pathname;
    return [...document.querySelectorAll('.pal-menu a, main section a')].map(of).filter(it => it.includes('/departments/'));
";

/// Somebody of whom a story is told: NHS number, and what the story shows.
fn stories(ground: &Ground) -> Vec<(String, String)> {
    let lines = ground.told.lines().filter_map(|it| it.strip_prefix("  "));
    let told = lines.filter_map(|it| {
        let (who, what) = it.split_once(": ")?;
        let (number, _) = who.split_once(' ')?;
        let is_number = number.len() == 10 && number.bytes().all(|it| it.is_ascii_digit());
        is_number.then(|| (number.to_owned(), what.to_owned()))
    });
    told.collect()
}

/// Opens the chart of whoever has this number.
async fn chart(browser: &Browser, number: &str) {
    browser.go("/patients").await;
    browser.fill("Find patient", number).await;
    browser.press("Find patient").await;
    let link = "return document.querySelector('main a[href^=\"/patients/\"]').getAttribute('href')";
    let found = browser.ask(link).await;
    browser.go(found.as_str().unwrap()).await;
}

/// Looks at a page: it was answered, and axe-core says nothing against it.
async fn looked_at(browser: &Browser, name: &str, said: &mut Vec<String>) {
    browser.whole_picture(name).await;
    let status = browser.ask(STATUS).await;
    if status != 200 {
        said.push(format!(
            "{name}: answered with {status}: {}",
            browser.words().await
        ));
    }
    judged(browser, name, said).await;
}

/// Every screen of a departmental over every story, its card, its lists and its help.
async fn every_screen(ground: &Ground, browser: &Browser, departmental: &str) {
    browser.with_axe().await;
    let stories = stories(ground);
    assert!(stories.len() >= 4, "too few stories: {}", ground.told);
    let mut said = Vec::new();
    for (place, (number, _)) in stories.iter().enumerate() {
        chart(browser, number).await;
        let name = format!("{departmental}-{place}");
        looked_at(browser, &format!("{name}-summary"), &mut said).await;
        let screens = browser.ask(SCREENS).await;
        let mut screens: Vec<&str> = screens
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it.as_str())
            .collect();
        screens.sort_unstable();
        screens.dedup();
        assert!(
            screens.len() >= 5,
            "a departmental has five screens: {screens:?}"
        );
        for address in screens {
            let screen = address.rsplit('/').next().unwrap();
            browser.go(address).await;
            looked_at(browser, &format!("{name}-{screen}"), &mut said).await;
        }
    }
    browser.go("/departments").await;
    looked_at(browser, &format!("{departmental}-lists"), &mut said).await;
    let lists = browser.ask(SCREENS).await;
    let lists: Vec<&str> = lists
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it.as_str())
        .collect();
    assert!(lists.len() >= 3, "two lists and a help: {lists:?}");
    for address in lists {
        let screen = address.rsplit('/').next().unwrap();
        browser.go(address).await;
        looked_at(browser, &format!("{departmental}-{screen}"), &mut said).await;
    }
    assert!(
        said.is_empty(),
        "{} findings:\n{}",
        said.len(),
        said.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pathology_over_its_stories() {
    let ground = Ground::with_stories(Database::Sqlite, "pathology").await;
    let browser = Browser::signed_in(&ground, "clinician.rxl").await;
    every_screen(&ground, &browser, "pathology").await;
    ground.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ophthalmology_over_its_stories() {
    let ground = Ground::with_stories(Database::Sqlite, "ophthalmology").await;
    let browser = Browser::signed_in(&ground, "clinician.rxl").await;
    every_screen(&ground, &browser, "ophthalmology").await;
    ground.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maternity_over_its_stories() {
    let ground = Ground::with_stories(Database::Sqlite, "maternity").await;
    let browser = Browser::signed_in(&ground, "clinician.rxl").await;
    every_screen(&ground, &browser, "maternity").await;
    ground.host.stop().await;
}
