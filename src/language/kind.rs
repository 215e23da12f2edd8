//! The tables: every kind of declaration, what may stand in it and what it means.
//!
//! One table serves the checker, the merging of environments and the reference that people read, so none can say what
//! another does not. Each kind's own file holds its [`Kind`] as `static KIND`; [`crate::language::TOP`] lists those that
//! may stand at the top.

use crate::language::name::Name;
use crate::language::value::{Form, Parse};
use crate::syntax::Value;

/// A kind of declaration.
#[derive(Debug)]
pub struct Kind {
    /// The word it is written with.
    pub word: &'static str,
    /// What it means and, where it is a rule, who enforces it: full sentences.
    pub doc: &'static str,
    /// What makes two of them the same one.
    pub class: Class,
    /// Its positional arguments.
    pub arguments: &'static [Field],
    /// What all arguments after those are, where there may be any.
    pub rest: Option<Field>,
    /// Its properties.
    pub properties: &'static [Field],
    /// The kinds that may stand in its block.
    pub children: &'static [&'static Kind],
    /// What stands in its block under every other word, where there may be any.
    pub others: Option<&'static Kind>,
    /// The words of children that must stand in its block.
    pub requires: &'static [&'static str],
    /// How many may stand in one block, or in one list. The text is anybody's: without bounds, a megabyte of it could mean
    /// gigabytes of grants.
    pub most: Option<usize>,
    /// What holds where it is not written, as it would be written.
    pub default: Option<&'static str>,
    /// What to say of one that nothing refers to, where that is suspicious: "no workload reads it".
    pub unused: Option<&'static str>,
    /// Words that people bring from elsewhere, each with how the same is said here.
    pub habits: &'static [Habit],
}

/// Words that are no properties or declarations of a kind, though people who come from elsewhere write them.
#[derive(Clone, Copy, Debug)]
pub struct Habit {
    /// The words.
    pub words: &'static [&'static str],
    /// What to write instead.
    pub help: &'static str,
}

/// What makes two declarations of a kind the same one in their scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The first argument: there may be many, each with its own name.
    Named,
    /// The kind: at most one.
    Single,
    /// What it refers to: the argument (each argument is an edge of its own) and the fields marked as identity.
    Edge,
    /// The kind; the arguments are a set.
    List,
    /// The word it is written with, which its author has chosen: at most one of each.
    Own,
}

impl Class {
    /// What the reference says of it.
    pub fn doc(self) -> &'static str {
        match self {
            Self::Named => "named: identified by its first argument",
            Self::Single => "single: at most one",
            Self::Edge => "edge: identified by what it refers to; each argument is an edge of its own",
            Self::List => "list: at most one, its arguments are a set",
            Self::Own => "own: identified by its word, at most one of each",
        }
    }
}

/// An argument or property.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name of the property; for an argument, what it is called in the reference.
    pub word: &'static str,
    /// What it means, as a sentence.
    pub doc: &'static str,
    /// How its value is written, with an example of its own where one says more.
    pub form: Form,
    /// The example of its form.
    pub usual: &'static str,
    /// Whether it must be written.
    pub presence: Presence,
    /// Whether it is part of what makes an edge the same edge. Of an edge's arguments, all are, unless they are `beside`.
    pub identity: bool,
    /// Whether it is an argument that says something of an edge and not which one it is.
    pub beside: bool,
    /// The kind of declaration that it names, where it is a reference.
    pub reference: Option<&'static str>,
    /// The type annotations that its value may carry: `(age)`.
    pub annotations: &'static [&'static str],
    /// Whether what is declared around it holds where it is not written.
    pub is_inherited: bool,
    /// Of an argument, other names under which people write it as a property.
    pub aliases: &'static [&'static str],
    /// How a bare number is most likely meant, where one reading alone is sensible.
    pub unit: Option<fn(u64) -> Option<String>>,
    /// Whether a value could be one of its.
    pub accepts: fn(Value<'_>) -> bool,
}

/// Whether something must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It may be left out, and then there is none.
    Optional,
    /// It may be left out, and then this holds, as it would be written.
    Default(&'static str),
}

impl Kind {
    /// A kind with nothing in it yet.
    pub const fn new(word: &'static str, class: Class, doc: &'static str) -> Self {
        Self {
            word,
            doc,
            class,
            arguments: &[],
            rest: None,
            properties: &[],
            children: &[],
            others: None,
            requires: &[],
            most: None,
            default: None,
            unused: None,
            habits: &[],
        }
    }

    /// Adds positional arguments.
    pub const fn arguments(self, arguments: &'static [Field]) -> Self {
        Self { arguments, ..self }
    }

    /// Takes any number of arguments of one sort after the positional ones.
    pub const fn rest(self, rest: Field) -> Self {
        Self { rest: Some(rest), ..self }
    }

    /// Adds properties.
    pub const fn properties(self, properties: &'static [Field]) -> Self {
        Self { properties, ..self }
    }

    /// Adds kinds that may stand in its block.
    pub const fn children(self, children: &'static [&'static Kind]) -> Self {
        Self { children, ..self }
    }

    /// Takes declarations of one kind under any other word.
    pub const fn others(self, others: &'static Kind) -> Self {
        Self { others: Some(others), ..self }
    }

    /// Names the children that must be there.
    pub const fn requires(self, requires: &'static [&'static str]) -> Self {
        Self { requires, ..self }
    }

    /// Says how many there may be.
    pub const fn most(self, most: usize) -> Self {
        Self { most: Some(most), ..self }
    }

    /// Says what holds where it is not written.
    pub const fn default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    /// Warns of one that nothing refers to.
    pub const fn unused(self, text: &'static str) -> Self {
        Self { unused: Some(text), ..self }
    }

    /// Says what to write instead of words that people bring from elsewhere.
    pub const fn habits(self, habits: &'static [Habit]) -> Self {
        Self { habits, ..self }
    }

    /// What to write instead of a word that people bring from elsewhere.
    pub fn habit(&self, word: &str) -> Option<&'static str> {
        self.habits.iter().find(|it| it.words.contains(&word)).map(|it| it.help)
    }

    /// How one is written, with all that it needs: `owner team="api"`.
    pub fn example(&self) -> String {
        let arguments =
            self.arguments.iter().chain(&self.rest).filter(|it| it.presence == Presence::Required);
        let arguments = arguments.map(|it| format!(" {}", it.form.example));
        let properties = self.properties.iter().filter(|it| it.presence == Presence::Required);
        let properties = properties.map(|it| format!(" {}={}", it.word, it.form.example));
        std::iter::once(self.word.to_owned()).chain(arguments).chain(properties).collect()
    }

    /// The kind that a word means inside this one.
    pub fn child(&self, word: &str) -> Option<&'static Kind> {
        self.children.iter().find(|it| it.word == word).copied()
    }

    /// A property.
    pub fn property(&self, word: &str) -> Option<&Field> {
        self.properties.iter().find(|it| it.word == word)
    }

    /// The field of the argument at an index.
    pub fn argument(&self, index: usize) -> Option<&Field> {
        self.arguments.get(index).or(self.rest.as_ref())
    }
}

impl Field {
    /// A field that must be written.
    pub const fn required<T: Parse>(word: &'static str, doc: &'static str) -> Self {
        Self::of(word, doc, T::FORM, Presence::Required, is::<T>)
    }

    /// A field that may be left out.
    pub const fn optional<T: Parse>(word: &'static str, doc: &'static str) -> Self {
        Self::of(word, doc, T::FORM, Presence::Optional, is::<T>)
    }

    /// A field that may be left out, and then this holds.
    pub const fn default<T: Parse>(word: &'static str, default: &'static str, doc: &'static str) -> Self {
        Self::of(word, doc, T::FORM, Presence::Default(default), is::<T>)
    }

    /// The name of a declaration of the kind `word`.
    pub const fn reference(word: &'static str, doc: &'static str) -> Self {
        Self::reference_to(word, word, doc)
    }

    /// The name of a declaration of another kind than the field is called.
    pub const fn reference_to(word: &'static str, kind: &'static str, doc: &'static str) -> Self {
        Self { reference: Some(kind), ..Self::of(word, doc, REFERENCE, Presence::Optional, is_reference) }
    }

    /// The same field, which must be written.
    pub const fn must(self) -> Self {
        Self { presence: Presence::Required, ..self }
    }

    /// The same field, as part of an edge's identity.
    pub const fn identity(self) -> Self {
        Self { identity: true, ..self }
    }

    /// The same argument, which says something of an edge and not which one it is.
    pub const fn beside(self) -> Self {
        Self { beside: true, ..self }
    }

    /// The same field, whose value may carry one of these type annotations.
    pub const fn annotations(self, annotations: &'static [&'static str]) -> Self {
        Self { annotations, ..self }
    }

    /// Its form as it is written everywhere.
    pub fn told_form(&self) -> Form {
        Form { example: self.usual, ..self.form }
    }

    /// The same field, shown by another example than its form has.
    pub const fn like(self, example: &'static str) -> Self {
        Self { form: Form { example, ..self.form }, ..self }
    }

    /// The same field, which gets what is declared around it where it is not written.
    pub const fn inherited(self) -> Self {
        Self { is_inherited: true, ..self }
    }

    /// The same argument, which people write as a property of one of these names.
    pub const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// The same field, of which a bare number most likely means this.
    pub const fn unit(self, unit: fn(u64) -> Option<String>) -> Self {
        Self { unit: Some(unit), ..self }
    }

    const fn of(
        word: &'static str,
        doc: &'static str,
        form: Form,
        presence: Presence,
        accepts: fn(Value<'_>) -> bool,
    ) -> Self {
        Self {
            word,
            doc,
            form,
            usual: form.example,
            presence,
            identity: false,
            beside: false,
            reference: None,
            annotations: &[],
            is_inherited: false,
            aliases: &[],
            unit: None,
            accepts,
        }
    }
}

fn is<T: Parse>(value: Value<'_>) -> bool {
    T::parse(value).is_ok()
}

fn is_reference(value: Value<'_>) -> bool {
    matches!(value, Value::String(text) if text.split('/').all(Name::is))
}

/// How a reference is written.
pub const REFERENCE: Form = Form {
    name: "reference",
    expects: "the name of a declaration, as a string; `project/name` where it stands in another project",
    example: "\"api\"",
};
