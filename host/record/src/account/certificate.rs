//! The certificate that a feed's account is bound to.
//!
//! Invariant: a bound account's messages are nobody's unless their connection showed a certificate of that name.

use super::{NAME_CHARS_MAX, SignInError, item, written};
use crate::Record;
use crate::caller::Role;
use crate::store::shelf::Shelf;

impl Record {
    /// Binds a feed's account to the name (a DNS name or a URI of subjectAltName) of its certificate, or frees it.
    ///
    /// # Errors
    /// `NotAnAccount` with what to change, `Store`.
    pub async fn bind_certificate(
        &self,
        account: &str,
        name: Option<&str>,
    ) -> Result<(), SignInError> {
        let wrong = |what: &str| SignInError::NotAnAccount {
            what: what.to_owned(),
        };
        let known = self.account(account).await?;
        let Some((mut kept, caller)) = known else {
            return Err(wrong("there is none of this name"));
        };
        if caller.role() != Role::Feed {
            return Err(wrong("only a feed's account is bound to a certificate"));
        }
        let fits = |name: &str| {
            (1..=2 * NAME_CHARS_MAX).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if name.is_some_and(|name| !fits(name)) {
            return Err(wrong(
                "the certificate's name is a DNS name or a URI of its subjectAltName, at most 200 characters",
            ));
        }
        kept.certificate = name.map(str::to_ascii_lowercase);
        let kept = written(&kept)?;
        let kept = item(Shelf::Account, account.to_owned(), kept, None);
        Ok(self.shelve(vec![kept]).await?)
    }
}
