//! The laws of transformations, derived from every row: compiled = eager, mapped = looped, gradient = differences, and all of them of
//! each other. Where a row cannot keep one, [`exceptions`] says why.

pub mod exceptions;
mod sample;
mod slopes;
mod values;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tnp_array::{Array, Error, Result};
use tnp_backend::detours;
use tnp_dtype::DType;

use crate::check::{Manner, Report, panic_text, selected};
use crate::inputs::Inputs;
use crate::rows::{Case, Item, Row};

/// What holds of every row, whatever it computes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Law {
    /// A traced function gives what the plain one does, and fails when that does.
    Compiled,
    /// So does one of one input alone, or none: the others are constants of the trace.
    CompiledPart,
    /// A map gives what a loop over the examples does, and fails when that does.
    Mapped,
    /// So does one over one input alone: the others are the same for all examples.
    MappedPart,
    /// The first and second derivatives are those of differences, in reverse and forward.
    Gradient,
    /// A gradient of a map is a map of gradients, and that a loop of them; of second derivatives too.
    MappedGradient,
    /// A compiled gradient is the gradient of what was compiled, and that the gradient; of second derivatives too.
    CompiledGradient,
    /// Under a tape the values are the same to the bit, and its gradient is [`tnp_autodiff::grad`]'s.
    Taped,
}

/// All laws.
pub const LAWS: [Law; 8] = [
    Law::Compiled,
    Law::CompiledPart,
    Law::Mapped,
    Law::MappedPart,
    Law::Gradient,
    Law::MappedGradient,
    Law::CompiledGradient,
    Law::Taped,
];

/// Holds a category's rows to all laws on the current device.
///
/// # Panics
/// When there is no such category.
pub fn category(name: &str) -> Report {
    let mut report = Report::default();
    for row in selected(name).rows {
        let cases = cases(&row);
        let smooth = cases_with_slopes(&cases);
        let (failures, mut worst) = (report.failures.len(), Manner::Native);
        for law in LAWS {
            let cases = match law {
                Law::Compiled | Law::CompiledPart | Law::Mapped | Law::MappedPart => {
                    &cases.iter().collect::<Vec<_>>()
                }
                _ => &smooth,
            };
            let (broken, manner) = broken(law, &row, cases, &mut report);
            worst = worst.max(manner);
            let excepted = exceptions::reason(law, &row);
            match excepted {
                None => report.failures.extend(broken),
                Some(_) if broken.is_empty() && manner < Manner::Unsupported => {
                    report.failures.push(format!(
                        "{}: {law:?} holds; take it off the exceptions",
                        row.expression
                    ))
                }
                Some(_) => {}
            }
        }
        if report.failures.len() == failures {
            report.rows.count(worst);
        }
    }
    report
}

/// The row's cases, and its shapes in the dtypes with slopes.
fn cases(row: &Row) -> Vec<Case> {
    let mut cases = row.cases();
    for dtype in [DType::Float64, DType::Complex128] {
        let more = row.cases_of(dtype).into_iter().filter(|_| row.takes(dtype));
        let known: HashSet<String> = cases.iter().map(|case| case.key.clone()).collect();
        cases.extend(more.filter(|case| !known.contains(&case.key)));
    }
    cases
}

/// Those with something to differentiate by, and not more of it than differences can tell.
fn cases_with_slopes(cases: &[Case]) -> Vec<&Case> {
    let few = |case: &&Case| {
        let sizes = case.inputs.iter().map(|input| input.shape.iter().product());
        sizes.max().unwrap_or(0usize) <= 64
    };
    let smooth = |case: &&Case| case.inputs.iter().any(|input| is_smooth(input.dtype));
    cases.iter().filter(few).filter(smooth).collect()
}

/// Precise enough for differences.
fn is_smooth(dtype: DType) -> bool {
    matches!(dtype, DType::Float64 | DType::Complex128)
}

/// What breaks a law, a line each, and how the device came to it.
fn broken(law: Law, row: &Row, cases: &[&Case], report: &mut Report) -> (Vec<String>, Manner) {
    let (mut broken, mut worst) = (Vec::new(), Manner::Native);
    for case in cases {
        report.compared += 1;
        let hold = || match law {
            Law::Compiled => values::compiled(row, case),
            Law::CompiledPart => values::compiled_part(row, case),
            Law::Mapped => values::mapped(row, case),
            Law::MappedPart => values::mapped_part(row, case),
            _ => slopes::check(law, row, case),
        };
        let (outcome, detours) = detours(|| catch_unwind(AssertUnwindSafe(hold)));
        let manner = Manner::of(&detours);
        worst = worst.max(manner);
        report.cases.count(manner);
        if manner == Manner::Unsupported {
            report.refuse(&detours);
            continue;
        }
        let problem = match outcome {
            Ok(Ok(problem)) => problem,
            Ok(Err(error)) => Some(format!("failed: {error}")),
            Err(panic) => Some(format!("panicked: {}", panic_text(&*panic))),
        };
        broken.extend(problem.map(|problem| format!("{law:?}: {}: {problem}", case.key)));
    }
    (broken, worst)
}

/// The row's arrays, in order, and its other results.
fn run(row: &Row, case: &Case, arrays: &[Array]) -> Result<(Vec<Array>, Vec<Item>)> {
    let items = row.items(&Inputs::given(arrays, case.dtype))?;
    let (mut arrays, mut plain) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Array(array) => arrays.push(array),
            Item::Plain(_) => plain.push(item),
        }
    }
    Ok((arrays, plain))
}

/// The text of an error, for messages.
fn told<T>(outcome: Result<T>) -> std::result::Result<T, String> {
    outcome.map_err(|error: Error| error.to_string())
}
