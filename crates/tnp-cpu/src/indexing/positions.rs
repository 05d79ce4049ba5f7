//! Index arrays as byte offsets: checked and worked out a chunk at a time, so that no array of offsets is ever made.

use std::sync::Mutex;

use smallvec::SmallVec;
use tnp_backend::prim::AxisIndex;
use tnp_backend::{Arg, Error, Result};
use tnp_shape::Layout;

use crate::backend::strided;
use crate::simd::{level, simd_kernel};
use crate::threads::parallel_for;

/// Positions worked out at once: their offsets stay in the first cache.
pub(super) const CHUNK: usize = 512;

simd_kernel! {
    /// Offsets of indices along one axis; true when one is out of bounds.
    fn set_offsets[](index: &[i64], dim: i64, stride: isize, out: &mut [isize]) -> bool {
        let mut bad = false;
        for (offset, &at) in out.iter_mut().zip(index) {
            let wrapped = at.wrapping_add((at >> 63) & dim);
            bad |= wrapped as u64 >= dim as u64;
            *offset = (wrapped as isize).wrapping_mul(stride);
        }
        bad
    }
}

simd_kernel! {
    /// As `set_offsets`, added to what is there.
    fn add_offsets[](index: &[i64], dim: i64, stride: isize, out: &mut [isize]) -> bool {
        let mut bad = false;
        for (offset, &at) in out.iter_mut().zip(index) {
            let wrapped = at.wrapping_add((at >> 63) & dim);
            bad |= wrapped as u64 >= dim as u64;
            *offset = offset.wrapping_add((wrapped as isize).wrapping_mul(stride));
        }
        bad
    }
}

simd_kernel! {
    /// True when an index is out of bounds.
    fn any_out[](index: &[i64], dim: i64) -> bool {
        let mut bad = false;
        for &at in index {
            bad |= (at >= dim) | (at < -dim);
        }
        bad
    }
}

/// An index array and the axis it indexes.
struct Source {
    first: *const i64,
    /// Sizes and strides (in elements) with neighbours merged where they can be.
    axes: SmallVec<[(usize, isize); 4]>,
    axis: usize,
    dim: i64,
    /// Bytes from one element of the axis to the next.
    stride: isize,
}

// SAFETY: index arrays are only read while a `Source` lives.
unsafe impl Send for Source {}
// SAFETY: as above.
unsafe impl Sync for Source {}

/// The positions that index arrays give, in C order.
pub(super) struct Positions {
    sources: SmallVec<[Source; 2]>,
    len: usize,
}

/// Axes with those merged that follow each other in memory.
pub(super) fn merged(shape: &[usize], strides: &[isize]) -> SmallVec<[(usize, isize); 4]> {
    let mut axes: SmallVec<[(usize, isize); 4]> = SmallVec::new();
    for (&dim, &stride) in shape.iter().zip(strides) {
        match axes.last_mut() {
            _ if dim == 1 => {}
            Some(last) if last.1 == stride.wrapping_mul(dim as isize) => {
                *last = (last.0 * dim, stride);
            }
            _ => axes.push((dim, stride)),
        }
    }
    axes
}

impl Source {
    /// Indices `start..start + len`: where they lie if they are neighbours, else copied to `scratch`.
    fn part<'a>(&'a self, start: usize, len: usize, scratch: &'a mut [i64; CHUNK]) -> &'a [i64] {
        let (columns, step) = match self.axes.as_slice() {
            [] => (1, 0),
            // SAFETY: neighbours of an index array whose size `Positions` knows.
            [(_, 1)] => unsafe {
                return std::slice::from_raw_parts(self.first.add(start), len);
            },
            [.., last] => *last,
        };
        let outer = &self.axes[..self.axes.len().saturating_sub(1)];
        let mut done = 0;
        while done < len {
            let at = start + done;
            let (row, column) = (at / columns, at % columns);
            let mut rest = row;
            let mut offset = column as isize * step;
            for &(dim, stride) in outer.iter().rev() {
                offset += (rest % dim) as isize * stride;
                rest /= dim;
            }
            // Without any axis every position reads the one element.
            let count = if self.axes.is_empty() {
                len
            } else {
                (columns - column).min(len - done)
            };
            let first = self.first.wrapping_offset(offset);
            for (i, place) in scratch[done..done + count].iter_mut().enumerate() {
                // SAFETY: an element of the index array.
                *place = unsafe { first.wrapping_offset(i as isize * step).read() };
            }
            done += count;
        }
        &scratch[..len]
    }

    #[cold]
    fn out_of_bounds(&self, index: &[i64]) -> Error {
        let bad = index.iter().find(|&&at| at >= self.dim || at < -self.dim);
        Error::index(format!(
            "index {} is out of bounds for axis {} with size {}",
            bad.copied().unwrap_or_default(),
            self.axis,
            self.dim
        ))
    }
}

impl Positions {
    /// `layout` is that of the indexed array, of elements of `itemsize` bytes.
    pub(super) fn new(
        layout: &Layout,
        itemsize: usize,
        axes: &[AxisIndex],
        indices: &[Arg<'_>],
    ) -> Result<Positions> {
        let len = indices.first().map_or(1, |arg| arg.tensor.layout.size());
        let indexed = axes
            .iter()
            .enumerate()
            .filter(|(_, what)| **what == AxisIndex::Index);
        let mut sources = SmallVec::new();
        for ((axis, _), arg) in indexed.zip(indices) {
            let source = strided(arg.tensor)?;
            // SAFETY: inference saw to int64; the address is read only where there are elements.
            let first = unsafe { source.first::<i64>() };
            sources.push(Source {
                first,
                axes: merged(source.layout.shape(), source.layout.strides()),
                axis,
                dim: layout.shape()[axis] as i64,
                stride: layout.strides()[axis].wrapping_mul(itemsize as isize),
            });
        }
        Ok(Positions { sources, len })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Byte offsets of the positions from `start` on, as many as there is room for.
    ///
    /// # Errors
    /// When an index is out of bounds.
    pub(super) fn offsets(&self, start: usize, out: &mut [isize]) -> Result<()> {
        let mut scratch = [0i64; CHUNK];
        for (number, source) in self.sources.iter().enumerate() {
            let index = source.part(start, out.len(), &mut scratch);
            let kernel = match number {
                0 => set_offsets(level()),
                _ => add_offsets(level()),
            };
            // SAFETY: the level is this processor's; the kernel is safe otherwise.
            if unsafe { kernel(index, source.dim, source.stride, out) } {
                return Err(source.out_of_bounds(index));
            }
        }
        Ok(())
    }

    /// # Errors
    /// When an index is out of bounds.
    pub(super) fn check(&self) -> Result<()> {
        let failed = First::default();
        for source in &self.sources {
            parallel_for(self.len.div_ceil(CHUNK), 64, |chunks| {
                let mut scratch = [0i64; CHUNK];
                for chunk in chunks {
                    let start = chunk * CHUNK;
                    let index = source.part(start, CHUNK.min(self.len - start), &mut scratch);
                    // SAFETY: the level is this processor's; the kernel is safe otherwise.
                    if unsafe { any_out(level())(index, source.dim) } {
                        return failed.report(chunk, source.out_of_bounds(index));
                    }
                }
            });
        }
        failed.result()
    }
}

/// The error of the first part that failed, whatever the order in which threads meet them.
#[derive(Default)]
pub(super) struct First(Mutex<Option<(usize, Error)>>);

impl First {
    #[cold]
    pub(super) fn report(&self, part: usize, error: Error) {
        let mut first = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if first.as_ref().is_none_or(|(earlier, _)| part < *earlier) {
            *first = Some((part, error));
        }
    }

    pub(super) fn result(self) -> Result<()> {
        let first = self
            .0
            .into_inner()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        first.map_or(Ok(()), |(_, error)| Err(error))
    }
}
