//! Runs rows against their goldens, in every layout, lent and given up, on every device.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tnp_array::{Array, with_device};
use tnp_backend::{Detour, Device, Error, detours};
use tnp_dtype::{DType, Literal};

use crate::compare::{Tolerance, Value, difference};
use crate::golden::{self, Golden};
use crate::inputs::{Input, Inputs, Placing};
use crate::recipe::fnv;
use crate::rows::{Case, Category, Row, all_rows};

/// What a run of rows found.
#[derive(Default)]
pub struct Report {
    /// Comparisons made.
    pub compared: usize,
    /// What differed, a line or two each.
    pub failures: Vec<String>,
    /// Rows by how the device ran them; one that failed is in none.
    pub rows: Manners,
    /// Cases likewise.
    pub cases: Manners,
    /// What the device refuses and what has no decomposition (`cholesky float64`), with the number of comparisons that need it.
    pub refused: BTreeMap<String, usize>,
}

/// How a device comes to a result, from best to worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Manner {
    /// The backend has a kernel for everything it takes.
    Native,
    /// Some of it is made of core primitives.
    Decomposed,
    /// The backend refuses what it takes, and that has no decomposition.
    Unsupported,
}

impl Manner {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Manner::Native => "native",
            Manner::Decomposed => "decomposed",
            Manner::Unsupported => "unsupported",
        }
    }

    /// How something was run that took these detours.
    pub fn of(detours: &[Detour]) -> Manner {
        match detours {
            [] => Manner::Native,
            all if all.iter().all(|detour| detour.decomposed) => Manner::Decomposed,
            _ => Manner::Unsupported,
        }
    }
}

/// How many were run in each manner.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Manners {
    /// With the backend's own kernels.
    pub native: usize,
    /// Partly through decompositions.
    pub decomposed: usize,
    /// Not run: the backend refuses part of it.
    pub unsupported: usize,
}

impl Manners {
    /// Counts one more.
    pub fn count(&mut self, manner: Manner) {
        match manner {
            Manner::Native => self.native += 1,
            Manner::Decomposed => self.decomposed += 1,
            Manner::Unsupported => self.unsupported += 1,
        }
    }

    /// Counts what another counted.
    pub fn add(&mut self, other: Manners) {
        self.native += other.native;
        self.decomposed += other.decomposed;
        self.unsupported += other.unsupported;
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.native + self.decomposed + self.unsupported
    }
}

impl std::fmt::Display for Manners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} of {} native, {} decomposed, {} unsupported",
            self.native,
            self.total(),
            self.decomposed,
            self.unsupported
        )
    }
}

impl Report {
    /// Takes down what was refused on the way.
    pub(crate) fn refuse(&mut self, detours: &[Detour]) {
        for detour in detours.iter().filter(|detour| !detour.decomposed) {
            let dtypes: Vec<&str> = detour.dtypes.iter().map(|dtype| dtype.name()).collect();
            let name = format!("{} {}", detour.prim, dtypes.join(" "));
            *self.refused.entry(name).or_default() += 1;
        }
    }

    /// All failures as text, the first of them in full.
    pub fn text(&self, title: &str) -> String {
        let mut text = format!(
            "{title}: {} of {} comparisons failed\n",
            self.failures.len(),
            self.compared
        );
        // `TNP_ROWS_SHOWN` prints more of them.
        let shown = std::env::var("TNP_ROWS_SHOWN")
            .ok()
            .and_then(|shown| shown.parse().ok());
        let shown = shown.unwrap_or(80);
        for failure in self.failures.iter().take(shown) {
            let _ = writeln!(text, "  {failure}");
        }
        if self.failures.len() > shown {
            let _ = writeln!(text, "  … and {} more", self.failures.len() - shown);
        }
        text
    }

    /// Fails a test with what was found; what is not supported has not passed either.
    ///
    /// # Panics
    /// When there are failures, or refusals.
    pub fn assert(&self, title: &str) {
        assert!(self.failures.is_empty(), "{}", self.text(title));
        let refused: Vec<&str> = self.refused.keys().map(String::as_str).collect();
        assert!(refused.is_empty(), "{title}: unsupported: {refused:?}");
    }
}

/// The rows of a category whose expression contains `TNP_ROWS` (all without that variable).
///
/// # Panics
/// When there is no such category.
pub fn selected(category: &str) -> Category {
    let wanted = std::env::var("TNP_ROWS").unwrap_or_default();
    let mut found = all_rows()
        .into_iter()
        .find(|other| other.name == category)
        .unwrap_or_else(|| panic!("no category '{category}'"));
    found.rows.retain(|row| row.expression.contains(&wanted));
    found
}

/// Compares a category's rows with NumPy on each device.
///
/// # Panics
/// When there is no such category.
pub fn category(name: &str, devices: &[Device]) -> Report {
    let mut report = Report::default();
    let goldens = match golden::read(name) {
        Ok(goldens) => goldens,
        Err(error) => {
            report.failures.push(error);
            return report;
        }
    };
    for row in selected(name).rows {
        let failures = report.failures.len();
        let mut worst = Manner::Native;
        for case in row.cases() {
            worst = worst.max(check_case(&row, &case, &goldens, devices, &mut report));
        }
        if report.failures.len() == failures {
            report.rows.count(worst);
        }
    }
    report
}

/// One way to hold the inputs.
#[derive(Clone, Copy)]
struct Variant {
    first: Placing,
    others: Placing,
    owned: bool,
    device: Device,
    scoped: bool,
}

impl std::fmt::Display for Variant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let owned = if self.owned { " owned" } else { "" };
        let scoped = if self.scoped { " scoped" } else { "" };
        write!(
            f,
            "{:?}/{:?}{owned} on {}{scoped}",
            self.first, self.others, self.device
        )
    }
}

fn variants(case: &Case, devices: &[Device]) -> Vec<Variant> {
    use Placing::*;
    let Some(&home) = devices.first() else {
        return Vec::new();
    };
    let plain = Variant {
        first: Contiguous,
        others: Contiguous,
        owned: false,
        device: home,
        scoped: false,
    };
    let mut all = vec![plain];
    if tnp_array::default_device().ok() != Some(home) {
        // What makes arrays from nothing makes them on the device of the scope.
        all.push(Variant {
            scoped: true,
            ..plain
        });
    }
    let both = |placing| Variant {
        first: placing,
        others: placing,
        ..plain
    };
    if !case.inputs.is_empty() {
        all.push(Variant {
            owned: true,
            ..plain
        });
        all.extend([
            both(Reversed),
            both(Strided),
            Variant {
                owned: true,
                ..both(Strided)
            },
        ]);
        if case.inputs.iter().any(|input| input.shape.len() > 1) {
            all.extend([
                both(Fortran),
                Variant {
                    owned: true,
                    ..both(Fortran)
                },
            ]);
        }
        if case.inputs.iter().any(|input| !input.repeated.is_empty()) {
            all.extend([
                both(Broadcast),
                Variant {
                    owned: true,
                    ..both(Broadcast)
                },
            ]);
        }
        if case.inputs.len() > 1 {
            all.extend([
                Variant {
                    first: Fortran,
                    others: Strided,
                    ..plain
                },
                Variant {
                    first: Reversed,
                    others: Contiguous,
                    owned: true,
                    ..plain
                },
            ]);
        }
    }
    for &device in &devices[1..] {
        all.push(Variant {
            device,
            scoped: true,
            ..plain
        });
        if !case.inputs.is_empty() {
            all.push(Variant {
                device,
                ..both(Strided)
            });
        }
    }
    all
}

fn check_case(
    row: &Row,
    case: &Case,
    goldens: &HashMap<String, Golden>,
    devices: &[Device],
    report: &mut Report,
) -> Manner {
    let mut worst = Manner::Native;
    let Some(golden) = goldens.get(&case.key) else {
        report.compared += 1;
        report
            .failures
            .push(format!("{}: no golden; run `cargo xtask golden`", case.key));
        return worst;
    };
    let bytes: Vec<Vec<u8>> = case
        .inputs
        .iter()
        .enumerate()
        .map(|(at, spec)| spec.bytes(row.seed(), at))
        .collect();
    let checksum = format!("{:016x}", fnv(&bytes.concat()));
    if checksum != golden.inputs {
        report.compared += 1;
        report.failures.push(format!(
            "{}: the golden is for other inputs; run `cargo xtask golden`",
            case.key
        ));
        return worst;
    }
    let scale = scale(case, &bytes);
    let mut problems: Vec<(String, String, usize)> = Vec::new();
    for variant in variants(case, devices) {
        report.compared += 1;
        let (outcome, detours) = detours(|| {
            catch_unwind(AssertUnwindSafe(|| {
                compare(row, case, golden, &bytes, variant, scale)
            }))
        });
        let manner = Manner::of(&detours);
        worst = worst.max(manner);
        report.refuse(&detours);
        let problem =
            outcome.unwrap_or_else(|panic| Some(format!("panicked: {}", panic_text(&*panic))));
        // What a device refuses fails, as it should: neither passed nor broken.
        let problem = problem.filter(|_| manner < Manner::Unsupported);
        // The same problem in several variants is told once.
        let Some(problem) = problem else { continue };
        match problems.iter_mut().find(|known| known.1 == problem) {
            Some(known) => known.2 += 1,
            None => problems.push((variant.to_string(), problem, 0)),
        }
    }
    if problems.is_empty() {
        report.cases.count(worst);
    }
    for (variant, problem, more) in problems {
        let more = if more == 0 {
            String::new()
        } else {
            format!(" and {more} other variants")
        };
        report
            .failures
            .push(format!("{} ({variant}{more}): {problem}", case.key));
    }
    worst
}

/// The text a panic carries.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "…".to_owned())
}

fn compare(
    row: &Row,
    case: &Case,
    golden: &Golden,
    bytes: &[Vec<u8>],
    variant: Variant,
    scale: f64,
) -> Option<String> {
    let made: Result<Vec<Input>, Error> = case
        .inputs
        .iter()
        .zip(bytes)
        .enumerate()
        .map(|(at, (spec, bytes))| {
            let placing = if at == 0 {
                variant.first
            } else {
                variant.others
            };
            Input::new(spec, bytes.clone(), placing, variant.device, variant.owned)
        })
        .collect();
    let inputs = match made {
        Ok(items) => Inputs::new(items, case.dtype),
        Err(error) => return Some(format!("the inputs cannot be made: {error}")),
    };
    let outcome = if variant.scoped {
        with_device(variant.device, || row.run(&inputs)).and_then(|outcome| outcome)
    } else {
        row.run(&inputs)
    };
    for (at, input) in inputs.iter().enumerate() {
        match input.is_unchanged() {
            Ok(true) => {}
            Ok(false) => return Some(format!("input {at} was changed")),
            Err(error) => return Some(format!("input {at} cannot be read: {error}")),
        }
    }
    let got = match (outcome, &golden.outcome) {
        (Err(_), Err(_)) => return None,
        (Err(error), Ok(_)) => return Some(format!("failed: {error}")),
        (Ok(got), Err(raised)) => {
            let got: Vec<String> = got.iter().map(Value::to_string).collect();
            return Some(format!("gave {}; NumPy raises {raised}", got.join(", ")));
        }
        (Ok(got), Ok(_)) => got,
    };
    let elsewhere = got
        .iter()
        .find_map(|value| value.device.filter(|&device| device != variant.device));
    if let Some(device) = elsewhere
        && (variant.scoped || !case.inputs.is_empty())
    {
        return Some(format!("the result is on {device}"));
    }
    let want = golden.outcome.as_ref().ok()?;
    if golden.through_float32 {
        let (got, want) = (
            as_float32(&got),
            want.iter()
                .map(|value| round_to(value, &got))
                .collect::<Vec<_>>(),
        );
        let tolerance = if let Tolerance::Scaled(times) = row.tolerance {
            Tolerance::Scaled(times * 65536.0)
        } else {
            Tolerance::Scaled(65536.0)
        };
        return difference(
            &got,
            &want,
            tolerance,
            if matches!(row.tolerance, Tolerance::Scaled(_)) {
                scale
            } else {
                0.0
            },
        );
    }
    difference(&got, want, row.tolerance, scale)
}

fn converted(value: &Value, from: DType, to: DType) -> Value {
    if value.dtype != from {
        return value.clone();
    }
    let elements = value.bytes.chunks_exact(from.itemsize());
    let bytes = elements
        .flat_map(|bytes| {
            Literal::from_bytes(from, bytes)
                .cast(to)
                .as_bytes()
                .to_vec()
        })
        .collect();
    Value {
        dtype: to,
        bytes,
        ..value.clone()
    }
}

fn as_float32(values: &[Value]) -> Vec<Value> {
    values
        .iter()
        .map(|value| converted(value, DType::BFloat16, DType::Float32))
        .collect()
}

/// A float32 value rounded as bfloat16, where the results are so.
fn round_to(value: &Value, got: &[Value]) -> Value {
    if got.iter().any(|value| value.dtype == DType::BFloat16) {
        let rounded = converted(value, DType::Float32, DType::BFloat16);
        return converted(&rounded, DType::BFloat16, DType::Float32);
    }
    value.clone()
}

/// The largest finite magnitude among the inputs.
fn scale(case: &Case, bytes: &[Vec<u8>]) -> f64 {
    let mut largest = 0.0f64;
    for (spec, bytes) in case.inputs.iter().zip(bytes) {
        for element in bytes.chunks_exact(spec.dtype.itemsize()) {
            let z = Literal::from_bytes(spec.dtype, element).to_c128();
            let magnitude = z.re.hypot(z.im);
            if magnitude.is_finite() {
                largest = largest.max(magnitude);
            }
        }
    }
    largest
}

/// Reads an array's values as text, for messages.
pub fn show(array: &Array) -> String {
    Value::of(array).map_or_else(|error| error.to_string(), |value| value.to_string())
}
