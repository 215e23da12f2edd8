//! The platform in trackside's words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::platform::{Image, Platform, Project, Replicas, Service, Variable};

/// The files by path. Writing them is what tells where each declaration stands.
pub(crate) fn files(platform: &mut Platform) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let line = 1 + PLATFORM.lines().position(|it| it.starts_with("image-policy")).expect("it has one");
    platform.source = format!("platform.kdl:{line}");
    files.insert("platform.kdl".to_owned(), PLATFORM.to_owned());
    for project in &mut platform.projects {
        let path = format!("projects/{}.kdl", project.name);
        let text = text(project, &path);
        files.insert(path, text);
    }
    files
}

const PLATFORM: &str = r#"platform "generated" edition="2026" { domain "generated.example" }

include "projects/*.kdl"

cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
    gateway "public" implementation="envoy-gateway" namespace="envoy-gateway-system" { certificate by-hand=#true }
}
image-policy { registries "ghcr.io/generated" }
external "https" { ports "443/tcp" }
"#;

fn text(project: &mut Project, path: &str) -> String {
    let mut text = Text { path, text: String::new() };
    project.source = text.next_line();
    text.line(&format!("project \"{}\" {{", project.name));
    for service in &mut project.services {
        service.source = text.next_line();
        text.line(&format!("    service \"{}\" {{", service.name));
        of_service(service, &mut text);
        text.line("    }");
    }
    text.line("}");
    text.text
}

fn of_service(service: &mut Service, text: &mut Text<'_>) {
    let Image { name, tag, digest } = &service.image;
    text.line(&format!("        image \"{name}:{tag}@sha256:{digest}\""));
    text.line(&format!("        port {}", service.port));
    text.line("        health \"/healthz\"");
    service.replicas_source = text.next_line();
    text.line(&match service.replicas {
        Replicas::Fixed(count) => format!("        replicas {count}"),
        Replicas::Range(from, to) => format!("        replicas \"{from}..{to}\""),
    });
    let ([cpu, most_cpu], [memory, most_memory]) = (&service.cpu, &service.memory);
    text.line(&format!("        resources cpu=\"{cpu}..{most_cpu}\" memory=\"{memory}..{most_memory}\""));
    for (name, value) in &service.variables {
        text.line(&match value {
            Variable::Text(value) => format!("        env \"{name}\" \"{value}\""),
            Variable::Address(peer) => format!("        env \"{name}\" service=\"{}\"", peer.name),
        });
    }
    for peer in &service.reaches {
        text.line(&format!("        reaches service=\"{}\"", peer.name));
    }
    if service.external {
        text.line("        reaches external=\"https\"");
    }
    if let Some(public) = &mut service.public {
        public.source = text.next_line();
        let (host, _) = public.host.split_once('.').expect("a name below the domain");
        text.line(&format!("        public host=\"{host}\""));
    }
}

struct Text<'a> {
    path: &'a str,
    text: String,
}

impl Text<'_> {
    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("a string takes everything");
    }

    /// Where the line that is written next stands.
    fn next_line(&self) -> String {
        format!("{}:{}", self.path, 1 + self.text.lines().count())
    }
}
