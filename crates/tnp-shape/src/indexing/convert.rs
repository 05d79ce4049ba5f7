//! What becomes an entry of an index expression: integers, ranges of integers, markers. The array crate adds its arrays.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use super::macros::{slice_of, slice_through};
use super::{Ellipsis, Index, NewAxis};

/// Converts to an entry of an index expression over index arrays `A`.
///
/// Implemented here for every integer type and references to it, for ranges of them, and for [`NewAxis`], [`Ellipsis`] and
/// [`Index`] itself. A crate that defines an array type `Array` may implement `IntoIndex<Array>` for it, for references to
/// it, and for foreign types such as `Vec<i64>` or `[bool; N]`: the parameter makes the implementation its own.
pub trait IntoIndex<A> {
    /// The entry.
    fn into_index(self) -> Index<A>;
}

/// A bound of a slice: any integer, or an `Option` of one as Python's `None`. Values beyond `isize` are clamped, which
/// changes no slice.
pub trait SliceBound {
    /// The bound, if there is one.
    fn bound(self) -> Option<isize>;
}

impl<T: SliceBound> SliceBound for Option<T> {
    fn bound(self) -> Option<isize> {
        self.and_then(SliceBound::bound)
    }
}

macro_rules! integers {
    ($($int:ty)*) => {$(
        impl SliceBound for $int {
            #[inline]
            fn bound(self) -> Option<isize> {
                #[allow(unused_comparisons, reason = "one body for signed and unsigned")]
                let end = if self < 0 { isize::MIN } else { isize::MAX };
                Some(isize::try_from(self).unwrap_or(end))
            }
        }

        impl SliceBound for &$int {
            #[inline]
            fn bound(self) -> Option<isize> {
                (*self).bound()
            }
        }

        impl<A> IntoIndex<A> for $int {
            #[inline]
            fn into_index(self) -> Index<A> {
                // Clamped values are out of bounds of every axis, as the ones they stand for.
                Index::Int(self.bound().unwrap_or(isize::MAX))
            }
        }

        impl<A> IntoIndex<A> for &$int {
            #[inline]
            fn into_index(self) -> Index<A> {
                (*self).into_index()
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

impl<A> IntoIndex<A> for Index<A> {
    fn into_index(self) -> Index<A> {
        self
    }
}

impl<A> IntoIndex<A> for NewAxis {
    fn into_index(self) -> Index<A> {
        Index::NewAxis
    }
}

impl<A> IntoIndex<A> for Ellipsis {
    fn into_index(self) -> Index<A> {
        Index::Ellipsis
    }
}

impl<A> IntoIndex<A> for RangeFull {
    fn into_index(self) -> Index<A> {
        slice_of(None, None, 1)
    }
}

impl<A, T: SliceBound> IntoIndex<A> for Range<T> {
    fn into_index(self) -> Index<A> {
        slice_of(self.start.bound(), self.end.bound(), 1)
    }
}

impl<A, T: SliceBound> IntoIndex<A> for RangeFrom<T> {
    fn into_index(self) -> Index<A> {
        slice_of(self.start.bound(), None, 1)
    }
}

impl<A, T: SliceBound> IntoIndex<A> for RangeTo<T> {
    fn into_index(self) -> Index<A> {
        slice_of(None, self.end.bound(), 1)
    }
}

impl<A, T: SliceBound> IntoIndex<A> for RangeInclusive<T> {
    fn into_index(self) -> Index<A> {
        let (start, end) = self.into_inner();
        slice_through(start.bound(), end.bound(), 1)
    }
}

impl<A, T: SliceBound> IntoIndex<A> for RangeToInclusive<T> {
    fn into_index(self) -> Index<A> {
        slice_through(None, self.end.bound(), 1)
    }
}
