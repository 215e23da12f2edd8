//! The `parameter` declaration: what a use of a component gives, typed and bounded.

use regex::Regex;

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::input::pattern::Pattern;
use crate::language::item::{self, Item};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::value::image::Image;
use crate::language::value::network::{Host, Port};
use crate::language::value::quantity::{Bytes, Cpu, Range};
use crate::language::value::refusal::quote;
use crate::language::value::text::{HttpsUrl, MountPath};
use crate::language::value::time::{CronLine, Duration, Zone};
use crate::language::value::{Form, Invalid, Parse};
use crate::language::word::words;
use crate::source::{Span, Spanned};
use crate::syntax::filling::Worth;
use crate::syntax::{Entry, Value};
use crate::tree::path::TreePath;

/// The table.
pub static KIND: Kind = Kind::new(
    "parameter",
    Class::Named,
    "What a use of the component gives, in a line that starts with its name. Without a default it must be given.",
)
.arguments(&[
    Field::required::<Name>("name", "What it is called; `name` and `waive` are taken."),
    Field::required::<Type>("type", "What it is."),
])
.properties(&[
    Field::optional::<Anything>("default", "What holds where a use does not give it."),
    Field::optional::<Anything>("at-least", "The least that it may be; of what has an order."),
    Field::optional::<Anything>("up-to", "The most that it may be; of what has an order."),
    Field::optional::<Range<u32>>("length", "How many characters it may have; of texts."),
    Field::optional::<Pattern>("pattern", "What it looks like as a whole; of texts."),
])
.children(&[&ONE_OF])
.most(64);

static ONE_OF: Kind = Kind::new("one-of", Class::List, "The only values that it may have.")
    .rest(Field::required::<Anything>("value", "One of them."))
    .most(64);

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// A truth value.
    Bool,
    /// Memory or disk.
    Size,
    /// Processor time.
    Cpu,
    /// A span of time.
    Duration,
    /// A port.
    Port,
    /// A name as declarations have.
    Name,
    /// An image.
    Image,
    /// A host.
    Host,
    /// A web address.
    Url,
    /// A file of the tree.
    File,
    /// A path in a container.
    Path,
    /// A cron line.
    Schedule,
    /// A time zone.
    Zone,
    /// The name of a secret.
    Secret,
    /// The name of a service.
    Service,
    /// The name of a place outside.
    External,
}

words! {
    Type: "type of a parameter",
    Text = "text",
    Number = "number",
    Bool = "bool",
    Size = "size",
    Cpu = "cpu",
    Duration = "duration",
    Port = "port",
    Name = "name",
    Image = "image",
    Host = "host",
    Url = "url",
    File = "file",
    Path = "path",
    Schedule = "schedule",
    Zone = "zone",
    Secret = "secret",
    Service = "service",
    External = "external",
}

/// A value of a parameter, whatever its type.
#[derive(Debug)]
pub struct Anything;

impl Parse for Anything {
    const FORM: Form = Form {
        name: "value of a parameter",
        expects: "as the type of the parameter is written",
        example: "\"128Mi\"",
    };

    fn parse(_: Value<'_>) -> Result<Self, Invalid> {
        Ok(Self)
    }
}

/// A parameter as declared.
#[derive(Debug)]
pub struct Parameter<'a> {
    /// What it is called.
    pub name: Spanned<&'a str>,
    /// What it is; `None` where it was refused, which has been reported.
    pub kind: Option<Type>,
    /// What holds where it is not given.
    pub default: Option<Spanned<Accepted>>,
    /// Whether one is written, right or wrong.
    pub is_optional: bool,
    least: Option<Accepted>,
    most: Option<Accepted>,
    one_of: Vec<Accepted>,
    length: Option<Range<u32>>,
    pattern: Option<(Pattern, Regex)>,
    /// Where it is declared.
    pub span: Span,
}

/// A value that has the type of its parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// It as a text.
    pub text: String,
    /// What it is worth where that is no text.
    pub worth: Option<Worth>,
    /// How much it is, of what has an order.
    pub measure: Option<u64>,
}

/// In which form a value is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As it was given.
    Given,
    /// A size in bytes.
    Bytes,
    /// A duration in whole seconds.
    Seconds,
    /// A duration in milliseconds.
    Milliseconds,
    /// Processor time in thousandths of a core.
    Millicores,
}

/// Names that mean something else in a use or a body.
const RESERVED: [&str; 2] = ["name", "waive"];

/// A longer text belongs into a file.
const LONGEST: usize = 4096;

/// Reads the parameters of a component.
pub fn declare<'a>(component: &Item<'a>, sink: &mut Diagnostics) -> Vec<Parameter<'a>> {
    let mut parameters: Vec<Parameter<'a>> = Vec::new();
    for item in component.children(KIND.word) {
        let Some(parameter) = declare_one(item, sink) else { continue };
        // The second of a name has been reported.
        if parameters.iter().all(|it| it.name.value != parameter.name.value) {
            parameters.push(parameter);
        }
    }
    parameters
}

fn declare_one<'a>(item: &Item<'a>, sink: &mut Diagnostics) -> Option<Parameter<'a>> {
    item.own_name(sink);
    let mut kind = item.argument::<Type>(1, sink).map(|it| it.value);
    let name = item.name()?;
    if RESERVED.contains(&name.value) {
        let message = format!("a parameter cannot be called `{}`", name.value);
        let help = match name.value {
            "name" => "`{name}` is the name of the use: choose another",
            _ => "the word has a meaning of its own in a use: choose another",
        };
        sink.report(Diagnostic::new(Code::ParameterImpossible, name.span, message).help(help));
        kind = None;
    }
    let mut parameter = Parameter {
        name,
        kind,
        default: None,
        is_optional: item.entry("default").is_some(),
        least: None,
        most: None,
        one_of: Vec::new(),
        length: item.property::<Range<u32>>("length", sink).map(|it| it.value),
        // Compiled once, however many uses there are.
        pattern: item.property::<Pattern>("pattern", sink).and_then(|it| {
            let compiled = Regex::new(&it.value.anchored()).ok()?;
            Some((it.value, compiled))
        }),
        span: item.span(),
    };
    let Some(kind) = kind else { return Some(parameter) };
    for word in ["length", "pattern"] {
        if let Some(entry) = item.entry(word).filter(|_| kind != Type::Text) {
            sink.report(without_sense(item, entry, kind, word));
            (parameter.length, parameter.pattern) = (None, None);
        }
    }
    parameter.least = read_bound(item, "at-least", kind, sink);
    parameter.most = read_bound(item, "up-to", kind, sink);
    if let (Some(least), Some(most), Some(entry)) = (&parameter.least, &parameter.most, item.entry("up-to"))
        && least.measure > most.measure
    {
        let message = format!("{} is less than {}", quote(&most.text), quote(&least.text));
        let at = item.entry("at-least").map_or(item.span(), Entry::value_span);
        sink.report(
            Diagnostic::new(Code::ParameterImpossible, entry.value_span(), message)
                .related(at, "the least that it may be")
                .help("no value could be between them: turn them round"),
        );
        parameter.least = None;
        parameter.most = None;
    }
    let allowed = item.children(ONE_OF.word).flat_map(|it| it.entries(0));
    let allowed: Vec<Accepted> = allowed.filter_map(|it| read_inside(it, &parameter, sink)).collect();
    parameter.one_of = allowed;
    let default = item.entry("default");
    let default =
        default.and_then(|it| Some(Spanned::new(read_inside(it, &parameter, sink)?, it.value_span())));
    parameter.default = default;
    Some(parameter)
}

/// Reads a bound of a parameter.
fn read_bound(item: &Item<'_>, word: &'static str, kind: Type, sink: &mut Diagnostics) -> Option<Accepted> {
    let entry = item.entry(word)?;
    if !kind.has_order() {
        sink.report(without_sense(item, entry, kind, word));
        return None;
    }
    read(entry, kind, sink)
}

/// Reads a value of the type of a parameter.
fn read(entry: Entry<'_>, kind: Type, sink: &mut Diagnostics) -> Option<Accepted> {
    match kind.read(entry.value()) {
        Ok(accepted) => Some(accepted),
        Err(invalid) => {
            sink.report(item::refused(invalid, entry.value_span()));
            None
        }
    }
}

/// Reads a value that a parameter itself names, which has to be one that it may have.
fn read_inside(entry: Entry<'_>, parameter: &Parameter<'_>, sink: &mut Diagnostics) -> Option<Accepted> {
    let accepted = read(entry, parameter.kind?, sink)?;
    match parameter.check(&accepted) {
        Ok(()) => Some(accepted),
        Err(outside) => {
            sink.report(outside.diagnostic(Code::ParameterImpossible, entry.value_span()));
            None
        }
    }
}

fn without_sense(item: &Item<'_>, entry: Entry<'_>, kind: Type, word: &str) -> Diagnostic {
    let what = match word {
        "length" => "only a `text` has a length",
        "pattern" => "only a `text` has a pattern",
        _ => "it has no order",
    };
    let message = format!("`{word}` means nothing for a `{}`: {what}", kind.word());
    Diagnostic::new(Code::ParameterImpossible, entry.span(), message)
        .replace(item.node().removal(entry.span()), "")
}

/// Why a value is outside of what a parameter may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// What is wrong.
    pub message: String,
    /// What to type.
    pub help: String,
    /// The same as it stands in a file, where that is certain.
    pub replacement: Option<String>,
}

impl Outside {
    /// The same as a finding.
    pub fn diagnostic(self, code: Code, span: Span) -> Diagnostic {
        let Self { message, help, replacement } = self;
        let diagnostic = Diagnostic::new(code, span, message).help(help);
        match replacement {
            Some(text) => diagnostic.replace(span, text),
            None => diagnostic,
        }
    }
}

impl Parameter<'_> {
    /// Whether a value is one that the parameter may have.
    pub fn check(&self, value: &Accepted) -> Result<(), Outside> {
        let name = self.name.value;
        let shown = quote(&value.text);
        let refused = |message: String, help: String| Err(Outside { message, help, replacement: None });
        if let Some(least) = self.least.as_ref().filter(|it| value.measure < it.measure) {
            let message = format!("{shown} is less than the least that {} may be", quote(name));
            return refused(message, format!("write at least {}", quote(&least.text)));
        }
        if let Some(most) = self.most.as_ref().filter(|it| value.measure > it.measure) {
            let message = format!("{shown} is more than the most that {} may be", quote(name));
            return refused(message, format!("write at most {}", quote(&most.text)));
        }
        if let Some(Range { from, to }) = self.length {
            let length = value.text.chars().count();
            if !(from as usize..=to as usize).contains(&length) {
                let message = format!("{shown} has {length} characters");
                return refused(message, format!("{} has {from} to {to} characters", quote(name)));
            }
        }
        if let Some((pattern, _)) = self.pattern.as_ref().filter(|(_, it)| !it.is_match(&value.text)) {
            let message = format!("{shown} does not look as {} has to", quote(name));
            return refused(message, format!("write a text that is as a whole {}", quote(pattern.as_str())));
        }
        let is_same = |it: &Accepted| match (it.measure, value.measure) {
            (Some(one), Some(other)) => one == other,
            _ => it.text == value.text,
        };
        if !self.one_of.is_empty() && !self.one_of.iter().any(is_same) {
            let message = format!("{shown} is not one of the values that {} may have", quote(name));
            let known = self.one_of.iter().map(|it| it.text.as_str());
            return Err(
                match suggest::closest(&value.text, known.clone()).filter(|_| value.worth.is_none()) {
                    Some(meant) => Outside {
                        message,
                        help: format!("did you mean {}?", quote(meant)),
                        replacement: (!meant.contains(['"', '\\'])).then(|| format!("\"{meant}\"")),
                    },
                    None => {
                        let known: Vec<String> = known.map(quote).collect();
                        let help = format!("write one of {}", known.join(", "));
                        Outside { message, help, replacement: None }
                    }
                },
            );
        }
        Ok(())
    }

    /// The forms in which it can be filled in, by the word behind the dot.
    pub fn views(&self) -> &'static [(&'static str, View)] {
        match self.kind {
            Some(Type::Size) => &[("bytes", View::Bytes)],
            Some(Type::Duration) => &[("seconds", View::Seconds), ("milliseconds", View::Milliseconds)],
            Some(Type::Cpu) => &[("millicores", View::Millicores)],
            _ => &[],
        }
    }
}

impl Type {
    /// The kind that it refers to, where it is the name of a declaration.
    pub fn reference(self) -> Option<&'static str> {
        match self {
            Self::Secret => Some("secret"),
            Self::Service => Some("service"),
            Self::External => Some("external"),
            _ => None,
        }
    }

    fn has_order(self) -> bool {
        matches!(self, Self::Number | Self::Size | Self::Cpu | Self::Duration | Self::Port)
    }

    /// A value to go on with where the one that was needed is missing or was refused.
    pub fn stand_in(self) -> Accepted {
        let text = |text: &str| self.read(Value::String(text));
        match self {
            Self::Number => self.read(Value::Integer(1)),
            Self::Bool => self.read(Value::Bool(true)),
            Self::Port => self.read(Value::Integer(8080)),
            Self::Size => text("64Mi"),
            Self::Cpu => text("100m"),
            Self::Duration => text("1m"),
            Self::Image => text(&format!("registry.invalid/none@sha256:{}", "0".repeat(64))),
            Self::Url => text("https://registry.invalid"),
            Self::Host => text("registry.invalid"),
            Self::Path => text("/none"),
            Self::Schedule => text("0 3 * * *"),
            Self::Zone => text("Etc/UTC"),
            Self::Text | Self::Name | Self::File | Self::Secret | Self::Service | Self::External => {
                text("none")
            }
        }
        .expect("each is of its type")
    }

    /// Reads a value of the type.
    pub fn read(self, value: Value<'_>) -> Result<Accepted, Invalid> {
        let measure = match self {
            Self::Text => {
                Some(String::parse(value)?).filter(|it| it.len() > LONGEST).map_or(Ok(None), |it| {
                    let message = format!("{} has {} bytes", quote(&it), it.len());
                    Err(Invalid::new(message)
                        .help(format!("a text has at most {LONGEST}: put it into a file")))
                })?
            }
            Self::Number => Some(u64::parse(value)?),
            Self::Bool => bool::parse(value).map(|_| None)?,
            Self::Size => Some(Bytes::parse(value)?.bytes()),
            Self::Cpu => Some(Cpu::parse(value)?.millicores()),
            Self::Duration => Some(Duration::parse(value)?.millis()),
            Self::Port => Some(u64::from(Port::parse(value)?.number())),
            Self::Name => Name::parse(value).map(|_| None)?,
            Self::Image => Image::parse(value).map(|_| None)?,
            Self::Host => Host::parse(value).map(|_| None)?,
            Self::Url => HttpsUrl::parse(value).map(|_| None)?,
            Self::File => <TreePath as Parse>::parse(value).map(|_| None)?,
            Self::Path => MountPath::parse(value).map(|_| None)?,
            Self::Schedule => CronLine::parse(value).map(|_| None)?,
            Self::Zone => Zone::parse(value).map(|_| None)?,
            // What is no name of a declaration is reported where it is looked up.
            Self::Secret | Self::Service | Self::External => String::parse(value).map(|_| None)?,
        };
        let (text, worth) = match value {
            Value::String(text) => (text.to_owned(), None),
            Value::Integer(number) => (number.to_string(), Some(Worth::Integer(number))),
            Value::Bool(truth) => (truth.to_string(), Some(Worth::Bool(truth))),
            other => unreachable!("no type of a parameter is written as {other:?}"),
        };
        Ok(Accepted { text, worth, measure })
    }
}

impl Accepted {
    /// The value in a form; `None` where it has none, such as part of a second in seconds.
    pub fn seen(&self, view: View) -> Option<std::borrow::Cow<'_, str>> {
        let amount = self.measure.unwrap_or_default();
        match view {
            View::Given => Some(self.text.as_str().into()),
            View::Bytes | View::Milliseconds | View::Millicores => Some(amount.to_string().into()),
            View::Seconds => Duration(amount).whole_seconds().map(|it| it.to_string().into()),
        }
    }
}
