//! Generated platforms are right, whatever the seed: what is measured and attacked with them begins from what people write.

use std::sync::Arc;

use trackside::language::Selection;
use trackside::language::value::time::Date;
use trackside::render::kubernetes::manifest::SOURCE;
use trackside::source::FileId;
use trackside::syntax::format;
use trackside::tree::Tree;

use crate::generate::Shape;

/// The day on which they are judged: their waivers end within a year.
const TODAY: Date = Date(jiff::civil::date(2026, 11, 22));

/// How many seeds are tried.
const SEEDS: u64 = 40;

#[test]
fn generated_platforms_have_nothing_to_mend() {
    for seed in 0..SEEDS {
        let shape = Shape::small(seed);
        let selection = Selection { environment: None, date: Some(TODAY) };
        let outcome = trackside::check(&Tree::memory(shape.files()), &selection);
        let serious =
            outcome.diagnostics.iter().filter(|it| it.waived.is_none() && it.severity.word() != "hint");
        let told: Vec<String> = serious
            .map(|it| {
                let place = it.primary.as_ref().map(|it| outcome.sources.place(it.span));
                format!("{} {}: {}", place.unwrap_or_default(), it.code, it.message)
            })
            .collect();
        assert!(told.is_empty(), "{shape:?}\n{}", told.join("\n"));
    }
}

#[test]
fn a_platform_means_the_same_in_one_file_and_formatted() {
    for seed in 0..SEEDS {
        let shape = Shape::small(seed);
        let text = shape.text();
        let formatted = format::format(FileId(0), &Arc::from(text.as_str())).expect("it is KDL");
        let meaning = |tree: &Tree| {
            let outcome = trackside::compile(tree, &Selection::default()).expect("no fault of ours");
            let compiled =
                outcome.compiled.unwrap_or_else(|| panic!("{shape:?}: {:#?}", outcome.diagnostics));
            let objects = compiled.artifacts.in_order().into_iter().map(|it| {
                let mut object = it.object();
                // Where it stands is another place.
                let annotations = object["metadata"]["annotations"].as_object_mut();
                annotations.expect("every object says its source").remove(SOURCE).expect("by this name");
                object
            });
            objects.collect::<Vec<_>>()
        };
        let split = meaning(&Tree::memory(shape.files()));
        assert_eq!(meaning(&Tree::of(&text)), split, "{shape:?}");
        assert_eq!(meaning(&Tree::of(&formatted)), split, "{shape:?}");
    }
}
