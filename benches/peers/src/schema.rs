//! JSON schemas for kubeconform, from what the maintainers of the kinds publish: `swagger.json` of Kubernetes and definitions
//! of custom resources. Strict: what a schema does not name is refused.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Schemas of all kinds of Kubernetes, by the name under which kubeconform looks for them.
pub(crate) fn of_openapi(text: &str) -> Result<BTreeMap<String, Value>, String> {
    let document: Value = serde_json::from_str(text).map_err(|it| it.to_string())?;
    let definitions = document["definitions"].as_object().ok_or("there are no definitions")?;
    let mut strict = definitions.clone();
    for (name, schema) in &mut strict {
        if name.ends_with(".api.resource.Quantity") {
            *schema = json!({ "oneOf": [{ "type": "string" }, { "type": "number" }] });
        }
        tighten(schema);
    }
    let mut schemas = BTreeMap::new();
    for (name, definition) in definitions {
        let kinds = definition.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
        for kind in kinds.into_iter().flatten() {
            let word = |key: &str| kind[key].as_str().unwrap_or_default();
            let schema =
                json!({ "$ref": format!("{REFERENCE}{name}"), "definitions": reached(name, &strict) });
            schemas.insert(file(word("group"), word("version"), word("kind")), schema);
        }
    }
    Ok(schemas)
}

/// Schemas of all versions of a custom resource.
pub(crate) fn of_custom_resource(text: &str) -> Result<BTreeMap<String, Value>, String> {
    let document: Value = serde_norway::from_str(text).map_err(|it| it.to_string())?;
    let spec = &document["spec"];
    let (group, kind) = (spec["group"].as_str(), spec["names"]["kind"].as_str());
    let (Some(group), Some(kind), Some(versions)) = (group, kind, spec["versions"].as_array()) else {
        return Err("this defines no custom resource".to_owned());
    };
    let schemas = versions.iter().map(|version| {
        let mut schema = version["schema"]["openAPIV3Schema"].clone();
        tighten(&mut schema);
        (file(group, version["name"].as_str().unwrap_or_default(), kind), schema)
    });
    Ok(schemas.collect())
}

const REFERENCE: &str = "#/definitions/";

/// `{{ .ResourceKind }}{{ .KindSuffix }}.json`, as kubeconform has it.
fn file(group: &str, version: &str, kind: &str) -> String {
    let group = group.split('.').next().filter(|it| !it.is_empty()).map(|it| format!("-{it}"));
    format!("{}{}-{version}.json", kind.to_lowercase(), group.unwrap_or_default())
}

/// The definitions that one refers to, and so on.
fn reached(name: &str, definitions: &Map<String, Value>) -> Map<String, Value> {
    let mut reached = Map::new();
    let mut waiting = vec![name.to_owned()];
    while let Some(name) = waiting.pop() {
        if reached.contains_key(&name) {
            continue;
        }
        if let Some(definition) = definitions.get(&name) {
            references(definition, &mut waiting);
            reached.insert(name, definition.clone());
        }
    }
    reached
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(name) =
                map.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(REFERENCE))
            {
                found.push(name.to_owned());
            }
            map.values().for_each(|it| references(it, found));
        }
        Value::Array(values) => values.iter().for_each(|it| references(it, found)),
        _ => {}
    }
}

/// Closes every object that says which fields it has, and leaves out prose.
fn tighten(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    schema.retain(|key, _| key != "description" && key != "x-kubernetes-validations");
    if schema.get("format").and_then(Value::as_str) == Some("int-or-string") {
        *schema =
            Map::from_iter([("oneOf".to_owned(), json!([{ "type": "string" }, { "type": "integer" }]))]);
    }
    let open = schema.get("x-kubernetes-preserve-unknown-fields").and_then(Value::as_bool) == Some(true);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(tighten);
        if !open {
            schema.entry("additionalProperties").or_insert(Value::Bool(false));
        }
    }
    for key in ["items", "additionalProperties"] {
        schema.get_mut(key).map(tighten);
    }
}
