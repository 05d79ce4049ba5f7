//! Which arguments of a call a transformation works on.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use tnp::Array;

use super::one;
use crate::error::carried;
use crate::sizes::integer;
use crate::structure::{Numbers, PyTree};

/// The arguments of a call, apart from those that a transformation works on.
pub(crate) struct Chosen {
    function: Py<PyAny>,
    arguments: Vec<Py<PyAny>>,
    keywords: Option<Py<PyDict>>,
    places: Vec<usize>,
    several: bool,
}

impl Chosen {
    pub(crate) fn new(
        function: &Py<PyAny>,
        argnums: &Argnums,
        arguments: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Chosen> {
        let count = arguments.len();
        let mut places = Vec::new();
        for &place in &argnums.places {
            let at = if place < 0 {
                place + count as isize
            } else {
                place
            };
            match usize::try_from(at) {
                Ok(at) if at < count => places.push(at),
                _ => {
                    return Err(PyValueError::new_err(format!(
                        "argnums: there is no positional argument {place} among {count}"
                    )));
                }
            }
        }
        Ok(Chosen {
            function: function.clone_ref(arguments.py()),
            arguments: arguments.iter().map(Bound::unbind).collect(),
            keywords: keywords.map(|keywords| keywords.clone().unbind()),
            places,
            several: argnums.several,
        })
    }

    /// The chosen arguments as a structure: one argument by itself, several as a tuple.
    pub(crate) fn input(&self, py: Python<'_>) -> PyResult<PyTree> {
        let mut parts = Vec::new();
        for &at in &self.places {
            parts.push(PyTree::of(self.arguments[at].bind(py), Numbers::Arrays)?);
        }
        match self.several {
            true => Ok(PyTree::tuple(parts)),
            false => Ok(parts.swap_remove(0)),
        }
    }

    /// Calls the function with other values in the chosen places.
    pub(crate) fn call(&self, input: &PyTree, numbers: Numbers) -> tnp::Result<PyTree> {
        Python::attach(|py| {
            let call = || -> PyResult<PyTree> {
                let mut arguments: Vec<Py<PyAny>> = self
                    .arguments
                    .iter()
                    .map(|object| object.clone_ref(py))
                    .collect();
                let object = input.object(py)?;
                match self.several {
                    false => arguments[self.places[0]] = object,
                    true => {
                        for (&at, part) in self
                            .places
                            .iter()
                            .zip(object.bind(py).cast::<PyTuple>()?.iter())
                        {
                            arguments[at] = part.unbind();
                        }
                    }
                }
                let keywords = self.keywords.as_ref().map(|keywords| keywords.bind(py));
                let result = self
                    .function
                    .bind(py)
                    .call(PyTuple::new(py, arguments)?, keywords)?;
                PyTree::of(&result, numbers)
            };
            call().map_err(|raised| carried(py, raised))
        })
    }

    pub(crate) fn array(&self, input: &PyTree, what: &str) -> tnp::Result<Array> {
        one(self.call(input, Numbers::Arrays)?, what)
    }

    /// Result and extra of a function that gives both.
    pub(crate) fn with_aux(&self, input: &PyTree) -> tnp::Result<(Array, PyTree)> {
        Python::attach(|py| {
            let pair = self.call(input, Numbers::Arrays)?;
            let split = || -> PyResult<(PyTree, PyTree)> {
                let object = pair.object(py)?;
                let (value, aux): (Bound<'_, PyAny>, Bound<'_, PyAny>) = object.bind(py).extract().map_err(|_| {
                    PyTypeError::new_err("has_aux: the function must give a pair, its value and what comes beside it")
                })?;
                Ok((
                    PyTree::of(&value, Numbers::Arrays)?,
                    PyTree::of(&aux, Numbers::Arrays)?,
                ))
            };
            let (value, aux) = split().map_err(|raised| carried(py, raised))?;
            Ok((one(value, "grad")?, aux))
        })
    }
}

/// `argnums=`: a place or several.
#[derive(Clone)]
pub(crate) struct Argnums {
    places: Vec<isize>,
    several: bool,
}

impl Argnums {
    pub(crate) fn of(object: Option<&Bound<'_, PyAny>>) -> PyResult<Argnums> {
        let Some(object) = object else {
            return Ok(Argnums {
                places: vec![0],
                several: false,
            });
        };
        if object.is_instance_of::<PyTuple>() || object.is_instance_of::<PyList>() {
            let places = object
                .try_iter()?
                .map(|place| integer(&place?, "argnums"))
                .collect::<PyResult<Vec<_>>>()?;
            if places.is_empty() {
                return Err(PyValueError::new_err("argnums: no argument is named"));
            }
            return Ok(Argnums {
                places,
                several: true,
            });
        }
        Ok(Argnums {
            places: vec![integer(object, "argnums")?],
            several: false,
        })
    }
}
