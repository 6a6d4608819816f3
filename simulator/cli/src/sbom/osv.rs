//! OSV records, and which versions they are about.
//!
//! Of the schema (<https://ossf.github.io/osv-schema/>), what says which crates are affected; fields that are
//! not read may hold anything.

use semver::Version;
use serde::Deserialize;

/// The longest id of a record.
const MAX_ID: usize = 128;

/// An advisory.
#[derive(Debug, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    /// Required of a record: what has none is another kind of file.
    #[serde(rename = "modified")]
    _modified: String,
    pub(super) withdrawn: Option<String>,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default)]
    pub(super) summary: String,
    #[serde(default)]
    pub(super) severity: Vec<Severity>,
    #[serde(default)]
    affected: Vec<Affected>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Severity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) score: String,
}

#[derive(Debug, Deserialize)]
struct Affected {
    package: Option<Package>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    ranges: Vec<Range>,
}

#[derive(Debug, Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Range {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
enum Kind {
    Semver,
    /// For crates.io the same as semver.
    Ecosystem,
    /// Commits: says nothing of versions.
    Git,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Introduced(String),
    LastAffected(String),
    Fixed(String),
    /// A version from which on the range says nothing.
    Limit(String),
}

/// From which version on: none is before all.
pub(crate) type Bound = Option<Version>;

impl Record {
    /// Reads a record, with all that it says of crates.
    ///
    /// # Errors
    /// What of it is not as the schema has it, in words.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let record: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let of_an_id = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let ids = std::iter::once(&record.id).chain(&record.aliases);
        for id in ids {
            if !(1..=MAX_ID).contains(&id.len()) || !id.bytes().all(of_an_id) {
                return Err(format!("`{}` is no id", id.escape_debug()));
            }
        }
        record
            .ranges(None)
            .flat_map(|range| &range.events)
            .try_for_each(|e| e.bound().map(drop))?;
        Ok(record)
    }

    /// The crates that it is about.
    pub(super) fn crates(&self) -> impl Iterator<Item = &str> {
        self.of_crates(None).filter_map(|affected| Some(affected.package.as_ref()?.name.as_str()))
    }

    /// Whether version `version` of the crate `name` is affected.
    pub(crate) fn affects(&self, name: &str, version: &Version) -> bool {
        let listed = self.of_crates(Some(name)).flat_map(|affected| &affected.versions);
        listed.into_iter().any(|listed| *listed == version.to_string())
            || self.ranges(Some(name)).any(|range| range.holds(version))
    }

    /// The first version of the crate after `version` in which it is mended, if there is one.
    pub(crate) fn fixed_after(&self, name: &str, version: &Version) -> Bound {
        let events = self.ranges(Some(name)).flat_map(|range| &range.events);
        let fixed = events.filter(|event| matches!(event, Event::Fixed(_)));
        let fixed = fixed.filter_map(|event| event.bound().ok().flatten());
        fixed.filter(|fixed| fixed > version).min()
    }

    /// What is said of crates, or of one.
    fn of_crates(&self, name: Option<&str>) -> impl Iterator<Item = &Affected> {
        self.affected.iter().filter(move |affected| {
            let package = affected.package.as_ref().filter(|p| p.ecosystem == "crates.io");
            package.is_some_and(|package| name.is_none_or(|name| package.name == name))
        })
    }

    fn ranges(&self, name: Option<&str>) -> impl Iterator<Item = &Range> {
        self.of_crates(name).flat_map(|affected| &affected.ranges).filter(|r| r.kind != Kind::Git)
    }
}

impl Range {
    /// Whether a version lies in it, as the schema's section on evaluation has it.
    fn holds(&self, version: &Version) -> bool {
        let mut events: Vec<_> = self.events.iter().collect();
        events.sort_by_cached_key(|event| event.order());
        let (mut holds, mut limits) = (false, Vec::new());
        for event in events {
            let Ok(bound) = event.bound() else { continue };
            let after = bound.as_ref().is_none_or(|bound| version.cmp_precedence(bound).is_gt());
            let reached =
                after || bound.as_ref().is_some_and(|b| version.cmp_precedence(b).is_eq());
            match event {
                Event::Introduced(_) => holds |= reached,
                Event::Fixed(_) => holds &= !reached,
                Event::LastAffected(_) => holds &= !after,
                Event::Limit(text) => limits.push(text == "*" || !reached),
            }
        }
        holds && (limits.is_empty() || limits.contains(&true))
    }
}

impl Event {
    fn text(&self) -> &str {
        let (Self::Introduced(text)
        | Self::LastAffected(text)
        | Self::Fixed(text)
        | Self::Limit(text)) = self;
        text
    }

    fn bound(&self) -> Result<Bound, String> {
        match self.text() {
            "0" => Ok(None),
            "*" if matches!(self, Self::Limit(_)) => Ok(None),
            text => Version::parse(text)
                .map(Some)
                .map_err(|error| format!("`{}` is no version: {error}", text.escape_debug())),
        }
    }

    /// In the order of versions; of one version, what ends a range comes last.
    fn order(&self) -> (Bound, u8) {
        let rank = match self {
            Self::Introduced(_) => 0,
            Self::LastAffected(_) => 1,
            Self::Fixed(_) => 2,
            Self::Limit(_) => 3,
        };
        (self.bound().unwrap_or_default(), rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(affected: &str) -> Result<Record, String> {
        let text =
            format!(r#"{{"id":"X-1","modified":"2026-01-01T00:00:00Z","affected":[{affected}]}}"#);
        Record::parse(text.as_bytes())
    }

    fn ranged(events: &str) -> Record {
        let package = r#""package":{"ecosystem":"crates.io","name":"a"}"#;
        let range = format!(r#"{{"type":"SEMVER","events":[{events}]}}"#);
        record(&format!(r#"{{{package},"ranges":[{range}]}}"#)).expect("a record")
    }

    #[track_caller]
    fn check(events: &str, affected: &[&str], not: &[&str]) {
        let record = ranged(events);
        let is = |text: &&str| record.affects("a", &text.parse().expect("a version"));
        assert!(affected.iter().all(is), "{events}");
        assert!(!not.iter().any(is), "{events}");
    }

    #[test]
    fn a_range_ends_before_what_is_fixed_and_with_what_was_last_affected() {
        check(
            r#"{"introduced":"0"},{"fixed":"1.2.0"}"#,
            &["0.1.0", "1.2.0-rc.1"],
            &["1.2.0", "2.0.0"],
        );
        check(
            r#"{"introduced":"1.0.0"},{"last_affected":"1.4.0"}"#,
            &["1.0.0", "1.4.0"],
            &["0.9.9", "1.4.1"],
        );
        check(r#"{"introduced":"1.0.0"}"#, &["1.0.0", "9.0.0"], &["0.9.9"]);
        check(r#"{"introduced":"0"},{"limit":"2.0.0"}"#, &["1.9.0"], &["2.0.0"]);
        check(r#"{"introduced":"0"},{"limit":"*"}"#, &["2.0.0"], &[]);
        check("", &[], &["1.0.0"]);
    }

    #[test]
    fn events_count_in_the_order_of_versions_not_of_the_file() {
        let two =
            r#"{"fixed":"2.1.0"},{"introduced":"2.0.0"},{"fixed":"1.1.0"},{"introduced":"0"}"#;
        check(two, &["1.0.0", "2.0.5"], &["1.1.0", "1.9.0", "2.1.0"]);
        let fixed = ranged(two).fixed_after("a", &Version::new(1, 0, 0));
        assert_eq!(fixed, Some(Version::new(1, 1, 0)));
    }

    #[test]
    fn what_is_said_of_another_crate_or_ecosystem_is_not_said_of_this() {
        let one = |ecosystem: &str, name: &str| {
            let package = format!(r#"{{"ecosystem":"{ecosystem}","name":"{name}"}}"#);
            let said = record(&format!(r#"{{"package":{package},"versions":["1.0.0","odd"]}}"#));
            said.expect("a record").affects("a", &Version::new(1, 0, 0))
        };
        assert!(one("crates.io", "a"));
        assert!(!one("crates.io", "A") && !one("npm", "a"));
    }

    #[test]
    fn what_the_schema_does_not_have_is_refused() {
        for (text, why) in [
            ("{}", "missing field `id`"),
            (r#"{"id":"X"}"#, "missing field `modified`"),
            (r#"{"id":"\u001b[2J","modified":""}"#, "is no id"),
            (r#"{"id":"X","modified":"","affected":{}}"#, "invalid type"),
        ] {
            let error = Record::parse(text.as_bytes()).expect_err(text);
            assert!(error.contains(why), "{error}");
        }
        let odd = r#"{"package":{"ecosystem":"crates.io","name":"a"},"ranges":[{"type":"SEMVER","events":[{"fixed":"1.x"}]}]}"#;
        assert!(record(odd).expect_err("1.x is no version").contains("`1.x` is no version"));
        assert!(record(&odd.replace("crates.io", "npm")).is_ok(), "versions of others are theirs");
    }
}
