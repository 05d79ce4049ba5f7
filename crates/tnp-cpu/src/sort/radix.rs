//! Stable radix sort, least significant digit first, which leaves out digits that all items share.

use super::keys::Key;

/// Something with a key to sort by.
pub(super) trait Item: Copy + Default + 'static {
    /// Bits of the key.
    const BITS: u32;
    fn digit(self, shift: u32, bits: u32) -> usize;
}

impl<K: Key> Item for K {
    const BITS: u32 = K::BITS;
    #[inline(always)]
    fn digit(self, shift: u32, bits: u32) -> usize {
        Key::digit(self, shift, bits)
    }
}

/// A key of up to 32 bits over the position it came from.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Packed<const BITS: u32>(pub(super) u64);

impl<const BITS: u32> Item for Packed<BITS> {
    const BITS: u32 = BITS;
    #[inline(always)]
    fn digit(self, shift: u32, bits: u32) -> usize {
        Key::digit(self.0, 32 + shift, bits)
    }
}

/// A key and the position it came from.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair(pub(super) u64, pub(super) u64);

impl Item for Pair {
    const BITS: u32 = 64;
    #[inline(always)]
    fn digit(self, shift: u32, bits: u32) -> usize {
        Key::digit(self.0, shift, bits)
    }
}

/// Sorts by key, stably; `scratch` lends the memory to sort through.
pub(super) fn radix_sort<T: Item>(items: &mut [T], scratch: &mut Vec<T>) {
    let n = items.len();
    // Wide digits mean fewer passes, but their counters must not outnumber the items.
    let bits = if n >= 1 << 15 { 11 } else { 8 }.min(T::BITS);
    let passes = T::BITS.div_ceil(bits) as usize;
    let buckets = 1usize << bits;
    let mut counts = vec![0usize; passes * buckets];
    for &item in items.iter() {
        for (pass, count) in counts.chunks_exact_mut(buckets).enumerate() {
            count[item.digit(pass as u32 * bits, bits)] += 1;
        }
    }
    scratch.clear();
    scratch.resize(n, T::default());
    let mut swapped = false;
    for (pass, count) in counts.chunks_exact_mut(buckets).enumerate() {
        let shift = pass as u32 * bits;
        if n == 0 || count[items[0].digit(shift, bits)] == n {
            continue;
        }
        let mut start = 0;
        for count in count.iter_mut() {
            start += std::mem::replace(count, start);
        }
        let (from, to) = if swapped {
            (&scratch[..], &mut *items)
        } else {
            (&*items, &mut scratch[..])
        };
        for &item in from {
            let place = &mut count[item.digit(shift, bits)];
            to[*place] = item;
            *place += 1;
        }
        swapped = !swapped;
    }
    if swapped {
        items.copy_from_slice(scratch);
    }
}
