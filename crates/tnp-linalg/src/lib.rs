//! Matrix factorisations on slices, column by column, by the crate `faer`; for the CPU backend.
//!
//! They have a crate of their own because compiling them takes minutes: what they are made of is instantiated here, for four types, and
//! nowhere else. Nothing here knows arrays.

mod element;
mod factor;
mod spectral;

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use num_complex::Complex;

/// Why a matrix could not be worked on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Failure {
    /// There is a zero on the diagonal of a triangle.
    Singular = 1,
    /// A matrix is not positive definite.
    NotPositive,
    /// Iterations for eigenvalues did not end.
    Eigenvalues,
    /// There is a NaN or an infinity where none may be.
    NotFinite,
    /// Iterations for singular values did not end, or there was a NaN.
    SingularValues,
    /// No memory to work in.
    Memory,
    /// The library gave up.
    Broken,
}

impl Failure {
    /// Every one.
    pub const ALL: [Failure; 7] = [
        Failure::Singular,
        Failure::NotPositive,
        Failure::Eigenvalues,
        Failure::NotFinite,
        Failure::SingularValues,
        Failure::Memory,
        Failure::Broken,
    ];
}

/// What a kernel of one matrix gives.
pub type Done = std::result::Result<(), Failure>;

/// An element of a matrix. Slices hold matrices column by column and have the sizes that are told, or the kernels panic.
pub trait Field: Copy + Default + Send + Sync + 'static {
    /// The real numbers of that precision.
    type Part: Copy + Default;
    /// The complex numbers of that precision.
    type Complex: Copy + Default;

    /// Replaces a Hermitian matrix, of which the lower triangle is read, by its lower triangular factor.
    ///
    /// # Errors
    /// When it is not positive definite.
    fn cholesky(a: &mut [Self], n: usize) -> Done;

    /// Replaces a matrix by its triangular factors; `permutation` gets the numbers of its rows in their order, `swaps` the exchanges.
    ///
    /// # Errors
    /// When memory is lacking.
    fn lu(a: &mut [Self], n: usize, permutation: &mut [i64], swaps: &mut i64) -> Done;

    /// `k` orthonormal columns of `m` rows, and an upper triangle with a real diagonal of `n` columns, of an `m` by `n` matrix, which is written over.
    ///
    /// # Errors
    /// When memory is lacking.
    fn qr(a: &mut [Self], sides: (usize, usize, usize), q: &mut [Self], r: &mut [Self]) -> Done;

    /// Singular values, descending, of an `m` by `n` matrix.
    ///
    /// # Errors
    /// For NaN.
    fn svdvals(a: &[Self], sides: (usize, usize), s: &mut [Self::Part]) -> Done;

    /// Left singular vectors as columns, singular values, and right singular vectors, conjugated, as rows (these row by row): as many as there is room for.
    ///
    /// # Errors
    /// For NaN.
    fn svd(
        a: &[Self],
        sides: (usize, usize),
        results: (&mut [Self], &mut [Self::Part], &mut [Self]),
    ) -> Done;

    /// Eigenvalues, ascending, and eigenvectors as columns, of a Hermitian matrix, of which the lower triangle is read.
    ///
    /// # Errors
    /// When iterations do not end.
    fn eigh(a: &mut [Self], n: usize, w: &mut [Self::Part], v: Option<&mut [Self]>) -> Done;

    /// Eigenvalues of a square matrix, and eigenvectors as columns.
    ///
    /// # Errors
    /// For what is not finite, and when iterations do not end.
    fn eig(a: &[Self], n: usize, w: &mut [Self::Complex], v: Option<&mut [Self::Complex]>) -> Done;

    /// Replaces right sides by solutions for a triangle: the lower one or not, with ones on its diagonal or not.
    ///
    /// # Errors
    /// When the triangle is singular.
    fn triangular_solve(
        a: &[Self],
        n: usize,
        triangle: (bool, bool),
        b: &mut [Self],
        columns: usize,
    ) -> Done;
}

macro_rules! fields {
    ($($t:ty, $part:ty;)*) => {$(
        impl Field for $t {
            type Part = $part;
            type Complex = Complex<$part>;

            fn cholesky(a: &mut [$t], n: usize) -> Done {
                factor::cholesky(a, n)
            }

            fn lu(a: &mut [$t], n: usize, permutation: &mut [i64], swaps: &mut i64) -> Done {
                factor::lu(a, n, permutation, swaps)
            }

            fn qr(a: &mut [$t], sides: (usize, usize, usize), q: &mut [$t], r: &mut [$t]) -> Done {
                factor::qr(a, sides, q, r)
            }

            fn svdvals(a: &[$t], sides: (usize, usize), s: &mut [$part]) -> Done {
                spectral::svdvals(a, sides, s)
            }

            fn svd(
                a: &[$t],
                sides: (usize, usize),
                results: (&mut [$t], &mut [$part], &mut [$t]),
            ) -> Done {
                spectral::svd(a, sides, results)
            }

            fn eigh(a: &mut [$t], n: usize, w: &mut [$part], v: Option<&mut [$t]>) -> Done {
                spectral::eigh(a, n, w, v)
            }

            fn eig(
                a: &[$t],
                n: usize,
                w: &mut [Complex<$part>],
                v: Option<&mut [Complex<$part>]>,
            ) -> Done {
                spectral::eig(a, n, w, v)
            }

            fn triangular_solve(
                a: &[$t],
                n: usize,
                triangle: (bool, bool),
                b: &mut [$t],
                columns: usize,
            ) -> Done {
                factor::triangular_solve(a, n, triangle, b, columns)
            }
        }
    )*};
}

fields! {
    f32, f32;
    f64, f64;
    Complex<f32>, f32;
    Complex<f64>, f64;
}

/// A vector of so many values.
fn vector<T: Copy>(len: usize, value: T) -> std::result::Result<Vec<T>, Failure> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(len).map_err(|_| Failure::Memory)?;
    memory.resize(len, value);
    Ok(memory)
}

/// Scratch memory of the library, of the size it asks for.
fn with_stack<R>(
    need: StackReq,
    body: impl FnOnce(&mut MemStack) -> std::result::Result<R, Failure>,
) -> std::result::Result<R, Failure> {
    let mut buffer = MemBuffer::try_new(need).map_err(|_| Failure::Memory)?;
    body(MemStack::new(&mut buffer))
}
