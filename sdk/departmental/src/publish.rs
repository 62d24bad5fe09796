//! `keygen`, `sign` and `publish`: a key, and a checked component under the name and version that its own manifest states.
//!
//! Invariant: what is signed or pushed was checked as the host checks it; a secret is read from a file and never shown.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use registry::client::{Client, Push};
use registry::clock::Clock;
use registry::limits::KEY_FILE_BYTES_MAX;
use registry::name::{Namespace, Repository, Version};
use registry::trust::{self, Release, SupplierKey};
use serde_json::json;

use crate::arguments::Publish;
use crate::check::Checked;
use crate::failure::{Ending, Failure, unwritable};
use crate::{Answer, tell};

/// Makes a supplier's key in a new file that only its owner can read.
pub(crate) fn keygen(out: &Path) -> Result<Answer, Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let unmade = |wrong: &dyn std::error::Error| {
        let help = "this machine gave no random numbers; try again";
        Failure::of(Ending::Missing, wrong, help)
    };
    let key = SupplierKey::generate().map_err(|wrong| unmade(&wrong))?;
    let pem = key.to_pem().map_err(|wrong| unmade(&wrong))?;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .and_then(|mut file| {
            file.write_all(pem.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .map_err(|wrong| unwritable(out, &wrong))?;
    let public = BASE64.encode(key.public().as_bytes());
    let words = format!(
        "key_id {}\npublic_key {public}\nGive the public key to whoever keeps the registry; the file stays with you.",
        key.id()
    );
    let json = json!({ "file": out, "key_id": key.id(), "public_key": public });
    Ok(Answer { words, json })
}

/// Signs it into a file.
pub(crate) fn sign(
    checked: &Checked,
    key: &Path,
    namespace: &Namespace,
    out: Option<&Path>,
) -> Result<Answer, Failure> {
    let key = key_of(key)?;
    let (repository, version) = stated(checked, namespace)?;
    let release = Release {
        repository: repository.clone(),
        version,
        wasm: checked.digest().clone(),
        manifest: None,
    };
    let bundle = trust::sign(&key, &release).map_err(|wrong| {
        Failure::of(
            Ending::FoundWrong,
            &wrong,
            "see that the key is one that `departmental keygen` made",
        )
    })?;
    let out = match out {
        Some(file) => file.to_owned(),
        None => checked.file().with_extension("bundle.json"),
    };
    std::fs::write(&out, bundle).map_err(|wrong| unwritable(&out, &wrong))?;
    let words = format!(
        "{repository} {} signed with the key {} into {}",
        checked.digest(),
        key.id(),
        out.display()
    );
    let json = json!({
        "bundle": out,
        "name": repository.as_str(),
        "key_id": key.id(),
        "wasm": checked.digest().to_string(),
    });
    Ok(Answer { words, json })
}

/// Pushes it to a registry and signs it there.
pub(crate) fn publish(checked: &Checked, it: &Publish) -> Result<Answer, Failure> {
    let key = key_of(&it.key)?;
    let token = secret(&it.token_file, "the publisher's token")?;
    let (repository, version) = stated(checked, &it.namespace)?;
    let client = Client::new(&it.registry)?;
    let wasm = crate::failure::read(checked.file())?;
    if registry::digest::Digest::sha256(&wasm) != *checked.digest() {
        return Err(Failure::new(
            Ending::FoundWrong,
            format!(
                "{}: was changed while it was checked",
                checked.file().display()
            ),
            "let nothing build into this file meanwhile, and publish again",
        ));
    }
    tell(&format!(
        "Pushing {repository} {version} to {}",
        it.registry
    ));
    let pushed = client.push(&Push {
        token: token.trim(),
        repository: &repository,
        version: &version,
        wasm: &wasm,
        created: Clock::system().now(),
        author: None,
        key: Some(&key),
    })?;
    let words = format!(
        "{repository} {version} is published\nmanifest {}\nwasm {}",
        pushed.manifest_digest, pushed.wasm_digest
    );
    let json = json!({
        "name": repository.as_str(),
        "version": version.to_string(),
        "manifest": pushed.manifest_digest.to_string(),
        "wasm": pushed.wasm_digest.to_string(),
    });
    Ok(Answer { words, json })
}

/// Its name in the registry and its version, by its own manifest.
fn stated(checked: &Checked, namespace: &Namespace) -> Result<(Repository, Version), Failure> {
    let wrong = |what: String| {
        Failure::new(
            Ending::FoundWrong,
            format!("{}: {what}", checked.file().display()),
            "correct `id` or `version` in departmental.json and build again",
        )
    };
    let repository = format!("modules/{namespace}/{}", checked.word("id"));
    let repository = repository
        .parse()
        .map_err(|why| wrong(format!("{repository} is no name for a release: {why}")))?;
    let version = checked.word("version");
    let version = version
        .parse()
        .map_err(|why| wrong(format!("{version} is no version of a release: {why}")))?;
    Ok((repository, version))
}

fn key_of(file: &Path) -> Result<SupplierKey, Failure> {
    SupplierKey::from_pem(&secret(file, "the supplier's key")?).map_err(|wrong| {
        Failure::new(
            Ending::UsedWrongly,
            format!("{}: is no supplier's key: {wrong}", file.display()),
            "name the file that `departmental keygen --out FILE` made",
        )
    })
}

fn secret(file: &Path, what: &str) -> Result<String, Failure> {
    let refuse = |why: &str| {
        Failure::new(
            Ending::UsedWrongly,
            format!("{}: {what} cannot be read: {why}", file.display()),
            "name a small text file that is there and may be read",
        )
    };
    let length = std::fs::metadata(file)
        .map_err(|wrong| refuse(&wrong.to_string()))?
        .len();
    if length > KEY_FILE_BYTES_MAX {
        return Err(refuse("it is too large"));
    }
    std::fs::read_to_string(file).map_err(|wrong| refuse(&wrong.to_string()))
}

#[cfg(test)]
mod tests;
