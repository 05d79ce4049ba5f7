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
    ($($u:ident)*) => {$(
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
            fn encode(values: &mut [$u], kind: Kind) {
                const TOP: $u = 1 << ($u::BITS - 1);
                match kind {
                    Kind::Unsigned => {}
                    Kind::Signed => values.iter_mut().for_each(|v| *v ^= TOP),
                    Kind::Float(infinity) => {
                        let negative_nans = TOP - 1 - infinity as $u;
                        for v in values {
                            // All bits of a negative number, the sign of a positive one. What then comes before
                            // minus infinity are negative NaNs: the subtraction takes them round to the end.
                            let flip = (*v >> ($u::BITS - 1)).wrapping_neg() | TOP;
                            *v = (*v ^ flip).wrapping_sub(negative_nans);
                        }
                    }
                }
            }

            fn decode(values: &mut [$u], kind: Kind) {
                const TOP: $u = 1 << ($u::BITS - 1);
                match kind {
                    Kind::Unsigned => {}
                    Kind::Signed => values.iter_mut().for_each(|v| *v ^= TOP),
                    Kind::Float(infinity) => {
                        let negative_nans = TOP - 1 - infinity as $u;
                        for v in values {
                            let ordered = v.wrapping_add(negative_nans);
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
                Self::encode(values, kind);
            }
        }
    )*};
}

/// Elements' bits to keys and back.
pub(super) trait Recode: Key {
    /// One to one, so that `decode` gives back every bit; minus zero comes before zero.
    fn encode(values: &mut [Self], kind: Kind);
    fn decode(values: &mut [Self], kind: Kind);
    /// As `encode`, but elements that compare equal (zeros, NaNs) get the same key.
    fn rank(values: &mut [Self], kind: Kind);
}
keys!(u8 u16 u32 u64);
