//! [`Artifacts`](crate::render::Artifacts), or anyone's manifests → facts: what they really allow, computed from what
//! stands in the files and from nothing else.
//!
//! Nothing here knows a [`Platform`](crate::language::Platform): the same evaluators look at what we have rendered and at
//! what somebody has written by hand, and what they find is held against declarations elsewhere. They are exact: a fact is
//! a set (of ports, of addresses, of pods), never a sample.

pub mod manifest;
pub mod selector;
pub mod connectivity;
pub mod rows;
pub mod access;
