//! Rows: sorting, searching, counting.

use tnp_array::*;

use super::*;

/// Floats that NumPy knows itself: it sees no NaN in bfloat16.
const STANDARD: &[DType] = &[Float16, Float32, Float64];

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("sort", "37 | 3x4 | 2x3x5 | 0 | 2x0x3 | 261 | .", ALL, "np.sort(x)", |a| sort(&a[0], ())),
        // Zeros of either sign are equal, and which comes first is left open.
        row("", "37 | 3x4 | 261", STANDARD, "np.sort(x + 0)", |a| sort(add(&a[0], 0)?, ())).values(Domain::Special),
        row("", "37 | 3x4 | 2x3x5 | .", ALL, "(np.sort(x, axis=None), np.sort(x, axis=0, kind='stable'))", |a| (sort(&a[0], None), sort(&a[0], Sorting::axis(0).stable()))),
        row("", "4", KINDS, "np.sort(x, axis=3)", |a| sort(&a[0], 3)),
        row("argsort", "37 | 3x4 | 2x3x5 | 0 | 261 | .", ALL, "np.argsort(x, kind='stable')", |a| argsort(&a[0], Sorting::default().stable())),
        row("", "37 | 3x4 | 261", STANDARD, "np.argsort(x, kind='stable')", |a| argsort(&a[0], Sorting::default().stable())).values(Domain::Special),
        row("ndarray.argsort", "3x4 | 2x5", ALL, "(np.argsort(x, axis=None, kind='stable'), np.argsort(x, axis=0, kind='stable'))", |a| (argsort(&a[0], Sorting::flat().stable()), a.at(0).argsort(Sorting::axis(0).stable()))).values(SMALL),
        row("searchsorted", "7 5 | 7 2x3 | 0 3 | 7 . | 2x3 2", REAL, "(np.searchsorted(x, y), np.searchsorted(x, y, side='right'))", |a| (searchsorted(&a[0], &a[1], ()), searchsorted(&a[0], &a[1], Side::Right))).values(SMALL).input(0, Domain::Sorted).mixed(),
        row("", "9 4", &[Int32, Float64], "np.searchsorted(x, y, sorter=np.argsort(x, kind='stable'))", |a| searchsorted(&a[0], &a[1], Searching::default().sorter(&argsort(&a[0], Sorting::default().stable())?))).values(Domain::Distinct),
    ]
}
