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
pub(crate) async fn looked_at(browser: &Browser, name: &str, said: &mut Vec<String>) {
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

/// Goes to a screen of the departmental, of the patient of whom this story is told.
async fn screen_of(ground: &Ground, browser: &Browser, story: &str, screen: &str) {
    let stories = stories(ground);
    let told = stories.iter().find(|(_, what)| what.contains(story));
    let (number, _) = told.unwrap_or_else(|| panic!("nobody has the story {story:?}: {stories:?}"));
    chart(browser, number).await;
    let screens = browser.ask(SCREENS).await;
    let mut screens = screens
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it.as_str());
    let address = screens.find(|it| it.ends_with(&format!("/{screen}")));
    browser.go(address.unwrap()).await;
}

/// A critical result is told by telephone: closed only after somebody was told, and by name.
async fn a_critical_result_is_told(ground: &Ground, browser: &Browser) {
    screen_of(
        ground,
        browser,
        "critical potassium of which nobody",
        "calls",
    )
    .await;
    browser.sees("Must do: Escalate the call").await;
    browser.choose("Potassium 6.9").await;
    browser.choose("Somebody was told").await;
    browser.choose("They read the result").await;
    browser.send().await;
    browser
        .sees("Write the name and role of who was told.")
        .await;
    browser.fill("Who", "Dr Iqbal, registrar on ward B7").await;
    browser.send().await;
    browser.sees("Saved").await;
    browser.sees("Dr Iqbal, registrar on ward B7").await;
    browser.picture("pathology-told").await;
}

/// A pressure in another unit is refused on its field with what was typed; in the right one it is drawn for its eye.
async fn a_visit_is_recorded(ground: &Ground, browser: &Browser) {
    screen_of(ground, browser, "Glaucoma for three years", "visit").await;
    browser.choose("Goldmann applanation").await;
    browser.fill("Right pressure", "19").await;
    browser.fill("Left pressure", "2.1 kPa").await;
    browser.send().await;
    browser
        .sees("The pressure must be in mmHg, not in kPa.")
        .await;
    let typed = "return document.querySelector('[name$=\"left-pressure\"]').value";
    assert_eq!(
        browser.ask(typed).await,
        "2.1 kPa",
        "what was typed is kept"
    );
    browser.picture("ophthalmology-refused").await;
    browser.fill("Left pressure", "16").await;
    browser.send().await;
    browser.sees("Saved").await;
    browser.picture("ophthalmology-recorded").await;
}

/// A birth makes the baby's own record, from which its mother's is one press away in words.
async fn a_baby_is_born(ground: &Ground, browser: &Browser) {
    screen_of(ground, browser, "held at 7 cm", "birth").await;
    let now = jiff::Timestamp::from_millisecond(ground.host.record.now_ms()).unwrap();
    let born = now.in_tz("Europe/London").unwrap();
    for (label, text) in [
        ("Day", born.strftime("%d").to_string()),
        ("Month", born.strftime("%m").to_string()),
        ("Year", born.strftime("%Y").to_string()),
        ("Time (24 h", born.strftime("%H:%M").to_string()),
        ("Weight at birth", "3320".to_owned()),
    ] {
        browser.fill(label, &text).await;
    }
    for label in ["Fetus A", "Live birth", "Female", "Spontaneous vaginal"] {
        browser.choose(label).await;
    }
    browser.send().await;
    browser.picture("maternity-born").await;
    browser.sees("Saved").await;
    screen_of(ground, browser, "held at 7 cm", "birth").await;
    browser.sees("The baby's own record").await;
    browser.press("Open this chart").await;
    browser.sees("Female").await;
    browser.picture("maternity-baby").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pathology_over_its_stories() {
    let ground = Ground::with_stories(Database::Sqlite, "pathology").await;
    let browser = Browser::signed_in(&ground, "clinician.rxl").await;
    every_screen(&ground, &browser, "pathology").await;
    a_critical_result_is_told(&ground, &browser).await;
    ground.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ophthalmology_over_its_stories() {
    let ground = Ground::with_stories(Database::Sqlite, "ophthalmology").await;
    let browser = Browser::signed_in(&ground, "clinician.rxl").await;
    every_screen(&ground, &browser, "ophthalmology").await;
    a_visit_is_recorded(&ground, &browser).await;
    ground.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maternity_over_its_stories() {
    let ground = Ground::with_stories(Database::Sqlite, "maternity").await;
    let browser = Browser::signed_in(&ground, "clinician.rxl").await;
    every_screen(&ground, &browser, "maternity").await;
    a_baby_is_born(&ground, &browser).await;
    ground.host.stop().await;
}
