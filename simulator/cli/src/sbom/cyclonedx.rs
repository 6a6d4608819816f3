//! A CycloneDX 1.6 document in JSON.
//!
//! Without a time: the same scenario gives the same bytes, and the serial number is a digest of the rest.
//! What the format has no place for stands in properties called `medtwin:…` (docs/sbom.md).

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::finding::Finding;
use super::list::Library;
use super::stock::{Device, Firmware, Stock};
use super::{Matched, Reach};
use crate::case::Case;
use crate::result::hex;

/// The document of a scenario, with what was found if advisories were matched.
pub(super) fn document(case: &Case, stock: &Stock, matched: Option<&Matched>) -> Value {
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata(case),
        "components": components(stock),
        "dependencies": dependencies(case, stock),
        "compositions": compositions(case, stock),
    });
    if let Some(matched) = matched {
        document["vulnerabilities"] = vulnerabilities(stock, matched);
    }
    document["serialNumber"] = serial(&document).into();
    document
}

/// A UUID of version 8 (RFC 9562), from SHA-256.
fn serial(document: &Value) -> String {
    let mut digest = Sha256::digest(document.to_string());
    digest[6] = digest[6] & 0x0f | 0x80;
    digest[8] = digest[8] & 0x3f | 0x80;
    let hex = hex(&digest[..16]);
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    format!("urn:uuid:{}", parts.join("-"))
}

fn scenario(case: &Case) -> String {
    format!("scenario/{}", case.name())
}

fn metadata(case: &Case) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let tool = json!({ "type": "application", "name": "medtwin", "version": version });
    json!({
        "tools": { "components": [tool] },
        "component": {
            "type": "application",
            "bom-ref": scenario(case),
            "name": case.name(),
            "description": case.scenario.title,
            "hashes": sha256(&hex(&case.sha256)),
        },
    })
}

fn sha256(hex: &str) -> Value {
    json!([{ "alg": "SHA-256", "content": hex }])
}

fn property(name: &str, value: impl Into<String>) -> Value {
    json!({ "name": format!("medtwin:{name}"), "value": value.into() })
}

fn components(stock: &Stock) -> Vec<Value> {
    let devices = stock.devices.iter().map(device);
    let firmware = stock.firmware.iter().map(|(reference, own)| firmware(reference, own));
    let libraries = stock.firmware.iter().flat_map(|(reference, own)| {
        own.libraries().iter().map(move |one| library(reference, one))
    });
    devices.chain(firmware).chain(libraries).collect()
}

fn device(device: &Device) -> Value {
    let manifest = &device.manifest;
    json!({
        "type": "device",
        "bom-ref": device.reference(),
        "name": device.name,
        "description": manifest.summary,
        "supplier": { "name": manifest.supplier },
        "properties": [property("model", &manifest.name)],
    })
}

/// A component in the place of the model's own has nobody's word for who made it.
fn firmware(reference: &str, firmware: &Firmware) -> Value {
    let manifest = &firmware.manifest;
    let about = match &firmware.list {
        Ok(_) => "listed in `.dep-v0`; Rust's own library is not in the list".to_owned(),
        Err(why) => format!("unknown: {why}"),
    };
    let mut properties = vec![property("dependencies", about)];
    let mut component = json!({
        "type": "firmware",
        "bom-ref": reference,
        "name": manifest.name,
        "hashes": sha256(&firmware.sha256),
    });
    if firmware.is_own {
        component["supplier"] = json!({ "name": manifest.supplier });
        if let Some(version) = &manifest.version {
            component["version"] = version.as_str().into();
        }
        let end = manifest.support_end.map(|day| property("support-end", day.to_string()));
        properties.extend(end);
    } else {
        properties.push(property("replaced", "true"));
    }
    component["properties"] = properties.into();
    component
}

fn library(firmware: &str, library: &Library) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": library.reference(firmware),
        "name": library.name,
        "version": library.version.to_string(),
        "properties": [property("source", &library.source)],
    });
    // A crate of our own called like one of crates.io is another crate.
    if library.is_of_crates_io() {
        let version = library.version.to_string().replace('+', "%2B");
        component["purl"] = format!("pkg:cargo/{}@{version}", library.name).into();
    }
    component
}

fn dependencies(case: &Case, stock: &Stock) -> Vec<Value> {
    let on =
        |reference: String, needs: Vec<String>| json!({ "ref": reference, "dependsOn": needs });
    let devices = stock.devices.iter();
    let of_scenario = on(scenario(case), devices.clone().map(Device::reference).collect());
    let of_devices = devices.map(|device| on(device.reference(), vec![device.runs.clone()]));
    let of_firmware = stock.firmware.iter().flat_map(|(reference, firmware)| {
        let all = firmware.libraries();
        let named = |places: &std::collections::BTreeSet<usize>| {
            places.iter().map(|place| all[*place].reference(reference)).collect()
        };
        let direct = firmware.list.as_ref().map(|list| named(&list.direct)).unwrap_or_default();
        let libraries = all.iter().map(|one| on(one.reference(reference), named(&one.needs)));
        std::iter::once(on(reference.clone(), direct)).chain(libraries).collect::<Vec<_>>()
    });
    std::iter::once(of_scenario).chain(of_devices).chain(of_firmware).collect()
}

/// How far the dependencies are known. A list of cargo-auditable lacks Rust's own library.
fn compositions(case: &Case, stock: &Stock) -> Vec<Value> {
    let of = |known: bool| {
        let all = stock.firmware.iter().filter(move |(_, own)| own.list.is_ok() == known);
        all.flat_map(|(reference, own)| {
            let libraries = own.libraries().iter().map(|one| one.reference(reference));
            std::iter::once(reference.clone()).chain(libraries).collect::<Vec<_>>()
        })
    };
    let devices = stock.devices.iter().map(Device::reference);
    let whole: Vec<String> = std::iter::once(scenario(case)).chain(devices).collect();
    let all =
        [("complete", whole), ("incomplete", of(true).collect()), ("unknown", of(false).collect())];
    let named = all.into_iter().filter(|(_, references)| !references.is_empty());
    named.map(|(how, all)| json!({ "aggregate": how, "dependencies": all })).collect()
}

fn vulnerabilities(stock: &Stock, matched: &Matched) -> Value {
    let ranked = matched.findings.iter().zip(1..);
    let one = |(finding, rank): (&Finding, usize)| vulnerability(stock, matched, finding, rank);
    ranked.map(one).collect()
}

fn vulnerability(stock: &Stock, matched: &Matched, finding: &Finding, rank: usize) -> Value {
    let device = &stock.devices[finding.device];
    let library = &stock.run_by(device).libraries()[finding.library];
    let (of_device, of_library) = (device.reference(), library.reference(&device.runs));
    let source =
        json!({ "name": "OSV", "url": format!("https://osv.dev/vulnerability/{}", finding.id) });
    let ratings =
        finding.scores.iter().map(|(method, vector)| json!({ "method": method, "vector": vector }));
    let aliases = finding.aliases.iter().map(|id| json!({ "id": id, "source": { "name": "OSV" } }));
    let version = json!({ "version": library.version.to_string(), "status": "affected" });
    let mut vulnerability = json!({
        "bom-ref": format!("vulnerability/{}/{of_device}/{}@{}", finding.id, library.name, library.version),
        "id": finding.id,
        "source": source,
        "references": aliases.collect::<Vec<_>>(),
        "ratings": ratings.collect::<Vec<_>>(),
        "description": finding.summary,
        "affects": [{ "ref": of_library, "versions": [version] }, { "ref": of_device }],
        "properties": ranking(&matched.pack, &matched.reaches[finding.device], rank, &device.name),
    });
    if let Some(fixed) = &finding.fixed {
        vulnerability["recommendation"] = format!("{} {fixed} mends it", library.name).into();
    }
    vulnerability
}

fn ranking(pack: &str, reach: &Reach, rank: usize, device: &str) -> [Value; 7] {
    [
        property("rank", rank.to_string()),
        property("policy", pack),
        property("device", device),
        property("may", reach.worst()),
        property("danger", reach.danger().to_string()),
        property("danger-sum", reach.sum().to_string()),
        property("reached-by", reach.reached_by()),
    ]
}
