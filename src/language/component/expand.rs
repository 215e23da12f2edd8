//! What comes of the uses of a platform.
//!
//! Components do not use each other in a circle, which is seen to before. They still may grow without sense: ten uses of
//! what has ten uses, a few times over. So all uses together are bounded by their number and by what comes of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::component::arena::Arena;
use crate::language::component::body::{Part, Site};
use crate::language::component::parameter::{Parameter, View};
use crate::language::component::usage::{self, Argument};
use crate::language::component::{Component, Components};
use crate::language::item::Item;
use crate::language::name::{self, InProject, Name};
use crate::language::project;
use crate::language::reference::{Key, Scope};
use crate::language::service;
use crate::language::value::refusal::quote;
use crate::language::waive::{self, Waivers};
use crate::source::{Blank, Expansion, FileId, Given, SourceMap, Span};
use crate::syntax::Document;
use crate::syntax::filling::Filling;

/// How deep components may use each other.
const DEEPEST: usize = 8;
/// How many uses a platform has, those inside of components included.
const MOST_USES: usize = 10_000;
/// How many declarations come of them, at any depth.
const MOST_NODES: usize = 100_000;
/// How many bytes of text come of them.
const MOST_BYTES: usize = 8 << 20;

/// What has come of the uses of a platform.
#[derive(Debug, Default)]
pub struct Uses<'e> {
    /// By the project and the name of the use.
    services: BTreeMap<(&'e str, &'e str), Vec<&'e str>>,
    /// The waivers that are written on uses, by what has come of them.
    waivers: BTreeMap<FileId, Vec<Item<'e>>>,
    /// Whether some were left out, which has been reported.
    pub is_cut: bool,
}

/// Where filled documents live.
pub type Documents = Arena;

/// Puts what comes of each use beside it.
pub fn expand<'e>(
    items: &mut [Item<'e>],
    components: &Components<'e>,
    documents: &'e Documents,
    map: &mut SourceMap,
    sink: &mut Diagnostics,
) -> Uses<'e> {
    let mut expander = Expander {
        components,
        documents,
        map,
        used: BTreeSet::new(),
        count: 0,
        nodes: 0,
        bytes: 0,
        uses: Uses::default(),
    };
    for project in items.iter_mut().filter(|it| it.kind.word == project::KIND.word) {
        let name = project.name().map_or("", |it| it.value);
        let mut made = Vec::new();
        for item in project.children.iter().filter(|it| it.kind.word == usage::KIND.word) {
            expander.expand(item, name, 1, &mut made, sink);
        }
        project.children.append(&mut made);
    }
    let Expander { used, uses, .. } = expander;
    components.report_unused(&used, sink);
    uses
}

struct Expander<'x, 'e> {
    components: &'x Components<'e>,
    documents: &'e Documents,
    map: &'x mut SourceMap,
    used: BTreeSet<&'e str>,
    count: usize,
    nodes: usize,
    bytes: usize,
    uses: Uses<'e>,
}

/// Where an expansion is asked for.
struct Asked<'e> {
    /// The project.
    project: &'e str,
    /// The use.
    span: Span,
    /// Its name; `None` where that was refused, which has been reported.
    name: Option<Span>,
    /// The name that it goes by.
    label: String,
}

impl<'x, 'e> Expander<'x, 'e> {
    /// Adds what comes of one use of a project.
    fn expand(
        &mut self,
        item: &Item<'e>,
        project: &'e str,
        depth: usize,
        made: &mut Vec<Item<'e>>,
        sink: &mut Diagnostics,
    ) {
        let Some(component) = self.component_of(item, sink) else { return };
        let Some(name) = item.name() else { return };
        // The second of a name has been reported, or will be.
        if self.uses.is_cut || self.uses.services.contains_key(&(project, name.value)) {
            return;
        }
        item.own_name(sink);
        let arguments = usage::arguments(item, component, sink);
        // What was refused is reported; what is made of it is not wrong as well.
        let is_refused = !Name::is(name.value);
        let label = if is_refused { name::label_of(name.value) } else { name.value.to_owned() };
        let asked =
            Asked { project, span: item.span(), name: (!is_refused).then(|| item.name_span()), label };
        if let Err(message) = self.afford(component, &asked.label, &arguments, depth) {
            let diagnostic = Diagnostic::new(Code::ComponentTooLarge, item.span(), message);
            sink.report(diagnostic.help("what is left out is not checked; say it with fewer"));
            self.uses.is_cut = true;
            return;
        }
        let document = self.document(&asked, component, &arguments, sink);
        let inner = component.items.iter().zip(document.into_iter().cycle());
        let inner = inner.map(|(it, document)| it.within(document));
        // What comes of a use stands where the use stands.
        let is_over = item.is_of_environment();
        let inner = inner.map(|it| if is_over { it.laid_over() } else { it });
        let mut inner: Vec<Item<'e>> = inner.collect();
        // What would lead in a circle has been reported. Nothing comes of it, and its name takes nobody's.
        inner.retain(|it| it.kind.word != usage::KIND.word || !self.is_in_circle(it));
        let services = inner.iter().filter(|it| it.kind.word == service::KIND.word);
        let services = services.filter_map(Item::name).map(|it| it.value).collect();
        self.uses.services.insert((project, name.value), services);
        let waivers: Vec<Item<'e>> = item.children(waive::KIND.word).cloned().collect();
        self.uses.waivers.extend(document.map(|it| (it.file(), waivers)));
        let mut nested = Vec::new();
        for item in inner.iter().filter(|it| it.kind.word == usage::KIND.word) {
            self.expand(item, project, depth + 1, &mut nested, sink);
        }
        made.append(&mut inner);
        made.append(&mut nested);
    }

    /// The component of a use; `None` where there is none, or where it would lead in a circle.
    fn component_of(&mut self, item: &Item<'e>, sink: &mut Diagnostics) -> Option<&'x Component<'e>> {
        let written = usage::component_of(item, sink)?;
        // One that depends on a parameter has been refused.
        if item.entry("component").is_some_and(|it| it.filling().is_some()) {
            return None;
        }
        // What a body names has been looked up where it was read.
        let is_nested = item.span().file.is_expansion();
        let component = self.components.find(written, (!is_nested).then_some(sink))?;
        self.used.insert(component.name.value);
        (!self.is_in_circle(item)).then_some(component)
    }

    fn is_in_circle(&self, item: &Item<'e>) -> bool {
        self.components.circles.contains(&self.map.written(item.span()))
    }

    /// Counts what a use costs, before anything is made of it. Refuses one that is too much.
    fn afford(
        &mut self,
        component: &Component<'e>,
        label: &str,
        arguments: &[Argument],
        depth: usize,
    ) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("components use each other more than {DEEPEST} deep"));
        }
        self.count += 1;
        self.nodes += component.nodes;
        self.bytes += (component.span.end - component.span.start) as usize;
        self.bytes += component.sites.iter().map(|it| length(it, label, arguments)).sum::<usize>();
        if self.count > MOST_USES || self.nodes > MOST_NODES || self.bytes > MOST_BYTES {
            return Err(format!(
                "the uses of this platform are more than {MOST_USES}, or have more than {MOST_NODES} declarations or {} \
                 MiB of text",
                MOST_BYTES >> 20
            ));
        }
        Ok(())
    }

    /// The document of a component with its blanks filled in; `None` for one without a body.
    fn document(
        &mut self,
        asked: &Asked<'_>,
        component: &Component<'e>,
        arguments: &[Argument],
        sink: &mut Diagnostics,
    ) -> Option<&'e Document> {
        let first = component.items.first()?;
        let sites = &component.sites;
        let blanks = sites.iter().map(|it| blank(it, asked.name, &component.parameters, arguments));
        let file = self.map.expand(Expansion {
            body: component.span,
            asked: asked.span,
            names: [asked.label.as_str().into(), asked.project.into()],
            blanks: blanks.collect(),
        });
        let fillings =
            sites.iter().map(|it| (it.span.start, fill(it, &asked.label, component, arguments, sink)));
        let filled = first.node().document().filled(file, fillings.collect());
        let (document, end) = self.documents.push(filled);
        self.documents = end;
        Some(document)
    }
}

/// How long what stands in the place of a value is at most.
fn length(site: &Site<'_>, name: &str, arguments: &[Argument]) -> usize {
    let lengths = site.parts.iter().map(|part| match part {
        Part::Text(text) => text.len(),
        Part::Name => name.len(),
        // Other forms are numbers.
        Part::Parameter(index, _) => arguments[*index].value.text.len().max(MOST_DIGITS),
        Part::Nothing => NOTHING.len(),
    });
    lengths.sum()
}

/// How many digits a number has at most.
const MOST_DIGITS: usize = 20;

/// What is filled in where nothing is known.
const NOTHING: &str = "none";

/// What stands in the place of a value.
fn fill(
    site: &Site<'_>,
    name: &str,
    component: &Component<'_>,
    arguments: &[Argument],
    sink: &mut Diagnostics,
) -> Filling {
    if let [Part::Parameter(index, View::Given)] = site.parts.as_slice() {
        let value = &arguments[*index].value;
        return Filling { text: value.text.clone(), worth: value.worth };
    }
    let mut text = String::new();
    for part in &site.parts {
        match part {
            Part::Text(piece) => text.push_str(piece),
            Part::Nothing => text.push_str(NOTHING),
            Part::Name => text.push_str(name),
            Part::Parameter(index, view) => {
                let argument = &arguments[*index];
                match argument.value.seen(*view) {
                    Some(seen) => text.push_str(&seen),
                    None => {
                        let span = argument.span.unwrap_or(site.span);
                        sink.report(without_form(&component.parameters[*index], argument, span, site.span));
                    }
                }
            }
        }
    }
    Filling { text, worth: None }
}

fn without_form(parameter: &Parameter<'_>, argument: &Argument, span: Span, site: Span) -> Diagnostic {
    let message = format!("{} is not a whole number of seconds", quote(&argument.value.text));
    Diagnostic::new(Code::ParameterOutside, span, message)
        .related(site, "needed here")
        .help(format!("{} is counted in seconds", quote(parameter.name.value)))
}

/// Where what stands in the place of a value comes from.
fn blank(site: &Site<'_>, name: Option<Span>, parameters: &[Parameter<'_>], arguments: &[Argument]) -> Blank {
    let given = site.parts.iter().filter_map(|part| match part {
        Part::Text(_) => None,
        Part::Nothing => Some(Given { name: "".into(), span: None, is_default: false }),
        Part::Name => Some(Given { name: "name".into(), span: name, is_default: false }),
        Part::Parameter(index, _) => {
            let Argument { value: _, span, is_default } = arguments[*index];
            Some(Given { name: parameters[*index].name.value.into(), span, is_default })
        }
    });
    Blank {
        start: site.span.start,
        end: site.span.end,
        is_whole: matches!(site.parts.as_slice(), [Part::Parameter(_, View::Given)]),
        given: given.collect(),
    }
}

/// The waivers that reach into the uses of a project.
#[derive(Debug, Default)]
pub struct UseWaivers {
    by_use: BTreeMap<FileId, Waivers<'static>>,
    none: Waivers<'static>,
}

impl<'e> Uses<'e> {
    /// Reads the waivers that are written on the uses among these declarations.
    pub fn waivers(&self, items: &[Item<'e>], scope: Scope<'_, 'e>, sink: &mut Diagnostics) -> UseWaivers {
        let files: BTreeSet<FileId> =
            items.iter().map(|it| it.span().file).filter(|it| it.is_expansion()).collect();
        let written = files.into_iter().filter_map(|file| Some((file, self.waivers.get(&file)?)));
        let by_use = written.map(|(file, items)| (file, Waivers::of(items, None, scope, sink)));
        UseWaivers { by_use: by_use.collect(), none: Waivers::default() }
    }

    /// The one service of a use. That there is none or that there are several is reported.
    pub fn service(&self, key: Key<'e>, span: Span, sink: &mut Diagnostics) -> Option<InProject> {
        let project = key.project?;
        // A use with a mistake in it, which has been reported.
        let services = self.services.get(&(project, key.name))?;
        if let [name] = services.as_slice() {
            return Some(InProject { project: Name::trusted(project), name: Name::trusted(name) });
        }
        let message = match services.len() {
            0 => format!("use {} has no service that could be reached", quote(key.name)),
            many => format!("use {} has {many} services", quote(key.name)),
        };
        let diagnostic = Diagnostic::new(Code::UseWithoutService, span, message);
        let known: Vec<String> =
            services.iter().take(MOST_NAMED).map(|it| format!("`service=\"{it}\"`")).collect();
        sink.report(match known.as_slice() {
            [] => diagnostic.help("its component declares none"),
            known => diagnostic.help(format!("say which: {}", known.join(" or "))),
        });
        None
    }
}

/// How many services a help names.
const MOST_NAMED: usize = 6;

impl UseWaivers {
    /// The waivers that reach a declaration: those on its use, or those around it.
    pub fn around<'w>(&'w self, item: &Item<'_>, outside: &'w Waivers<'w>) -> &'w Waivers<'w> {
        let file = item.span().file;
        if file.is_expansion() { self.by_use.get(&file).unwrap_or(&self.none) } else { outside }
    }

    /// All of them.
    pub fn all<'w>(&'w self) -> impl Iterator<Item = &'w Waivers<'w>> {
        self.by_use.values().map(|it| -> &'w Waivers<'w> { it })
    }
}
