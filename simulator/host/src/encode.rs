//! The last step of a model's build: a core module becomes a component of the contract.

use std::borrow::Cow;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::load::{LoadError, MAX_COMPONENT_BYTES};

const CONTRACT: &str = include_str!("../../../device-models/wit/device.wit");
/// Where a module says which world it is written for; `wit-bindgen` leaves it.
const WORLD: &str = "component-type";

/// The component that `bytes` are, or that the core module in them becomes. A module that does not
/// say which world it is written for is taken for one of this contract: imports and exports have
/// the names of the contract, and values cross as the canonical ABI has them.
///
/// # Errors
/// When it is too large, or a core module that is no device model.
pub fn component(bytes: &[u8]) -> Result<Cow<'_, [u8]>, LoadError> {
    if bytes.len() > MAX_COMPONENT_BYTES || !wasmparser::Parser::is_core_wasm(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    encode(bytes).map(Cow::Owned).map_err(LoadError::CoreModule)
}

fn encode(module: &[u8]) -> Result<Vec<u8>, String> {
    let told = |error: &dyn std::fmt::Display| format!("{error:#}");
    let mut module = module.to_vec();
    if !says_its_world(&module).map_err(|error| told(&error))? {
        let mut contract = Resolve::default();
        let package = contract.push_str("device.wit", CONTRACT).map_err(|error| told(&error))?;
        let world = contract.select_world(&[package], Some("device")).map_err(|e| told(&e))?;
        embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8)
            .map_err(|error| told(&error))?;
    }
    let encoder = ComponentEncoder::default().module(&module).map_err(|error| told(&error))?;
    encoder.validate(true).encode().map_err(|error| told(&error))
}

fn says_its_world(module: &[u8]) -> Result<bool, wasmparser::BinaryReaderError> {
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        if let wasmparser::Payload::CustomSection(section) = payload?
            && section.name().starts_with(WORLD)
        {
            return Ok(true);
        }
    }
    Ok(false)
}
