//! What a page may use of the browser.

use crate::language::word::words;

/// A device or another power of the browser, as Permissions-Policy calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// How the device moves.
    Accelerometer,
    /// What the user is interested in, for advertisers.
    BrowsingTopics,
    /// Cameras.
    Camera,
    /// What is on the screen.
    DisplayCapture,
    /// Where the device is.
    Geolocation,
    /// How the device turns.
    Gyroscope,
    /// Human interface devices.
    Hid,
    /// Whether the user is there.
    IdleDetection,
    /// Which fonts are installed.
    LocalFonts,
    /// The magnetic field.
    Magnetometer,
    /// Microphones.
    Microphone,
    /// Musical instruments.
    Midi,
    /// The payment dialog.
    Payment,
    /// Keeping the screen on.
    ScreenWakeLock,
    /// Serial ports.
    Serial,
    /// USB devices.
    Usb,
    /// Headsets.
    XrSpatialTracking,
}

words! {
    Feature: "power of the browser",
    Accelerometer = "accelerometer",
    BrowsingTopics = "browsing-topics",
    Camera = "camera",
    DisplayCapture = "display-capture",
    Geolocation = "geolocation",
    Gyroscope = "gyroscope",
    Hid = "hid",
    IdleDetection = "idle-detection",
    LocalFonts = "local-fonts",
    Magnetometer = "magnetometer",
    Microphone = "microphone",
    Midi = "midi",
    Payment = "payment",
    ScreenWakeLock = "screen-wake-lock",
    Serial = "serial",
    Usb = "usb",
    XrSpatialTracking = "xr-spatial-tracking",
}
