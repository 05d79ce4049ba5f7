//! Factorisations in a number of steps known before: Cholesky, LU, QR; triangular systems.

use faer::linalg::cholesky::llt::factor as llt;
use faer::linalg::householder;
use faer::linalg::lu::partial_pivoting::factor as partial_lu;
use faer::linalg::qr::no_pivoting::factor as plain_qr;
use faer::linalg::triangular_solve;
use faer::{Conj, MatMut, MatRef, Par};

use crate::element::Element;
use crate::{Done, Failure, vector, with_stack};

/// Replaces a Hermitian matrix, of which the lower triangle is read, by its lower triangular factor.
pub(crate) fn cholesky<T: Element>(a: &mut [T], n: usize) -> Done {
    if n == 0 {
        return Ok(());
    }
    for j in 0..n {
        a[j * n..j * n + j].fill(T::zero());
        // The imaginary part of the diagonal is not read.
        a[j * n + j] = T::of_part(a[j * n + j].re());
    }
    if a.iter().any(|x| x.is_nan()) {
        // NumPy carries NaN on.
        for j in 0..n {
            a[j * n + j..(j + 1) * n].fill(T::of_part(T::nan()));
        }
        return Ok(());
    }
    let need = llt::cholesky_in_place_scratch::<T>(n, Par::Seq, Default::default());
    with_stack(need, |stack| {
        let a = MatMut::from_column_major_slice_mut(a, n, n);
        llt::cholesky_in_place(a, Default::default(), Par::Seq, stack, Default::default())
            .map_err(|_| Failure::NotPositive)?;
        Ok(())
    })?;
    for j in 0..n {
        a[j * n..j * n + j].fill(T::zero());
    }
    Ok(())
}

/// Replaces a matrix by its factors; rows of the permuted matrix by their numbers in the matrix.
pub(crate) fn lu<T: Element>(
    a: &mut [T],
    n: usize,
    permutation: &mut [i64],
    swaps: &mut i64,
) -> Done {
    *swaps = 0;
    if n == 0 {
        return Ok(());
    }
    let mut given = vector(n * n, T::zero())?;
    given.copy_from_slice(a);
    let mut indices = vector(2 * n, 0usize)?;
    let (forward, backward) = indices.split_at_mut(n);
    let need = partial_lu::lu_in_place_scratch::<usize, T>(n, n, Par::Seq, Default::default());
    with_stack(need, |stack| {
        let a = MatMut::from_column_major_slice_mut(a, n, n);
        let (info, _) =
            partial_lu::lu_in_place(a, forward, backward, Par::Seq, stack, Default::default());
        *swaps = info.transposition_count as i64;
        Ok(())
    })?;
    for (to, &from) in permutation.iter_mut().zip(&*forward) {
        *to = from as i64;
    }
    // The library divides by pivots that are zero.
    if (0..n).any(|i| a[i * n + i] == T::zero() || a[i * n + i].is_nan()) {
        a.copy_from_slice(&given);
        plain_lu(a, n, permutation, swaps);
    }
    Ok(())
}

/// The same column by column; a column without a pivot stays as it is.
fn plain_lu<T: Element>(a: &mut [T], n: usize, permutation: &mut [i64], swaps: &mut i64) {
    *swaps = 0;
    (0i64..)
        .zip(&mut *permutation)
        .for_each(|(i, row)| *row = i);
    for j in 0..n {
        let mut pivot = j;
        for i in j + 1..n {
            if a[j * n + i].size() > a[j * n + pivot].size() {
                pivot = i;
            }
        }
        if a[j * n + pivot] == T::zero() {
            continue;
        }
        if pivot != j {
            permutation.swap(j, pivot);
            (0..n).for_each(|column| a.swap(column * n + j, column * n + pivot));
            *swaps += 1;
        }
        for i in j + 1..n {
            a[j * n + i] = a[j * n + i].over(a[j * n + j]);
        }
        for column in j + 1..n {
            let factor = a[column * n + j];
            for i in j + 1..n {
                a[column * n + i] = a[column * n + i].minus(a[j * n + i].times(factor));
            }
        }
    }
}

/// Orthonormal columns and an upper triangle, whose diagonal is real.
pub(crate) fn qr<T: Element>(
    a: &mut [T],
    (m, n, k): (usize, usize, usize),
    q: &mut [T],
    r: &mut [T],
) -> Done {
    q.fill(T::zero());
    for j in 0..m.min(k) {
        q[j * m + j] = T::one();
    }
    r.fill(T::zero());
    let steps = m.min(n);
    if steps == 0 {
        return Ok(());
    }
    let block = plain_qr::recommended_block_size::<T>(m, n);
    let mut coefficients = vector(block * steps, T::zero())?;
    let mut coefficients = MatMut::from_column_major_slice_mut(&mut coefficients, block, steps);
    let need = plain_qr::qr_in_place_scratch::<T>(m, n, block, Par::Seq, Default::default());
    with_stack(need, |stack| {
        let a = MatMut::from_column_major_slice_mut(a, m, n);
        plain_qr::qr_in_place(
            a,
            coefficients.as_mut(),
            Par::Seq,
            stack,
            Default::default(),
        );
        Ok(())
    })?;
    for j in 0..n {
        let rows = (j + 1).min(steps);
        r[j * k..j * k + rows].copy_from_slice(&a[j * m..j * m + rows]);
    }
    let need = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<T>(
        m, block, k,
    );
    with_stack(need, |stack| {
        householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
            MatRef::from_column_major_slice(a, m, n).subcols(0, steps),
            coefficients.as_ref(),
            Conj::No,
            MatMut::from_column_major_slice_mut(q, m, k),
            Par::Seq,
            stack,
        );
        Ok(())
    })?;
    for i in 0..steps {
        let phase = r[i * k + i].phase();
        if phase == T::one() {
            continue;
        }
        for j in i..n {
            r[j * k + i] = r[j * k + i].times(phase.conj());
        }
        r[i * k + i] = T::of_part(r[i * k + i].re());
        for x in &mut q[i * m..(i + 1) * m] {
            *x = x.times(phase);
        }
    }
    Ok(())
}

/// Replaces right sides by solutions.
pub(crate) fn triangular_solve<T: Element>(
    a: &[T],
    n: usize,
    (lower, unit): (bool, bool),
    b: &mut [T],
    columns: usize,
) -> Done {
    if !unit && (0..n).any(|i| a[i * n + i] == T::zero()) {
        return Err(Failure::Singular);
    }
    if n == 0 || columns == 0 {
        return Ok(());
    }
    let a = MatRef::from_column_major_slice(a, n, n);
    let b = MatMut::from_column_major_slice_mut(b, n, columns);
    match (lower, unit) {
        (true, false) => triangular_solve::solve_lower_triangular_in_place(a, b, Par::Seq),
        (true, true) => triangular_solve::solve_unit_lower_triangular_in_place(a, b, Par::Seq),
        (false, false) => triangular_solve::solve_upper_triangular_in_place(a, b, Par::Seq),
        (false, true) => triangular_solve::solve_unit_upper_triangular_in_place(a, b, Par::Seq),
    }
    Ok(())
}
