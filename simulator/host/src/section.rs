//! The custom sections of a component: what its build said of it, which nothing here believes.

use wasmparser::{BinaryReaderError, Parser, Payload};

/// The custom sections called `name`, of a component and of the modules and components in it, in order.
///
/// # Errors
/// Why the bytes are not WebAssembly.
pub fn custom_sections<'a>(component: &'a [u8], name: &str) -> Result<Vec<&'a [u8]>, String> {
    let section = |payload: Result<Payload<'a>, BinaryReaderError>| match payload {
        Ok(Payload::CustomSection(section)) if section.name() == name => Some(Ok(section.data())),
        Ok(_) => None,
        Err(error) => Some(Err(error.to_string())),
    };
    Parser::new(0).parse_all(component).filter_map(section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_found_at_any_depth() {
        let nested = r#"(component
            (core module (@custom "list" "inner") (@custom "other" "no"))
            (@custom "list" "outer"))"#;
        let bytes = wat::parse_str(nested).expect("a component");
        assert_eq!(custom_sections(&bytes, "list"), Ok(vec![&b"inner"[..], b"outer"]));
        assert_eq!(custom_sections(&bytes, "none"), Ok(vec![]));
    }

    #[test]
    fn a_core_module_keeps_its_sections_when_it_is_encoded() {
        let mut module = medtwin_hostile::all().remove(0).module;
        module.extend([0, 10, 4, b'l', b'i', b's', b't', b'w', b'o', b'r', b'd', b's']);
        let component = crate::component(&module).expect("a component");
        assert_eq!(custom_sections(&component, "list"), Ok(vec![&b"words"[..]]));
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        let bytes = wat::parse_str(r#"(component (@custom "list" "words"))"#).expect("a component");
        for cut in 1..bytes.len() {
            let found = custom_sections(&bytes[..cut], "list");
            assert!(cut == 8 || found.is_err(), "{cut}: {found:?}");
        }
    }
}
