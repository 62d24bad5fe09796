//! The JSON Web Token by which a service outside knows who calls (CDS Hooks 2.0, section 4.5), and the key to check it.
//!
//! Invariant: a token is for one service, for a minute, and has a number that is never used again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How long a token is good for, in seconds.
const LIFE_S: i64 = 60;

/// A token for this address, made at this moment under a number of its own, that says so much more.
pub(super) fn token(
    key: &[u8; 32],
    address: &str,
    now_ms: i64,
    number: &str,
    about: Value,
) -> String {
    let key = SigningKey::from_bytes(key);
    let kid = thumbprint(&key);
    let now_s = now_ms.div_euclid(1_000);
    let head = json!({ "alg": "EdDSA", "typ": "JWT", "kid": kid });
    let mut claims = json!({
        "iss": named(&kid), "aud": address, "iat": now_s, "exp": now_s + LIFE_S, "jti": number,
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut claims, about) {
        all.extend(more);
    }
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encoded(&head), encoded(&claims));
    let signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// The key to check tokens with, as a set of one.
pub(super) fn key_set(key: &[u8; 32]) -> Value {
    let key = SigningKey::from_bytes(key);
    let mut public = public(&key);
    public["kid"] = Value::from(thumbprint(&key));
    public["use"] = Value::from("sig");
    public["alg"] = Value::from("EdDSA");
    json!({ "keys": [public] })
}

/// Whose tokens these are.
pub(super) fn issuer(key: &[u8; 32]) -> String {
    named(&thumbprint(&SigningKey::from_bytes(key)))
}

fn named(kid: &str) -> String {
    format!("urn:palatine:{kid}")
}

fn public(key: &SigningKey) -> Value {
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().to_bytes());
    json!({ "crv": "Ed25519", "kty": "OKP", "x": x })
}

/// RFC 7638: the digest of the key's own members in the order of their names.
fn thumbprint(key: &SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(public(key).to_string()))
}
