//! Templates: the shape of an object as a YAML file with slots.
//!
//! A built-in template is a [`Skeleton`]: its YAML is parsed once, and a slot is the path of a field of its view. A user
//! may put a template of the same name into the tree, `templates/kubernetes/<declaration>/<object>.yaml.j2` beside
//! `platform.kdl`; it then takes the built-in one's place, with loops, conditions and the
//! filters that cannot exhaust memory ([`user`]). A built-in template is a valid user's template, so the way to begin is to copy it.
//!
//! In both, `{{ slot }}` is one whole YAML value, and an entry of a mapping whose value is `null` is left out of the
//! object: Kubernetes takes both for the same, and so an optional field needs no second template.

pub mod pick;
pub mod skeleton;
pub mod user;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, suggest};
use crate::render::Bug;
use crate::render::kubernetes::BUILT_IN;
use crate::render::template::skeleton::{Filled, Skeleton};
use crate::render::template::user::{Budget, Engine};
use crate::source::{FileId, SourceMap, Span};
use crate::tree::Tree;

/// The built-in templates and those of the user.
#[derive(Debug, Default)]
pub struct Templates {
    engine: Engine,
    files: BTreeMap<&'static str, FileId>,
}

/// Where the user's templates stand in the tree.
pub const FOLDER: &str = "templates/kubernetes/";

static SKELETONS: LazyLock<BTreeMap<&'static str, Result<Skeleton, String>>> =
    LazyLock::new(|| BUILT_IN.iter().map(|(name, text)| (*name, Skeleton::parse(text))).collect());

impl Templates {
    /// The built-in templates alone.
    pub fn built_in() -> Self {
        Self::default()
    }

    /// The built-in templates, and those that the tree puts in their place.
    pub fn load(tree: &Tree, sources: &mut SourceMap, sink: &mut Diagnostics) -> Self {
        let mut templates = Self::default();
        let paths = match tree.glob(&format!("{FOLDER}**/*")) {
            Ok(paths) => paths,
            Err(error) => {
                sink.report(Diagnostic::nowhere(Code::UnreadableFile, error.to_string()));
                return templates;
            }
        };
        for path in paths {
            match tree.read_text(&path) {
                Ok(text) => {
                    let file = sources.add(path.as_str(), text);
                    templates.add(file, sources, sink);
                }
                Err(error) => sink.report(Diagnostic::nowhere(
                    Code::UnreadableFile,
                    format!("the template `{path}` cannot be read: {error}"),
                )),
            }
        }
        templates
    }

    /// Takes a template of the user in: a file below [`FOLDER`].
    pub fn add(&mut self, file: FileId, sources: &SourceMap, sink: &mut Diagnostics) {
        let source = sources.file(file);
        let name = source.path.strip_prefix(FOLDER).unwrap_or(&source.path);
        let Some((name, _)) = BUILT_IN.iter().find(|(it, _)| *it == name) else {
            sink.report(unknown(name, whole(file, sources)));
            return;
        };
        match self.engine.add(name, &source.text) {
            Ok(()) => _ = self.files.insert(name, file),
            Err(failure) => sink.report(self::failure(&failure, file, sources)),
        }
    }

    /// The user's template that stands in for a built-in one.
    pub fn user(&self, name: &str) -> Option<FileId> {
        self.files.get(name).copied()
    }

    /// Whether the user has put any template in the place of a built-in one.
    pub fn has_users(&self) -> bool {
        !self.files.is_empty()
    }

    /// Whether one of them is in this folder.
    pub fn has_users_of(&self, folder: &str) -> bool {
        self.files.keys().any(|it| it.starts_with(folder))
    }

    /// Fills a built-in template.
    pub fn fill<V: Serialize>(&self, name: &str, view: V) -> Result<Filled<'static, V>, Bug> {
        let bug = |message: String| Bug { template: name.to_owned(), message };
        let skeleton = SKELETONS.get(name).ok_or_else(|| bug("there is no such template".to_owned()))?;
        let skeleton = skeleton.as_ref().map_err(|it| bug(it.clone()))?;
        // No value changes which fields a view has: tests and debug builds see to it.
        if cfg!(debug_assertions)
            && let Some(field) = skeleton.unplaced(&value(name, &view)?)
        {
            return Err(bug(format!("no slot places the field `{field}`")));
        }
        Ok(skeleton.fill(view))
    }

    /// Fills the template that the user has put in the place of a built-in one, and takes what that takes out of a budget.
    pub fn fill_user(
        &self,
        name: &str,
        view: &Value,
        budget: &mut Budget,
        sources: &SourceMap,
    ) -> Option<Result<user::Filled, Diagnostic>> {
        let (name, file) = self.files.get_key_value(name)?;
        Some(self.engine.fill(name, view, budget).map_err(|it| failure(&it, *file, sources)))
    }
}

/// A view or a filled template as a value, for who has to look into it.
pub fn value(name: &str, view: &impl Serialize) -> Result<Value, Bug> {
    serde_json::to_value(view).map_err(|it| Bug { template: name.to_owned(), message: it.to_string() })
}

/// The first line of a file: where findings about the whole of it stand.
fn whole(file: FileId, sources: &SourceMap) -> Span {
    line(file, 1, sources)
}

/// What a line of a file says.
pub fn line(file: FileId, line: u32, sources: &SourceMap) -> Span {
    let source = sources.file(file);
    let range = source.line_span(line).unwrap_or_default();
    let text = &source.text[range.clone()];
    let offset = |it: usize| u32::try_from(it).expect("a text has less than 4 GiB");
    let indent = text.len() - text.trim_start().len();
    Span::new(file, offset(range.start + indent), offset(range.start + text.trim_end().len().max(indent)))
}

fn failure(failure: &user::Failure, file: FileId, sources: &SourceMap) -> Diagnostic {
    let span = line(file, failure.line.unwrap_or(1), sources);
    Diagnostic::new(Code::TemplateFails, span, failure.message.clone())
}

fn unknown(name: &str, span: Span) -> Diagnostic {
    let message = format!("there is no built-in template `{name}` that this could replace");
    let diagnostic = Diagnostic::new(Code::TemplateUnknown, span, message);
    if let Some(meant) = suggest::closest(name, BUILT_IN.iter().map(|(it, _)| *it)) {
        return diagnostic.help(format!("call it `{FOLDER}{meant}`"));
    }
    let names: Vec<String> = BUILT_IN.iter().map(|(it, _)| format!("`{it}`")).collect();
    diagnostic.help(format!("the built-in templates are {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_template_parses_for_both_engines() {
        let mut engine = Engine::default();
        for (name, text) in BUILT_IN {
            if let Err(message) = &SKELETONS[name] {
                panic!("{name}: {message}");
            }
            engine.add(name, text).unwrap_or_else(|it| panic!("{name}: {it:?}"));
        }
    }

    #[test]
    fn what_replaces_nothing_is_named() {
        let mut sources = SourceMap::default();
        let mut sink = Diagnostics::default();
        let file = sources.add("templates/kubernetes/pod/nothing.yaml.j2", "a: 1\n");
        Templates::default().add(file, &sources, &mut sink);
        let messages: Vec<&str> = sink.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(messages, ["there is no built-in template `pod/nothing.yaml.j2` that this could replace"]);
    }
}
