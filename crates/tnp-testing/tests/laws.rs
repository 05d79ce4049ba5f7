//! Every row under every transformation; one test a category.

extern crate tnp_cpu;

use tnp_testing::laws;
use tnp_testing::laws::exceptions::EXCEPTIONS;
use tnp_testing::rows::all_rows;

macro_rules! tests {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            laws::category(stringify!($name)).assert(concat!(stringify!($name), " under transformations"));
        })*
    };
}
tnp_testing::categories!(tests);

#[test]
fn every_exception_is_of_a_row() {
    let categories = all_rows();
    let rows = || categories.iter().flat_map(|category| &category.rows);
    for exception in EXCEPTIONS {
        let text = exception.expression;
        assert!(rows().any(|row| exception.is_of(row)), "no row is '{text}'");
        assert!(!exception.laws.is_empty() && !exception.reason.is_empty());
    }
}
