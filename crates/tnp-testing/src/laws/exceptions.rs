//! Rows that cannot keep a law, one by one, with the reason. A row that keeps the law after all must leave the list: the laws say so.

use super::Law::{self, *};
use crate::rows::Row;

/// Why a row is excepted.
pub struct Exception {
    /// The row's expression.
    pub expression: &'static str,
    /// Its shapes, where several rows have the expression.
    pub shapes: Option<&'static str>,
    /// The laws it does not keep.
    pub laws: &'static [Law],
    /// Why.
    pub reason: &'static str,
}

const READS: &str = "reads values, of which a trace has none and a map several: an error says so";
const SIZE: &str = "the size of the result depends on values, which a trace and a map do not know: an error says so";
const NAMED: &str = "prints what stands in for the array while a function is traced";
const HOST: &str =
    "goes through the host's memory: an error in traces and maps, a constant to derivatives";
const REFUSES: &str = "refuses negative exponents of integers where it sees them; in a trace or a map it gives the truncated power";
const DRAWS: &str =
    "draws in a trace come from keys that each call gets afresh, not from NumPy's generator";
const UNSEEN: &str =
    "refuses values where it sees them; in a trace or a map there are none to look at";
const STEPS: &str = "counts jump where an element passes an edge, and some lie on one";
const TINY: &str = "the derivative of a subnormal number's fraction is infinite";
const BASES: &str = "vectors beyond those that belong to singular values, or to columns, are any basis: their derivative is refused";
const NAN: &str = "no degrees of freedom are left, on purpose: the result is NaN";

const fn row(expression: &'static str, laws: &'static [Law], reason: &'static str) -> Exception {
    Exception {
        expression,
        shapes: None,
        laws,
        reason,
    }
}

impl Exception {
    const fn on(self, shapes: &'static str) -> Exception {
        Exception {
            shapes: Some(shapes),
            ..self
        }
    }

    /// Whether the row is meant.
    pub fn is_of(&self, row: &Row) -> bool {
        self.expression == row.expression && self.shapes.is_none_or(|shapes| shapes == row.shapes())
    }
}

/// All exceptions.
#[rustfmt::skip]
pub const EXCEPTIONS: &[Exception] = &[
    row("(lambda q, r: (np.matmul(q, r), np.matmul(q.swapaxes(-1, -2).conj(), q), abs(r)))(*np.linalg.qr(x, 'complete'))", &[Gradient, MappedGradient, CompiledGradient, Taped], BASES),
    row("(lambda u, s, vh: (np.matmul(u.swapaxes(-1, -2).conj(), u), s, np.matmul(vh, vh.swapaxes(-1, -2).conj())))(*np.linalg.svd(x))", &[Gradient, MappedGradient, CompiledGradient, Taped], BASES),
    row("np.ndarray(shape=x.shape, dtype=x.dtype, buffer=x.copy())", &[Compiled, CompiledPart, Mapped, Gradient, MappedGradient, CompiledGradient], HOST),
    row("bool(x)", &[Compiled, CompiledPart, Mapped], READS),
    row("int(x.item())", &[Compiled, CompiledPart, Mapped], READS),
    row("float(x.item())", &[Compiled, CompiledPart, Mapped], READS),
    row("complex(x.item())", &[Compiled, CompiledPart, Mapped], READS),
    row("np.asarray(x.item(), x.dtype)", &[Compiled, CompiledPart, Mapped], READS),
    row("str(x)", &[Compiled, CompiledPart, Mapped], READS),
    row("str(np.array(x))", &[Compiled], NAMED),
    row("repr(x)", &[Compiled, CompiledPart, Mapped], READS),
    row("repr(np.array(x))", &[Compiled], NAMED),
    row("format(x, '')", &[Compiled], NAMED),
    row("y in x", &[Compiled, CompiledPart, Mapped, MappedPart], READS),
    row("np.ix_(x, y, z)", &[Compiled, CompiledPart, MappedPart], SIZE),
    row("np.power(x, y)", &[Compiled, CompiledPart, Mapped, MappedPart], REFUSES).on("5 5"),
    row("(np.allclose(x, y), np.allclose(x, x))", &[Compiled, CompiledPart, Mapped, MappedPart], READS),
    row("(np.array_equal(x, y), np.array_equal(x, x), np.array_equal(x, x, equal_nan=True))", &[Compiled, CompiledPart, Mapped, MappedPart], READS),
    row("(np.array_equiv(x, y), np.array_equiv(x, x))", &[Compiled, CompiledPart, Mapped, MappedPart], READS),
    row("x[y]", &[Compiled, CompiledPart, Mapped, MappedPart], SIZE),
    row("np.nonzero(x)", &[Compiled, CompiledPart, Mapped], SIZE),
    row("np.where(x)", &[Compiled, CompiledPart], SIZE),
    row("np.argwhere(x)", &[Compiled, CompiledPart, Mapped], SIZE),
    row("np.flatnonzero(x)", &[Compiled, CompiledPart, Mapped], SIZE),
    row("np.compress(x, y, axis=0)", &[Compiled, CompiledPart], SIZE),
    row("np.compress(x, y)", &[Compiled, CompiledPart], SIZE),
    row("np.extract(x, y)", &[Compiled, CompiledPart], SIZE),
    row("np.repeat(x, y)", &[Compiled, CompiledPart, Mapped, MappedPart], SIZE).on("3 3:int64 | 0 0:int64"),
    row("str(x.tolist())", &[Compiled, CompiledPart, Mapped], READS),
    row("(lambda r: (r.rand(), r.randn(3), r.randint(10, size=4)))(rng(2**32 - 1))", &[Compiled], DRAWS),
    row("rng([1, 2, 3]).rand(3)", &[Compiled], DRAWS),
    row("rng(0).rand(3, 4)", &[Compiled], DRAWS),
    row("(lambda r: (r.rand(), r.rand()))(rng(1))", &[Compiled], DRAWS),
    row("rng(3).random((2, 5))", &[Compiled], DRAWS),
    row("rng(4).randn(7)", &[Compiled], DRAWS),
    row("(lambda r: (r.randn(3), r.randn(3)))(rng(5))", &[Compiled], DRAWS),
    row("rng(6).standard_normal((3, 3))", &[Compiled], DRAWS),
    row("rng(7).uniform(size=5)", &[Compiled], DRAWS),
    row("rng(8).uniform(-2, 3.5, (2, 4))", &[Compiled], DRAWS),
    row("rng(9).uniform(np.array([[0.0], [10.0]]), np.array([1.0, 2.0, 30.0]))", &[Compiled], DRAWS),
    row("rng(9).uniform(np.array([0.0, 1.0]), 2.0, (3, 2))", &[Compiled], DRAWS),
    row("rng(10).normal(1.5, 2.0, 6)", &[Compiled], DRAWS),
    row("rng(10).normal(0, -1.0, 6)", &[Compiled], DRAWS),
    row("rng(11).exponential(3.0, (2, 2))", &[Compiled], DRAWS),
    row("rng(12).poisson(3.5, 20)", &[Compiled], DRAWS),
    row("rng(13).poisson([0.0, 0.5, 9.9, 10.0, 100.0, 1e6], (4, 6))", &[Compiled], DRAWS),
    row("rng(13).poisson(-1.0)", &[Compiled], DRAWS),
    row("rng(14).randint(10, size=12)", &[Compiled], DRAWS),
    row("rng(15).randint(-5, 5, (3, 4))", &[Compiled], DRAWS),
    row("rng(16).randint(0, 2, 9, dtype=dt)", &[Compiled], DRAWS),
    row("rng(17).randint(100, size=9, dtype=dt)", &[Compiled], DRAWS),
    row("rng(18).randint(np.iinfo(np.int64).min, np.iinfo(np.int64).max, 5)", &[Compiled], DRAWS),
    row("rng(19).randint([1, 3, 5], [[2], [10]])", &[Compiled], DRAWS),
    row("rng(20).randint([1, 3], [[8], [10]])", &[Compiled], DRAWS),
    row("rng(22).randint(300, size=3, dtype=np.int8)", &[Compiled], DRAWS),
    row("(np.mask_indices(4, np.triu), np.mask_indices(3, np.tril, -1))", &[Compiled], SIZE),
    row("np.unravel_index(x, (3, 4))", &[Compiled, CompiledPart, Mapped], UNSEEN),
    row("np.ravel_multi_index((x, y), (3, 4))", &[Compiled, Mapped], UNSEEN),
    row("np.unique(x)", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], SIZE),
    row("np.unique(x, return_index=True, return_inverse=True, return_counts=True)", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], SIZE),
    row("np.unique(x + 0, return_index=True, return_inverse=True, return_counts=True)", &[Compiled, CompiledPart, MappedGradient, CompiledGradient], SIZE),
    row("np.unique(x + 0, return_index=True, return_inverse=True, return_counts=True, equal_nan=False)", &[Compiled, CompiledPart, MappedGradient, CompiledGradient], SIZE),
    row("np.unique(x, axis=0, return_index=True, return_inverse=True, return_counts=True)", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], SIZE),
    row("np.unique(x, axis=-1)", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], SIZE),
    row("tuple(np.unique_all(x))", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], SIZE),
    row("tuple(np.unique_all(x + 0))", &[Compiled, CompiledPart, MappedGradient, CompiledGradient], SIZE),
    row("tuple(np.unique_counts(x))", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], SIZE),
    row("tuple(np.unique_inverse(x))", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], SIZE),
    row("np.sort(np.unique_values(x))", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], SIZE),
    row("np.union1d(x, y)", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], SIZE),
    row("np.intersect1d(x, y)", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], SIZE),
    row("np.intersect1d(x, y, assume_unique=True)", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], SIZE),
    row("np.intersect1d(x, y, return_indices=True)", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], SIZE),
    row("np.setdiff1d(x, y)", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], SIZE),
    row("np.setdiff1d(x, y, assume_unique=True)", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], SIZE),
    row("np.setxor1d(x, y)", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], SIZE),
    row("np.setxor1d(x, y, assume_unique=True)", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], SIZE),
    row("np.quantile(x, y)", &[Compiled, CompiledPart, Mapped, MappedPart], UNSEEN).on("9 2:float64"),
    row("np.percentile(x, 101)", &[Compiled, CompiledPart], UNSEEN),
    row("np.nanargmax(x * np.nan, axis=0)", &[Compiled, CompiledPart, Mapped], UNSEEN),
    row("np.histogram(x)", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], READS),
    row("np.histogram(x, bins=5, density=True)", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], READS),
    row("np.histogram(x, bins=-y)", &[Compiled, CompiledPart, Mapped, MappedPart], UNSEEN),
    row("[np.histogram_bin_edges(x, b) for b in ('auto', 'doane', 'fd', 'rice', 'scott', 'sqrt', 'stone', 'sturges')]", &[Compiled, CompiledPart, MappedGradient, CompiledGradient], READS),
    row("(np.histogram_bin_edges(x, 'auto', (-3, 3)), np.histogram_bin_edges(x, 7), np.histogram_bin_edges(x * 0, 3))", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], READS),
    row("(lambda h, e: (h, *e))(*np.histogramdd(x, bins=3))", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], READS),
    row("np.histogram2d(x, y, bins=5)", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], READS),
    row("np.histogram2d(x, y, bins=[z, 3])", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], READS),
    row("np.histogram2d(x, y, bins=[z, 3])", &[Gradient], STEPS),
    row("(np.bincount(x), np.bincount(x, minlength=40))", &[Compiled, CompiledPart, Mapped], READS),
    row("np.bincount(x.astype(np.int64), y)", &[Compiled, CompiledPart, Mapped, MappedPart, MappedGradient, CompiledGradient], READS),
    row("(np.digitize(x, y), np.digitize(x, y, right=True), np.digitize(x, y[::-1]))", &[Compiled, CompiledPart, Mapped, MappedPart], READS),
    row("np.digitize(x, y)", &[Compiled, CompiledPart, Mapped, MappedPart], READS),
    row("np.cov(x, fweights=-y)", &[Compiled, CompiledPart, Mapped, MappedPart], UNSEEN),
    row("np.delete(x, y, -1)", &[Compiled, CompiledPart], READS),
    row("(np.trim_zeros(x), np.trim_zeros(x, 'f'), np.trim_zeros(x, 'b'))", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], READS),
    row("(np.trim_zeros(x * (np.arange(x.shape[-1]) > 0)), np.trim_zeros(x * 0, axis=-1))", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], READS),
    row("(np.real_if_close(x), np.real_if_close(x.real + 0j * x.real), np.real_if_close(x, tol=0.5))", &[Compiled, CompiledPart, Mapped, MappedGradient, CompiledGradient], READS),
    row("np.frexp(x * 5e-324)", &[Gradient], TINY),
    row("(np.nanvar(x, axis=0), np.nanstd(x, axis=1, ddof=8))", &[Gradient], NAN),
];

/// Why a row does not keep a law, if it need not.
pub fn reason(law: Law, row: &Row) -> Option<&'static str> {
    let mut of_row = EXCEPTIONS.iter().filter(|exception| exception.is_of(row));
    of_row.find_map(|exception| exception.laws.contains(&law).then_some(exception.reason))
}

/// A row and a law that takes derivatives in two ways which differ by more units than [`ROOM`], and why.
const ROOMS: &[(&str, Law, f64, &str)] = &[(
    "(lambda w, v: (np.matmul(v * (w * w)[..., None, :], np.linalg.inv(v)).astype(complex), np.linalg.norm(v, axis=-2)))(*np.linalg.eig(x))",
    MappedGradient,
    65536.0,
    "with AVX-512 a matrix times a vector adds up in an order that depends on the row's place among those of the batch, which \
     eigenvectors that lie close to each other magnify",
)];

/// Units that derivatives computed in two ways may differ by.
const ROOM: f64 = 4096.0;

/// The same for a law of a row.
pub(super) fn room(law: Law, row: &Row) -> f64 {
    let mut wide = ROOMS.iter();
    let wide = wide.find(|(expression, of, ..)| *expression == row.expression && *of == law);
    wide.map_or(ROOM, |&(_, _, units, _)| units)
}
