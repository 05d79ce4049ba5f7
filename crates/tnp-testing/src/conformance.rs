//! What `cargo xtask conformance` asks of a program: for each backend in it, what it supports and whether the rows pass, as JSON.

use serde_json::{Value, json};
use tnp_array::Result;
use tnp_backend::{Device, backends};

use crate::check::{self, Manners};
use crate::rows::all_rows;
use crate::survey::{cells, core_families, survey};

/// Prints one line of JSON for the first device of each backend that is linked or registered, or of the one that is named; one whose
/// devices are missing on this machine says why.
///
/// # Examples
/// ```no_run
/// # extern crate tnp_cpu;
/// tnp_testing::conformance::print(None);
/// tnp_testing::conformance::print(Some("cpu"));
/// ```
pub fn print(name: Option<&str>) {
    let mut wanted = backends();
    wanted.retain(|backend| name.is_none_or(|name| backend.name() == name));
    for backend in wanted {
        let found = backend.devices().and_then(|infos| match infos.first() {
            Some(info) => column(info.device),
            None => Err(tnp_backend::Error::device("it lists no device")),
        });
        let line = found.unwrap_or_else(
            |error| json!({"backend": backend.name(), "missing": error.to_string()}),
        );
        println!("{line}");
    }
}

/// What there is to say of one device.
fn column(device: Device) -> Result<Value> {
    let lines = survey(device.backend());
    let operations = lines.iter().map(|line| {
        let cells = line.cells.iter();
        let cells: Vec<Value> = cells
            .map(|(dtype, manner)| json!([dtype.name(), manner.name()]))
            .collect();
        json!({"name": line.name, "core": line.core, "cells": cells})
    });
    let operations: Vec<Value> = operations.collect();
    let categories = all_rows().into_iter().map(|category| {
        let report = check::category(category.name, &[device]);
        for failure in report.failures.iter().take(5) {
            eprintln!("{device}: {failure}");
        }
        json!({"name": category.name, "rows": counts(report.rows), "failures": report.failures.len()})
    });
    let categories: Vec<Value> = categories.collect();
    let (whole, families) = core_families(&lines);
    Ok(json!({
        "backend": device.backend().name(),
        "operations": operations,
        "cells": counts(cells(&lines)),
        "families": [whole, families],
        "categories": categories,
    }))
}

fn counts(manners: Manners) -> Value {
    json!([manners.native, manners.decomposed, manners.unsupported])
}
