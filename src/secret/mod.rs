//! Values that only their readers may see: the one module that has plaintexts and secret keys.
//!
//! ```text
//! value ─label→ plaintext ─seal to the declared recipients→ age file ─digest→ entry ─sign→ lock file
//! ```
//!
//! [`seal`] goes that way and back, [`key`] has the keys for both (those with a pass phrase are [`locked`]), [`dialog`] asks whoever has them where that is needed, and
//! [`change`] says which files of a tree become what when a value is sealed. [`value`] is what a plaintext means, [`generate`]
//! makes new ones, [`share`] splits a key among people, and [`fill`] gives a cluster its Secrets. What is sealed to whom is
//! declared in the tree ([`crate::language::secret::sealed`]); nothing here decides it. Plaintexts are in memory that is wiped when
//! it is given back ([`zeroize`]), and no error shows one. Not wiped is what libraries keep for themselves: the 64 KiB that the crate
//! age has in hand while it seals, and serde's scratch for texts with escapes. No dump is written of a process that has any.

pub mod change;
pub mod dialog;
pub mod fill;
pub mod generate;
pub mod key;
mod locked;
pub mod seal;
pub mod share;
pub mod value;
