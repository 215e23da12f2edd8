//! The command line.
fn main() {
    let tree =
        trackside::tree::Tree::folder(std::path::Path::new(&std::env::args().nth(1).unwrap())).unwrap();
    let out = trackside::compile(&tree, &Default::default()).unwrap();
    for d in out.diagnostics.iter() {
        println!(
            "{} {} {:?} {}",
            d.code,
            d.message,
            d.primary.as_ref().map(|p| out.sources.place(p.span)),
            d.help.join("; ")
        );
    }
    if let Some(c) = out.compiled {
        for m in &c.artifacts.manifests {
            println!("---\n{}", trackside::render::yaml::emit::emit(&m.object));
        }
        for (p, f) in &c.artifacts.bundle {
            println!("# {p} {}", f.bytes.len());
        }
    }
}
