//! Copies that make strided operands fit: panels for the register block, and contiguous operands where axes do not fuse.

/// Copies a `k × n` matrix into panels of `width` columns, the last filled up with `zero`.
///
/// # Safety
/// The matrix is readable; `to` holds `k` rows for `n` columns rounded up to whole panels.
#[allow(clippy::too_many_arguments, reason = "a matrix and where it goes")]
pub(super) unsafe fn panels<T: Copy>(
    from: *const T,
    row_step: isize,
    column_step: isize,
    k: usize,
    n: usize,
    width: usize,
    zero: T,
    to: *mut T,
) {
    let mut to = to;
    for column in (0..n).step_by(width) {
        let columns = width.min(n - column);
        let panel = from.wrapping_offset(column as isize * column_step);
        // SAFETY: rows below `k` and columns below `n` on one side, whole panels on the other.
        unsafe {
            if column_step == 1 {
                for row in 0..k {
                    let source = panel.wrapping_offset(row as isize * row_step);
                    let target = to.add(row * width);
                    std::ptr::copy_nonoverlapping(source, target, columns);
                    for c in columns..width {
                        target.add(c).write(zero);
                    }
                }
            } else {
                // Along the columns, which are the short way in memory here; sixteen rows at a time stay in cache.
                for rows in (0..k).step_by(16) {
                    let rows = rows..k.min(rows + 16);
                    for c in 0..columns {
                        let source = panel.wrapping_offset(c as isize * column_step);
                        for row in rows.clone() {
                            let value = *source.wrapping_offset(row as isize * row_step);
                            to.add(row * width + c).write(value);
                        }
                    }
                    for row in rows {
                        for c in columns..width {
                            to.add(row * width + c).write(zero);
                        }
                    }
                }
            }
            to = to.add(k * width);
        }
    }
}

/// Copies a strided array, converting each element, to contiguous memory in the order of `axes` (size and stride, outermost first).
///
/// # Safety
/// The array is readable, and `to` has room for it.
pub(crate) unsafe fn contiguous<T: Copy, U>(
    from: *const T,
    axes: &[(usize, isize)],
    to: *mut U,
    convert: impl Fn(T) -> U + Copy,
) {
    match *axes {
        // SAFETY: no axes: one element.
        [] => unsafe { to.write(convert(*from)) },
        [(size, step)] => {
            for i in 0..size {
                // SAFETY: an index within the axis.
                unsafe {
                    let value = *from.wrapping_offset(i as isize * step);
                    to.add(i).write(convert(value));
                }
            }
        }
        [(rows, row_step), (columns, column_step)] if row_step.abs() < column_step.abs() => {
            // A transposed copy, in squares that stay in cache.
            for row in (0..rows).step_by(16) {
                for column in (0..columns).step_by(16) {
                    for r in row..rows.min(row + 16) {
                        for c in column..columns.min(column + 16) {
                            // SAFETY: indices within the axes.
                            unsafe {
                                let at = r as isize * row_step + c as isize * column_step;
                                to.add(r * columns + c)
                                    .write(convert(*from.wrapping_offset(at)));
                            }
                        }
                    }
                }
            }
        }
        [(size, step), ref inner @ ..] => {
            let below: usize = inner.iter().map(|axis| axis.0).product();
            for i in 0..size {
                // SAFETY: the part below index `i`, and its room.
                unsafe {
                    let part = from.wrapping_offset(i as isize * step);
                    contiguous(part, inner, to.add(i * below), convert);
                }
            }
        }
    }
}
