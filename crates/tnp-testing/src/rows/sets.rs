//! Rows: distinct elements, sets of them, and sorting by several keys.

use tnp_array::*;

use super::*;

/// Floats that NumPy knows itself: it sees no NaN in bfloat16.
const STANDARD: &[DType] = &[Float16, Float32, Float64];
/// What NumPy has equality of in bulk.
const PLAIN: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64,
    Complex64, Complex128,
];
const LINES: &str = "37 | 3x4 | 2x3x5 | 0 | .";

fn all(parts: Result<UniqueParts>) -> Result<[Array; 4]> {
    parts.map(|parts| {
        [
            parts.values,
            parts.indices,
            parts.inverse_indices,
            parts.counts,
        ]
    })
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("unique", LINES, PLAIN, "np.unique(x)", |a| unique(&a[0], ())).values(SMALL),
        row("", LINES, PLAIN, "np.unique(x, return_index=True, return_inverse=True, return_counts=True)", |a| all(unique_parts(&a[0], ()))).values(SMALL),
        row("", "37 | 3x4", STANDARD, "np.unique(x + 0, return_index=True, return_inverse=True, return_counts=True)", |a| all(unique_parts(add(&a[0], 0)?, ()))).values(Domain::Special),
        row("", "37 | 3x4", STANDARD, "np.unique(x + 0, return_index=True, return_inverse=True, return_counts=True, equal_nan=False)", |a| all(unique_parts(add(&a[0], 0)?, Unique::default().equal_nan(false)))).values(Domain::Special),
        row("", "9x2 | 4x3x2 | 0x3 | 5", PLAIN, "np.unique(x, axis=0, return_index=True, return_inverse=True, return_counts=True)", |a| all(unique_parts(&a[0], 0))).values(BITS),
        row("", "2x9 | 3x2x4", PLAIN, "np.unique(x, axis=-1)", |a| unique(&a[0], -1)).values(BITS),
        row("", "3", KINDS, "np.unique(x, axis=1)", |a| unique(&a[0], 1)),
        row("unique_all", LINES, PLAIN, "tuple(np.unique_all(x))", |a| all(unique_all(&a[0]))).values(SMALL),
        row("", "37", STANDARD, "tuple(np.unique_all(x + 0))", |a| all(unique_all(add(&a[0], 0)?))).values(Domain::Special),
        row("unique_counts", LINES, PLAIN, "tuple(np.unique_counts(x))", |a| unique_counts(&a[0])).values(SMALL),
        row("unique_inverse", LINES, PLAIN, "tuple(np.unique_inverse(x))", |a| unique_inverse(&a[0])).values(SMALL),
        row("unique_values", LINES, PLAIN, "np.sort(np.unique_values(x))", |a| unique_values(&a[0])).values(SMALL),

        row("isin", "37 5 | 3x4 2x3 | . 4 | 3 0 | 0 3 | 5 .", PLAIN, "np.isin(x, y)", |a| isin(&a[0], &a[1], ())).values(SMALL).mixed(),
        row("", "37 9", STANDARD, "np.isin(x, y, invert=True)", |a| isin(&a[0], &a[1], true)).values(Domain::Special),
        row("union1d", "7 5 | 3x4 2x3 | 0 3", PLAIN, "np.union1d(x, y)", |a| union1d(&a[0], &a[1])).values(SMALL).mixed(),
        row("intersect1d", "17 15 | 3x4 2x3 | 0 3 | 0 0", PLAIN, "np.intersect1d(x, y)", |a| intersect1d(&a[0], &a[1], ())).values(SMALL).mixed(),
        row("", "7 9", &[Int32, Float64], "np.intersect1d(x, y, assume_unique=True)", |a| intersect1d(&a[0], &a[1], true)).values(Domain::Distinct),
        row("", "17 15 | 3x4 2x3", PLAIN, "np.intersect1d(x, y, return_indices=True)", |a| intersect1d_indices(&a[0], &a[1])).values(SMALL),
        row("setdiff1d", "17 5 | 3x4 2x3 | 0 3 | 3 0", PLAIN, "np.setdiff1d(x, y)", |a| setdiff1d(&a[0], &a[1], ())).values(SMALL).mixed(),
        row("", "9 4", &[Int32, Float64], "np.setdiff1d(x, y, assume_unique=True)", |a| setdiff1d(&a[0], &a[1], true)).values(Domain::Distinct),
        row("setxor1d", "17 15 | 3x4 2x3 | 0 3 | 0 0", PLAIN, "np.setxor1d(x, y)", |a| setxor1d(&a[0], &a[1], ())).values(SMALL).mixed(),
        row("", "9 4", &[Int32, Float64], "np.setxor1d(x, y, assume_unique=True)", |a| setxor1d(&a[0], &a[1], true)).values(Domain::Distinct),
        row("lexsort", "9 9 9 | 3x4 3x4 3x4 | 0 0 0 | . . .", PLAIN, "np.lexsort((x, y, z))", |a| lexsort([&a[0], &a[1], &a[2]], ())).values(BITS),
        row("", "3x4 3x4", KINDS, "np.lexsort((x, y), axis=0)", |a| lexsort([&a[0], &a[1]], 0)).values(BITS),
        row("", "3 4", KINDS, "np.lexsort((x, y))", |a| lexsort([&a[0], &a[1]], ())),
    ]
}
