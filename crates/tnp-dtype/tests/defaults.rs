//! The process defaults, in a process of their own: they can be set once.

use tnp_dtype::{
    Mode, Settings, current_mode, set_default_mode, set_default_prefer_float32, with_mode,
    with_prefer_float32,
};

#[test]
fn defaults_are_set_once_and_seen_everywhere() {
    assert_eq!(Settings::capture(), Settings::default());
    set_default_mode(Mode::All).unwrap();
    set_default_mode(Mode::All).unwrap();
    assert_eq!(
        set_default_mode(Mode::Numpy).unwrap_err().to_string(),
        "set_default_mode: the default is already All and can be set once per process; use with_mode for a part of the program"
    );
    set_default_prefer_float32(true).unwrap();
    assert!(set_default_prefer_float32(false).is_err());
    let expected = Settings {
        mode: Mode::All,
        prefer_float32: true,
        ..Settings::default()
    };
    assert_eq!(Settings::capture(), expected);
    assert_eq!(
        std::thread::spawn(Settings::capture).join().unwrap(),
        expected
    );
    assert_eq!(with_mode(Mode::Numpy, current_mode), Mode::Numpy);
    assert!(!with_prefer_float32(false, Settings::capture).prefer_float32);
    assert_eq!(Settings::capture(), expected);
}
