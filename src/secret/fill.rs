//! The Secrets of a cluster with their values: the one artifact that is never written into a folder.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::render::kubernetes::manifest::BETWEEN;
use crate::render::kubernetes::secret::{Unfilled, Values};
use crate::secret::value::Value;

/// What is to stand under a key of a Secret.
pub fn value_of<'v>(unfilled: &Unfilled, value: &'v Value, key: &str) -> Option<&'v [u8]> {
    match &unfilled.values {
        Values::Whole(keys) => value.get(None).filter(|_| keys.contains(key)),
        Values::Fields(keys) => value.get(keys.iter().find(|it| it.as_str() == key)),
    }
}

/// The object with its values, as one YAML document with what stands before it; `None` where the value has not all that it
/// needs.
pub fn fill(unfilled: &Unfilled, value: &Value) -> Option<Zeroizing<String>> {
    let keys = unfilled.values.keys().into_iter();
    let of_key: Vec<(&str, &[u8])> =
        keys.map(|key| Some((key, value_of(unfilled, value, key)?))).collect::<Option<_>>()?;
    // All room at once: a text that grows leaves copies of what was in it.
    let of_values: usize =
        of_key.iter().map(|(key, value)| key.len() + value.len().div_ceil(3) * 4 + 16).sum();
    let mut text =
        Zeroizing::new(String::with_capacity(BETWEEN.len() + unfilled.head.len() + of_values + 16));
    text.push_str(BETWEEN);
    text.push_str(&unfilled.head);
    text.push_str("data:\n");
    for (key, value) in of_key {
        text.push_str("  \"");
        text.push_str(key);
        text.push_str("\": \"");
        STANDARD.encode_string(value, &mut text);
        text.push_str("\"\n");
    }
    Some(text)
}
