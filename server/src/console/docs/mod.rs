//! `/api/docs`: the API's document as a page. Drawn at the server, for no viewer that is to be had works without styles
//! and programs inside the page, which the pages' policy refuses.

mod shape;
mod words;

use askama::Template;
use axum::http::HeaderMap;
use serde_json::Value;

use super::lang::Lang;
use super::page::Page;
use crate::http::{Answer, document};
use shape::{Field, Kind};
use words::Words;

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    lang: Lang,
    w: &'static Words,
    version: String,
    about: Vec<Vec<Piece>>,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
}

/// A piece of a paragraph.
struct Piece {
    text: String,
    style: Style,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Code,
    Strong,
}

/// Operations under one heading.
struct Group {
    name: String,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    notes: Vec<Vec<Piece>>,
    asker: &'static str,
    parameters: Vec<Field>,
    body: Vec<(String, Kind)>,
    answers: Vec<Answered>,
    /// What is sent and what is answered, by what it is.
    examples: Vec<(String, String)>,
}

/// A status, what it means, and its bodies by media type.
type Answered = (String, Vec<Piece>, Vec<(String, Kind)>);

/// A schema.
struct Shape {
    name: String,
    about: Vec<Vec<Piece>>,
    kind: Kind,
    fields: Vec<Field>,
}

/// The page. Anybody may read it: it tells nothing of any office.
pub(crate) async fn page(headers: HeaderMap) -> Answer<Page> {
    let lang = Lang::kept(&headers);
    let w = Words::of(lang);
    let document = document().value;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut groups: Vec<Group> =
        list(&document["tags"]).map(|tag| Group { name: text(&tag["name"]), operations: Vec::new() }).collect();
    for (path, item) in entries(&document["paths"]) {
        for (method, of) in entries(item) {
            let operation = operation(&document, w, (method, path), of);
            if let Some(group) = groups.iter_mut().find(|group| of["tags"][0] == group.name) {
                group.operations.push(operation);
            }
        }
    }
    let shapes = entries(&document["components"]["schemas"]).map(|(name, schema)| Shape {
        name: name.clone(),
        about: paragraphs(&text(&schema["description"])),
        kind: shape::kind(schema, w),
        fields: shape::fields(schema, w),
    });
    let shapes = shapes.collect();
    let info = &document["info"];
    let about = paragraphs(&text(&info["description"]));
    Page::of(&DocsPage { lang, w, version: text(&info["version"]), about, groups, shapes })
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn operation(document: &Value, w: &'static Words, (method, path): (&str, &str), of: &Value) -> Operation {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let asker = match of["security"].as_array().and_then(|security| security.first()).and_then(Value::as_object) {
        None => w.anybody,
        Some(scheme) if scheme.is_empty() => w.whoever,
        Some(scheme) if scheme.contains_key("bearer") => w.person,
        Some(_) => w.terminal,
    };
    let answers = entries(&of["responses"]).map(|(status, answer)| {
        let answer = shape::resolved(document, answer);
        (status.clone(), pieces(&text(&answer["description"])), contents(answer, w))
    });
    let sent = (w.body.to_owned(), &of["requestBody"]);
    let answered = entries(&of["responses"]).map(|(status, answer)| (format!("{} {status}", w.answers), answer));
    let shown = std::iter::once(sent).chain(answered).filter_map(|(what, of)| {
        let example = entries(&of["content"]).find_map(|(_, content)| content.get("example"))?;
        Some((what, format!("{example:#}")))
    });
    Operation {
        examples: shown.collect(),
        id: text(&of["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&of["summary"]),
        notes: paragraphs(&text(&of["description"])),
        asker,
        parameters: list(&of["parameters"]).map(|parameter| shape::parameter(parameter, w)).collect(),
        body: contents(&of["requestBody"], w),
        answers: answers.collect(),
    }
}

/// The media types of a body with what is in them.
fn contents(of: &Value, w: &'static Words) -> Vec<(String, Kind)> {
    entries(&of["content"]).map(|(media, content)| (media.clone(), shape::kind(&content["schema"], w))).collect()
}

fn paragraphs(text: &str) -> Vec<Vec<Piece>> {
    text.split("\n\n").filter(|text| !text.trim().is_empty()).map(pieces).collect()
}

/// What stands between `back-ticks` and **stars** apart from the rest.
fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    for (place, part) in text.split('`').enumerate() {
        if place % 2 == 1 {
            out.push(Piece { text: part.to_owned(), style: Style::Code });
            continue;
        }
        for (place, part) in part.split("**").enumerate() {
            let style = if place % 2 == 1 { Style::Strong } else { Style::Plain };
            if !part.is_empty() {
                out.push(Piece { text: part.to_owned(), style });
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_headings_stand_apart() {
        let found: Vec<_> =
            pieces("**Units.** In `fen`, always").into_iter().map(|p| (p.text, p.style as u8)).collect();
        let expected = [("Units.", 2), (" In ", 0), ("fen", 1), (", always", 0)];
        assert_eq!(found, expected.map(|(text, style)| (text.to_owned(), style)));
        assert_eq!(paragraphs("a\n\nb\n\n").len(), 2);
    }
}
