//! The `s!` macro and the functions its expansion calls.

use super::{Index, IntoIndex};

/// An entry from an expression.
#[inline]
pub fn index_of<A>(entry: impl IntoIndex<A>) -> Index<A> {
    entry.into_index()
}

/// An entry from `start..stop;step`.
#[inline]
pub fn slice_of<A>(start: Option<isize>, stop: Option<isize>, step: isize) -> Index<A> {
    Index::Slice { start, stop, step }
}

/// An entry from `start..=last;step`: the stop is one step further in the direction of the step, which at the array's end
/// is "none", not the other end.
#[inline]
pub fn slice_through<A>(start: Option<isize>, last: Option<isize>, step: isize) -> Index<A> {
    let stop = match (last, step < 0) {
        (Some(-1), false) | (Some(0), true) => None,
        (last, false) => last.map(|last| last.saturating_add(1)),
        (last, true) => last.map(|last| last.saturating_sub(1)),
    };
    slice_of(start, stop, step)
}

/// An index expression in NumPy's syntax, as `[Index<A>; N]`.
///
/// | NumPy | here |
/// |---|---|
/// | `x[1, -1]` | `s![1, -1]` |
/// | `x[:, 1:3, -2:, :4]` | `s![.., 1..3, -2.., ..4]` |
/// | `x[::2, 5:2:-1]` | `s![..;2, 5..2;-1]` |
/// | `x[i:-1]` | `s![i..-1]`, the ends may differ in type |
/// | `x[..., None]` | `s![..., newaxis]` (or `None`) |
/// | `x[mask, index]` | `s![&mask, &index]`, owned or borrowed |
/// | – | `s![1..=3]`, the end included; `..=-1` is all |
///
/// Every entry but `...`, `newaxis`, `None` and slices written out is an expression of a type that is [`IntoIndex`](crate::IntoIndex).
/// Slice bounds are [`SliceBound`](crate::SliceBound)s: any integers, or an `Option` of one. An entry that has a comma, `;` or range outside of
/// brackets (`f::<A, B>()`) goes into parentheses.
///
/// # Examples
/// ```
/// use tnp_shape::{Index, s};
/// let i = 2usize;
/// let index: [Index<()>; 4] = s![i..-1, ..;2, newaxis, ...];
/// assert_eq!(index[0], Index::Slice { start: Some(2), stop: Some(-1), step: 1 });
/// assert_eq!(index[1], Index::Slice { start: None, stop: None, step: 2 });
/// assert_eq!(index[2..], [Index::NewAxis, Index::Ellipsis]);
/// ```
#[macro_export]
macro_rules! s {
    () => {{
        let none: [$crate::Index<_>; 0] = [];
        none
    }};
    ($($tokens:tt)+) => { $crate::__index!(@entry [] $($tokens)+) };
}

/// Splits the tokens of `s!` at commas, ranges and `;`. States: `@entry [entries so far] rest`, then, as parts of an entry
/// are gathered, `@first [entries] [tokens]`, `@stop [entries] function [start] [tokens]`, `@step [entries] function [start] [stop] [tokens]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __index {
    (@entry [$($done:tt)*]) => { [$($done)*] };
    (@entry [$($done:tt)*] ...) => { $crate::__index!(@entry [$($done)* $crate::Index::Ellipsis,]) };
    (@entry [$($done:tt)*] ... , $($rest:tt)*) => { $crate::__index!(@entry [$($done)* $crate::Index::Ellipsis,] $($rest)*) };
    (@entry [$($done:tt)*] newaxis) => { $crate::__index!(@entry [$($done)* $crate::Index::NewAxis,]) };
    (@entry [$($done:tt)*] newaxis , $($rest:tt)*) => { $crate::__index!(@entry [$($done)* $crate::Index::NewAxis,] $($rest)*) };
    (@entry [$($done:tt)*] None) => { $crate::__index!(@entry [$($done)* $crate::Index::NewAxis,]) };
    (@entry [$($done:tt)*] None , $($rest:tt)*) => { $crate::__index!(@entry [$($done)* $crate::Index::NewAxis,] $($rest)*) };
    (@entry [$($done:tt)*] $($rest:tt)+) => { $crate::__index!(@first [$($done)*] [] $($rest)+) };

    (@first [$($done:tt)*] [$($start:tt)*] .. $($rest:tt)*) => { $crate::__index!(@stop [$($done)*] slice_of [$($start)*] [] $($rest)*) };
    (@first [$($done:tt)*] [$($start:tt)*] ..= $($rest:tt)*) => { $crate::__index!(@stop [$($done)*] slice_through [$($start)*] [] $($rest)*) };
    (@first [$($done:tt)*] [$($entry:tt)+]) => { $crate::__index!(@entry [$($done)* $crate::__private::index_of($($entry)+),]) };
    (@first [$($done:tt)*] [$($entry:tt)+] , $($rest:tt)*) => { $crate::__index!(@entry [$($done)* $crate::__private::index_of($($entry)+),] $($rest)*) };
    (@first [$($done:tt)*] [$($entry:tt)*] ; $($rest:tt)*) => { ::core::compile_error!("a step needs a slice: write `start..stop;step`") };
    (@first [$($done:tt)*] [] , $($rest:tt)*) => { ::core::compile_error!("an entry is missing before `,`") };
    (@first [$($done:tt)*] [$($entry:tt)*] $next:tt $($rest:tt)*) => { $crate::__index!(@first [$($done)*] [$($entry)* $next] $($rest)*) };

    (@stop [$($done:tt)*] $slice:ident [$($start:tt)*] [$($stop:tt)*]) => {
        $crate::__index!(@entry [$($done)* $crate::__private::$slice($crate::__index!(@bound $($start)*), $crate::__index!(@bound $($stop)*), 1),])
    };
    (@stop [$($done:tt)*] $slice:ident [$($start:tt)*] [$($stop:tt)*] , $($rest:tt)*) => {
        $crate::__index!(@entry [$($done)* $crate::__private::$slice($crate::__index!(@bound $($start)*), $crate::__index!(@bound $($stop)*), 1),] $($rest)*)
    };
    (@stop [$($done:tt)*] $slice:ident [$($start:tt)*] [$($stop:tt)*] ; $($rest:tt)*) => {
        $crate::__index!(@step [$($done)*] $slice [$($start)*] [$($stop)*] [] $($rest)*)
    };
    (@stop [$($done:tt)*] $slice:ident [$($start:tt)*] [$($stop:tt)*] $next:tt $($rest:tt)*) => {
        $crate::__index!(@stop [$($done)*] $slice [$($start)*] [$($stop)* $next] $($rest)*)
    };

    (@step [$($done:tt)*] $slice:ident [$($start:tt)*] [$($stop:tt)*] [$($step:tt)*]) => {
        $crate::__index!(@entry [$($done)* $crate::__private::$slice(
            $crate::__index!(@bound $($start)*), $crate::__index!(@bound $($stop)*), $crate::__index!(@by $($step)*)
        ),])
    };
    (@step [$($done:tt)*] $slice:ident [$($start:tt)*] [$($stop:tt)*] [$($step:tt)*] , $($rest:tt)*) => {
        $crate::__index!(@entry [$($done)* $crate::__private::$slice(
            $crate::__index!(@bound $($start)*), $crate::__index!(@bound $($stop)*), $crate::__index!(@by $($step)*)
        ),] $($rest)*)
    };
    (@step [$($done:tt)*] $slice:ident [$($start:tt)*] [$($stop:tt)*] [$($step:tt)*] $next:tt $($rest:tt)*) => {
        $crate::__index!(@step [$($done)*] $slice [$($start)*] [$($stop)*] [$($step)* $next] $($rest)*)
    };

    (@bound) => { ::core::option::Option::None };
    (@bound $($bound:tt)+) => { $crate::SliceBound::bound($($bound)+) };
    (@by) => { 1 };
    (@by $($step:tt)+) => { $crate::SliceBound::bound($($step)+).unwrap_or(1) };
}
