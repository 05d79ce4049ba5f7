//! The promotion law: in each of the five modes, on all dtypes, a row's result has the dtype that its rule says, or is refused.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tnp_backend::Device;
use tnp_dtype::{DType, Mode, Promoted, TypeInfo, TypeOrScalar, with_mode};

use crate::check::{Report, panic_text, selected};
use crate::inputs::{Input, InputSpec, Inputs, Placing};
use crate::rows::{Row, Rule};

const MODES: [Mode; 5] = [
    Mode::Numpy,
    Mode::Legacy,
    Mode::All,
    Mode::Safe,
    Mode::Strict,
];

/// Runs each row of a category that names a rule, in all modes, on all dtypes and pairs of them.
///
/// # Panics
/// When there is no such category.
pub fn category(name: &str, device: Device) -> Report {
    let mut report = Report::default();
    for row in selected(name).rows {
        if let Some(rule) = row.rule {
            for mode in MODES {
                with_mode(mode, || obeys(&row, rule, mode, device, &mut report));
            }
        }
    }
    report
}

fn obeys(row: &Row, rule: Rule, mode: Mode, device: Device, report: &mut Report) {
    let cases = row.cases();
    // The first case with something in it: its shapes will do, in other dtypes.
    let Some(case) = cases.iter().find(|case| {
        case.inputs
            .iter()
            .all(|input| input.shape.iter().all(|&dim| dim > 0))
    }) else {
        return;
    };
    let pairs: Vec<(DType, DType)> = match case.inputs.len() {
        1 => DType::ALL.iter().map(|&dtype| (dtype, dtype)).collect(),
        _ => DType::ALL
            .iter()
            .flat_map(|&x| DType::ALL.iter().map(move |&y| (x, y)))
            .collect(),
    };
    for (first, others) in pairs {
        let dtypes: Vec<DType> = (0..case.inputs.len())
            .map(|at| if at == 0 { first } else { others })
            .collect();
        let expected = expect(row, rule, &dtypes);
        let specs = case
            .inputs
            .iter()
            .zip(&dtypes)
            .map(|(spec, &dtype)| InputSpec {
                dtype,
                ..spec.clone()
            });
        let inputs: Result<Vec<Input>, _> = specs
            .enumerate()
            .map(|(at, spec)| {
                Input::new(
                    &spec,
                    spec.bytes(row.seed(), at),
                    Placing::Contiguous,
                    device,
                    false,
                )
            })
            .collect();
        let Ok(inputs) = inputs else {
            report
                .failures
                .push(format!("{}: the inputs cannot be made", row.expression));
            continue;
        };
        report.compared += 1;
        let got = catch_unwind(AssertUnwindSafe(|| {
            row.run(&Inputs::new(inputs, case.dtype))
        }));
        let problem = match (got, expected) {
            (Err(panic), _) => Some(format!("panicked: {}", panic_text(&*panic))),
            (Ok(Ok(values)), Ok(dtype)) => values
                .iter()
                .find(|value| value.dtype != dtype)
                .map(|value| format!("gave {}, the rule says {dtype}", value.dtype)),
            (Ok(Ok(values)), Err(refusal)) => {
                let gave = values.first().map_or("nothing", |value| value.dtype.name());
                Some(format!("gave {gave}, the rule refuses: {refusal}"))
            }
            // The rule speaks of promotion alone: whether there is such a function of complex numbers, or bools, is not its matter.
            (Ok(Err(error)), Ok(dtype))
                if (dtype.is_complex() || dtypes.iter().all(|dtype| dtype.is_bool()))
                    && error.message().contains("not supported for dtype") =>
            {
                None
            }
            (Ok(Err(error)), Ok(dtype)) => Some(format!("failed ({error}), the rule says {dtype}")),
            (Ok(Err(_)), Err(_)) => None,
        };
        if let Some(problem) = problem {
            report.failures.push(format!(
                "{} in {mode:?} mode on {dtypes:?}: {problem}",
                row.expression
            ));
        }
    }
}

fn expect(row: &Row, rule: Rule, dtypes: &[DType]) -> Result<DType, String> {
    let op = row.covers.first().copied().unwrap_or(row.expression);
    let result = |promoted: Result<Promoted, tnp_dtype::PromotionError>| match promoted {
        Ok(promoted) => Ok(promoted.result.dtype),
        Err(refusal) => Err(refusal.to_string()),
    };
    match rule {
        Rule::Unary(rule) => result(tnp_dtype::unary(op, rule, TypeInfo::strong(dtypes[0]))),
        Rule::Binary(rule) => result(tnp_dtype::binary(
            op,
            rule,
            dtypes[0],
            *dtypes.last().unwrap_or(&dtypes[0]),
        )),
        Rule::Reduction(rule) => {
            result(tnp_dtype::reduction(op, rule, TypeInfo::strong(dtypes[0])))
        }
        Rule::Join => {
            let operands: Vec<TypeOrScalar> = dtypes.iter().map(|&dtype| dtype.into()).collect();
            tnp_dtype::result_type(op, &operands)
                .map(|info| info.dtype)
                .map_err(|refusal| refusal.to_string())
        }
    }
}
