//! The after-action page, for the instructor.

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::answers;
use crate::room::Inner;

/// The page, once it is written. It runs no script, and only the styles that it came with.
pub(super) fn page(inner: &Inner) -> Response {
    let Some(Ok(page)) = inner.shared.debrief.get() else {
        return answers::notice(StatusCode::NOT_FOUND, "there is no debrief yet");
    };
    let policy = format!(
        "default-src 'none'; style-src {}; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        styles(page)
    );
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(page.clone())).into_response()
}

/// The page is not for players; that there is one, they may know.
pub(super) fn not_for_players() -> Response {
    let text = "the debrief is with your instructor, when the exercise is over";
    answers::notice(StatusCode::FORBIDDEN, text)
}

/// The hashes of the page's own style sheets.
fn styles(page: &str) -> String {
    let sheets = page.split("<style>").skip(1).filter_map(|rest| rest.split_once("</style>"));
    let hash = |sheet: &str| STANDARD.encode(Sha256::digest(sheet.as_bytes()));
    let hashes: Vec<_> = sheets.map(|(sheet, _)| format!("'sha256-{}'", hash(sheet))).collect();
    if hashes.is_empty() { "'none'".to_owned() } else { hashes.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_use_its_own_styles_and_no_others() {
        let page = "<style>p{}</style><p>x</p>";
        // printf 'p{}' | openssl dgst -sha256 -binary | base64
        let expected = "'sha256-gG2yISYereRMiG2lMXrbiUgi0Ubw9p7QCeWcroOvy9Y='";
        assert_eq!(styles(page), expected);
        assert_eq!(styles("<p>x</p>"), "'none'");
        assert_ne!(styles(page), styles("<style>p{ }</style>"));
    }
}
