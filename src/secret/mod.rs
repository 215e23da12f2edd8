//! Values that only their readers may see: the one module that has plaintexts and secret keys.
//!
//! ```text
//! value ─label→ plaintext ─seal to the declared recipients→ age file ─digest→ entry ─sign→ lock file
//! ```
//!
//! [`seal`] goes that way and back, [`key`] has the keys for both ([`locked`]: those with a pass phrase), [`dialog`] asks whoever has them where that is needed, and
//! [`change`] says which files of a tree become what when a value is sealed. What is sealed to whom is declared in the tree ([`crate::language::secret::sealed`]); nothing here
//! decides it. Plaintexts are in memory that is wiped when it is given back ([`zeroize`]), and no error shows one.

pub mod change;
pub mod dialog;
pub mod key;
mod locked;
pub mod seal;
