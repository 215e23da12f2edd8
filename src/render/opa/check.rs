//! What the policies cannot decide: reported before the barrier.

use crate::diagnostic::Diagnostics;
use crate::language::Platform;

/// Reports what no input of the API could make true, or what could not be told apart.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    let _ = (platform, sink);
}
