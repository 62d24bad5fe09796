//! `departmental run`: a host on this machine with the departmental in it, which follows what is saved.
//!
//! Invariant: what was started here ends here, and its folder goes with it, however this ends; a build that fails leaves
//! what is on the screen as it is.

mod stage;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::arguments::{Publish, Run};
use crate::build::For;
use crate::failure::{Ending, Failure, read};
use crate::manifest::each;
use crate::running::stage::Stage;
use crate::{Answer, build, check, host, manifest, publish, tell};

/// A style sheet, by which the folder of built ones is known.
const STYLES: &str = "nhsuk.css";
/// How often the folder is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Serves until it is told to stop.
pub(crate) fn run(it: &Run) -> Result<Answer, Failure> {
    let palatine = host::palatine(it.host.as_deref())?;
    let registry = host::registry(&palatine)?;
    let manifest = manifest::read(&it.folder)?;
    let stop = stopping()?;
    let mut stage = Stage::set(&palatine, &registry, &manifest, it)?;
    let mut shown = 0_u64;
    let mut seen = None;
    let mut guide = Some(guide(&stage, &manifest));
    while !stop.load(Ordering::Relaxed) {
        stage.still_plays()?;
        let now = watch::settled(&it.folder, LOOK);
        if seen == Some(now) {
            std::thread::sleep(LOOK);
            continue;
        }
        seen = Some(now);
        let began = Instant::now();
        match shown_anew(&mut stage, &it.folder, shown + 1) {
            Ok(times) => {
                shown += 1;
                if let Some(guide) = guide.take() {
                    tell(&guide);
                }
                let whole = began.elapsed().as_secs_f64();
                tell(&format!(
                    "On the screen after {whole:.1} s: compiled in {:.1} s, published and enabled in {:.1} s",
                    times.built.as_secs_f64(),
                    times.enabled.as_secs_f64()
                ));
            }
            // A compiler that Ctrl-C ended has nothing to say about the source.
            Err(_) if stop.load(Ordering::Relaxed) => {}
            Err(failure) => {
                tell(&failure.words());
                tell("Nothing was changed on the screen; save again when it is mended.");
            }
        }
    }
    drop(stage);
    Ok(Answer {
        words: String::new(),
        json: json!({ "builds": shown }),
    })
}

/// How long the parts of it took.
struct Times {
    built: Duration,
    enabled: Duration,
}

/// Builds, publishes and enables.
fn shown_anew(stage: &mut Stage, folder: &Path, number: u64) -> Result<Times, Failure> {
    let stated = manifest::read(folder)?;
    let version = looked_at(stated.get("version").and_then(Value::as_str), number);
    let began = Instant::now();
    let whom = For::Look { version: &version };
    let out = stage.home().join(format!("component-{number}.wasm"));
    let built = build::build_for(whom, folder, Some(&out), &mut tell)?;
    let checked = check::check(&read(&built)?, &built)?;
    let times = began.elapsed();
    let began = Instant::now();
    publish::publish(
        &checked,
        &Publish {
            file: built.clone(),
            registry: stage.registry().to_owned(),
            key: stage.key(),
            namespace: stage.namespace()?,
            token_file: stage.token(),
            against: None,
        },
    )?;
    stage.enable(&checked.digest().to_string())?;
    // The host has its own copy.
    drop(std::fs::remove_file(&built));
    Ok(Times {
        built: times,
        enabled: began.elapsed(),
    })
}

/// The version of a build: after the one that is stated, and never the supplier's own.
fn looked_at(stated: Option<&str>, number: u64) -> String {
    let stated = stated.unwrap_or("0.0.0");
    let (stated, _) = stated.split_once('+').unwrap_or((stated, ""));
    match stated.contains('-') {
        true => format!("{stated}.run.{number}"),
        false => format!("{stated}-run.{number}"),
    }
}

/// Where to look, in words.
fn guide(stage: &Stage, manifest: &Value) -> String {
    let address = stage.address();
    let id = manifest
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut words = format!(
        "\nSign in at {address}sign-in as clinician.rxr with the password palatine-demo.\nFind somebody by NHS number; your stories are told of\n"
    );
    for line in stage.told() {
        words.push_str(&format!("  {line}\n"));
    }
    if stage.told().is_empty() {
        words.push_str("  nobody: write some in demonstration/, as the guide says\n");
    }
    words.push_str("Your screens\n");
    for screen in each(manifest, "screens") {
        let word = |name: &str| screen.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, title) = (word("id"), word("title"));
        let line = match word("place") {
            "patient" | "summary" => {
                format!("  {address}patients/PATIENT/departments/{id}/{name}   {title}\n")
            }
            _ => format!("  {address}departments/{id}/{name}   {title}\n"),
        };
        words.push_str(&line);
    }
    words.push_str(
        "Every save is built and shown; reload the page. Ctrl-C ends it and leaves nothing.",
    );
    words
}

/// A flag that is set by Ctrl-C, or by the signal that services are stopped with.
fn stopping() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    let unset = |wrong: std::io::Error| {
        Failure::new(
            Ending::Missing,
            format!("this system does not say when to stop: {wrong}"),
            "try again",
        )
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(unset)?;
    let waiting = move || {
        runtime.block_on(async {
            let kind = tokio::signal::unix::SignalKind::terminate();
            if let Ok(mut terminate) = tokio::signal::unix::signal(kind) {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminate.recv() => {}
                }
            }
            set.store(true, Ordering::Relaxed);
        });
    };
    std::thread::Builder::new()
        .name("stopping".into())
        .spawn(waiting)
        .map_err(unset)?;
    Ok(stop)
}

/// The style sheets that a host of this place serves: named in the environment, or in the checkout that it was built in.
fn assets(palatine: &Path) -> Result<PathBuf, Failure> {
    let is_built = |folder: &PathBuf| folder.join(STYLES).is_file();
    if let Some(named) = std::env::var_os("PALATINE_ASSETS").map(PathBuf::from) {
        return match is_built(&named) {
            true => Ok(named),
            false => Err(Failure::new(
                Ending::Missing,
                format!(
                    "{}: there is no {STYLES} (PALATINE_ASSETS)",
                    named.display()
                ),
                "name the folder with the built style sheets, host/gateway/assets/dist of a checkout",
            )),
        };
    }
    let program = std::fs::canonicalize(palatine).unwrap_or_else(|_| palatine.to_owned());
    let beside = |folder: &Path| folder.join("host/gateway/assets/dist");
    program
        .ancestors()
        .map(beside)
        .find(is_built)
        .ok_or_else(|| {
            Failure::new(
                Ending::Missing,
                format!("the style sheets of {} were not found", palatine.display()),
                "build them in its checkout (cargo xtask demo does), or name their folder in PALATINE_ASSETS",
            )
        })
}

#[cfg(test)]
mod tests;
