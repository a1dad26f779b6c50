//! The schemas in `docs/schema` are derived from the types, and reports validate against them.
//!
//! `INSTA_UPDATE=always cargo test schema` rewrites them.

use std::{env, fs, path::Path, slice};

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Map, Value, json};

use super::{super::*, hostile, report};
use crate::{app::fixture, summary::profile::Profile};

/// Returns the schema of what a type serializes to: every key is required, and no others are allowed.
///
/// * `nullable`: whether a number may be non-finite, which JSON writes as null.
fn schema_of<T: JsonSchema>(title: &str, description: &str, nullable: bool) -> Value {
    let closed = |schema: &mut Schema| {
        if let Some(object) = schema.as_object_mut().filter(|object| object.contains_key("properties")) {
            object.entry("additionalProperties").or_insert(json!(false));
        }
    };
    let finite = move |schema: &mut Schema| {
        if nullable && schema.get("type") == Some(&json!("number")) {
            schema.insert("type".to_owned(), json!(["number", "null"]));
        }
    };
    let unwrapped = |schema: &mut Schema| {
        if let Some(Value::String(description)) = schema.get_mut("description") {
            *description = description.replace('\n', " ");
        }
    };
    let mut schema = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(closed))
        .with_transform(RecursiveTransform(finite))
        .with_transform(RecursiveTransform(unwrapped))
        .into_generator()
        .into_root_schema_for::<T>();
    let mut head = json!({ "$schema": schema.remove("$schema"), "title": title, "description": description });
    let body = schema.ensure_object();
    let body = body.iter().filter(|(keyword, _)| !["title", "description"].contains(&keyword.as_str()));
    head.as_object_mut()
        .expect("an object")
        .extend(body.map(|(keyword, said)| (keyword.clone(), said.clone())));
    head
}

/// Returns the schema of the report's JSON.
fn report_schema() -> Value {
    schema_of::<ReportData>(
        "coroner report",
        "What `coroner report --format json` prints; docs/report.md explains it. Instants are RFC 3339 in UTC. A number \
         that is not finite is null.",
        true,
    )
}

/// Asserts that the document is the derived one; rewrites it when snapshots are being updated.
fn is_printed(name: &str, schema: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(name);
    let text = serde_json::to_string_pretty(schema).expect("a schema is JSON") + "\n";
    if env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, &text).expect("the schema can be written");
    }
    let printed = fs::read_to_string(&path).expect("the schema is there");
    assert!(printed == text, "{name} is not what the types say: INSTA_UPDATE=always cargo test schema");
}

#[test]
fn the_schemas_are_those_of_the_types() {
    is_printed("report.schema.json", &report_schema());
    let profile = schema_of::<Profile>(
        "coroner profile",
        "What `coroner profile` writes: a snapshot's counts, without a row. docs/profile.md explains it.",
        false,
    );
    is_printed("profile.schema.json", &profile);
}

#[test]
fn the_json_is_what_its_schema_says() {
    let schema = report_schema();
    let fits = |value: &Value| fits(&schema, &schema, value, "$");
    let value = |report: &Report| serde_json::from_str::<Value>(&report.json()).expect("JSON");
    for report in [report(), hostile()] {
        assert_eq!(fits(&value(&report)), Ok(()));
    }
    let investigation = fixture::investigation();
    let backtests = crate::remedy::measure(&investigation, &crate::progress::RunControl::default())
        .expect("nobody stops it");
    let mut untold = fixture::bench_without_labels();
    (untold.comparison, untold.review) = (Some(Err("no".into())), Err("no".into()));
    for backtests in [&backtests, &fixture::backtests(), &untold] {
        assert_eq!(fits(&value(&report().with_remedies(&investigation, backtests))), Ok(()));
    }
    let object: Value = serde_json::from_str(&remedy::object(&investigation, &backtests)).expect("JSON");
    for key in schema["$defs"]["Remedies"]["properties"].as_object().expect("keys").keys() {
        assert!(object.get(key).is_some(), "{key} is in the report and not in the object");
    }
    assert!(fits(&json!({ "version": 2 })).is_err(), "the check can fail");
    let mut wrong = value(&report());
    wrong["status"]["id"] = json!(1);
    assert_eq!(fits(&wrong), Err("$.status.id: 1 is no \"string\"".to_owned()));
}

#[test]
fn the_schema_asks_for_every_key_that_it_names() {
    let schema = report_schema();
    let definitions = schema["$defs"].as_object().expect("definitions").iter();
    let mut objects = 0;
    for (name, object) in
        definitions.map(|(name, object)| (name.as_str(), object)).chain([("report", &schema)])
    {
        let Some(properties) = object["properties"].as_object() else { continue };
        objects += 1;
        let asked = object["required"].as_array().expect("a list");
        assert_eq!(object["additionalProperties"], false, "{name}");
        for key in properties.keys() {
            assert!(asked.iter().any(|asked| asked == key), "{name}.{key}");
        }
    }
    assert!(objects > 50, "{objects}");
}

/// Validates a value against a schema, for the keywords that our schemas use.
fn fits(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (keyword, said) in schema.as_object().into_iter().flatten() {
        let alternatives = || {
            said.as_array().into_iter().flatten().filter(|&one| fits(root, one, value, at).is_ok()).count()
        };
        let holds = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" => true,
            "$ref" => {
                let path = said.as_str().ok_or("a reference is no text")?;
                let referred = root.pointer(&path[1..]).ok_or_else(|| format!("{path} is not defined"))?;
                fits(root, referred, value, at)?;
                true
            }
            "type" => {
                let names = said.as_array().map_or(slice::from_ref(said), Vec::as_slice);
                names.iter().any(|name| is_of_type(value, name.as_str().unwrap_or_default()))
            }
            "required" => {
                let missing = said.as_array().into_iter().flatten().filter_map(Value::as_str);
                match missing.into_iter().find(|&key| value.get(key).is_none()) {
                    Some(key) => return Err(format!("{at} lacks {key}")),
                    None => true,
                }
            }
            "properties" => {
                let none = Map::new();
                for (key, inner) in value.as_object().unwrap_or(&none) {
                    let schema = said.get(key).ok_or_else(|| format!("{at}: {key} is not described"))?;
                    fits(root, schema, inner, &format!("{at}.{key}"))?;
                }
                true
            }
            "additionalProperties" => said == false,
            "items" => {
                for inner in value.as_array().into_iter().flatten() {
                    fits(root, said, inner, &format!("{at}[]"))?;
                }
                true
            }
            "prefixItems" => {
                let schemas = said.as_array().into_iter().flatten();
                for (schema, inner) in schemas.zip(value.as_array().into_iter().flatten()) {
                    fits(root, schema, inner, &format!("{at}[]"))?;
                }
                true
            }
            "minItems" | "maxItems" => {
                let items = value.as_array().map(|items| items.len() as u64);
                let bound = said.as_u64().ok_or("a bound is no number")?;
                items.is_none_or(|items| if keyword == "minItems" { items >= bound } else { items <= bound })
            }
            "minimum" => value.as_f64().is_none_or(|x| x >= said.as_f64().unwrap_or(f64::INFINITY)),
            "maximum" => value.as_f64().is_none_or(|x| x <= said.as_f64().unwrap_or(f64::NEG_INFINITY)),
            "enum" => said.as_array().is_some_and(|values| values.contains(value)),
            "const" => value == said,
            "anyOf" => alternatives() > 0,
            "oneOf" => alternatives() == 1,
            other => return Err(format!("{other} is not checked")),
        };
        if !holds {
            let described = if said.is_string() { "is no" } else { "is not what is asked by" };
            let described =
                if keyword == "type" { described.to_owned() } else { format!("{described} {keyword}") };
            return Err(format!("{at}: {value} {described} {said}"));
        }
    }
    Ok(())
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        _ => value.is_object(),
    }
}
