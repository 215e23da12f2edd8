//! Where a folder is in its git repository: GitHub names files from there.

use std::path::{Component, Path};

/// The path from the top of the repository to a folder, with `/` between the parts; empty for the top itself and outside
/// of any repository.
pub(super) fn path_to(folder: &Path) -> String {
    let Ok(folder) = folder.canonicalize() else {
        return String::new();
    };
    // In a worktree and in a submodule `.git` is a file.
    let top = folder.ancestors().find(|it| it.join(".git").exists());
    let below = top.and_then(|it| folder.strip_prefix(it).ok()).unwrap_or(Path::new(""));
    let parts = below.components().filter_map(|it| match it {
        Component::Normal(part) => Some(part.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_from_the_top_of_its_repository() {
        let top = tempfile::tempdir().unwrap();
        let below = top.path().join("deploy/shop");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::create_dir(top.path().join(".git")).unwrap();
        assert_eq!(path_to(&below), "deploy/shop");
        assert_eq!(path_to(top.path()), "");
        assert_eq!(path_to(&below.join("none")), "");
    }
}
