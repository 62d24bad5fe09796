//! Every control of every kind reached, seen and worked with the keyboard alone, in a window where no script runs.

use serde_json::{Value, json};

use super::{kinds, texts};
use crate::browser::{Browser, Key};
use crate::ground::{Database, Ground};

/// More than any page of the gallery has, the bar above it included.
const TABS_MAX: usize = 120;

/// How often a page that scrolls is looked at before it is given up.
const LOOKS_MAX: usize = 200;

/// What can be worked in the main part, numbered in the order of the page, and how each is painted while it has no focus.
/// Of the radios of one group the keyboard reaches one.
const CONTROLS: &str = "
    const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]';
    const groups = new Set();
    window.controls = [...document.querySelector('main').querySelectorAll(wanted)].filter(it => {
        if (it.disabled || !it.checkVisibility()) return false;
        if (it.type !== 'radio') return true;
        const known = groups.has(it.name);
        groups.add(it.name);
        return !known;
    });
    window.painted = it => [it, ...(it.labels ?? []), ...(it.matches('a, summary, button') ? it.querySelectorAll('*') : [])]
        .flatMap(part => [null, '::before', '::after'].map(pseudo => {
            const style = getComputedStyle(part, pseudo);
            const outline = style.outlineStyle === 'none' ? '' : [style.outlineStyle, style.outlineWidth, style.outlineColor];
            const border = style.borderTopWidth === '0px' ? '' : [style.borderTopWidth, style.borderTopColor];
            return [outline, style.boxShadow, style.backgroundColor, border].join();
        })).join(';');
    window.paint = new Map(window.controls.map(it => [it, window.painted(it)]));
    return window.controls.map(it => `${it.tagName} ${(it.labels?.[0] ?? it).innerText.trim().slice(0, 60)}`);
";

/// What has the focus: its number, or null outside the main part; whether that can be seen; whether it lies in the window,
/// under nothing else.
const FOCUS: &str = "
    const it = document.activeElement;
    if (!it || !it.closest('main') || it.matches('main')) return null;
    const at = window.controls.findIndex(other => other === it || it.type === 'radio' && other.type === 'radio' && other.name === it.name);
    const boxes = [...it.getClientRects()];
    const seen = boxes.some(box => {
        const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
        const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
        if (right <= left || bottom <= top) return false;
        const on = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
        return on !== null && (it.contains(on) || on.contains(it) || [...(it.labels ?? [])].some(label => label.contains(on)));
    });
    return {at, marked: window.painted(it) !== window.paint.get(window.controls[at]), seen, fold: it.matches('summary'),
        scrolls: it.matches('.pal-scroll') && (it.scrollWidth > it.clientWidth || it.scrollHeight > it.clientHeight)};
";

/// What is asked of a form and what the departmental is then given. `Label: text` types, `(Label)` chooses, `[Label]` ticks,
/// and other words are the button that is pressed.
const FORMS: &str = r#"
    form             | (No); Comment: Fluids first; [I have asked the patient]; Send the request               | {"kidney": "no", "comment": "Fluids first"}
    form             | (Yes); [I have asked the patient]; Send the request; Last eGFR: 45; [I have asked the patient]; Send the request | {"kidney": "yes", "egfr": "45"}
    input-text       | Bleep: 2231; Note: Sleeping; Send                                                       | {"bleep": "2231", "note": "Sleeping"}
    input-number     | Weight: 71.50; Pain: 2; Send                                                            | {"weight": "71.50", "pain": "2"}
    input-date       | Day: 4; Month: 7; Year: 2027; Time: 08:15; Send                                         | {"review": "2027-07-04", "taken": "2026-11-24T08:15:00.000Z"}
    input-choice     | (Somebody else is to act); Send                                                         | {"next": "pass"}
    input-checks     | [Kidney profile]; [Clotting]; Send                                                      | {"reports": ["a", "c"]}
    input-nhs-number | NHS number: 999 112 2338; Send                                                          | {"number": "9991122338"}
    input-dose       | Amount: 62.5; Unit: micrograms; Send                                                    | {"dose": ["62.5", "micrograms"], "fluid": ["250", "mL"]}
    input-coded      | Find by words: kidney; Find; (Chronic kidney disease); Send                             | {"diagnosis": ["http://snomed.info/sct", "709044004", "Chronic kidney disease"], "cause": ["http://snomed.info/sct", "34095006", "Dehydration"]}
    attest-sign      | [I have looked at both images]; Confirm and sign                                        | {"signed": "yes"}
    action           | [I am the requesting clinician]; Sign                                                   | {}
    action           | Keep as a draft                                                                         | {}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_is_worked_by_keyboard_alone_and_without_javascript() {
    let ground = Ground::new(Database::Sqlite).await;
    let browser = Browser::signed_in(&ground, "clinician.rxr").await;
    browser.without_scripts().await;
    let kinds = kinds(&browser).await;
    let mut said = Vec::new();
    for kind in &kinds {
        browser.go(&format!("/gallery/{kind}")).await;
        // The first time opens what is folded, which may hold more controls.
        let folded = walk(&browser, kind, &mut said).await;
        if folded {
            walk(&browser, kind, &mut said).await;
        }
    }
    assert!(
        said.is_empty(),
        "{} findings:\n{}",
        said.len(),
        said.join("\n")
    );
    tabs(&browser).await;
    forms(&browser, &kinds).await;
    ground.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_focus_is_seen_in_forced_colours() {
    let ground = Ground::new(Database::Sqlite).await;
    let browser = Browser::signed_in(&ground, "clinician.rxr").await;
    browser.in_forced_colours().await;
    let mut said = Vec::new();
    for kind in kinds(&browser).await {
        browser.go(&format!("/gallery/{kind}")).await;
        walk(&browser, &kind, &mut said).await;
    }
    assert!(
        said.is_empty(),
        "{} findings:\n{}",
        said.len(),
        said.join("\n")
    );
    ground.host.stop().await;
}

/// Tab through the page, from its top until its end: every control once, in order, marked and in sight; folds are opened,
/// what scrolls is scrolled. Gives whether there were folds.
async fn walk(browser: &Browser, kind: &str, said: &mut Vec<String>) -> bool {
    let controls = texts(&browser.ask(CONTROLS).await);
    let mut reached = Vec::new();
    let mut folds = false;
    for _ in 0..TABS_MAX {
        browser.key(Key::Tab).await;
        let focus = browser.ask(FOCUS).await;
        if focus.is_null() && reached.is_empty() {
            continue;
        }
        if focus.is_null() {
            break;
        }
        let at = focus["at"].as_u64().and_then(|at| usize::try_from(at).ok());
        let name = at.and_then(|at| controls.get(at));
        if focus["marked"] == false {
            said.push(format!("{kind}: nothing shows that {name:?} has the focus"));
        }
        if focus["seen"] == false {
            said.push(format!(
                "{kind}: {name:?} has the focus and is not in sight"
            ));
        }
        if focus["fold"] == true && !opened(browser).await {
            said.push(format!("{kind}: Enter does not open {name:?}"));
        }
        if focus["scrolls"] == true && !scrolled(browser).await {
            said.push(format!("{kind}: no arrow scrolls {name:?}"));
        }
        folds |= focus["fold"] == true;
        reached.push(at);
    }
    let wanted: Vec<Option<usize>> = (0..controls.len()).map(Some).collect();
    let within = |it: &&Option<usize>| it.is_some();
    let once: Vec<Option<usize>> = reached.iter().filter(within).copied().collect();
    if once != wanted && !folds {
        said.push(format!("{kind}: Tab reaches {reached:?} of {controls:?}"));
    }
    folds
}

async fn opened(browser: &Browser) -> bool {
    let open = "return document.activeElement.parentElement.open";
    if browser.ask(open).await == false {
        browser.key(Key::Enter).await;
    }
    browser.ask(open).await == true
}

/// Whether an arrow moves what has the focus and has more than it shows.
async fn scrolled(browser: &Browser) -> bool {
    let place = "return [document.activeElement.scrollLeft, document.activeElement.scrollTop]";
    let before = browser.ask(place).await;
    for key in [Key::Left, Key::Right, Key::Down] {
        browser.key(key).await;
        for _ in 0..LOOKS_MAX {
            if browser.ask(place).await != before {
                return true;
            }
        }
    }
    false
}

/// Each tab, entered, puts its own panel in front and no other.
async fn tabs(browser: &Browser) {
    browser.go("/gallery/tabs").await;
    let names =
        "return [...document.querySelectorAll('.pal-tabs__list a')].map(it => it.innerText.trim())";
    let front = "return [...document.querySelectorAll('.pal-tabs__panel')].filter(it => it.checkVisibility()).map(it => it.firstElementChild.innerText.trim())";
    let names = browser.ask(names).await;
    let first = names[0].clone();
    assert_eq!(browser.ask(front).await, json!([first]));
    for name in texts(&names).iter().rev() {
        browser.go("/gallery/tabs").await;
        reach(browser, name).await;
        browser.key(Key::Enter).await;
        assert_eq!(browser.ask(front).await, json!([name]));
    }
}

/// Every form of the gallery is answered and sent.
async fn forms(browser: &Browser, kinds: &[String]) {
    let rows: Vec<[&str; 3]> = FORMS
        .trim()
        .lines()
        .map(|row| {
            row.splitn(3, '|')
                .map(str::trim)
                .collect::<Vec<_>>()
                .try_into()
                .unwrap()
        })
        .collect();
    for kind in kinds {
        browser.go(&format!("/gallery/{kind}")).await;
        let form = browser
            .ask("return document.querySelector('main form') !== null")
            .await;
        let in_table = rows.iter().any(|[it, ..]| *it == kind.as_str());
        assert_eq!(form, in_table, "{kind}: a form and its row in the table");
    }
    for [kind, answers, given] in rows {
        browser.go(&format!("/gallery/{kind}")).await;
        for answer in answers.split(';') {
            give(browser, answer.trim()).await;
        }
        browser.sees("What the departmental would be given").await;
        let shown = browser
            .ask("return document.querySelector('main pre').textContent")
            .await;
        let shown: Value = serde_json::from_str(shown.as_str().unwrap()).unwrap();
        let given: Value = serde_json::from_str(given).unwrap();
        assert_eq!(shown["fields"], given, "{kind}: {answers}");
    }
}

async fn give(browser: &Browser, answer: &str) {
    if let Some(label) = answer.strip_prefix('(') {
        choose(browser, label.trim_end_matches(')')).await;
    } else if let Some(label) = answer.strip_prefix('[') {
        reach(browser, label.trim_end_matches(']')).await;
        browser.key(Key::Space).await;
    } else if let Some((label, text)) = answer.split_once(": ") {
        reach(browser, label).await;
        browser.write(text).await;
    } else {
        reach(browser, answer).await;
        browser.enter().await;
    }
}

/// What has the focus is called; of a radio, first its own name and then those of its whole group.
const NAMES: &str = "
    const it = document.activeElement;
    const group = it.type === 'radio' ? [it, ...document.getElementsByName(it.name)] : [it];
    return group.map(one => (one.labels?.[0] ?? one).innerText.trim());
";

/// Presses Tab until what has the focus is called so.
async fn reach(browser: &Browser, name: &str) {
    for _ in 0..TABS_MAX {
        browser.key(Key::Tab).await;
        if texts(&browser.ask(NAMES).await)[0].starts_with(name) {
            return;
        }
    }
    panic!("Tab does not reach {name:?}");
}

/// Presses Tab until one of a group of radios has the focus, and then arrows until this one is chosen.
async fn choose(browser: &Browser, name: &str) {
    for _ in 0..TABS_MAX {
        browser.key(Key::Tab).await;
        let group = texts(&browser.ask(NAMES).await);
        if !group[1.min(group.len() - 1)..]
            .iter()
            .any(|it| it.starts_with(name))
            || group.len() == 1
        {
            continue;
        }
        browser.key(Key::Space).await;
        for _ in &group {
            if texts(&browser.ask(NAMES).await)[0].starts_with(name) {
                return;
            }
            browser.key(Key::Down).await;
        }
    }
    panic!("no arrow chooses {name:?}");
}
