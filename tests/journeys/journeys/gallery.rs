//! Every kind of node in a real browser: by axe-core, by keyboard alone, without JavaScript, at 400 per cent, in forced colours.
//!
//! The kinds are those of the schema: one that the gallery does not show fails each of these. The gallery reads nothing of the
//! record, so one database is enough.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::browser::Browser;
use crate::ground::{Database, Ground, workspace};

#[path = "gallery/keyboard.rs"]
mod keyboard;

/// What axe-core says against a page, with every fold opened; a short answer where it says nothing.
const AXE: &str = "
    const done = arguments[arguments.length - 1];
    document.querySelectorAll('details').forEach(it => it.open = true);
    const said = it => `${it.id} at ${it.nodes.map(node => node.html.slice(0, 200) + ': ' + node.failureSummary).join('; ')}`;
    axe.run(document, {resultTypes: ['violations']}).then(found => done(found.violations.map(said)), why => done([String(why)]));
";

/// What does not fit the width of the window, but for what scrolls by itself and may: tables, drawings, documents.
const TOO_WIDE: &str = "
    const room = document.documentElement.clientWidth;
    const name = it => `${it.tagName} .${it.getAttribute('class')} ${(it.textContent ?? '').trim().slice(0, 60)}`;
    const hidden = it => it.closest('.nhsuk-u-visually-hidden, .nhsuk-skip-link') !== null;
    const scrolls = it => it.parentElement?.closest('.pal-scroll') ?? null;
    const all = [...document.querySelectorAll('body *')].filter(it => it.checkVisibility() && !hidden(it) && !it.closest('svg *'));
    const wide = all.filter(it => !scrolls(it)).filter(it => {
        const box = it.getBoundingClientRect();
        return box.width > 0 && (box.right > room + 0.5 || box.left < -0.5);
    }).map(name);
    const cut = all.filter(it => !scrolls(it) && getComputedStyle(it).overflowX === 'hidden' && it.scrollWidth > it.clientWidth + 1)
        .map(it => `cut off: ${name(it)}`);
    const may = [...document.querySelectorAll('.pal-scroll')].filter(it => !it.querySelector(':scope > table, :scope > svg, :scope > pre'))
        .map(it => `scrolls and holds no table, drawing or document: ${name(it)}`);
    const whole = document.scrollingElement.scrollWidth > room ? [`the page is ${document.scrollingElement.scrollWidth} wide`] : [];
    return [...whole, ...wide, ...cut, ...may];
";

/// Drawn shapes and words that cannot be told from the ground under them.
const UNSEEN: &str = "
    const ground = getComputedStyle(document.body).backgroundColor;
    const light = colour => {
        const parts = colour.match(/[\\d.]+/g).map(Number);
        if (parts.length === 4 && parts[3] < 0.5) return null;
        const [r, g, b] = parts.map(it => it / 255).map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const under = light(ground);
    const contrast = colour => {
        const it = colour === 'none' ? null : light(colour);
        return it === null ? 1 : (Math.max(it, under) + 0.05) / (Math.min(it, under) + 0.05);
    };
    const name = it => `${it.tagName} .${it.getAttribute('class')} in ${it.closest('svg').getAttribute('class')}: ${(it.textContent ?? '').trim().slice(0, 40)}`;
    const drawn = [...document.querySelectorAll('main svg :is(path, circle, ellipse, rect, line, polyline, text)')].filter(it => it.checkVisibility());
    return drawn.filter(it => {
        const style = getComputedStyle(it);
        if (it.tagName === 'text') return contrast(style.fill) < 4.5;
        return Math.max(contrast(style.fill), contrast(style.stroke)) < 3 && !it.parentElement.querySelector(':scope > .i-act, :scope > .i-crit, :scope > .i-quiet, :scope > .i-warn');
    }).map(name);
";

/// What is wrong on paper: what is wider than it, what only a screen can use, what stays folded; beside a sheet anything else;
/// a sheet that does not say about whom it is.
const PRINTED: &str = "
    const room = document.documentElement.clientWidth;
    const shown = it => it.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true});
    const name = it => `${it.tagName} .${it.getAttribute('class')} ${(it.textContent ?? '').trim().slice(0, 60)}`;
    const all = [...document.querySelectorAll('main *')];
    const wide = all.filter(it => !it.closest('.nhsuk-u-visually-hidden, svg *') && shown(it) && it.getBoundingClientRect().right > room + 0.5);
    const useless = [...document.querySelectorAll('.pal-bar, .pal-menu, .nhsuk-skip-link, main button, main input')].filter(shown);
    const sheets = [...document.querySelectorAll('.pal-paper')];
    const parts = [...document.querySelectorAll('main details > :not(summary), .pal-tabs__panel, .pal-paper')];
    const beside = sheets.length ? all.filter(it => shown(it) && !it.closest('.pal-paper') && !it.querySelector('.pal-paper')) : [];
    const unnamed = sheets.filter(it => !it.querySelector('.pal-paper__head').innerText.includes('NHS No.'));
    return [
        ...wide.map(it => `wider than the paper: ${name(it)}`), ...useless.map(it => `of no use on paper: ${name(it)}`),
        ...parts.filter(it => !shown(it)).map(it => `not on the paper: ${name(it)}`),
        ...beside.map(it => `beside a sheet: ${name(it)}`), ...unnamed.map(it => `about nobody: ${name(it)}`),
    ];
";

/// The kinds of the schema, each of which the gallery shows, and nothing else.
async fn kinds(browser: &Browser) -> Vec<String> {
    let schema = std::fs::read_to_string(workspace().join("wit/schemas/screen-1.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let nodes = schema["$defs"]["node"]["allOf"].as_array().unwrap().iter();
    let kind = |it: &Value| {
        it["if"]["properties"]["kind"]["const"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let kinds: BTreeSet<String> = nodes.map(kind).collect();
    browser.go("/gallery").await;
    let links =
        "return [...document.querySelectorAll('main li a')].map(it => it.getAttribute('href'))";
    let shown: BTreeSet<String> = texts(&browser.ask(links).await)
        .iter()
        .map(|it| it.strip_prefix("/gallery/").unwrap().to_owned())
        .collect();
    assert_eq!(
        shown, kinds,
        "what the gallery shows and what the schema has"
    );
    kinds.into_iter().collect()
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter()
        .map(|it| it.as_str().unwrap().to_owned())
        .collect()
}

/// Asks the same of the page of every kind, and stops with all that was said.
async fn ask_each(browser: &Browser, kinds: &[String], picture: &str, question: &str) {
    let mut said = Vec::new();
    for kind in kinds {
        browser.go(&format!("/gallery/{kind}")).await;
        browser
            .whole_picture(&format!("gallery-{kind}-{picture}"))
            .await;
        let found = texts(&browser.ask(question).await);
        said.extend(found.into_iter().map(|it| format!("{kind}: {it}")));
    }
    assert!(
        said.is_empty(),
        "{} findings:\n{}",
        said.len(),
        said.join("\n")
    );
}

pub(crate) async fn judged(browser: &Browser, page: &str, said: &mut Vec<String>) {
    let found = texts(&browser.ask_and_wait(AXE).await);
    said.extend(found.into_iter().map(|it| format!("{page}: {it}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axe_core_says_nothing_against_any_kind() {
    let ground = Ground::new(Database::Sqlite).await;
    let browser = Browser::signed_in(&ground, "clinician.rxr").await;
    browser.with_axe().await;
    let kinds = kinds(&browser).await;
    let mut said = Vec::new();
    judged(&browser, "gallery", &mut said).await;
    for kind in &kinds {
        browser.go(&format!("/gallery/{kind}")).await;
        browser.whole_picture(&format!("gallery-{kind}")).await;
        judged(&browser, kind, &mut said).await;
        let form = "return document.querySelector('main form') !== null";
        if browser.ask(form).await == true {
            // As it comes back when nothing was answered, each message at its field.
            browser.send().await;
            judged(&browser, &format!("{kind} sent empty"), &mut said).await;
        }
    }
    assert!(
        said.is_empty(),
        "{} violations:\n{}",
        said.len(),
        said.join("\n")
    );
    ground.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_fits_at_400_per_cent() {
    let ground = Ground::new(Database::Sqlite).await;
    let mut browser = Browser::signed_in(&ground, "clinician.rxr").await;
    browser.at_400_per_cent().await;
    let kinds = kinds(&browser).await;
    ask_each(&browser, &kinds, "400", TOO_WIDE).await;
    ground.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_can_be_seen_in_forced_colours() {
    let ground = Ground::new(Database::Sqlite).await;
    let browser = Browser::signed_in(&ground, "clinician.rxr").await;
    browser.in_forced_colours().await;
    let kinds = kinds(&browser).await;
    ask_each(&browser, &kinds, "forced", UNSEEN).await;
    ground.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_is_whole_on_paper() {
    let ground = Ground::new(Database::Sqlite).await;
    let mut browser = Browser::signed_in(&ground, "clinician.rxr").await;
    browser.on_paper().await;
    let kinds = kinds(&browser).await;
    ask_each(&browser, &kinds, "paper", PRINTED).await;
    ground.host.stop().await;
}

/// What a page says and how many drawings it has.
async fn shown(browser: &Browser, kind: &str) -> Value {
    browser.go(&format!("/gallery/{kind}")).await;
    let page = "return [document.querySelector('main').innerText, document.querySelectorAll('main svg').length]";
    browser.ask(page).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_is_the_same_without_javascript() {
    let ground = Ground::new(Database::Sqlite).await;
    let browser = Browser::signed_in(&ground, "clinician.rxr").await;
    let kinds = kinds(&browser).await;
    let mut with = Vec::new();
    for kind in &kinds {
        with.push(shown(&browser, kind).await);
    }
    browser.without_scripts().await;
    for (kind, with) in kinds.iter().zip(with) {
        assert_eq!(shown(&browser, kind).await, with, "{kind}");
    }
    ground.host.stop().await;
}
