//! The Python module `tnp._tnp`: NumPy's functions and array class over the library, with its transformations.

#![allow(unreachable_pub, reason = "PyO3's macros make items public")]

mod array;
mod call;
mod convert;
mod devices;
mod dlpack;
mod docs;
mod dtype;
mod error;
mod index;
mod memory;
mod operators;
mod place;
mod protocols;
mod sizes;
mod structure;
mod table;
mod transform;

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::array::{Iter, PyArray};
use crate::call::Def;
use crate::dtype::PyDType;
use crate::place::{At, Place};

#[pymodule]
fn _tnp(py: Python<'_>, module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyArray>()?;
    module.add_class::<PyDType>()?;
    module.add_class::<At>()?;
    module.add_class::<Place>()?;
    module.add_class::<Iter>()?;
    module.add_function(wrap_pyfunction!(protocols::_from_bytes, module)?)?;
    for dtype in dtype::ALL {
        module.add(dtype.name(), dtype::object(py, dtype)?)?;
    }
    for entry in table::top() {
        module.add(entry.def.name(), Def::function(entry, module)?)?;
    }
    for (name, functions) in table::SUBMODULES {
        let part = PyModule::new(py, &format!("tnp._tnp.{name}"))?;
        for entry in functions {
            part.add(entry.def.name(), Def::function(entry, &part)?)?;
        }
        // Out of the way of `from tnp._tnp import *`.
        module.add(format!("_{name}").as_str(), part)?;
    }
    // As in other Python libraries: threads that train and threads that predict share weights.
    tnp_array::set_thread_local_tapes(true);
    methods(&py.get_type::<PyArray>())?;
    devices::register(module)?;
    transform::register(module)?;
    Ok(())
}

/// Gives the array class the methods that are functions too.
fn methods(class: &Bound<'_, PyType>) -> PyResult<()> {
    let shared = table::top().filter(|entry| table::SHARED.contains(&entry.def.name()));
    for entry in shared.chain(table::METHODS) {
        class.setattr(entry.def.name(), Def::method(entry, class)?)?;
    }
    Ok(())
}
