//! `Tree`: structures of arrays, which transformations take and give back in the same shape.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Debug, Write};
use std::hash::{BuildHasher, Hash};

use smallvec::SmallVec;
use tnp_backend::{Error, Result};

use crate::Array;

/// A structure of arrays: an array, a tuple, a `Vec`, a map, an `Option`, or a struct with `#[derive(Tree)]`.
///
/// Transformations (gradients, traced functions, maps) take structures apart into their arrays and put results together in the
/// same structure: the gradient of a model is a model.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Tree, array};
/// let x = (array([1.0, 2.0], ())?, vec![array([3], ())?]);
/// assert_eq!(x.leaves().len(), 2);
/// let doubled = x.map(|leaf| leaf * 2)?;
/// assert_eq!(doubled.0.to_vec::<f64>()?, [2.0, 4.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub trait Tree: Sized {
    /// Appends the arrays, in an order that depends on the structure alone.
    fn collect<'a>(&'a self, leaves: &mut Vec<&'a Array>);

    /// The same structure with other arrays, taken in the order of [`Tree::collect`].
    ///
    /// # Errors
    /// When there are too few.
    fn rebuild(&self, leaves: &mut dyn Iterator<Item = Array>) -> Result<Self>;

    /// Appends what distinguishes this structure from others of its type: lengths, keys, variants, skipped fields.
    fn structure(&self, out: &mut Structure);

    /// The arrays.
    fn leaves(&self) -> Vec<&Array> {
        let mut leaves = Vec::new();
        self.collect(&mut leaves);
        leaves
    }

    /// The same structure with other arrays.
    ///
    /// # Errors
    /// When there are more or fewer than the structure has.
    fn with_leaves(&self, leaves: Vec<Array>) -> Result<Self> {
        let given = leaves.len();
        let mut rest = leaves.into_iter();
        let tree = self.rebuild(&mut rest)?;
        match rest.len() {
            0 => Ok(tree),
            left => Err(Error::value(format!(
                "with_leaves: the structure has {} arrays, {given} were given",
                given - left
            ))),
        }
    }

    /// The structure with a function applied to each array.
    ///
    /// # Errors
    /// Those of the function.
    fn map<R: IntoResult<Tree = Array>>(&self, mut f: impl FnMut(&Array) -> R) -> Result<Self> {
        let leaves: Result<Vec<Array>> = self
            .leaves()
            .into_iter()
            .map(|leaf| f(leaf).into_result())
            .collect();
        self.with_leaves(leaves?)
    }

    /// The structure with a function applied to its arrays and those of another, pair by pair.
    ///
    /// # Errors
    /// Those of the function; when the structures have different numbers of arrays.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Tree, array};
    /// let (x, step) = (vec![array([1.0], ())?], vec![array([0.5], ())?]);
    /// assert_eq!(x.zip_map(&step, |x, step| x - step)?[0].to_vec::<f64>()?, [0.5]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    fn zip_map<U: Tree, R: IntoResult<Tree = Array>>(
        &self,
        other: &U,
        mut f: impl FnMut(&Array, &Array) -> R,
    ) -> Result<Self> {
        let (ours, theirs) = (self.leaves(), other.leaves());
        if ours.len() != theirs.len() {
            return Err(Error::value(format!(
                "zip_map: one structure has {} arrays, the other {}",
                ours.len(),
                theirs.len()
            )));
        }
        let leaves: Result<Vec<Array>> = ours
            .into_iter()
            .zip(theirs)
            .map(|(x, y)| f(x, y).into_result())
            .collect();
        self.with_leaves(leaves?)
    }
}

/// What distinguishes structures of one type: two are alike when these are equal.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Structure(SmallVec<[u8; 32]>);

impl Structure {
    /// Of a structure.
    pub fn of(tree: &impl Tree) -> Structure {
        let mut structure = Structure::default();
        tree.structure(&mut structure);
        structure
    }

    /// Appends a length or the number of a variant.
    pub fn number(&mut self, number: usize) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// Appends a value that is no array, as its `Debug` text.
    pub fn value(&mut self, value: &dyn Debug) {
        let start = self.0.len();
        // Writing to memory does not fail; a `Debug` that does leaves what it wrote.
        let _ = write!(self, "{value:?}");
        self.number(self.0.len() - start);
    }
}

impl fmt::Write for Structure {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// What a user's function may return: a structure of arrays, or a `Result` of one.
pub trait IntoResult {
    /// The structure.
    type Tree: Tree;

    /// The structure, or what went wrong.
    ///
    /// # Errors
    /// The function's own.
    fn into_result(self) -> Result<Self::Tree>;
}

impl<T: Tree> IntoResult for T {
    type Tree = T;

    fn into_result(self) -> Result<T> {
        Ok(self)
    }
}

// For this library's own error alone: it lets the compiler infer the type of `Ok(…)` in a closure.
impl<T: Tree> IntoResult for Result<T> {
    type Tree = T;

    fn into_result(self) -> Result<T> {
        self
    }
}

impl Tree for Array {
    fn collect<'a>(&'a self, leaves: &mut Vec<&'a Array>) {
        leaves.push(self);
    }

    fn rebuild(&self, leaves: &mut dyn Iterator<Item = Array>) -> Result<Array> {
        leaves
            .next()
            .ok_or_else(|| Error::value("with_leaves: fewer arrays than the structure has"))
    }

    fn structure(&self, _: &mut Structure) {}
}

impl<T: Tree> Tree for Box<T> {
    fn collect<'a>(&'a self, leaves: &mut Vec<&'a Array>) {
        (**self).collect(leaves);
    }

    fn rebuild(&self, leaves: &mut dyn Iterator<Item = Array>) -> Result<Self> {
        Ok(Box::new((**self).rebuild(leaves)?))
    }

    fn structure(&self, out: &mut Structure) {
        (**self).structure(out);
    }
}

impl<T: Tree> Tree for Option<T> {
    fn collect<'a>(&'a self, leaves: &mut Vec<&'a Array>) {
        if let Some(tree) = self {
            tree.collect(leaves);
        }
    }

    fn rebuild(&self, leaves: &mut dyn Iterator<Item = Array>) -> Result<Self> {
        self.as_ref().map(|tree| tree.rebuild(leaves)).transpose()
    }

    fn structure(&self, out: &mut Structure) {
        out.number(usize::from(self.is_some()));
        if let Some(tree) = self {
            tree.structure(out);
        }
    }
}

impl<T: Tree> Tree for Vec<T> {
    fn collect<'a>(&'a self, leaves: &mut Vec<&'a Array>) {
        self.iter().for_each(|tree| tree.collect(leaves));
    }

    fn rebuild(&self, leaves: &mut dyn Iterator<Item = Array>) -> Result<Self> {
        self.iter().map(|tree| tree.rebuild(leaves)).collect()
    }

    fn structure(&self, out: &mut Structure) {
        out.number(self.len());
        self.iter().for_each(|tree| tree.structure(out));
    }
}

impl<T: Tree, const N: usize> Tree for [T; N] {
    fn collect<'a>(&'a self, leaves: &mut Vec<&'a Array>) {
        self.iter().for_each(|tree| tree.collect(leaves));
    }

    fn rebuild(&self, leaves: &mut dyn Iterator<Item = Array>) -> Result<Self> {
        let rebuilt: Result<Vec<T>> = self.iter().map(|tree| tree.rebuild(leaves)).collect();
        rebuilt?
            .try_into()
            .map_err(|_| Error::value("with_leaves: fewer arrays than the structure has"))
    }

    fn structure(&self, out: &mut Structure) {
        self.iter().for_each(|tree| tree.structure(out));
    }
}

impl<K: Clone + Ord + Debug, T: Tree> Tree for BTreeMap<K, T> {
    fn collect<'a>(&'a self, leaves: &mut Vec<&'a Array>) {
        self.values().for_each(|tree| tree.collect(leaves));
    }

    fn rebuild(&self, leaves: &mut dyn Iterator<Item = Array>) -> Result<Self> {
        self.iter()
            .map(|(key, tree)| Ok((key.clone(), tree.rebuild(leaves)?)))
            .collect()
    }

    fn structure(&self, out: &mut Structure) {
        out.number(self.len());
        for (key, tree) in self {
            out.value(key);
            tree.structure(out);
        }
    }
}

/// In the order of the keys, which a hash map itself does not keep.
impl<K: Clone + Ord + Hash + Debug, T: Tree, S: BuildHasher + Default> Tree for HashMap<K, T, S> {
    fn collect<'a>(&'a self, leaves: &mut Vec<&'a Array>) {
        let mut entries: Vec<(&K, &T)> = self.iter().collect();
        entries.sort_by_key(|entry| entry.0);
        entries
            .into_iter()
            .for_each(|(_, tree)| tree.collect(leaves));
    }

    fn rebuild(&self, leaves: &mut dyn Iterator<Item = Array>) -> Result<Self> {
        let mut entries: Vec<(&K, &T)> = self.iter().collect();
        entries.sort_by_key(|entry| entry.0);
        entries
            .into_iter()
            .map(|(key, tree)| Ok((key.clone(), tree.rebuild(leaves)?)))
            .collect()
    }

    fn structure(&self, out: &mut Structure) {
        let mut entries: Vec<(&K, &T)> = self.iter().collect();
        entries.sort_by_key(|entry| entry.0);
        out.number(entries.len());
        for (key, tree) in entries {
            out.value(key);
            tree.structure(out);
        }
    }
}

macro_rules! tuples {
    ($(($($t:ident $i:tt),*))*) => {$(
        impl<$($t: Tree),*> Tree for ($($t,)*) {
            fn collect<'a>(&'a self, leaves: &mut Vec<&'a Array>) {
                let _ = &leaves;
                $(self.$i.collect(leaves);)*
            }

            fn rebuild(&self, leaves: &mut dyn Iterator<Item = Array>) -> Result<Self> {
                let _ = &leaves;
                Ok(($(self.$i.rebuild(leaves)?,)*))
            }

            fn structure(&self, out: &mut Structure) {
                let _ = &out;
                $(self.$i.structure(out);)*
            }
        }
    )*};
}
tuples! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
