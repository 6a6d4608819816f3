//! What a component says it was built from: the custom section `.dep-v0` of cargo-auditable.
//!
//! The list comes from whoever built the component. It is bounded, and every name and version in it is
//! checked for its form before it is printed; whether it is true, nobody knows.

use std::collections::BTreeSet;

use auditable_serde::{DependencyKind, Package, Source, VersionInfo};
use medtwin_host::custom_sections;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use semver::Version;

const SECTION: &str = ".dep-v0";
/// The largest list that is read [bytes]; that of a large product has some hundred kilobytes.
const MAX_BYTES: usize = 1 << 20;
/// The longest name of a crate, of crates.io.
const MAX_NAME: usize = 64;
const MAX_VERSION: usize = 128;

/// A crate that a component was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Library {
    pub(crate) name: String,
    pub(crate) version: Version,
    /// `crates.io`, `local`, `git`, `registry`, or another word.
    pub(super) source: String,
    /// What it depends on, by place in the list.
    pub(super) needs: BTreeSet<usize>,
}

/// A component's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) libraries: Vec<Library>,
    /// What the component itself depends on.
    pub(super) direct: BTreeSet<usize>,
}

impl Library {
    pub(super) fn is_of_crates_io(&self) -> bool {
        self.source == "crates.io"
    }
}

/// Reads the list of a component.
///
/// # Errors
/// Why its dependencies are unknown.
pub(crate) fn read(component: &[u8]) -> Result<List, String> {
    let sections = custom_sections(component, SECTION)
        .map_err(|error| format!("its sections cannot be read: {error}"))?;
    let section = match sections.as_slice() {
        [] => return Err(format!("it has no section `{SECTION}`")),
        [section] => section,
        several => return Err(format!("it has {} sections `{SECTION}`", several.len())),
    };
    parse(section).map_err(|why| format!("its section `{SECTION}` cannot be read: {why}"))
}

fn parse(section: &[u8]) -> Result<List, String> {
    let json = decompress_to_vec_zlib_with_limit(section, MAX_BYTES)
        .map_err(|error| format!("{:?} after at most {MAX_BYTES} bytes", error.status))?;
    let info: VersionInfo = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
    let packages = info.packages.len();
    let mut seen = BTreeSet::new();
    for package in &info.packages {
        check(package, packages)?;
        if !seen.insert((&package.name, &package.version, &package.source)) {
            return Err(format!("`{}` {} is there twice", package.name, package.version));
        }
    }
    Ok(list(&info.packages))
}

fn check(package: &Package, packages: usize) -> Result<(), String> {
    let of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_name = |name: &str| (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(of_a_name);
    let source = String::from(package.source.clone());
    let is_source = source == "crates.io" || is_name(&source);
    if !is_name(&package.name) || !is_source {
        return Err("a crate or a source has a name that none can have".to_owned());
    }
    if package.version.to_string().len() > MAX_VERSION {
        return Err(format!("the version of `{}` is too long", package.name));
    }
    match package.dependencies.iter().find(|place| **place >= packages) {
        Some(place) => Err(format!("`{}` needs package {place}, which is not there", package.name)),
        None => Ok(()),
    }
}

/// The libraries: what runs in the component, less the component itself.
fn list(packages: &[Package]) -> List {
    let is_library = |package: &Package| !package.root && package.kind == DependencyKind::Runtime;
    let mut places = vec![None; packages.len()];
    let own = (0..packages.len()).filter(|at| is_library(&packages[*at]));
    own.enumerate().for_each(|(place, at)| places[at] = Some(place));
    let needs =
        |package: &Package| package.dependencies.iter().filter_map(|at| places[*at]).collect();
    let library = |package: &Package| Library {
        name: package.name.clone(),
        version: package.version.clone(),
        source: match &package.source {
            Source::Other(word) => word.clone(),
            known => known.clone().into(),
        },
        needs: needs(package),
    };
    let libraries: Vec<_> = packages.iter().filter(|p| is_library(p)).map(library).collect();
    let root = packages.iter().find(|package| package.root);
    let direct = root.map_or_else(|| (0..libraries.len()).collect(), needs);
    List { libraries, direct }
}

#[cfg(test)]
mod tests {
    use miniz_oxide::deflate::compress_to_vec_zlib;

    use super::*;

    /// A component with these sections.
    fn component(sections: &[&[u8]]) -> Vec<u8> {
        let bytes =
            |data: &[u8]| data.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
        let one = |data: &&[u8]| format!("(@custom \".dep-v0\" \"{}\")", bytes(data));
        let all: String = sections.iter().map(one).collect();
        wat::parse_str(format!("(component {all})")).expect("a component")
    }

    fn of_json(json: &str) -> Result<List, String> {
        read(&component(&[&compress_to_vec_zlib(json.as_bytes(), 6)]))
    }

    #[track_caller]
    fn check_unknown(json: &str, why: &str) {
        let error = of_json(json).expect_err("it cannot be read");
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn a_list_is_read_without_its_root_and_without_what_only_builds() {
        let list = of_json(
            r#"{"packages":[
                {"name":"cc","version":"1.0.0","source":"crates.io","kind":"build"},
                {"name":"a","version":"1.2.3","source":"crates.io","dependencies":[2]},
                {"name":"b","version":"0.1.0","source":"local"},
                {"name":"pump","version":"0.1.0","source":"local","dependencies":[0,1],"root":true}]}"#,
        );
        let list = list.expect("a list");
        let names: Vec<_> = list.libraries.iter().map(|library| library.name.as_str()).collect();
        assert_eq!((names, list.direct), (vec!["a", "b"], BTreeSet::from([0])));
        assert_eq!(list.libraries[0].needs, BTreeSet::from([1]));
    }

    #[test]
    fn a_component_without_a_list_or_with_several_says_nothing() {
        assert_eq!(read(&component(&[])), Err("it has no section `.dep-v0`".to_owned()));
        assert_eq!(read(&component(&[b"", b""])), Err("it has 2 sections `.dep-v0`".to_owned()));
    }

    #[test]
    fn a_list_that_lies_about_its_form_is_not_believed() {
        let one = |name: &str, version: &str| {
            format!(
                r#"{{"packages":[{{"name":"{name}","version":"{version}","source":"crates.io"}}]}}"#
            )
        };
        check_unknown("[]", "expected");
        check_unknown(&one("a\\u001b[2J", "1.0.0"), "name that none can have");
        check_unknown(&one("", "1.0.0"), "name that none can have");
        check_unknown(&one(&"a".repeat(65), "1.0.0"), "name that none can have");
        check_unknown(&one("a", "1"), "version");
        check_unknown(&one("a", &format!("1.0.0-{}", "a".repeat(200))), "too long");
        let twice = r#"{"name":"a","version":"1.0.0","source":"git"}"#;
        check_unknown(&format!(r#"{{"packages":[{twice},{twice}]}}"#), "twice");
        let beyond = r#"{"name":"a","version":"1.0.0","source":"git","dependencies":[7]}"#;
        check_unknown(&format!(r#"{{"packages":[{beyond}]}}"#), "needs package 7");
        let itself = r#"{"name":"a","version":"1.0.0","source":"git","dependencies":[0]}"#;
        check_unknown(&format!(r#"{{"packages":[{itself}]}}"#), "cyclic");
        check_unknown(&format!(r#"{{"other":{}"#, "[".repeat(100_000)), "EOF");
    }

    #[test]
    fn a_list_that_swells_or_is_no_list_is_refused() {
        let bomb = compress_to_vec_zlib(&vec![b' '; 64 * MAX_BYTES], 9);
        let error = read(&component(&[&bomb])).expect_err("it is too large");
        assert!(error.contains("after at most 1048576 bytes"), "{error}");
        let whole = compress_to_vec_zlib(br#"{"packages":[]}"#, 9);
        for cut in 0..whole.len() {
            assert!(read(&component(&[&whole[..cut]])).is_err(), "{cut}");
        }
    }
}
