//! What other crates attach to graphs (a gradient of the user's own, say), and how it follows them into a map.

use std::sync::{Arc, PoisonError, RwLock};

use tnp_backend::Graph;

/// Something that a crate keeps for graphs, found by their identity, which a batched graph has anew.
///
/// # Examples
/// ```
/// use tnp_vmap::{Attached, register_attached};
/// register_attached(Attached {
///     has: |_graph| false,
///     carry: |_from, _to, _inputs| {},
/// });
/// ```
#[derive(Clone, Copy)]
pub struct Attached {
    /// Whether a graph has it. All results of the call of such a graph come as batches, even one that is the same for all examples: what is
    /// attached may tell the examples apart where the graph does not.
    pub has: fn(&Arc<Graph>) -> bool,
    /// Gives the second graph, which does the first for a batch, what the first has. The flags say which inputs have the batch along axis 0;
    /// all outputs have.
    pub carry: fn(&Arc<Graph>, &Arc<Graph>, &[bool]),
}

static ALL: RwLock<Vec<Attached>> = RwLock::new(Vec::new());

/// Makes what is attached to graphs follow them into maps from now on.
///
/// # Examples
/// See [`Attached`].
pub fn register_attached(attached: Attached) {
    let mut all = ALL.write().unwrap_or_else(PoisonError::into_inner);
    all.push(attached);
}

/// Those that a graph has.
pub(crate) fn of(graph: &Arc<Graph>) -> Vec<Attached> {
    let all = ALL.read().unwrap_or_else(PoisonError::into_inner);
    let mut found = all.clone();
    drop(all);
    found.retain(|attached| (attached.has)(graph));
    found
}
