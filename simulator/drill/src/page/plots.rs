//! Plotly, out of the crate that ships it.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

/// The name under which it is served. It is of one version, so a browser may keep it.
pub(super) const FILE: &str = "plotly-3.0.1.js";

/// The crate gives the script inside `<script>` elements, Plotly's first, as pages embed it.
static SCRIPT: LazyLock<Bytes> = LazyLock::new(|| {
    let elements = plotly::Plot::offline_js_sources();
    let script = elements.split_once('>').map_or("", |(_, rest)| rest);
    let script = script.split_once("</script>").map_or("", |(script, _)| script);
    Bytes::copy_from_slice(script.as_bytes())
});

pub(super) fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "private, max-age=86400"),
    ];
    (headers, SCRIPT.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_plotly_whole_and_of_the_version_it_is_served_as() {
        let text = std::str::from_utf8(&SCRIPT).expect("text");
        assert!(text.len() > 3_000_000, "{}", text.len());
        assert!(text.trim_start().starts_with("/**\n* plotly.js v3.0.1"), "{}", &text[..60]);
    }
}
