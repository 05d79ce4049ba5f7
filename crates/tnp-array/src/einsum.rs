//! `einsum`: Einstein's summation convention, contracted pair by pair.
//!
//! Each operand is first brought to distinct axes of full size (repeated subscripts become diagonals, stretched axes go, axes that
//! nothing else mentions are summed); then the pair whose product shrinks the work most is contracted, until one operand is left.

use smallvec::SmallVec;
use tnp_backend::prim::{Axes, Binary, DotDims, Prim, ReduceOp, SliceSpec};
use tnp_backend::{Error, Result, shape_text};
use tnp_dtype::{Casting, DType, TypeOrScalar, can_cast};
use tnp_shape::Dims;

use crate::args::DTypeArg;
use crate::bind::bind1;
use crate::products::{move_axis, renamed};
use crate::promote::to_dtype;
use crate::views::{part, reshaped, transposed};
use crate::{Array, Operand};

/// Names an axis: a letter, or a position from the right under the ellipsis (`DOTS + position`).
type Label = u32;
/// Above all letters.
const DOTS: Label = 0x11_0000;

type Labels = SmallVec<[Label; 8]>;

/// An operand and the names of its axes.
struct Term<'a> {
    value: Operand<'a>,
    labels: Labels,
}

/// Sums of products by Einstein's convention: `einsum("ij,jk->ik", [&x, &y], ())` is the matrix product.
///
/// Each letter names an axis. Those that the output (right of `->`) leaves out are summed over; without `->` the output has the
/// letters that occur once, in alphabetical order. A letter twice in one operand takes the diagonal, `...` stands for
/// any further axes, which broadcast from the right, and axes of size one stretch. Any number of operands; the order in which
/// they are contracted is chosen to keep intermediate results small. The dtype is what the operands promote to, or the one
/// given. Transposes and (of contiguous arrays) diagonals are views.
///
/// # Errors
/// When the subscripts are malformed or do not fit the operands, or sizes under one letter differ.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{array, einsum};
/// let x = array([[1, 2], [3, 4]], ())?;
/// assert_eq!(einsum("ii", [&x], ())?.item::<i32>()?, 5);
/// assert_eq!(einsum("ij,j", [&x, &array([1, 10], ())?], ())?.to_vec::<i32>()?, [21, 43]);
/// assert_eq!(einsum("...j->...", [&x], ())?.to_vec::<i32>()?, [3, 7]);
/// let error = einsum("ij->ik", [&x], ()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "einsum: einstein sum subscripts string included output subscript 'k' which never appeared in an input"
/// );
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.einsum.html>
pub fn einsum<'a, X: Into<Operand<'a>>>(
    subscripts: &str,
    operands: impl IntoIterator<Item = X>,
    dtype: impl Into<DTypeArg>,
) -> Result<Array> {
    let operands = operands.into_iter().map(Into::into).collect();
    compute(subscripts, operands, dtype.into()).map_err(|error| renamed(error, "einsum"))
}

fn compute(subscripts: &str, operands: Vec<Operand<'_>>, dtype: DTypeArg) -> Result<Array> {
    let mut types: SmallVec<[TypeOrScalar; 4]> = SmallVec::new();
    for operand in &operands {
        types.push(operand.promotes_as()?);
    }
    let (inputs, output) = parse(subscripts, &operands)?;
    let mut info = tnp_dtype::result_type("einsum", &types)?;
    if let Some(dtype) = dtype.0 {
        if !can_cast(info.dtype, dtype, Casting::Safe) {
            return Err(Error::dtype(format!(
                "Cannot cast operands from dtype('{}') to dtype('{dtype}') according to the rule 'safe'; \
                 convert them with `astype`",
                info.dtype
            )));
        }
        (info.dtype, info.weak) = (dtype, false);
    }
    let sizes = sizes(&inputs, &operands)?;
    let mut terms = Vec::with_capacity(operands.len());
    for (value, labels) in operands.into_iter().zip(inputs) {
        let value = to_dtype("einsum", value, info.dtype)?;
        terms.push(Term { value, labels }.with_distinct_axes(&sizes)?);
    }
    for at in 0..terms.len() {
        let needed = |label: &Label| {
            output.contains(label)
                || (terms.iter().enumerate())
                    .any(|(other, term)| other != at && term.labels.contains(label))
        };
        let alone: Axes = (terms[at].labels.iter().enumerate())
            .filter(|(_, label)| !needed(label))
            .map(|(axis, _)| axis)
            .collect();
        let term = terms.remove(at).summed(alone, info.dtype)?;
        terms.insert(at, term);
    }
    while terms.len() > 1 {
        let (i, j) = cheapest(&terms, &output, &sizes);
        // `j` comes after `i`: taking it leaves `i` where it is.
        let second = terms.remove(j);
        let first = terms.remove(i);
        let kept = |label: Label| {
            output.contains(&label) || terms.iter().any(|term| term.labels.contains(&label))
        };
        let product = first.times(second, kept)?;
        terms.push(product);
    }
    let Some(last) = terms.pop() else {
        return Err(Error::value(
            "must specify the einstein sum subscripts string and at least one operand",
        ));
    };
    let result = last.in_order(&output)?.into_array()?;
    Ok(result.with_weak(info.weak))
}

// ---- subscripts

/// Labels of each operand's axes, and of the output's.
fn parse(subscripts: &str, operands: &[Operand<'_>]) -> Result<(Vec<Labels>, Labels)> {
    let text: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match text.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (&text[..], None),
    };
    let parts: Vec<&str> = left.split(',').collect();
    if parts.len() != operands.len() {
        let fewer = if operands.len() > parts.len() {
            "more"
        } else {
            "fewer"
        };
        return Err(Error::value(format!(
            "{fewer} operands provided to einstein sum function than specified in the subscripts string: {} for '{left}'",
            operands.len()
        )));
    }
    let mut inputs = Vec::with_capacity(parts.len());
    // The output's ellipsis is the widest of the inputs'.
    let mut dots = 0;
    for (position, (part, operand)) in parts.iter().zip(operands).enumerate() {
        let ndim = operand.shape().len();
        let (before, after) = letters(part, &format!("operand {position}"))?;
        let named = before.len() + after.as_ref().map_or(0, |after| after.len());
        if named > ndim {
            return Err(Error::value(format!(
                "einstein sum subscripts string contains too many subscripts for operand {position}: '{part}' for shape {}",
                shape_text(operand.shape())
            )));
        }
        let mut labels = before;
        match after {
            Some(after) => {
                let hidden = ndim - named;
                dots = dots.max(hidden);
                labels.extend(ellipsis(hidden));
                labels.extend(after);
            }
            None if named < ndim => {
                return Err(Error::value(format!(
                    "operand {position} of shape {} has more dimensions than subscripts given in einstein sum ('{part}'), but no \
                     '...' ellipsis provided to broadcast the extra dimensions.",
                    shape_text(operand.shape())
                )));
            }
            None => {}
        }
        inputs.push(labels);
    }
    let output = match right {
        Some(right) => explicit_output(right, &inputs, dots)?,
        None => implicit_output(&inputs, dots),
    };
    Ok((inputs, output))
}

fn ellipsis(axes: usize) -> impl Iterator<Item = Label> {
    (0..axes).rev().map(|position| DOTS + position as Label)
}

/// The letters before the ellipsis, and those after it if there is one.
fn letters(part: &str, place: &str) -> Result<(Labels, Option<Labels>)> {
    let one_side = |side: &str| -> Result<Labels> {
        side.chars()
            .map(|c| match c {
                _ if c.is_ascii_alphabetic() => Ok(c as Label),
                '.' => Err(Error::value(format!(
                    "einstein sum subscripts string contains a '.' that is not part of an ellipsis ('...') in {place}"
                ))),
                _ => Err(Error::value(format!(
                    "invalid subscript '{c}' in einstein sum subscripts string, subscripts must be letters"
                ))),
            })
            .collect()
    };
    match part.split_once("...") {
        Some((before, after)) => Ok((one_side(before)?, Some(one_side(after)?))),
        None => Ok((one_side(part)?, None)),
    }
}

fn explicit_output(right: &str, inputs: &[Labels], dots: usize) -> Result<Labels> {
    let (mut output, after) = letters(right, "the output")?;
    match after {
        Some(after) => {
            output.extend(ellipsis(dots));
            output.extend(after);
        }
        None if dots > 0 => {
            return Err(Error::value(
                "output has more dimensions than subscripts given in einstein sum, but no '...' ellipsis provided to broadcast \
                 the extra dimensions.",
            ));
        }
        None => {}
    }
    for (at, &label) in output.iter().enumerate() {
        let problem = if output[..at].contains(&label) {
            "includes output subscript"
        } else if !inputs.iter().any(|labels| labels.contains(&label)) {
            "included output subscript"
        } else {
            continue;
        };
        let rest = if problem.starts_with("includes") {
            "multiple times"
        } else {
            "which never appeared in an input"
        };
        return Err(Error::value(format!(
            "einstein sum subscripts string {problem} '{}' {rest}",
            name(label)
        )));
    }
    Ok(output)
}

/// The ellipsis, then the letters that occur once in all, capitals first.
fn implicit_output(inputs: &[Labels], dots: usize) -> Labels {
    let all: Labels = inputs.iter().flatten().copied().collect();
    let mut once: Labels = (all.iter().copied())
        .filter(|&label| label < DOTS && all.iter().filter(|&&other| other == label).count() == 1)
        .collect();
    once.sort_unstable();
    ellipsis(dots).chain(once).collect()
}

fn name(label: Label) -> String {
    match char::from_u32(label) {
        Some(letter) => letter.to_string(),
        None => "...".to_owned(),
    }
}

/// The size of each label: axes of size one stretch to the others'.
struct Sizes(Vec<(Label, usize)>);

impl Sizes {
    fn of(&self, label: Label) -> usize {
        let known = self.0.iter().find(|(other, _)| *other == label);
        known.map_or(1, |(_, size)| *size)
    }

    fn product(&self, labels: impl Iterator<Item = Label>) -> f64 {
        labels.map(|label| self.of(label) as f64).product()
    }
}

fn sizes(inputs: &[Labels], operands: &[Operand<'_>]) -> Result<Sizes> {
    let mut sizes = Sizes(Vec::new());
    for (position, (labels, operand)) in inputs.iter().zip(operands).enumerate() {
        for (axis, (&label, &size)) in labels.iter().zip(operand.shape()).enumerate() {
            let own = labels[..axis].iter().position(|&other| other == label);
            if let Some(other) = own
                && operand.shape()[other] != size
            {
                return Err(Error::value(format!(
                    "dimensions in operand {position} for collapsing index '{}' don't match ({} != {size})",
                    name(label),
                    operand.shape()[other]
                )));
            }
            match sizes.0.iter_mut().find(|(other, _)| *other == label) {
                None => sizes.0.push((label, size)),
                Some((_, known)) if *known == size || size == 1 => {}
                Some((_, known)) if *known == 1 => *known = size,
                Some((_, known)) => {
                    let shapes: Vec<String> =
                        operands.iter().map(|x| shape_text(x.shape())).collect();
                    return Err(Error::value(format!(
                        "operands could not be broadcast together with shapes {}: sizes {known} and {size} under '{}'",
                        shapes.join(" "),
                        name(label)
                    )));
                }
            }
        }
    }
    Ok(sizes)
}

// ---- contraction

impl<'a> Term<'a> {
    /// Every label once, and axes of size one only where the label's size is one.
    fn with_distinct_axes(mut self, sizes: &Sizes) -> Result<Term<'a>> {
        while let Some((first, second)) = repeated(&self.labels) {
            self = self.diagonal(first, second)?;
        }
        let stretched = |(&label, &size): (&Label, &usize)| size == 1 && sizes.of(label) != 1;
        if self.labels.iter().zip(self.value.shape()).any(stretched) {
            let kept: SmallVec<[(Label, usize); 8]> = (self.labels.iter().zip(self.value.shape()))
                .filter(|&pair| !stretched(pair))
                .map(|(&label, &size)| (label, size))
                .collect();
            self.labels = kept.iter().map(|pair| pair.0).collect();
            let shape = kept.iter().map(|pair| pair.1).collect();
            self.value = reshaped(self.value, shape)?.into();
        }
        Ok(self)
    }

    /// Two axes of one size become one: in memory its elements are `size + 1` apart.
    fn diagonal(mut self, first: usize, second: usize) -> Result<Term<'a>> {
        let last = self.labels.len() - 1;
        let value = move_axis(self.value, second, last)?;
        let value = move_axis(value, first, last - 1)?;
        self.labels.remove(second);
        let label = self.labels.remove(first);
        self.labels.push(label);
        let size = value.shape()[last];
        let mut shape = Dims::from_slice(&value.shape()[..last - 1]);
        shape.push(size * size);
        let line = SliceSpec {
            start: 0,
            len: size,
            step: size as isize + 1,
        };
        let lines = reshaped(value, shape)?;
        self.value = part(lines.into(), last - 1, line)?.into();
        Ok(self)
    }

    /// Axes summed away, in the term's own dtype.
    fn summed(mut self, axes: Axes, dtype: DType) -> Result<Term<'a>> {
        if axes.is_empty() {
            return Ok(self);
        }
        for &axis in axes.iter().rev() {
            self.labels.remove(axis);
        }
        let op = if dtype == DType::Bool {
            ReduceOp::Any
        } else {
            ReduceOp::Sum
        };
        self.value = bind1(&Prim::Reduce { op, axes, dtype }, &mut [self.value])?.into();
        Ok(self)
    }

    /// The product of two terms, summed over the shared labels that nothing else needs.
    fn times(self, other: Term<'a>, kept: impl Fn(Label) -> bool) -> Result<Term<'a>> {
        let shared = |label: &&Label| other.labels.contains(label);
        let batch: Labels = (self.labels.iter().filter(shared).copied())
            .filter(|&label| kept(label))
            .collect();
        let summed: Labels = (self.labels.iter().filter(shared).copied())
            .filter(|&label| !kept(label))
            .collect();
        let free = |term: &Term<'_>| -> Labels {
            let used = |label: &Label| batch.contains(label) || summed.contains(label);
            term.labels
                .iter()
                .copied()
                .filter(|label| !used(label))
                .collect()
        };
        let mut labels = batch.clone();
        labels.extend(free(&self));
        labels.extend(free(&other));
        if summed.is_empty() {
            // Nothing is summed: an elementwise product.
            let shape: Dims = (labels.iter())
                .map(|&label| self.size(label).or(other.size(label)).unwrap_or(1))
                .collect();
            let mut operands = [
                self.stretched(&labels, &shape)?,
                other.stretched(&labels, &shape)?,
            ];
            let value = bind1(&Prim::Binary(Binary::Multiply), &mut operands)?.into();
            return Ok(Term { value, labels });
        }
        let dims = DotDims {
            lhs_contract: self.axes(&summed),
            rhs_contract: other.axes(&summed),
            lhs_batch: self.axes(&batch),
            rhs_batch: other.axes(&batch),
        };
        let value = bind1(&Prim::DotGeneral(dims), &mut [self.value, other.value])?.into();
        Ok(Term { value, labels })
    }

    fn axis(&self, label: Label) -> Option<usize> {
        self.labels.iter().position(|&own| own == label)
    }

    fn size(&self, label: Label) -> Option<usize> {
        self.axis(label).map(|axis| self.value.shape()[axis])
    }

    fn axes(&self, labels: &[Label]) -> Axes {
        labels
            .iter()
            .filter_map(|&label| self.axis(label))
            .collect()
    }

    /// The value with its axes among those of a shape that has more; the new ones repeat.
    fn stretched(self, labels: &[Label], shape: &Dims) -> Result<Operand<'a>> {
        let dims: Axes = (labels.iter().enumerate())
            .filter(|(_, label)| self.labels.contains(label))
            .map(|(axis, _)| axis)
            .collect();
        let value = self.in_order(labels)?;
        if value.shape() == &shape[..] {
            return Ok(value);
        }
        let shape = shape.clone();
        Ok(bind1(&Prim::BroadcastInDim { shape, dims }, &mut [value])?.into())
    }

    /// The value with its axes in the order of these labels.
    fn in_order(self, labels: &[Label]) -> Result<Operand<'a>> {
        let permutation = self.axes(labels);
        if permutation.iter().enumerate().all(|(to, &from)| to == from) {
            return Ok(self.value);
        }
        Ok(transposed(self.value, permutation)?.into())
    }
}

/// Two axes of one label.
fn repeated(labels: &[Label]) -> Option<(usize, usize)> {
    (labels.iter().enumerate()).find_map(|(second, label)| {
        let first = labels[..second].iter().position(|other| other == label)?;
        Some((first, second))
    })
}

/// The pair to contract next: one that sums something, whose product is smallest against its factors, then the one of fewest multiplications.
fn cheapest(terms: &[Term<'_>], output: &[Label], sizes: &Sizes) -> (usize, usize) {
    if terms.len() == 2 {
        return (0, 1);
    }
    let mut best = ((true, f64::INFINITY, f64::INFINITY), (0, 1));
    for i in 0..terms.len() {
        for j in i + 1..terms.len() {
            let mut all = terms[i].labels.clone();
            all.extend(
                terms[j]
                    .labels
                    .iter()
                    .copied()
                    .filter(|label| !terms[i].labels.contains(label)),
            );
            let needed = |label: &Label| {
                output.contains(label)
                    || (terms.iter().enumerate())
                        .any(|(k, term)| k != i && k != j && term.labels.contains(label))
            };
            let kept: Labels = all.iter().copied().filter(needed).collect();
            let grows = sizes.product(kept.iter().copied())
                - sizes.product(terms[i].labels.iter().copied())
                - sizes.product(terms[j].labels.iter().copied());
            let cost = (
                kept.len() == all.len(),
                grows,
                sizes.product(all.iter().copied()),
            );
            if cost < best.0 {
                best = (cost, (i, j));
            }
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use smallvec::smallvec;

    #[test]
    fn contracts_small_pairs_first() {
        let sizes = Sizes(vec![(1, 100), (2, 2), (3, 100), (4, 2)]);
        let term = |labels: &[Label]| Term {
            value: Operand::from(1),
            labels: Labels::from_slice(labels),
        };
        // (100,2) (2,100) (100,2): the last two give (2,2), the first two (100,100).
        let terms = [term(&[1, 2]), term(&[2, 3]), term(&[3, 4])];
        assert_eq!(cheapest(&terms, &[1, 4], &sizes), (1, 2));
    }

    #[test]
    fn parses_ellipses_from_the_right() -> Result<()> {
        let (dot, a) = (DOTS, 'a' as Label);
        let output = implicit_output(&[smallvec![dot + 1, dot, a]], 2);
        assert_eq!(&output[..], [dot + 1, dot, a]);
        assert_eq!(
            letters("a...", "operand 0")?,
            (smallvec![a], Some(smallvec![]))
        );
        Ok(())
    }
}
