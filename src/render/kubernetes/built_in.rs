//! How the table of built-in templates is made: the shapes of the objects we render, as files under `templates/kubernetes`.

macro_rules! built_in {
    ($($name:literal)*) => {
        /// The built-in templates: name, which is the path under `templates/kubernetes`, and text, by name.
        pub const BUILT_IN: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../templates/kubernetes/", $name))),)*
        ];
    };
}

pub(super) use built_in;

#[cfg(test)]
mod tests {
    use crate::render::kubernetes::BUILT_IN;

    #[test]
    fn names_ascend() {
        let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        assert!(names.is_sorted(), "order the lines of `built_in!` by name: {names:?}");
    }
}
