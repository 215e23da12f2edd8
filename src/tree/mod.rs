//! placeholder until the tree lands.
/// A checked path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreePath(pub String);
