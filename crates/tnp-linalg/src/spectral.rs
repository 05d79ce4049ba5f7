//! Factorisations that iterate: singular values, eigenvalues. What is not finite is answered before: iterations might never end.

use faer::diag::DiagMut;
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::linalg::svd::{self as singular, ComputeSvdVectors};
use faer::{MatMut, MatRef, Par};

use crate::element::{Element, Scaled};
use crate::{Done, Failure, vector, with_stack};

/// As NumPy: an error for NaN, and NaN for infinities, told by `false`.
fn can_svd<T: Element>(a: &[T]) -> std::result::Result<bool, Failure> {
    if a.iter().any(|x| x.is_nan()) {
        return Err(Failure::SingularValues);
    }
    Ok(a.iter().all(|x| Element::is_finite(*x)))
}

/// A matrix divided by a power of two, where its numbers are so large or so small that squares of them are not.
struct Tame<'a, T> {
    given: &'a [T],
    scaled: Vec<T>,
    exponent: i32,
}

impl<'a, T: Element> Tame<'a, T> {
    fn new(a: &'a [T]) -> std::result::Result<Tame<'a, T>, Failure> {
        let exponent = T::exponent(a);
        let mut scaled = Vec::new();
        if exponent != 0 {
            scaled = vector(a.len(), T::zero())?;
            for (to, x) in scaled.iter_mut().zip(a) {
                *to = x.scaled(-exponent);
            }
        }
        Ok(Tame {
            given: a,
            scaled,
            exponent,
        })
    }

    fn matrix(&self) -> &[T] {
        match self.exponent {
            0 => self.given,
            _ => &self.scaled,
        }
    }
}

/// Singular values, descending.
pub(crate) fn svdvals<T: Element>(a: &[T], (m, n): (usize, usize), s: &mut [T::Part]) -> Done {
    if s.is_empty() {
        return Ok(());
    }
    if !can_svd(a)? {
        s.fill(T::nan());
        return Ok(());
    }
    let tame = Tame::new(a)?;
    let mut values = vector(s.len(), T::zero())?;
    let none = ComputeSvdVectors::No;
    let need = singular::svd_scratch::<T>(m, n, none, none, Par::Seq, Default::default());
    with_stack(need, |stack| {
        singular::svd(
            MatRef::from_column_major_slice(tame.matrix(), m, n),
            DiagMut::from_slice_mut(&mut values),
            None,
            None,
            Par::Seq,
            stack,
            Default::default(),
        )
        .map_err(|_| Failure::SingularValues)
    })?;
    for (s, value) in s.iter_mut().zip(&values) {
        *s = value.scaled(tame.exponent).re();
    }
    Ok(())
}

/// Left singular vectors as columns, singular values, right singular vectors, conjugated, as rows: as many as there is room for.
pub(crate) fn svd<T: Element>(
    a: &[T],
    (m, n): (usize, usize),
    (u, s, vh): (&mut [T], &mut [T::Part], &mut [T]),
) -> Done {
    let identity = |x: &mut [T], side: usize| {
        x.fill(T::zero());
        (0..x.len() / side.max(1)).for_each(|i| x[i * side + i] = T::one());
    };
    if s.is_empty() {
        identity(u, m);
        identity(vh, n);
        return Ok(());
    }
    if !can_svd(a)? {
        u.fill(T::of_part(T::nan()));
        vh.fill(T::of_part(T::nan()));
        s.fill(T::nan());
        return Ok(());
    }
    let tame = Tame::new(a)?;
    let (left, right) = (u.len() / m, vh.len() / n);
    let kind = |columns: usize, side: usize| match columns == side {
        true => ComputeSvdVectors::Full,
        false => ComputeSvdVectors::Thin,
    };
    let mut values = vector(s.len(), T::zero())?;
    let need = singular::svd_scratch::<T>(
        m,
        n,
        kind(left, m),
        kind(right, n),
        Par::Seq,
        Default::default(),
    );
    with_stack(need, |stack| {
        singular::svd(
            MatRef::from_column_major_slice(tame.matrix(), m, n),
            DiagMut::from_slice_mut(&mut values),
            Some(MatMut::from_column_major_slice_mut(u, m, left)),
            Some(MatMut::from_column_major_slice_mut(vh, n, right)),
            Par::Seq,
            stack,
            Default::default(),
        )
        .map_err(|_| Failure::SingularValues)
    })?;
    for (s, value) in s.iter_mut().zip(&values) {
        *s = value.scaled(tame.exponent).re();
    }
    vh.iter_mut().for_each(|x| *x = Element::conj(*x));
    Ok(())
}

/// Eigenvalues of a Hermitian matrix, ascending, and eigenvectors as columns.
pub(crate) fn eigh<T: Element>(
    a: &mut [T],
    n: usize,
    w: &mut [T::Part],
    v: Option<&mut [T]>,
) -> Done {
    if n == 0 {
        return Ok(());
    }
    for j in 0..n {
        // The imaginary part of the diagonal is not read.
        a[j * n + j] = T::of_part(a[j * n + j].re());
    }
    let read = |j: usize| &a[j * n + j..(j + 1) * n];
    if !(0..n).all(|j| read(j).iter().all(|x| Element::is_finite(*x))) {
        w.fill(T::nan());
        if let Some(v) = v {
            v.fill(T::of_part(T::nan()));
        }
        return Ok(());
    }
    // The other triangle may hold anything.
    for j in 1..n {
        a[j * n..j * n + j].fill(T::zero());
    }
    let exponent = T::exponent(a);
    if exponent != 0 {
        a.iter_mut().for_each(|x| *x = x.scaled(-exponent));
    }
    let mut values = vector(n, T::zero())?;
    let vectors = match v {
        Some(_) => ComputeEigenvectors::Yes,
        None => ComputeEigenvectors::No,
    };
    let need = evd::self_adjoint_evd_scratch::<T>(n, vectors, Par::Seq, Default::default());
    with_stack(need, |stack| {
        evd::self_adjoint_evd(
            MatRef::from_column_major_slice(a, n, n),
            DiagMut::from_slice_mut(&mut values),
            v.map(|v| MatMut::from_column_major_slice_mut(v, n, n)),
            Par::Seq,
            stack,
            Default::default(),
        )
        .map_err(|_| Failure::Eigenvalues)
    })?;
    for (w, value) in w.iter_mut().zip(&values) {
        *w = value.scaled(exponent).re();
    }
    Ok(())
}

/// Eigenvalues of a square matrix, and eigenvectors as columns.
pub(crate) fn eig<T: Element>(
    a: &[T],
    n: usize,
    w: &mut [T::Complex],
    v: Option<&mut [T::Complex]>,
) -> Done {
    if n == 0 {
        return Ok(());
    }
    if !a.iter().all(|x| Element::is_finite(*x)) {
        return Err(Failure::NotFinite);
    }
    let tame = Tame::new(a)?;
    T::eig(tame.matrix(), n, w, v)?;
    if tame.exponent != 0 {
        w.iter_mut().for_each(|w| *w = w.scaled(tame.exponent));
    }
    Ok(())
}
