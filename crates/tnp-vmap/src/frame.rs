//! The map's frame: arrays boxed as their batches, whose leading axis the user's function does not see.

use std::sync::Arc;

use smallvec::SmallVec;
use tnp_array::{Array, Boxed, Error, Frame, Operand, Result, Results, ScopeId, bind, with_frame};
use tnp_backend::TensorType;
use tnp_backend::prim::Prim;
use tnp_dtype::{DType, Scalar};
use tnp_shape::Dims;

use crate::batching;

/// An operand of a batched primitive: one for each example along axis 0, or one for all.
#[derive(Clone)]
pub(crate) struct Arg {
    /// The array, with the batch axis if it has one.
    pub(crate) array: Array,
    /// Whether axis 0 is the batch.
    pub(crate) batched: bool,
}

pub(crate) struct MapFrame {
    scope: ScopeId,
    size: usize,
}

impl MapFrame {
    pub(crate) fn new(size: usize) -> Arc<MapFrame> {
        Arc::new(MapFrame {
            scope: ScopeId::fresh(),
            size,
        })
    }

    /// A batch as the one array that the function sees.
    pub(crate) fn wrap(&self, batch: Array) -> Array {
        let weak = batch.is_weak();
        Array::from_boxed(Boxed {
            scope: self.scope,
            ty: TensorType::new(&batch.shape()[1..], batch.dtype()),
            payload: Arc::new(batch),
        })
        .with_weak(weak)
    }

    /// What stands behind an array: its batch, or the array itself when it is the same for all examples.
    pub(crate) fn unwrap(&self, x: &Array) -> Result<Arg> {
        match x.boxed() {
            Some(boxed) if boxed.scope == self.scope => {
                let batch = boxed.payload.downcast_ref::<Array>();
                let array = batch.cloned().ok_or_else(no_batch)?;
                Ok(Arg {
                    array: array.with_weak(x.is_weak()),
                    batched: true,
                })
            }
            _ => Ok(Arg {
                array: x.clone(),
                batched: false,
            }),
        }
    }

    /// [`MapFrame::unwrap`] of an operand. A batch that is given up is held by nobody else, so that it may be overwritten.
    fn take(&self, input: &mut Operand<'_>) -> Result<Arg> {
        if !matches!(input, Operand::Owned(array) if self.owns(array)) {
            return self.unwrap(input.array()?);
        }
        let weak = input.array()?.is_weak();
        let given = std::mem::replace(input, Operand::Scalar(Scalar::Bool(false)));
        let boxed = given.into_array()?.into_boxed().map_err(|_| no_batch())?;
        let batch = boxed.payload.downcast::<Array>().map_err(|_| no_batch())?;
        let array = Arc::try_unwrap(batch).unwrap_or_else(|shared| Array::clone(&shared));
        Ok(Arg {
            array: array.with_weak(weak),
            batched: true,
        })
    }

    fn owns(&self, x: &Array) -> bool {
        x.boxed().is_some_and(|boxed| boxed.scope == self.scope)
    }

    /// Runs `body` inside this map.
    pub(crate) fn within<R>(self: &Arc<Self>, body: impl FnOnce() -> R) -> R {
        with_frame(self.clone(), body)
    }
}

#[cold]
fn no_batch() -> Error {
    Error::scope("vectorized_map: a mapped array carries no batch")
}

impl Frame for MapFrame {
    fn scope(&self) -> ScopeId {
        self.scope
    }

    fn name(&self) -> &'static str {
        "vectorized_map"
    }

    fn without_value(&self) -> &'static str {
        "inside a map there is one for each example; choose by it with `where_`, branch with `cond` or `while_loop`, or run the \
         examples one by one with `map_fn`"
    }

    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
        let mapped = |input: &Operand<'_>| input.as_array().is_some_and(|x| self.owns(x));
        if !inputs.iter().any(mapped) {
            return bind(prim, inputs);
        }
        let mut args: SmallVec<[Arg; 4]> = SmallVec::new();
        for input in inputs.iter_mut() {
            args.push(self.take(input)?);
        }
        let outputs = batching::batch(prim, args, self.size)?;
        Ok(outputs
            .into_iter()
            .map(|output| match output.batched {
                true => self.wrap(output.array),
                false => output.array,
            })
            .collect())
    }

    /// Each example has a key of its own, so that each draws its own numbers.
    fn random_key(&self) -> Option<Result<Array>> {
        let keys = || {
            let key = tnp_array::random::key()?;
            let bits = Prim::RandomBits {
                shape: Dims::from_slice(&[self.size, 2]),
                dtype: DType::UInt32,
            };
            Ok(self.wrap(bind(&bits, &mut [Operand::Owned(key)])?.remove(0)))
        };
        Some(keys())
    }
}
