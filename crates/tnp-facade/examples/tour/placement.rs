//! Devices: which there are, where arrays live, and how they move.

use tnp::prelude::*;

use crate::model::Model;
use crate::page;

/// Shows the CPU as two logical devices and works on both.
pub(crate) fn placement() -> Result<()> {
    page::title("11. Devices");
    page::note("The CPU can pose as several devices, to try placement on a machine without a GPU.");
    step! {
        tnp::memory::set_logical_devices("cpu", 2)?;
    }
    for info in devices() {
        page::row(&info.device.to_string(), &info.description);
    }
    show!(devices().len(), physical_devices().len(), current_device()?);

    page::note(
        "Inside a scope operations run on its device; inputs from elsewhere are copied there, and counted.",
    );
    step! {
        let model = Model::new(32)?;
        reset_transfer_stats();
        let prediction = with_device("cpu:1", || {
            let batch = random::randn([5, 32])?.astype(Float32)?;
            model.predict(&batch)
        })??;
    }
    show!(prediction.device()?, transfer_stats());

    page::note("`copy` in a scope, or `to`, moves an array, unless it is there already.");
    step! {
        let back = with_device("cpu:0", || copy(&prediction))??;
    }
    show!(
        back.device()?,
        prediction.to("cpu:1")?.device()?,
        transfer_stats()
    );

    page::note("Outside a scope nothing moves by itself.");
    refused!(add(&prediction, &back));
    refused!(prediction.to("cpu:2"));
    refused!(with_device("gpu:0", || ()));

    let others = devices().into_iter().map(|info| info.device);
    let mut others = others.filter(|device| device.backend().name() != "cpu");
    match others.next() {
        Some(device) => elsewhere(device),
        None => {
            page::note(
                "There is no other device: `cargo tour --features wgpu` finds GPUs by Vulkan, Metal or DirectX 12, `--features cuda` NVIDIA's.",
            );
            Ok(())
        }
    }
}

/// The model on a device that is not the CPU: predicted, differentiated and compiled there.
fn elsewhere(device: Device) -> Result<()> {
    page::note(&format!(
        "The model is made on {device} and stays there, eager, differentiated and compiled."
    ));
    step! {
        let (model, batch) = with_device(device, || {
            Ok::<_, Error>((Model::new(32)?, random::randn([5, 32])?.astype(Float32)?))
        })??;
        reset_transfer_stats();
        let prediction = model.predict(&batch)?;
        let slopes = grad(|model: &Model| model.predict(&batch)?.sum(()), &model)?;
        let predict = function(|(model, batch): &(Model, Array)| model.predict(batch));
        let compiled = predict.call(&(model.clone(), batch.clone()))?;
    }
    show!(
        model.w1.device()?,
        prediction,
        slopes.w2.device()?,
        compiled.device()?,
        allclose(&compiled, &prediction, ())?
    );
    page::note("What was printed was copied, once each; so is what is asked for as numbers.");
    show!(prediction.sum(())?.item::<f32>()?, transfer_stats());
    refused!(add(&prediction, ones(2, Float32)?));
    Ok(())
}
