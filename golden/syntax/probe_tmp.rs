#[test]
fn probe() {
    let Some(path) = std::env::var_os("PROBE") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let (document, mistakes) = super::read(&text);
    println!("{}", super::canonical::canonical(&document));
    for it in mistakes {
        let l = it.primary.unwrap();
        println!("{} {}..{} {:?}: {} | {:?} | {:?} | {:?}", it.code, l.span.start, l.span.end, &text[l.span.start as usize..l.span.end as usize], it.message, it.help, it.fixes, it.related);
    }
}
