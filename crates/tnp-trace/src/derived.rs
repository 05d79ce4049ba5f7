//! What is derived from graphs, kept as long as the graphs live: batched graphs, derivatives.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tnp_array::Result;
use tnp_backend::Graph;

/// A cache from a graph and a key to what was made of them.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use tnp_backend::GraphBuilder;
/// use tnp_trace::Derived;
/// static STEPS: Derived<(), usize> = Derived::new();
/// let graph = Arc::new(GraphBuilder::new().finish(&[]));
/// assert_eq!(STEPS.get(&graph, (), || Ok(graph.equations().len()))?, 0);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub struct Derived<K, V>(Mutex<Option<HashMap<(usize, K), Entry<V>>>>);

struct Entry<V> {
    graph: Weak<Graph>,
    value: V,
}

/// Entries of graphs that are gone are swept out whenever this many have come in.
const SWEEP: usize = 64;

impl<K, V> Derived<K, V> {
    /// An empty cache.
    pub const fn new() -> Derived<K, V> {
        Derived(Mutex::new(None))
    }
}

impl<K, V> Default for Derived<K, V> {
    fn default() -> Derived<K, V> {
        Derived::new()
    }
}

impl<K: Eq + Hash, V: Clone> Derived<K, V> {
    /// What `make` gave for this graph and key, now or before.
    ///
    /// # Errors
    /// Those of `make`, which are not kept.
    pub fn get(&self, graph: &Arc<Graph>, key: K, make: impl FnOnce() -> Result<V>) -> Result<V> {
        let key = (Arc::as_ptr(graph) as usize, key);
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = lock().as_ref().and_then(|map| map.get(&key))
            && entry.graph.strong_count() > 0
        {
            return Ok(entry.value.clone());
        }
        // Not under the lock: making may ask for others.
        let value = make()?;
        let mut map = lock();
        let map = map.get_or_insert_default();
        if map.len() % SWEEP == SWEEP - 1 {
            map.retain(|_, entry| entry.graph.strong_count() > 0);
        }
        let entry = Entry {
            graph: Arc::downgrade(graph),
            value: value.clone(),
        };
        map.insert(key, entry);
        Ok(value)
    }
}
