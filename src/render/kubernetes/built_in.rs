//! The table of built-in templates: the shapes of the objects we render, as files under `templates/kubernetes`.

macro_rules! built_in {
    ($($name:literal)*) => {
        /// Name, which is the path under `templates/kubernetes`, and text, by name.
        pub const BUILT_IN: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../templates/kubernetes/", $name))),)*
        ];
    };
}

// One name per line, in the order of the alphabet.
built_in! {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ascend() {
        let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        assert!(names.is_sorted(), "order the lines of `built_in!` by name: {names:?}");
    }
}
