//! The `csp` declaration: where a page may load from and send to.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Context;
use crate::language::headers::Frame;
use crate::language::headers::source::Source;
use crate::language::item::Item;
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::InProject;
use crate::language::reach;
use crate::language::waive::{Safeguard, Waivers};
use crate::source::{Span, Spanned};

/// The table.
pub static KIND: Kind = Kind::new(
    "csp",
    Class::Single,
    "Where a page may load from and send to (Content-Security-Policy). What has no line of its own is as `default` says. \
     Plugins are refused, and forms and base addresses lead to the page's own origin at most, unless a line says otherwise.",
)
.children(DIRECTIVES)
.requires(&["default"]);

macro_rules! directives {
    ($($variant:ident $table:ident $word:literal $header:literal $doc:literal)+) => {
        /// What a line of a policy is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Directive {
            $(#[doc = $doc] $variant,)+
        }

        impl Directive {
            /// All of them, in the order of the header.
            const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word in the tree.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The word in the header.
            pub fn in_header(self) -> &'static str {
                match self {
                    $(Self::$variant => $header,)+
                }
            }
        }

        $(
            static $table: Kind = Kind::new($word, Class::List, $doc)
                .rest(Field::optional::<Source>("source", "A source."))
                .children(&[&ORIGIN])
                .most(64);
        )+

        static DIRECTIVES: &[&Kind] = &[$(&$table,)+];
    };
}

directives! {
    Default DEFAULT "default" "default-src" "Everything that has no line of its own."
    Script SCRIPT "script" "script-src" "Where scripts come from."
    Style STYLE "style" "style-src" "Where styles come from."
    Img IMG "img" "img-src" "Where images come from."
    Font FONT "font" "font-src" "Where fonts come from."
    Connect CONNECT "connect" "connect-src" "Where scripts may send to and read from."
    Media MEDIA "media" "media-src" "Where sound and film come from."
    Object OBJECT "object" "object-src" "Where plugins come from; nowhere unless this is written."
    Frame FRAME "frame" "frame-src" "What may be shown in frames of the page."
    Worker WORKER "worker" "worker-src" "Where workers come from."
    Manifest MANIFEST "manifest" "manifest-src" "Where the manifest of an app comes from."
    FormAction FORM_ACTION "form-action" "form-action" "Where forms may be sent to; the page's own origin unless this is written."
    BaseUri BASE_URI "base-uri" "base-uri" "What relative addresses may be relative to; the page's own origin unless this is written."
    FrameAncestors FRAME_ANCESTORS "frame-ancestors" "frame-ancestors" "Whose pages may show this one in a frame, where `frame` cannot say it."
}

static ORIGIN: Kind =
    Kind::new("origin", Class::Edge, "An address of our own: every public host of a service is a source.")
        .properties(&[Field::reference("service", "The service.").must().identity()]);

/// A policy as meant: every line, those included that hold without being written.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Csp {
    /// The sources of each line.
    pub directives: BTreeMap<Directive, Sources>,
    /// Where `frame-ancestors` is written.
    #[serde(skip)]
    pub written_ancestors: Option<Span>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// Where something may come from or go to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sources {
    /// Words and origins, and where each is written, or the policy where it is not.
    #[serde(serialize_with = "crate::language::value::json::without_places")]
    #[schemars(with = "BTreeSet<Source>")]
    pub sources: BTreeMap<Source, Span>,
    /// Services of our own, with all their public hosts, and where each is named.
    #[serde(serialize_with = "crate::language::value::json::without_places")]
    #[schemars(with = "BTreeSet<InProject>")]
    pub services: BTreeMap<InProject, Span>,
}

/// Reads a policy. `frame` is who may show the page in a frame where no line says it.
pub fn resolve<'a>(
    item: &Item<'a>,
    frame: Frame,
    waivers: &Waivers<'_>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Csp {
    let mut directives = BTreeMap::new();
    for directive in Directive::ALL {
        if let Some(line) = item.child(directive.word()) {
            directives.insert(*directive, resolve_line(line, *directive, waivers, context, sink));
        }
    }
    let only =
        |source: Source| Sources { sources: BTreeMap::from([(source, item.span())]), ..Sources::default() };
    let default: Option<&Sources> = directives.get(&Directive::Default);
    let is_closed = default.is_some_and(|it| it.services.is_empty() && it.sources.keys().eq([&Source::None]));
    let own = || only(if is_closed { Source::None } else { Source::Own });
    let ancestors = match frame {
        Frame::None => Source::None,
        Frame::SameOrigin => Source::Own,
    };
    // `default-src` says nothing about the last three.
    directives.entry(Directive::Object).or_insert_with(|| only(Source::None));
    directives.entry(Directive::FormAction).or_insert_with(own);
    directives.entry(Directive::BaseUri).or_insert_with(own);
    directives.entry(Directive::FrameAncestors).or_insert_with(|| only(ancestors));
    let written_ancestors = item.child(FRAME_ANCESTORS.word).map(Item::span);
    Csp { directives, written_ancestors, span: item.span() }
}

fn resolve_line<'a>(
    item: &Item<'a>,
    directive: Directive,
    waivers: &Waivers<'_>,
    context: &Context<'_, 'a>,
    sink: &mut Diagnostics,
) -> Sources {
    let written = item.rest::<Source>(sink);
    let services = item.children(ORIGIN.word).filter_map(|it| {
        let written = it.reference("service", sink)?;
        let id = reach::in_project(context.scope.find("service", written, sink)?)?;
        Some((id, it.span()))
    });
    let services: BTreeMap<InProject, Span> = services.collect();
    if item.entries(0).next().is_none() && item.children.is_empty() {
        let message = format!("`{}` names no source", item.kind.word);
        sink.report(
            Diagnostic::new(Code::MissingField, item.span(), message)
                .help("write `\"none\"`, `\"self\"`, an origin, or `origin service=\"…\"` in its block"),
        );
    }
    let none = written.iter().find(|it| it.value == Source::None);
    if let Some(none) = none.filter(|_| written.len() > 1 || !services.is_empty()) {
        let message = format!("`{}` says `none` and names sources", item.kind.word);
        sink.report(
            Diagnostic::new(Code::CspContradiction, none.span, message)
                .help("browsers ignore `none` beside anything else: leave it out, or everything else")
                .replace(item.node().removal(none.span), ""),
        );
    }
    for source in &written {
        if let Some(risk) = risk(directive, &source.value) {
            report_unsafe(directive, source, risk, waivers, sink);
        }
    }
    Sources { sources: written.into_iter().map(|it| (it.value, it.span)).collect(), services }
}

fn report_unsafe(
    directive: Directive,
    source: &Spanned<Source>,
    risk: &str,
    waivers: &Waivers<'_>,
    sink: &mut Diagnostics,
) {
    let message = format!("`{}` in `{}`: {risk}", source.value, directive.word());
    let help = match source.value {
        Source::UnsafeInline => {
            "name each script or style by its digest, `\"sha256-…\"`, or give it a file of its own"
        }
        Source::Any => "name each origin",
        _ => "leave it out",
    };
    waivers.report(
        Safeguard::StrictCsp,
        Diagnostic::new(Code::CspUnsafe, source.span, message).help(help),
        sink,
    );
}

/// What a source lets somebody do who got a text of their own into the page; `None` where it lets them do nothing.
fn risk(directive: Directive, source: &Source) -> Option<&'static str> {
    let runs = matches!(directive, Directive::Default | Directive::Script | Directive::Object);
    match source {
        Source::UnsafeInline if directive == Directive::Style => {
            Some("whoever gets a text into the page can dress it up as another")
        }
        Source::UnsafeInline => Some("whoever gets a text into the page runs a script in it"),
        Source::UnsafeEval => Some("whatever text reaches a script may run as one"),
        Source::Any => Some("everywhere is no policy"),
        Source::Data | Source::Blob if runs => {
            Some("whoever gets an address into the page runs a script in it")
        }
        Source::Data if directive == Directive::Frame => {
            Some("whoever gets an address into the page shows one of their own")
        }
        Source::None
        | Source::Own
        | Source::Data
        | Source::Blob
        | Source::Origin(_)
        | Source::Socket(_)
        | Source::Hash(_) => None,
    }
}
