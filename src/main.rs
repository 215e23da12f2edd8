//! The command line.
fn main() {
    let tree = trackside::tree::Tree::folder(std::path::Path::new(&std::env::args().nth(1).unwrap())).unwrap();
    let out = trackside::check(&tree, &Default::default());
    for d in out.diagnostics.iter() { println!("{} {} {:?} {}", d.code, d.message, d.primary.as_ref().map(|p| out.sources.place(p.span)), d.help.join("; ")); }
}
