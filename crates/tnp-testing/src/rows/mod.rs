//! Rows: one line for each thing held against NumPy, one table a category.
//!
//! # Adding a row
//! Find the table of the category (`rows/reduce.rs`, …) and add one line:
//!
//! ```text
//! row("sum ndarray.sum", ONE, ALL, "np.sum(x, axis=0)", |a| sum(&a[0], 0)).scaled(4.0),
//! ```
//!
//! 1. **Names** it covers, as in `xtask/data/api_matrix.csv`, separated by spaces. A name counts as covered (`cargo xtask coverage`)
//!    once a row names it. A row may cover none (`""`): further options of a function that has its row.
//! 2. **Shapes**: cases separated by `|`, inputs by spaces, sizes by `x`; `.` is 0-d, `-` no input at all. `3x4*` repeats its values along the starred
//!    axis (so that a stride-0 view of it can be tried). `5:int64` fixes the dtype of that input; the others take the case's dtype.
//!    [`ONE`] and [`TWO`] suit elementwise functions of one and two arguments.
//! 3. **Dtypes**: a set such as [`ALL`], [`REAL`], [`FLOATS`] or `&[Int32, Float64]`. The first two shapes run with every dtype, the others take turns.
//! 4. **NumPy**: an expression over `x`, `y`, `z`, `w` (the inputs), `xs` (all of them), `dt` (the dtype parameter), `np`, `bfloat16` and
//!    `rng(seed)` (`np.random.RandomState`). Its value may be an array, a number, text, a dtype, or a tuple or list of these.
//!    When it raises, Rust must return an `Err`.
//! 5. **Rust**: a closure over [`Inputs`]: `&a[0]` is the first input (use it as `impl Into<Operand>`), `a.at(0)` an `&Array` (methods, operators),
//!    `a.own(0)` an `Array` given up, `a.arrays()` all, `a.dtype()` the dtype parameter. It returns a `Result` (or plain value) of `Array`,
//!    `Vec<Array>`, tuples, `bool`, `usize`, `f64`, `String`, `DType` … ([`Answer`]).
//!
//! Then what is not the default:
//! - tolerance: `.ulps(n)`, `.scaled(n)` ([`Tolerance`]); without it, bit-equal;
//! - values: `.values(SMALL)` for all inputs, `.input(1, Domain::Range(-5, 5))` for one; default [`Domain::Any`];
//! - `.mixed()`: also pairs of different dtypes; `.each(ALL)`: a dtype parameter, once for each;
//! - promotion law: `.unary(rule)`, `.binary(rule)`, `.reduces(rule)`, `.joins()` name the rule of `tnp-dtype` that gives the result's dtype; the
//!   row then runs in all five modes with all dtypes ([`crate::modes`]). Every elementwise function and reduction needs one.
//!
//! `cargo xtask golden CATEGORY` asks NumPy for the answers (only rows that changed need it, but it takes seconds); then
//! `cargo test -p tnp-testing --test rows CATEGORY`, with `TNP_ROWS=cumsum` in the environment to run the rows whose expression contains that text.
//!
//! # What is derived
//! Each case is compared with NumPy on C order, transposed storage, reversed and strided views, mixed layouts, stride-0 views, with
//! inputs lent and given up, on every device of the run, and inputs must be unchanged afterwards. None of this is written by hand.

mod array;
mod create;
mod dtypes;
mod elementwise;
mod fft;
mod indexing;
mod linalg;
mod manipulate;
mod products;
mod random;
mod reduce;
mod sets;
mod signal;
mod sort;
mod statistics;

use tnp_backend::Result;
use tnp_dtype::DType::{self, *};
use tnp_dtype::{BinaryRule, ReductionRule, UnaryRule};

pub use crate::compare::{Answer, Item, Tolerance, Value};
pub use crate::inputs::{InputSpec, Inputs};
pub use crate::recipe::{BITS, Domain, NONZERO, POSITIVE, SMALL, UNIT};

/// Shapes for functions of one argument.
pub const ONE: &str = "37 | . | 3x4 | 2x3x5 | 0 | 2x0x3 | 4x5* | 4*x5 | 261";
/// Shapes for functions of two arguments.
pub const TWO: &str = "37 37 | 3x4 3x4 | . . | 3x4 4 | 3x1 1x4 | . 5 | 2x3x4 3x1 | 0 0 | 2x0 1 | 4x5* 4*x5 | 261 261 | 3 4";

/// All fifteen.
pub const ALL: &[DType] = &DType::ALL;
/// All but bool.
pub const NUMERIC: &[DType] = &[
    Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, BFloat16, Float32, Float64,
    Complex64, Complex128,
];
/// All but complex.
pub const REAL: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, BFloat16, Float32,
    Float64,
];
/// Integers.
pub const INTS: &[DType] = &[Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64];
/// Bool and integers.
pub const WHOLE: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64,
];
/// Real floating point.
pub const FLOATS: &[DType] = &[Float16, BFloat16, Float32, Float64];
/// Floating point, real and complex.
pub const INEXACT: &[DType] = &[Float16, BFloat16, Float32, Float64, Complex64, Complex128];
/// Complex.
pub const COMPLEX: &[DType] = &[Complex64, Complex128];
/// One of each kind.
pub const KINDS: &[DType] = &[Bool, Int64, UInt8, Float32, Float64, Complex128];

/// Pairs that `.mixed()` adds.
const MIXED: &[(DType, DType)] = &[
    (Bool, Int8),
    (Bool, Float32),
    (Int8, UInt8),
    (UInt32, Int32),
    (UInt64, Int64),
    (Int8, Float16),
    (Int64, Float32),
    (Float16, Float32),
    (BFloat16, Float32),
    (Float32, Float64),
    (Int32, Complex64),
    (Float64, Complex64),
];

/// How the dtype of a row's result follows from its inputs'.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Rule {
    /// [`tnp_dtype::unary`].
    Unary(UnaryRule),
    /// [`tnp_dtype::binary`].
    Binary(BinaryRule),
    /// [`tnp_dtype::reduction`].
    Reduction(ReductionRule),
    /// [`tnp_dtype::result_type`] of all inputs.
    Join,
}

type Run = dyn Fn(&Inputs) -> Result<Vec<Item>> + Send + Sync;

/// One line of a table: what to compute in NumPy and here, on what.
pub struct Row {
    /// Names of the API matrix that this row covers.
    pub covers: Vec<&'static str>,
    /// The Python expression; the row's name too.
    pub expression: &'static str,
    /// How far results may be from NumPy's.
    pub tolerance: Tolerance,
    /// The promotion rule its results obey.
    pub rule: Option<Rule>,
    shapes: &'static str,
    dtypes: &'static [DType],
    each: &'static [DType],
    mixed: bool,
    domain: Domain,
    domains: Vec<(usize, Domain)>,
    run: Box<Run>,
}

/// A row: names it covers, shapes, dtypes, the NumPy expression, the same in Rust.
pub fn row<R: Answer + 'static>(
    covers: &'static str,
    shapes: &'static str,
    dtypes: &'static [DType],
    expression: &'static str,
    run: fn(&Inputs) -> R,
) -> Row {
    Row {
        covers: covers.split_whitespace().collect(),
        expression,
        tolerance: Tolerance::Exact,
        rule: None,
        shapes,
        dtypes,
        each: &[],
        mixed: false,
        domain: Domain::Any,
        domains: Vec::new(),
        run: Box::new(move |inputs| run(inputs).answer()),
    }
}

impl Row {
    /// Allows units in the last place.
    pub fn ulps(self, ulps: u32) -> Row {
        Row {
            tolerance: Tolerance::Ulps(ulps),
            ..self
        }
    }

    /// Allows epsilons of the largest magnitude among inputs and result.
    pub fn scaled(self, times: f64) -> Row {
        Row {
            tolerance: Tolerance::Scaled(times),
            ..self
        }
    }

    /// Which values all inputs hold.
    pub fn values(self, domain: Domain) -> Row {
        Row { domain, ..self }
    }

    /// Which values one input holds.
    pub fn input(mut self, input: usize, domain: Domain) -> Row {
        self.domains.push((input, domain));
        self
    }

    /// Also runs on pairs of different dtypes.
    pub fn mixed(self) -> Row {
        Row {
            mixed: true,
            ..self
        }
    }

    /// Runs once for each value of a dtype parameter.
    pub fn each(self, each: &'static [DType]) -> Row {
        Row { each, ..self }
    }

    /// Obeys a rule of one argument.
    pub fn unary(self, rule: UnaryRule) -> Row {
        Row {
            rule: Some(Rule::Unary(rule)),
            ..self
        }
    }

    /// Obeys a rule of two arguments.
    pub fn binary(self, rule: BinaryRule) -> Row {
        Row {
            rule: Some(Rule::Binary(rule)),
            ..self
        }
    }

    /// Obeys a rule of reductions.
    pub fn reduces(self, rule: ReductionRule) -> Row {
        Row {
            rule: Some(Rule::Reduction(rule)),
            ..self
        }
    }

    /// Brings its inputs together at their result type.
    pub fn joins(self) -> Row {
        Row {
            rule: Some(Rule::Join),
            ..self
        }
    }

    /// Computes the row.
    ///
    /// # Errors
    /// The function's own.
    pub fn run(&self, inputs: &Inputs) -> Result<Vec<Value>> {
        self.items(inputs)?.iter().map(Item::value).collect()
    }

    /// Computes the row, reading nothing: inside a transformation arrays may have no values yet.
    ///
    /// # Errors
    /// The function's own.
    pub fn items(&self, inputs: &Inputs) -> Result<Vec<Item>> {
        (self.run)(inputs)
    }

    /// What its inputs are made from.
    pub fn seed(&self) -> u64 {
        crate::recipe::fnv(self.expression.as_bytes())
    }

    /// The shapes as written, and how many inputs each case has.
    pub fn arity(&self) -> usize {
        self.shapes
            .split('|')
            .next()
            .map_or(0, |case| tokens(case).count())
    }

    /// Which values an input holds.
    pub fn domain(&self, input: usize) -> Domain {
        let own = self.domains.iter().find(|(of, _)| *of == input);
        own.map_or(self.domain, |(_, domain)| *domain)
    }

    /// The shapes, as written.
    pub fn shapes(&self) -> &'static str {
        self.shapes
    }

    /// Whether it runs on inputs of this dtype.
    pub fn takes(&self, dtype: DType) -> bool {
        self.dtypes.contains(&dtype)
    }

    /// A case for each of the shapes with the inputs of one dtype, where the row does not fix it.
    pub fn cases_of(&self, dtype: DType) -> Vec<Case> {
        let each: Vec<Option<DType>> = match self.each {
            [] => vec![None],
            each => each.iter().copied().map(Some).collect(),
        };
        let shapes = self.shapes.split('|').map(|case| tokens(case).collect());
        shapes
            .flat_map(|shapes: Vec<&str>| {
                let dtypes = vec![dtype; shapes.len()];
                let case = |&each| self.case(&shapes, &dtypes, each);
                each.iter().map(case).collect::<Vec<_>>()
            })
            .collect()
    }

    /// The cases: shapes with dtypes, and the dtype parameter.
    ///
    /// # Panics
    /// When the shapes are not written as the module says.
    pub fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for (at, shapes) in self.shapes.split('|').enumerate() {
            let shapes: Vec<&str> = tokens(shapes).collect();
            let mut choices: Vec<Vec<DType>> = Vec::new();
            if shapes.iter().all(|token| token.contains(':')) {
                choices.push(Vec::new());
            } else if at < 2 {
                choices.extend(self.dtypes.iter().map(|&dtype| vec![dtype; shapes.len()]));
            } else {
                let turn = self.dtypes[(at * 5 + 1) % self.dtypes.len()];
                choices.push(vec![turn; shapes.len()]);
            }
            if at == 0 && self.mixed {
                let taken = |dtype| self.dtypes.contains(dtype);
                let pairs = MIXED.iter().filter(|(x, y)| taken(x) && taken(y));
                choices.extend(pairs.map(|&(x, y)| {
                    (0..shapes.len())
                        .map(|i| if i == 0 { x } else { y })
                        .collect()
                }));
            }
            let each: Vec<Option<DType>> = if self.each.is_empty() {
                vec![None]
            } else {
                self.each.iter().copied().map(Some).collect()
            };
            for choice in &choices {
                for &dtype in &each {
                    cases.push(self.case(&shapes, choice, dtype));
                }
            }
        }
        cases
    }

    fn case(&self, shapes: &[&str], dtypes: &[DType], dtype: Option<DType>) -> Case {
        let inputs: Vec<InputSpec> = shapes
            .iter()
            .enumerate()
            .map(|(input, token)| {
                let (shape, fixed) = token
                    .split_once(':')
                    .map_or((*token, None), |(shape, name)| (shape, Some(name)));
                let mut spec = parse_shape(shape);
                spec.dtype = fixed.map_or_else(
                    || dtypes[input],
                    |name| name.parse().expect("a dtype's name after the colon"),
                );
                spec.domain = self.domain(input);
                spec
            })
            .collect();
        let mut key = self.expression.to_owned();
        for (token, spec) in shapes.iter().zip(&inputs) {
            let shape = token.split(':').next().unwrap_or_default();
            key += &format!(" | {}[{shape}] {:?}", spec.dtype, spec.domain);
        }
        if let Some(dtype) = dtype {
            key += &format!(" | dt={dtype}");
        }
        Case { key, inputs, dtype }
    }
}

fn tokens(case: &str) -> impl Iterator<Item = &str> {
    case.split_whitespace().filter(|&token| token != "-")
}

fn parse_shape(token: &str) -> InputSpec {
    let (mut shape, mut repeated) = (Vec::new(), Vec::new());
    for (axis, size) in token.split('x').filter(|&size| size != ".").enumerate() {
        let digits = size.trim_end_matches('*');
        if digits.len() < size.len() {
            repeated.push(axis);
        }
        shape.push(
            digits
                .parse()
                .unwrap_or_else(|_| panic!("'{token}' is not a shape like 3x4*")),
        );
    }
    InputSpec {
        shape,
        repeated,
        dtype: Bool,
        domain: Domain::Any,
    }
}

/// A row with shapes and dtypes decided.
pub struct Case {
    /// Names the case in the goldens.
    pub key: String,
    /// The inputs.
    pub inputs: Vec<InputSpec>,
    /// The dtype parameter.
    pub dtype: Option<DType>,
}

/// A table of rows.
pub struct Category {
    /// Its name, and that of its golden file.
    pub name: &'static str,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// Hands the names of all tables to a macro, by name or path: the one list of them.
///
/// ```
/// macro_rules! count {
///     ($($name:ident),*) => { [$(stringify!($name)),*].len() };
/// }
/// assert_eq!(tnp_testing::categories!(count), tnp_testing::rows::all_rows().len());
/// ```
#[macro_export]
macro_rules! categories {
    ($($use:tt)+) => {
        $($use)+! {
            array,
            create,
            dtypes,
            elementwise,
            fft,
            indexing,
            linalg,
            manipulate,
            products,
            random,
            reduce,
            sets,
            signal,
            sort,
            statistics
        }
    };
}

/// Every table.
pub fn all_rows() -> Vec<Category> {
    macro_rules! tables {
        ($($name:ident),*) => { vec![$(Category { name: stringify!($name), rows: $name::rows() }),*] };
    }
    crate::categories!(tables)
}
