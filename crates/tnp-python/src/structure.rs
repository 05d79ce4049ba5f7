//! Structures of arrays in Python: nested lists, tuples, dicts, dataclasses and plain objects, with the arrays in them.

use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyComplex, PyDict, PyFloat, PyInt, PyList, PyModule, PyString, PyTuple, PyType,
};
use tnp::{Array, Result, Structure, Tree};

use crate::array::PyArray;
use crate::convert;

/// What a number of Python's own is in a structure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// An array.
    Arrays,
    /// Part of the structure: another number is another structure.
    Static,
}

/// Structures nested deeper than this are taken for ones that contain themselves.
const DEPTH: usize = 200;

enum Spec {
    Array,
    /// Anything that is no array, with the number that equal values share.
    Static(Py<PyAny>, usize),
    List(Vec<Spec>),
    Tuple(Vec<Spec>),
    /// A named tuple, of a class.
    Named(Py<PyType>, Vec<Spec>),
    /// Keys in their order, and the number that equal lists of keys share.
    Dict(Vec<Py<PyAny>>, usize, Vec<Spec>),
    /// An object by its attributes; its class decides what it is.
    Object(Py<PyAny>, Vec<Py<PyAny>>, usize, Vec<Spec>),
    /// A part that belongs to another structure too.
    Shared(Arc<Spec>),
}

/// A structure taken apart: its arrays, and what is left without them.
#[derive(Clone)]
pub(crate) struct PyTree {
    pub(crate) arrays: Vec<Array>,
    spec: Arc<Spec>,
}

impl Tree for PyTree {
    fn collect<'a>(&'a self, leaves: &mut Vec<&'a Array>) {
        leaves.extend(&self.arrays);
    }

    fn rebuild(&self, leaves: &mut dyn Iterator<Item = Array>) -> Result<PyTree> {
        let arrays: Vec<Array> = leaves.take(self.arrays.len()).collect();
        if arrays.len() < self.arrays.len() {
            return Err(tnp::Error::value(
                "with_leaves: fewer arrays than the structure has",
            ));
        }
        Ok(PyTree {
            arrays,
            spec: self.spec.clone(),
        })
    }

    fn structure(&self, out: &mut Structure) {
        self.spec.describe(out);
    }
}

impl Spec {
    fn describe(&self, out: &mut Structure) {
        let mut parts = |kind: usize, number: usize, parts: &[Spec]| {
            out.number(kind);
            out.number(number);
            out.number(parts.len());
            parts.iter().for_each(|part| part.describe(out));
        };
        match self {
            Spec::Array => out.number(0),
            Spec::Static(_, number) => {
                out.number(1);
                out.number(*number);
            }
            Spec::List(items) => parts(2, 0, items),
            Spec::Tuple(items) => parts(3, 0, items),
            Spec::Named(class, items) => parts(4, class.as_ptr().addr(), items),
            Spec::Dict(_, keys, items) => parts(5, *keys, items),
            Spec::Object(_, _, keys, items) => parts(6, *keys, items),
            Spec::Shared(spec) => spec.describe(out),
        }
    }
}

/// The number of a value: equal values of one type share it. What cannot be compared by hash is equal to itself alone.
fn number_of(value: &Bound<'_, PyAny>) -> PyResult<usize> {
    static KNOWN: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    static KEPT: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let py = value.py();
    let known = KNOWN.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    let kept = KEPT.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    // Minus zero equals zero, and is another number.
    let key = match value.cast::<PyFloat>() {
        Ok(float) => {
            (value.get_type(), value.clone(), float.value().to_bits()).into_pyobject(py)?
        }
        Err(_) => (value.get_type(), value.clone(), 0u64).into_pyobject(py)?,
    };
    let count = || known.len() + kept.len();
    match key.hash() {
        Ok(_) => {
            if let Some(number) = known.get_item(&key)? {
                return number.extract();
            }
            let number = count();
            known.set_item(&key, number)?;
            Ok(number)
        }
        Err(_) => {
            let address = value.as_ptr().addr();
            if let Some(entry) = kept.get_item(address)? {
                return entry.get_item(1)?.extract();
            }
            let number = count();
            kept.set_item(address, (value, number))?;
            Ok(number)
        }
    }
}

impl PyTree {
    /// Takes a structure apart.
    ///
    /// # Errors
    /// For a structure that contains itself; what converting its arrays raises.
    pub(crate) fn of(object: &Bound<'_, PyAny>, numbers: Numbers) -> PyResult<PyTree> {
        let mut arrays = Vec::new();
        let spec = Arc::new(take_apart(object, numbers, &mut arrays, 0)?);
        Ok(PyTree { arrays, spec })
    }

    /// One array as a structure.
    pub(crate) fn leaf(array: Array) -> PyTree {
        PyTree {
            arrays: vec![array],
            spec: Arc::new(Spec::Array),
        }
    }

    /// True for a single array.
    pub(crate) fn is_leaf(&self) -> bool {
        matches!(*self.spec, Spec::Array)
    }

    /// Several structures as a tuple.
    pub(crate) fn tuple(trees: Vec<PyTree>) -> PyTree {
        let mut arrays = Vec::new();
        let mut specs = Vec::new();
        for tree in trees {
            arrays.extend(tree.arrays);
            specs.push(Spec::Shared(tree.spec));
        }
        PyTree {
            arrays,
            spec: Arc::new(Spec::Tuple(specs)),
        }
    }

    /// The structure as a Python object.
    ///
    /// # Errors
    /// What making its objects raises.
    pub(crate) fn object(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.object_with(py, &mut Vec::new())
    }

    /// The structure as a Python object; the plain objects in it are collected.
    ///
    /// # Errors
    /// What making its objects raises.
    pub(crate) fn object_with<'py>(
        &self,
        py: Python<'py>,
        objects: &mut Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let arrays = self.arrays.iter();
        let leaf = |array: &Array| PyArray::object(py, array.clone());
        put_together(py, &self.spec, &mut arrays.map(leaf), objects)
    }

    /// The structure with other objects in the places of its arrays.
    ///
    /// # Errors
    /// What making its objects raises.
    pub(crate) fn object_of(
        &self,
        py: Python<'_>,
        leaves: &mut dyn Iterator<Item = PyResult<Py<PyAny>>>,
    ) -> PyResult<Py<PyAny>> {
        put_together(py, &self.spec, leaves, &mut Vec::new())
    }
}

/// Whether an object is an array to begin with, or can be made one.
fn is_array(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    if object.is_instance_of::<PyType>() || object.is_instance_of::<PyModule>() {
        return Ok(false);
    }
    let py = object.py();
    Ok(object.hasattr(intern!(py, "__array__"))? || object.hasattr(intern!(py, "__dlpack__"))?)
}

fn take_apart(
    object: &Bound<'_, PyAny>,
    numbers: Numbers,
    arrays: &mut Vec<Array>,
    depth: usize,
) -> PyResult<Spec> {
    let py = object.py();
    if depth > DEPTH {
        return Err(PyValueError::new_err(format!(
            "structures nested more than {DEPTH} deep: the structure contains itself, perhaps"
        )));
    }
    if let Ok(array) = object.cast::<PyArray>() {
        // A transformation knows an array by its identity, so the name and the structure get the same copy of lent memory.
        arrays.push(match numbers {
            Numbers::Arrays => array.get().settled(py)?,
            Numbers::Static => array.get().value(py)?,
        });
        return Ok(Spec::Array);
    }
    let number = object.is_instance_of::<PyFloat>()
        || object.is_instance_of::<PyInt>()
        || object.is_instance_of::<PyComplex>();
    if object.is_none()
        || object.is_instance_of::<PyString>()
        || object.is_instance_of::<PyBool>() && numbers == Numbers::Static
    {
        return Ok(Spec::Static(object.clone().unbind(), number_of(object)?));
    }
    if number && !object.hasattr(intern!(py, "__array__"))? {
        return match numbers {
            Numbers::Static => Ok(Spec::Static(object.clone().unbind(), number_of(object)?)),
            Numbers::Arrays => {
                arrays.push(convert::array(object)?);
                Ok(Spec::Array)
            }
        };
    }
    let mut parts =
        |items: &mut dyn Iterator<Item = PyResult<Bound<'_, PyAny>>>| -> PyResult<Vec<Spec>> {
            items
                .map(|item| take_apart(&item?, numbers, arrays, depth + 1))
                .collect()
        };
    if let Ok(list) = object.cast_exact::<PyList>() {
        return parts(&mut list.iter().map(Ok)).map(Spec::List);
    }
    if let Ok(tuple) = object.cast_exact::<PyTuple>() {
        return parts(&mut tuple.iter().map(Ok)).map(Spec::Tuple);
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        let items = parts(&mut tuple.iter().map(Ok))?;
        return match object.hasattr(intern!(py, "_fields"))? {
            true => Ok(Spec::Named(object.get_type().unbind(), items)),
            false => Ok(Spec::Tuple(items)),
        };
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        let keys: Vec<Bound<'_, PyAny>> = dict.keys().iter().collect();
        let number = number_of(PyTuple::new(py, &keys)?.as_any())?;
        let items = parts(&mut dict.values().iter().map(Ok))?;
        return Ok(Spec::Dict(
            keys.into_iter().map(Bound::unbind).collect(),
            number,
            items,
        ));
    }
    if is_array(object)? {
        let array = convert::array(object)?;
        arrays.push(
            match numbers == Numbers::Arrays && convert::is_lent(&array) {
                true => convert::owned(py, &array)?,
                false => array,
            },
        );
        return Ok(Spec::Array);
    }
    match attributes(object)? {
        Some(dict) => {
            let keys: Vec<Bound<'_, PyAny>> = dict.keys().iter().collect();
            let described = (object.get_type(), PyTuple::new(py, &keys)?).into_pyobject(py)?;
            let number = number_of(described.as_any())?;
            let items = parts(&mut dict.values().iter().map(Ok))?;
            let keys = keys.into_iter().map(Bound::unbind).collect();
            Ok(Spec::Object(object.clone().unbind(), keys, number, items))
        }
        None => Ok(Spec::Static(object.clone().unbind(), number_of(object)?)),
    }
}

/// The attributes of a plain object: an instance of a class that was written in Python and is no function, class or module.
fn attributes<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
    if object.is_instance_of::<PyType>()
        || object.is_instance_of::<PyModule>()
        || object.is_callable() && object.hasattr(intern!(object.py(), "__code__"))?
    {
        return Ok(None);
    }
    let Some(attributes) = object.getattr_opt(intern!(object.py(), "__dict__"))? else {
        return Ok(None);
    };
    Ok(attributes.cast_into::<PyDict>().ok())
}

/// An object like another, with other attributes; its constructor is not called.
fn alike<'py>(original: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let class = original.get_type();
    class.getattr("__new__")?.call1((class,)).map_err(|raised| {
        PyTypeError::new_err(format!(
            "an object of {} cannot be taken apart into its arrays and put together again: {}",
            original.get_type(),
            raised.value(original.py())
        ))
    })
}

fn put_together<'py>(
    py: Python<'py>,
    spec: &Spec,
    leaves: &mut dyn Iterator<Item = PyResult<Py<PyAny>>>,
    objects: &mut Vec<Bound<'py, PyAny>>,
) -> PyResult<Py<PyAny>> {
    let mut all = |items: &[Spec]| -> PyResult<Vec<Py<PyAny>>> {
        items
            .iter()
            .map(|item| put_together(py, item, leaves, objects))
            .collect()
    };
    match spec {
        Spec::Array => leaves
            .next()
            .unwrap_or_else(|| Err(PyValueError::new_err("fewer arrays than the structure has"))),
        Spec::Shared(spec) => put_together(py, spec, leaves, objects),
        Spec::Static(value, _) => Ok(value.clone_ref(py)),
        Spec::List(items) => Ok(PyList::new(py, all(items)?)?.into_any().unbind()),
        Spec::Tuple(items) => Ok(PyTuple::new(py, all(items)?)?.into_any().unbind()),
        Spec::Named(class, items) => class.call1(py, PyTuple::new(py, all(items)?)?),
        Spec::Dict(keys, _, items) => {
            let dict = PyDict::new(py);
            for (key, item) in keys.iter().zip(all(items)?) {
                dict.set_item(key, item)?;
            }
            Ok(dict.into_any().unbind())
        }
        Spec::Object(original, keys, _, items) => {
            let items = all(items)?;
            let object = alike(original.bind(py))?;
            let attributes = object.getattr("__dict__")?.cast_into::<PyDict>()?;
            for (key, item) in keys.iter().zip(items) {
                attributes.set_item(key, item)?;
            }
            objects.push(object.clone());
            Ok(object.unbind())
        }
    }
}
