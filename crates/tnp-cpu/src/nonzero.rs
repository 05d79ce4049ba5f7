//! Positions of the elements that are not zero: counted by parts, then written by parts, eight elements at a time.

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::Prim;
use tnp_backend::{Arg, Device, Outputs, Result, Tensor, TensorType, run};
use tnp_dtype::DType;
use tnp_shape::Dims;

use crate::backend::{fresh, strided, strided_mut};
use crate::simd::{level, simd_kernel};
use crate::threads::{num_threads, parallel_for};

/// Elements whose positions one thread writes at once.
const PART: usize = 1 << 16;

/// Positions within eight elements of those that are true, for each pattern of them.
static WITHIN: [[u8; 8]; 256] = within();

const fn within() -> [[u8; 8]; 256] {
    let mut table = [[0u8; 8]; 256];
    let mut pattern = 0;
    while pattern < 256 {
        let (mut bit, mut at) = (0, 0);
        while bit < 8 {
            if pattern >> bit & 1 == 1 {
                table[pattern][at] = bit as u8;
                at += 1;
            }
            bit += 1;
        }
        pattern += 1;
    }
    table
}

simd_kernel! {
    /// How many of the bytes, each 0 or 1, are 1.
    fn count_kernel[](bytes: &[u8]) -> usize {
        let mut total = 0usize;
        // So many ones fit in the bytes of a sum.
        for part in bytes.chunks(255 * 64) {
            let mut sums = [0u8; 64];
            let lines = part.chunks_exact(64);
            total += lines.remainder().iter().map(|&byte| byte as usize).sum::<usize>();
            for line in lines {
                for (sum, &byte) in sums.iter_mut().zip(line) {
                    *sum = sum.wrapping_add(byte);
                }
            }
            total += sums.iter().map(|&sum| sum as usize).sum::<usize>();
        }
        total
    }
}

simd_kernel! {
    /// Writes `base` plus the position of each byte that is 1, as long as there is room, and says how many were written.
    fn scan_kernel[](bytes: &[u8], base: i64, out: &mut [i64]) -> usize {
        let mut found = 0;
        let groups = bytes.chunks_exact(8);
        let rest = groups.remainder();
        let rest_at = bytes.len() - rest.len();
        for (group_at, group) in groups.enumerate() {
            let mut word = [0u8; 8];
            word.copy_from_slice(group);
            let word = u64::from_le_bytes(word);
            if word == 0 {
                continue;
            }
            // Moves bit 0 of byte i to bit 56 + i; no two terms of the product meet.
            let pattern = (word.wrapping_mul(0x0102_0408_1020_4080) >> 56) as usize;
            let first = base + 8 * group_at as i64;
            let within = &WITHIN[pattern];
            let count = pattern.count_ones() as usize;
            if let Some(room) = out.get_mut(found..found + 8) {
                for (place, &bit) in room.iter_mut().zip(within) {
                    *place = first + bit as i64;
                }
                found += count;
                continue;
            }
            for &bit in &within[..count] {
                let Some(place) = out.get_mut(found) else { return found };
                *place = first + bit as i64;
                found += 1;
            }
        }
        for (i, &byte) in rest.iter().enumerate() {
            if byte != 0 {
                let Some(place) = out.get_mut(found) else { return found };
                *place = base + (rest_at + i) as i64;
                found += 1;
            }
        }
        found
    }
}

fn count_true(bytes: &[u8]) -> usize {
    // SAFETY: the level is this processor's; the kernel is safe otherwise.
    unsafe { count_kernel(level())(bytes) }
}

fn scan(bytes: &[u8], base: i64, out: &mut [i64]) -> usize {
    // SAFETY: as above.
    unsafe { scan_kernel(level())(bytes, base, out) }
}

/// One int64 array an axis with the positions of the first `size` elements that are not zero; zeros where there are fewer.
pub(crate) fn nonzero(
    device: Device,
    size: usize,
    arg: &Arg<'_>,
    types: &[TensorType],
) -> Result<Outputs> {
    let x = arg.tensor;
    let shape = Dims::from_slice(x.shape());
    let outputs: Result<Outputs> = types.iter().map(|ty| fresh(device, ty)).collect();
    let outputs = outputs?;
    if size == 0 {
        return Ok(outputs);
    }
    let truth;
    let truth = if x.dtype == DType::Bool {
        tnp_backend::compact(x)?
    } else {
        let cast = Prim::Cast { dtype: DType::Bool };
        truth = run(device, &cast, &[Arg::borrowed(x)])?.remove(0);
        tnp_backend::compact(&truth)?
    };
    let total = truth.layout.size();
    let source = strided(&truth)?;
    // SAFETY: compact bools, one byte each, live while `truth` is.
    let bytes = unsafe { std::slice::from_raw_parts(source.first::<bool>().cast::<u8>(), total) };
    let lines = lines(&outputs)?;
    if total <= PART || num_threads() == 1 {
        // SAFETY: one thread writes the whole of each line.
        let mut room: SmallVec<[&mut [i64]; 4]> = lines
            .iter()
            .map(|line| unsafe { line.part(0, size) })
            .collect();
        let found = positions(bytes, 0..total, &shape, &mut room);
        for line in room {
            line[found..].fill(0);
        }
        return Ok(outputs);
    }
    let counts = counts(bytes);
    let mut starts = Vec::with_capacity(counts.len());
    let mut held = 0;
    for count in counts {
        starts.push(held);
        held = (held + count).min(size);
    }
    parallel_for(starts.len(), 1, |parts| {
        for part in parts {
            let end = starts.get(part + 1).copied().unwrap_or(held);
            let range = part * PART..total.min((part + 1) * PART);
            // SAFETY: parts write apart from each other: each from its start to the next one's.
            let mut room: SmallVec<[&mut [i64]; 4]> = lines
                .iter()
                .map(|line| unsafe { line.part(starts[part], end) })
                .collect();
            positions(bytes, range, &shape, &mut room);
        }
    });
    for line in &lines {
        // SAFETY: all parts are done.
        unsafe { line.part(held, size) }.fill(0);
    }
    Ok(outputs)
}

/// How many of the bytes, each 0 or 1, are 1.
pub(crate) fn total(bytes: &[u8]) -> usize {
    match bytes.len() <= PART {
        true => count_true(bytes),
        false => counts(bytes).iter().sum(),
    }
}

fn counts(bytes: &[u8]) -> Vec<usize> {
    let parts = bytes.len().div_ceil(PART);
    let mut counts = vec![0usize; parts];
    let target = Line(counts.as_mut_ptr().cast());
    parallel_for(parts, 4, |range| {
        for part in range {
            let bytes = &bytes[part * PART..bytes.len().min((part + 1) * PART)];
            // SAFETY: each part has a count of its own; usize and i64 are of one size on the platforms with such sizes.
            unsafe { *target.get().cast::<usize>().add(part) = count_true(bytes) };
        }
    });
    counts
}

/// An output line that threads write apart from each other.
#[derive(Clone, Copy)]
struct Line(*mut i64);

// SAFETY: threads write different parts.
unsafe impl Send for Line {}
// SAFETY: as above.
unsafe impl Sync for Line {}

impl Line {
    fn get(self) -> *mut i64 {
        self.0
    }

    /// # Safety
    /// The part lies in the line, and parts in use at once are apart.
    #[allow(clippy::mut_from_ref, reason = "the parts are disjoint")]
    unsafe fn part(&self, start: usize, end: usize) -> &mut [i64] {
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(start), end - start) }
    }
}

fn lines(outputs: &[Tensor]) -> Result<SmallVec<[Line; 4]>> {
    let mut lines = smallvec![];
    for output in outputs {
        lines.push(Line(strided_mut(output)?.ptr.cast()));
    }
    Ok(lines)
}

/// Writes the coordinates of the true elements of a flat range, an array an axis, as far as there is room; says how many.
fn positions(
    bytes: &[u8],
    range: std::ops::Range<usize>,
    shape: &Dims,
    out: &mut [&mut [i64]],
) -> usize {
    let Some((&columns, outer)) = shape.split_last() else {
        return 0;
    };
    let (last, outer_out) = match out.split_last_mut() {
        Some((last, outer_out)) => (last, outer_out),
        None => return 0,
    };
    // The coordinates of the row that the range begins in.
    let mut row: SmallVec<[i64; 4]> = smallvec![0; outer.len()];
    let mut rest = range.start / columns;
    for (at, &dim) in row.iter_mut().zip(outer).rev() {
        *at = (rest % dim) as i64;
        rest /= dim;
    }
    let (mut at, mut found) = (range.start, 0);
    while at < range.end && found < last.len() {
        let column = at % columns;
        let end = range.end.min(at + columns - column);
        let count = scan(&bytes[at..end], column as i64, &mut last[found..]);
        for (line, &coordinate) in outer_out.iter_mut().zip(&row) {
            line[found..found + count].fill(coordinate);
        }
        found += count;
        at = end;
        for (coordinate, &dim) in row.iter_mut().zip(outer).rev() {
            *coordinate += 1;
            if (*coordinate as usize) < dim {
                break;
            }
            *coordinate = 0;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{count_true, positions, scan};
    use smallvec::smallvec;

    #[test]
    fn scanning_finds_what_filtering_finds() {
        for len in [0usize, 1, 7, 8, 9, 63, 64, 65, 1000, 70_000] {
            for every in [1usize, 2, 3, 11, 5000] {
                let bytes: Vec<u8> = (0..len).map(|i| (i * i % every == 0) as u8).collect();
                let expected: Vec<i64> = (0..len as i64)
                    .filter(|&i| bytes[i as usize] == 1)
                    .map(|i| i + 5)
                    .collect();
                assert_eq!(count_true(&bytes), expected.len());
                let mut out = vec![-1; expected.len()];
                assert_eq!(scan(&bytes, 5, &mut out), expected.len());
                assert_eq!(out, expected);
                let mut short = vec![-1; expected.len() / 2];
                scan(&bytes, 5, &mut short);
                assert_eq!(short, expected[..expected.len() / 2]);
            }
        }
    }

    #[test]
    fn coordinates_of_a_range_in_the_middle() {
        let bytes: Vec<u8> = (0..30).map(|i| (i % 4 != 1) as u8).collect();
        let expected: Vec<usize> = (4..27).filter(|i| i % 4 != 1).collect();
        let mut out = vec![vec![0i64; expected.len()]; 3];
        let mut lines: Vec<&mut [i64]> = out.iter_mut().map(|line| &mut line[..]).collect();
        positions(&bytes, 4..27, &smallvec![2, 3, 5], &mut lines);
        for (i, &flat) in expected.iter().enumerate() {
            let found = [out[0][i], out[1][i], out[2][i]];
            assert_eq!(
                found,
                [(flat / 15) as i64, (flat / 5 % 3) as i64, (flat % 5) as i64]
            );
        }
    }
}
