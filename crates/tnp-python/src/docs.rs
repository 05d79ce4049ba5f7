//! Documentation of functions: what the Rust functions of the same names say, with where NumPy describes them.

include!(concat!(env!("OUT_DIR"), "/docs.rs"));

/// The documentation of a function.
pub(crate) fn of(name: &str) -> &'static str {
    match DOCS.binary_search_by_key(&name, |entry| entry.0) {
        Ok(at) => DOCS[at].1,
        Err(_) => "",
    }
}
