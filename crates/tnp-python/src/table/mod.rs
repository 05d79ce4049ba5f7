//! The functions, a line each, by what they are about.

mod create;
mod edit;
mod elementwise;
mod fft;
mod indexing;
mod linalg;
mod manipulate;
mod products;
mod random;
mod reduce;
mod sets;
mod statistics;
mod types;

use crate::call::Entry;

/// The functions of `tnp` itself.
pub(crate) fn top() -> impl Iterator<Item = &'static Entry> {
    [
        create::FUNCTIONS,
        edit::FUNCTIONS,
        elementwise::FUNCTIONS,
        indexing::FUNCTIONS,
        manipulate::FUNCTIONS,
        products::FUNCTIONS,
        reduce::FUNCTIONS,
        sets::FUNCTIONS,
        statistics::FUNCTIONS,
        types::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// The functions of submodules.
pub(crate) const SUBMODULES: [(&str, &[Entry]); 3] = [
    ("fft", fft::FUNCTIONS),
    ("linalg", linalg::FUNCTIONS),
    ("random", random::FUNCTIONS),
];

/// Functions that arrays have as methods, the array being the first argument.
pub(crate) const SHARED: &[&str] = &[
    "all",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "choose",
    "clip",
    "conj",
    "conjugate",
    "cumprod",
    "cumsum",
    "diagonal",
    "dot",
    "max",
    "mean",
    "min",
    "nonzero",
    "prod",
    "ptp",
    "ravel",
    "repeat",
    "round",
    "searchsorted",
    "squeeze",
    "std",
    "sum",
    "swapaxes",
    "take",
    "trace",
    "var",
];

/// Methods whose signature is another than that of the function of the same name.
pub(crate) const METHODS: &[Entry] = manipulate::METHODS;
