//! Unsigned keys whose order is that of NumPy's sort: NaN last.

/// An unsigned integer that stands for an element while it is sorted.
pub(super) trait Key: Copy + Ord + Default + Send + 'static {
    const BITS: u32;
    /// The `bits` bits from `shift` up.
    fn digit(self, shift: u32, bits: u32) -> usize;
    fn wide(self) -> u64;
}

/// How bits become keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Unsigned integers and bools.
    Unsigned,
    Signed,
    /// A float whose exponent is all ones from this pattern on (that of infinity).
    Float(u64),
}

macro_rules! keys {
    ($($u:ident $vectors:ident),*) => {$(
        impl Key for $u {
            const BITS: u32 = $u::BITS;
            #[inline(always)]
            fn digit(self, shift: u32, bits: u32) -> usize {
                ((self >> shift) as usize) & ((1 << bits) - 1)
            }
            #[inline(always)]
            fn wide(self) -> u64 { self as u64 }
        }

        impl Recode for $u {
            fn encode<const SIGNED: bool>(values: &mut [$u], kind: Kind) {
                const TOP: $u = 1 << ($u::BITS - 1);
                let sign = if SIGNED { TOP } else { 0 };
                match kind {
                    Kind::Unsigned if !SIGNED => {}
                    Kind::Signed if SIGNED => {}
                    Kind::Unsigned | Kind::Signed => values.iter_mut().for_each(|v| *v ^= TOP),
                    Kind::Float(infinity) => {
                        let negative_nans = TOP - 1 - infinity as $u;
                        for v in values {
                            // All bits of a negative number, the sign of a positive one. What then comes before
                            // minus infinity are negative NaNs: the subtraction takes them round to the end.
                            let flip = (*v >> ($u::BITS - 1)).wrapping_neg() | TOP;
                            *v = (*v ^ flip).wrapping_sub(negative_nans) ^ sign;
                        }
                    }
                }
            }

            fn decode<const SIGNED: bool>(values: &mut [$u], kind: Kind) {
                const TOP: $u = 1 << ($u::BITS - 1);
                let sign = if SIGNED { TOP } else { 0 };
                match kind {
                    Kind::Unsigned | Kind::Signed => Self::encode::<SIGNED>(values, kind),
                    Kind::Float(infinity) => {
                        let negative_nans = TOP - 1 - infinity as $u;
                        for v in values {
                            let ordered = (*v ^ sign).wrapping_add(negative_nans);
                            let flip = (!ordered >> ($u::BITS - 1)).wrapping_neg() | TOP;
                            *v = ordered ^ flip;
                        }
                    }
                }
            }

            fn rank(values: &mut [$u], kind: Kind) {
                if let Kind::Float(infinity) = kind {
                    const TOP: $u = 1 << ($u::BITS - 1);
                    let infinity = infinity as $u;
                    for v in values.iter_mut() {
                        let magnitude = *v & !TOP;
                        let nan = magnitude > infinity;
                        let zero = magnitude == 0;
                        *v = if nan { TOP - 1 } else if zero { 0 } else { *v };
                    }
                }
                Self::encode::<false>(values, kind);
            }

            fn sort_in_vectors(values: &mut [$u], kind: Kind) -> bool {
                $vectors(values, kind)
            }
        }
    )*};
}

/// Elements' bits to keys and back.
pub(super) trait Recode: Key {
    /// One to one, so that `decode` gives back every bit; minus zero comes before zero. With `SIGNED` the keys
    /// are in order as signed integers.
    fn encode<const SIGNED: bool>(values: &mut [Self], kind: Kind);
    fn decode<const SIGNED: bool>(values: &mut [Self], kind: Kind);
    /// As `encode`, but elements that compare equal (zeros, NaNs) get the same key.
    fn rank(values: &mut [Self], kind: Kind);
    /// Sorts elements by vector instructions, if there are any for the width; says whether it did.
    fn sort_in_vectors(values: &mut [Self], kind: Kind) -> bool;
}
keys!(u8 sort_none, u16 sort_none, u32 sort_32, u64 sort_64);

fn sort_none<T>(_: &mut [T], _: Kind) -> bool {
    false
}

macro_rules! in_vectors {
    ($name:ident, $unsigned:ident, $module:ident) => {
        fn $name(values: &mut [$unsigned], kind: Kind) -> bool {
            #[cfg(target_arch = "x86_64")]
            if crate::simd::level() >= crate::simd::Level::Avx2 {
                $unsigned::encode::<true>(values, kind);
                // SAFETY: the processor has AVX2 and what comes with it at that level.
                unsafe { super::avx2::$module::sort(bytemuck::cast_slice_mut(values)) };
                $unsigned::decode::<true>(values, kind);
                return true;
            }
            let _ = (values, kind);
            false
        }
    };
}
in_vectors!(sort_32, u32, int32);
in_vectors!(sort_64, u64, int64);
