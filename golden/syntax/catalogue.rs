//! The rows of the catalogue that the reader of KDL reports: each is shown by its example, and by nothing in its mended
//! form; where the example's findings offer fixes for all of it, those mend it.

use trackside::diagnostic::code::CATALOGUE;
use trackside::diagnostic::{Diagnostic, Fix};
use trackside::source::SourceMap;
use trackside::syntax::edit;

use super::read;

#[test]
fn every_code_of_the_reader_is_shown_by_its_example() {
    let rows: Vec<_> = CATALOGUE.iter().filter(|row| row.id < "TS050").collect();
    assert!(rows.len() >= 18, "{} rows", rows.len());
    for row in rows {
        let mistakes = read(row.example).1;
        let codes: Vec<&str> = mistakes.iter().map(|it| it.code.id()).collect();
        assert!(codes.contains(&row.id), "the example of {} reports {codes:?}", row.id);
        let left = read(row.fixed).1;
        assert!(left.is_empty(), "the mended example of {} reports {left:?}", row.id);
        if let Some(fixed) = fixed(row.example, &mistakes) {
            let left = read(&fixed).1;
            assert!(left.is_empty(), "the fixes of {} leave {left:?}", row.id);
        }
    }
}

/// The text with the fixes of all findings made; `None` where one has none.
fn fixed(text: &str, mistakes: &[Diagnostic]) -> Option<String> {
    let fixes: Vec<&Fix> = mistakes.iter().map(|it| it.fixes.first()).collect::<Option<_>>()?;
    let mut sources = SourceMap::default();
    let file = sources.add("platform.kdl", text);
    edit::apply(&sources, fixes).texts.remove(&file)
}
