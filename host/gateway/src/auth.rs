//! Signing in and out, and the `Caller` behind a request: a session cookie for people, a bearer token for apps.
//!
//! Invariant: a handler that takes a `Caller` or a `Session` cannot run without authentication, and a form is acted on
//! only with the token that this session's pages carry.

use axum::extract::{Form, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fhir::outcome::IssueType;
use record::Kind;
use record::account::SignInError;
use record::caller::Caller;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::Door;
use crate::problem::{self, Problem};

/// How the session's token is named among cookies; the prefix makes browsers insist on TLS, this host and the whole site.
const COOKIE: &str = "palatine-session";
const COOKIE_HTTPS: &str = "__Host-palatine-session";

/// Whoever is signed in in this browser.
pub(crate) struct Session {
    /// Who.
    pub(crate) caller: Caller,
    /// What every form of this session sends back; derived from the session's token, which it does not give away.
    pub(crate) form_token: String,
    token: String,
}

impl Session {
    /// Whether a form came from a page of this session.
    pub(crate) fn sent(&self, form_token: &str) -> bool {
        self.form_token
            .as_bytes()
            .ct_eq(form_token.as_bytes())
            .into()
    }
}

/// Apps: a bearer token, or the session of a person who looks at the API in a browser (reading only).
impl FromRequestParts<Door> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Problem> {
        let cookie = if parts.method.is_safe() {
            cookie(&parts.headers, door)
        } else {
            None
        };
        let Some(token) = bearer(&parts.headers).or(cookie) else {
            return Err(unknown());
        };
        door.record.caller(token).await.map_err(|_| unknown())
    }
}

/// People: the session's cookie; without one they are shown the way in.
impl FromRequestParts<Door> for Session {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Redirect> {
        let enter = || Redirect::to("/sign-in");
        let token = cookie(&parts.headers, door).ok_or_else(enter)?;
        let caller = door.record.caller(token).await.map_err(|_| enter())?;
        let digest = Sha256::new()
            .chain_update(b"palatine form ")
            .chain_update(token)
            .finalize();
        Ok(Self {
            caller,
            form_token: URL_SAFE_NO_PAD.encode(digest),
            token: token.to_owned(),
        })
    }
}

fn unknown() -> Problem {
    let details =
        "sign in first: send `Authorization: Bearer TOKEN` with a token from POST /auth/token";
    Problem::new(StatusCode::UNAUTHORIZED, IssueType::Login, details)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

fn cookie<'a>(headers: &'a HeaderMap, door: &Door) -> Option<&'a str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?.split(';');
    cookies
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == name_of(door))
        .map(|(_, token)| token)
}

fn name_of(door: &Door) -> &'static str {
    if door.settings.https {
        COOKIE_HTTPS
    } else {
        COOKIE
    }
}

/// `POST /auth/token`: what an app signs in with, in the form or as Basic.
#[derive(Deserialize)]
pub(crate) struct TokenBody {
    grant_type: String,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// `POST /auth/token`: 200 with a bearer token (OAuth 2.0, RFC 6749 section 4.4); 400 another grant; 401 unknown account or
/// wrong secret: one answer.
pub(crate) async fn token(
    State(door): State<Door>,
    headers: HeaderMap,
    Form(body): Form<TokenBody>,
) -> Response {
    granted(&door, &headers, body).await
}

async fn granted(door: &Door, headers: &HeaderMap, body: TokenBody) -> Response {
    if body.grant_type != "client_credentials" {
        return oauth_error(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let from_form = body.client_id.zip(body.client_secret);
    let Some((account, secret)) = from_form.or_else(|| basic(headers)) else {
        return oauth_error(StatusCode::BAD_REQUEST, "invalid_request");
    };
    match door.record.sign_in(&account, &secret).await {
        Ok(signed_in) => {
            let body = json!({"access_token": signed_in.token, "token_type": "Bearer", "expires_at": signed_in.expires_at});
            (
                [(header::CONTENT_TYPE, "application/json")],
                body.to_string(),
            )
                .into_response()
        }
        Err(why) if why.kind() == Kind::Forbidden => {
            oauth_error(StatusCode::UNAUTHORIZED, "invalid_client")
        }
        Err(why) => oauth_error(problem::status(why.kind()), "temporarily_unavailable"),
    }
}

fn oauth_error(status: StatusCode, code: &str) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        json!({"error": code}).to_string(),
    )
        .into_response()
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    text.split_once(':')
        .map(|(account, secret)| (account.to_owned(), secret.to_owned()))
}

/// Opens a session for a person: the cookie to set, or why not.
pub(crate) async fn enter(
    door: &Door,
    account: &str,
    password: &str,
) -> Result<String, SignInError> {
    let signed_in = door.record.sign_in(account, password).await?;
    let secure = if door.settings.https { "; Secure" } else { "" };
    Ok(format!(
        "{}={}; Path=/; HttpOnly; SameSite=Strict{secure}",
        name_of(door),
        signed_in.token
    ))
}

/// Ends a session: the cookie that takes the old one away.
pub(crate) async fn leave(door: &Door, session: &Session) -> Result<String, SignInError> {
    door.record.sign_out(&session.token).await?;
    let secure = if door.settings.https { "; Secure" } else { "" };
    Ok(format!(
        "{}=; Path=/; HttpOnly; SameSite=Strict{secure}; Max-Age=0",
        name_of(door)
    ))
}
