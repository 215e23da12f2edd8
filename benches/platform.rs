//! Writes a generated platform into a folder: `cargo bench --bench platform -- FOLDER PROJECTS [ENVIRONMENTS]`.

#[expect(dead_code, reason = "other targets use the rest of it")]
mod generate;

use std::path::PathBuf;
use std::{env, fs};

use generate::Shape;

#[expect(clippy::disallowed_methods, reason = "this is the command line of a program of its own")]
fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let [folder, projects, rest @ ..] = arguments.as_slice() else {
        eprintln!("cargo bench --bench platform -- FOLDER PROJECTS [ENVIRONMENTS]");
        return;
    };
    let number = |text: &String| text.parse().expect("a number");
    let shape =
        Shape { environments: rest.first().map_or(0, number), ..Shape::of_projects(number(projects)) };
    for (path, text) in shape.files() {
        let path = PathBuf::from(folder).join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }
}
