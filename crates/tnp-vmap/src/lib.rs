//! Vectorised maps.
