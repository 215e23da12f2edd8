//! The platform as a list: what helm takes as values, cue and jsonnet as data.

use serde_json::{Map, Value, json};

use crate::platform::{Image, Platform, Project, Replicas, Service, Variable};

pub(crate) fn of_platform(platform: &Platform) -> Value {
    let projects: Vec<Value> = platform.projects.iter().map(of_project).collect();
    json!({ "source": platform.source, "projects": projects })
}

fn of_project(project: &Project) -> Value {
    let services: Vec<Value> = project.services.iter().map(|it| of_service(it, project)).collect();
    json!({ "name": project.name, "source": project.source, "services": services })
}

fn of_service(service: &Service, project: &Project) -> Value {
    let Service {
        name,
        source,
        image: Image { name: image, tag, digest },
        port,
        replicas,
        replicas_source,
        cpu: [cpu, most_cpu],
        memory: [memory, most_memory],
        variables,
        reaches,
        callers,
        external,
        public,
    } = service;
    let env: Map<String, Value> =
        variables.iter().map(|(name, it)| (name.clone(), value(it, project).into())).collect();
    let reaches: Vec<Value> = reaches.iter().map(|it| json!({ "name": it.name, "port": it.port })).collect();
    let mut service = json!({
        "name": name,
        "source": source,
        "image": format!("{image}:{tag}@sha256:{digest}"),
        "port": port,
        "replicas": match replicas {
            Replicas::Fixed(count) => json!({ "count": count, "source": replicas_source }),
            Replicas::Range(from, to) => json!({ "from": from, "to": to, "source": replicas_source }),
        },
        "requests": { "cpu": cpu, "memory": memory },
        "limits": { "cpu": most_cpu, "memory": most_memory },
        "env": env,
        "reaches": reaches,
        "callers": callers,
        "external": external,
    });
    if let Some(public) = public {
        service["public"] = json!({ "host": public.host, "source": public.source });
    }
    service
}

/// What an environment variable is set to.
pub(crate) fn value(variable: &Variable, project: &Project) -> String {
    match variable {
        Variable::Text(text) => text.clone(),
        Variable::Address(peer) => format!("http://{}.{}.svc:{}", peer.name, project.namespace(), peer.port),
    }
}
