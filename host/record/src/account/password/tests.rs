//! Hashes are argon2id with the parameters that were stated, and belong to one password.
//!
//! Invariant: a hash never holds its password.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use super::Passwords;

#[tokio::test]
async fn a_hash_belongs_to_its_password_only() {
    let passwords = Passwords::default();
    let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    assert!(!hash.contains("horse"));
    assert!(
        passwords
            .belongs("correct horse".to_owned(), Some(hash.clone()))
            .await
            .unwrap()
    );
    assert!(
        !passwords
            .belongs("correct house".to_owned(), Some(hash))
            .await
            .unwrap()
    );
    assert!(
        !passwords
            .belongs("correct horse".to_owned(), None)
            .await
            .unwrap(),
        "nobody's hash is everybody's no"
    );
}
