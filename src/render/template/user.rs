//! Templates that users write. The only file that names the template engine.
//!
//! They may be anybody's who opens a pull request, so they see their view and nothing else: no other file, no
//! environment, no network, no clock. A name that the view does not have is a mistake, not an empty text. The engine bounds
//! steps and we bound the output; that no value in between outgrows memory is held by construction: [`tags`] refuses texts
//! that could bind or multiply one, and [`filters`] are the only ones there are, each with a limit. There are no functions.

mod filters;
mod lines;
mod tags;

use minijinja::{Environment, ErrorKind, Output, State, UndefinedBehavior};
use serde_json::Value;

use crate::render::template::user::lines::Lines;
use crate::render::yaml::{self, Node, Step};

/// The templates of the user, compiled.
#[derive(Debug)]
pub struct Engine(Environment<'static>);

/// What a template gives.
#[derive(Debug)]
pub struct Filled {
    /// One mapping without nulls.
    pub object: Value,
    root: Node,
    lines: Lines,
}

impl Filled {
    /// The line of the template that a field comes from, or the nearest field around it that is there.
    pub fn line(&self, path: &[Step]) -> u32 {
        self.lines.of(self.root.locate(path))
    }
}

/// Why a template could not be compiled or filled.
#[derive(Debug)]
pub struct Failure {
    /// The line of the template, where it is known.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
}

/// What filling templates may still take. A template is filled once for each object, and a stranger's platform may have very
/// many of those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Steps of the engine.
    pub steps: u64,
    /// Bytes that templates give.
    pub bytes: usize,
}

/// For one object. Enough for some thousand values; a template that needs more computes what Rust should. The API server
/// takes no larger object either (1.5 MiB in etcd).
const OF_OBJECT: Budget = Budget { steps: 100_000, bytes: 1 << 20 };

impl Budget {
    /// For all objects of a platform: several times what templates of ours would take for twenty thousand workloads.
    pub const OF_PLATFORM: Self = Self { steps: 20_000_000, bytes: 64 << 20 };

    /// As much of it as one part of a whole may take.
    #[must_use]
    pub fn share(self, part: usize, whole: usize) -> Self {
        let of = |it: u64| u64::try_from(u128::from(it) * part as u128 / whole.max(1) as u128).unwrap_or(it);
        Self { steps: of(self.steps), bytes: usize::try_from(of(self.bytes as u64)).unwrap_or(self.bytes) }
    }

    fn exhausted() -> Failure {
        let Self { steps, bytes } = Self::OF_PLATFORM;
        unplaced(format!(
            "it is filled for so much that the templates of this tree take more than {steps} steps, or give more than {} MiB",
            bytes >> 20
        ))
    }
}

const MAX_DEPTH: usize = 16;

impl Default for Engine {
    fn default() -> Self {
        // Whatever is not added here does not exist.
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(OF_OBJECT.steps));
        environment.set_recursion_limit(MAX_DEPTH);
        environment.set_formatter(write_value);
        filters::add_to(&mut environment);
        Self(environment)
    }
}

impl Engine {
    /// Compiles a template, which works out what is constant in it: so what could grow is refused before.
    pub fn add(&mut self, name: &'static str, text: &str) -> Result<(), Failure> {
        tags::check(text).map_err(|(line, message)| Failure { line: Some(line), message })?;
        self.0.add_template_owned(name, lines::mark(text)).map_err(|it| failure(&it))
    }

    /// Fills a template, and takes what that takes out of a budget.
    pub fn fill(&self, name: &str, view: &Value, budget: &mut Budget) -> Result<Filled, Failure> {
        if budget.steps == 0 || budget.bytes == 0 {
            return Err(Budget::exhausted());
        }
        let template = self.0.get_template(name).map_err(|it| failure(&it))?;
        let mut text = Bounded::of(budget.bytes.min(OF_OBJECT.bytes));
        let view = minijinja::Value::from(minijinja::value::Serde(view));
        let rendered = template.render_captured_to(view, &mut text);
        // One that failed may have taken all that one may take.
        let levels = rendered.as_ref().ok().and_then(|it| it.state().fuel_levels());
        budget.steps = budget.steps.saturating_sub(levels.map_or(OF_OBJECT.steps, |(consumed, _)| consumed));
        budget.bytes = budget.bytes.saturating_sub(text.bytes.len());
        match rendered {
            _ if text.is_full && text.most == OF_OBJECT.bytes => {
                Err(unplaced(format!("it gives more than {} MiB", OF_OBJECT.bytes >> 20)))
            }
            _ if text.is_full => {
                budget.bytes = 0;
                Err(Budget::exhausted())
            }
            Err(error) => Err(failure(&error)),
            Ok(_) => read(&String::from_utf8_lossy(&text.bytes)),
        }
    }
}

fn read(marked: &str) -> Result<Filled, Failure> {
    let (text, lines) = lines::unmark(marked);
    let documents = yaml::read(&text).map_err(|it| {
        let line = text[..it.at as usize].matches('\n').count();
        let shown = text.lines().nth(line).unwrap_or_default().trim();
        let message = format!("it gives no YAML: {} in `{shown}`", it.message);
        Failure { line: Some(lines.of(it.at)), message }
    })?;
    let [document] = &documents[..] else {
        return Err(unplaced(format!("it gives {} objects, not one", documents.len())));
    };
    let root = document.root.clone();
    let mut object = root.to_value();
    if !object.is_object() {
        return Err(unplaced("it gives no object".to_owned()));
    }
    drop_nulls(&mut object);
    Ok(Filled { object, root, lines })
}

/// Leaves out the entries whose value is null, as a built-in template does.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            entries.retain(|_, it| !it.is_null());
            entries.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => (),
    }
}

fn failure(error: &minijinja::Error) -> Failure {
    let message = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too many steps".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    Failure { line: error.line().and_then(|it| u32::try_from(it).ok()), message }
}

fn unplaced(message: String) -> Failure {
    Failure { line: None, message }
}

/// Writes a value as JSON, which is YAML on one line: no value can change the shape around it. A text marked `safe` is
/// written as it is.
fn write_value(
    out: &mut Output<'_>,
    _: &mut State<'_, '_>,
    value: &minijinja::Value,
) -> Result<(), minijinja::Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    if let Some(text) = value.as_str().filter(|_| value.is_safe()) {
        return out.write_str(text).map_err(minijinja::Error::from);
    }
    let mut text = Bounded::of(OF_OBJECT.bytes);
    serde_json::to_writer(&mut text, value)
        .map_err(|it| minijinja::Error::new(ErrorKind::BadSerialization, it.to_string()))?;
    out.write_str(&String::from_utf8_lossy(&text.bytes)).map_err(minijinja::Error::from)
}

/// Takes bytes up to a limit.
#[derive(Debug)]
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    is_full: bool,
}

impl Bounded {
    fn of(most: usize) -> Self {
        Self { bytes: Vec::new(), most, is_full: false }
    }
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            self.is_full = true;
            return Err(std::io::Error::other("too much output"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str) -> String {
        let view = json!({ "name": "a: b", "env": [{ "name": "A", "value": "no" }], "none": null, "labels": { "a/b": "1" } });
        let mut engine = Engine::default();
        match engine
            .add("test.yaml.j2", text)
            .and_then(|()| engine.fill("test.yaml.j2", &view, &mut Budget::OF_PLATFORM.clone()))
        {
            Ok(it) => it.object.to_string(),
            Err(it) => format!("{}: {}", it.line.unwrap_or_default(), it.message),
        }
    }

    #[test]
    fn values_never_change_the_shape() {
        insta::assert_snapshot!(check("name: {{ name }}\nlabels: {{ labels }}\nnone: {{ none }}\n"), @r#"{"name":"a: b","labels":{"a/b":"1"}}"#);
    }

    #[test]
    fn loops_conditions_and_filters_work() {
        let text = "\
{#- what the service asks for -#}
env:
{%- for it in env %}
- {name: {{ it.name | lower }}, value: {{ [it.value, '!'] | join }}}
{%- endfor %}
{% if labels is mapping and 'a/b' in labels -%}
labels: [{% for key, value in labels | dictsort %}{{ [key, value] | join('=') | replace('/', '.') }}{% endfor %}]
{% endif -%}
names: {{ env | map(attribute='name') | list | tojson }}
first: {{ (env | first).name }}
count: {{ env | length | string }}
";
        insta::assert_snapshot!(check(text), @r#"{"env":[{"name":"a","value":"no!"}],"labels":["a.b=1"],"names":["A"],"first":"A","count":"1"}"#);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let texts = [
            "a: 1\nb: {{ nam }}\n",
            "a: 1\n{% if %}\n",
            "a: 1\n---\nb: 1\n",
            "- a\n",
            "a: [\n",
            "a: 1\n{% include 'other' %}",
            "a: {{ debug() }}\n",
            "a: {{ name | pprint }}\n",
            "a: {{ env | map('upper') }}\n",
            "a: {{ env | lower }}\n",
        ];
        insta::assert_snapshot!(texts.map(check).join("\n"), @"
        2: undefined value: `nam` is undefined
        2: syntax error: unexpected end of block
        0: it gives 2 objects, not one
        0: it gives no object
        1: it gives no YAML: unclosed bracket '[' in `a: [`
        2: `include` is no statement of a template: there are `if`, `elif`, `else`, `endif`, `for` and `endfor`
        1: unknown function: debug is unknown
        1: unknown filter: filter pprint is unknown
        1: invalid operation: `map` takes `attribute=` alone; write a loop for anything else
        1: invalid operation: a sequence is no text: try `string`
        ");
    }

    #[test]
    fn all_that_is_filled_has_one_budget() {
        let view = json!({ "env": (0..100).collect::<Vec<_>>() });
        let mut engine = Engine::default();
        let loops = "a: [{% for a in env %}{{ a }},{% endfor %}]\n";
        assert!(engine.add("loops.yaml.j2", loops).is_ok());
        let mut budget = Budget::OF_PLATFORM;
        let filled = engine.fill("loops.yaml.j2", &view, &mut budget).map(|it| it.object["a"][99].clone());
        assert_eq!(filled.ok(), Some(json!(99)));
        let taken = Budget::OF_PLATFORM.steps - budget.steps;
        assert!((300..3_000).contains(&taken), "{taken} steps of 100 rounds");
        assert!(Budget::OF_PLATFORM.bytes - budget.bytes > 290);
        for mut little in [Budget { steps: 1, ..budget }, Budget { bytes: 250, ..budget }] {
            let told = [0, 1]
                .map(|_| engine.fill("loops.yaml.j2", &view, &mut little).map_err(|it| it.message).err());
            assert!(
                told[1].as_ref().is_some_and(|it| it.starts_with("it is filled for so much")),
                "{told:?}"
            );
        }
        assert_eq!(Budget::OF_PLATFORM.share(1, 4), Budget { steps: 5_000_000, bytes: 16 << 20 });
        assert_eq!(Budget::OF_PLATFORM.share(1, 0), Budget::OF_PLATFORM);
    }

    /// Each of these would take more memory than any machine has, or a time without end.
    #[test]
    fn what_would_exhaust_memory_is_refused() {
        let many = |first: &str, again: &str| first.to_owned() + &again.repeat(64) + "a: {{ a }}\n";
        let texts = [
            many("{% set a = 'x' %}", "{% set a = a ~ a %}"),
            many("{% set a = ['x'] %}", "{% set a = [a, a] %}"),
            many("{% set a = 'x' %}", "{% set a %}{{ a }}{{ a }}{% endset %}"),
            many("", "{% for a in [name ~ name] %}"),
            many("", "{% for a in [[a, a]] %}"),
            many("", "{% with a = a ~ a %}"),
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}".to_owned(),
            "{% filter upper %}{% endfilter %}".to_owned(),
            "a: {{ 'x' * 1000000000 }}\n".to_owned(),
            "a: {{ [1] + [1] }}\n".to_owned(),
            "a: {{ name | indent(1000000000) }}\n".to_owned(),
            "a: {{ '%1000000000d' | format(1) }}\n".to_owned(),
            "{% for i in range(100000) %}{% endfor %}".to_owned(),
            format!("a: {{{{ name{} }}}}\n", " | tojson".repeat(17)),
            format!("a: {{{{ {} }}}}\n", ["name[:]"; 17].join(", ")),
            format!("a: {{{{ '{}'{} }}}}\n", "a".repeat(64), " | replace('a', 'aaaaaaaaaaaaaaaa')".repeat(8)),
            format!("a: {{{{ '\"'{} }}}}\n", " | tojson | replace('', '\"\"\"\"\"\"\"\"')".repeat(8)),
            format!(
                "a: {{{{ {}'{}'{} }}}}\n",
                "[".repeat(5),
                "x".repeat(2000),
                "] | string | replace('', '\\\\\\\\') ".repeat(5)
            ),
            format!("a: {{{{ ['{0}', '{0}'] | join('{0}') | list | join('{0}') }}}}\n", "a".repeat(9000)),
            "x".repeat(70_000),
            ["{% for a in [[a", &",a".repeat(9000), "]] %}"].concat(),
        ];
        insta::assert_snapshot!(texts.map(|it| check(&it)).join("\n"), @"
        1: `set` is no statement of a template: there are `if`, `elif`, `else`, `endif`, `for` and `endfor`
        1: `set` is no statement of a template: there are `if`, `elif`, `else`, `endif`, `for` and `endfor`
        1: `set` is no statement of a template: there are `if`, `elif`, `else`, `endif`, `for` and `endfor`
        1: `~` stands alone with names and texts, a few of them: otherwise write `[a, b] | join`
        1: a loop goes through a list that is there, or one of plain texts and numbers
        1: `with` is no statement of a template: there are `if`, `elif`, `else`, `endif`, `for` and `endfor`
        1: `macro` is no statement of a template: there are `if`, `elif`, `else`, `endif`, `for` and `endfor`
        1: `filter` is no statement of a template: there are `if`, `elif`, `else`, `endif`, `for` and `endfor`
        1: `*` is no operator of a template: to put texts together, write `[a, b] | join`
        1: `+` is no operator of a template: to put texts together, write `[a, b] | join`
        1: unknown filter: filter indent is unknown
        1: unknown filter: filter format is unknown
        1: unknown function: range is unknown
        1: a tag has at most 16 of `|` and `[`
        1: a tag has at most 16 of `|` and `[`
        1: invalid operation: this makes a text of more than 1 MiB
        1: invalid operation: this makes a text of more than 1 MiB
        1: invalid operation: this makes a text of more than 1 MiB
        1: invalid operation: this makes a text of more than 1 MiB
        1: it is longer than 64 KiB
        1: a loop goes through a list that is there, or one of plain texts and numbers
        ");
    }

    #[test]
    fn much_output_is_cut_off() {
        let digit = "{% for b in '0123456789' %}";
        let text = digit.repeat(4) + &"x".repeat(1000) + &"{% endfor %}".repeat(4);
        insta::assert_snapshot!(check(&text), @"0: it gives more than 1 MiB");
        let text = digit.repeat(6) + &"{% endfor %}".repeat(6);
        insta::assert_snapshot!(check(&text), @"1: it takes too many steps");
    }
}
