//! Inputs of a patient: what is taken is within what a patient and a pump can do.

use medtwin_engine::patient::inputs::Inputs;

pub(super) fn good() -> Vec<Vec<u8>> {
    let texts = [
        "t_min,carbs_g,insulin_u_per_min\n0,0,0.015\n60,45.5,0.1\n90,0,0\n",
        "carbs_g,t_min,insulin_u_per_min\n10,5,0\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

pub(super) fn open(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Inputs::read(&text) {
        Ok(inputs) => {
            for minute in (0..400).chain([u32::MAX]) {
                let (carbs, insulin) = inputs.at(minute);
                assert!((0.0..=5000.0).contains(&carbs) && (0.0..=50.0).contains(&insulin));
            }
        }
        Err(error) => {
            let lines = text.lines().count() as u64 + 1;
            assert!(error.line <= lines && !error.message.is_empty(), "{error:?}");
        }
    }
}
