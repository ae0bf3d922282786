//! The API's operations. Each is named with its handler, and what the document says of it is read from the handler's
//! types; nothing under `/api/v1` is served that the document does not tell of.

mod answers;
mod document;
mod examples;
pub(crate) mod sketch;
mod takes;

use axum::handler::Handler;

pub(crate) use answers::{Created, Csv, File, Later, List, Maybe, Media, NoContent, Pdf, Second, Toml, Xlsx};
pub(crate) use answers::{link, page_size};
pub use document::{Document, document};
pub(crate) use sketch::{Gives, Sketch};
pub(crate) use takes::{Enclosure, Image, Nothing, Sheet, SignedBody, Upload, Whoever};

use super::App;
use super::routes::Routes;
use crate::audit::Action;
use sketch::{Asker, Described};

/// Operations of one kind.
pub(crate) struct Api {
    tag: &'static str,
    routes: Routes,
}

impl Api {
    /// Operations under this heading.
    pub(crate) fn of(tag: &'static str) -> Self {
        Self { tag, routes: Routes::new() }
    }

    fn tell<H, D>(mut self, of: (&'static str, &'static str), action: Option<Action>, summary: &'static str) -> Self
    where
        H: Described<D>,
    {
        let (method, path) = of;
        let mut sketch = Sketch { method, path, tag: self.tag, summary, action, ..Sketch::default() };
        H::describe(&mut sketch);
        if method != "GET" && sketch.asker == Asker::Person {
            // What is asked for may not be there, and may not fit the state things are in.
            sketch.refuses([404, 409, 422]);
            sketch.keyed = !sketch.is_upload && !path.starts_with("/api/v1/session");
        }
        if sketch.keyed {
            sketch.refuses([400, 413]);
        }
        self.routes.tell(sketch);
        self
    }

    /// Something that is read.
    pub(crate) fn get<H, T, D>(mut self, path: &'static str, handler: H, summary: &'static str) -> Self
    where
        H: Handler<T, App> + Described<D>,
        T: 'static,
    {
        self.routes = self.routes.get(path, handler);
        self.tell::<H, D>(("GET", path), None, summary)
    }

    /// Something that is read, and is entered in the audit log.
    pub(crate) fn reveal<H, T, D>(mut self, path: &'static str, of: Action, handler: H, summary: &'static str) -> Self
    where
        H: Handler<T, App> + Described<D>,
        T: 'static,
    {
        self.routes = self.routes.reveal(path, of, handler);
        self.tell::<H, D>(("GET", path), Some(of), summary)
    }

    /// Something that is sent and is not entered in the audit log.
    pub(crate) fn send<H, T, D>(mut self, path: &'static str, handler: H, summary: &'static str) -> Self
    where
        H: Handler<T, App> + Described<D>,
        T: 'static,
    {
        self.routes = self.routes.send(path, handler);
        self.tell::<H, D>(("POST", path), None, summary)
    }

    /// Something that is done.
    pub(crate) fn post<H, T, D>(mut self, path: &'static str, of: Action, handler: H, summary: &'static str) -> Self
    where
        H: Handler<T, App> + Described<D>,
        T: 'static,
    {
        self.routes = self.routes.post(path, of, handler);
        self.tell::<H, D>(("POST", path), Some(of), summary)
    }

    /// Something that is put in the place of what is there.
    pub(crate) fn put<H, T, D>(mut self, path: &'static str, of: Action, handler: H, summary: &'static str) -> Self
    where
        H: Handler<T, App> + Described<D>,
        T: 'static,
    {
        self.routes = self.routes.put(path, of, handler);
        self.tell::<H, D>(("PUT", path), Some(of), summary)
    }

    /// Something that is taken away.
    pub(crate) fn delete<H, T, D>(
        mut self,
        path: &'static str,
        of: Option<Action>,
        handler: H,
        summary: &'static str,
    ) -> Self
    where
        H: Handler<T, App> + Described<D>,
        T: 'static,
    {
        self.routes = self.routes.delete(path, of, handler);
        self.tell::<H, D>(("DELETE", path), of, summary)
    }

    /// More about the operation that was named last.
    pub(crate) fn notes(mut self, notes: &'static str) -> Self {
        self.routes.last(|sketch| sketch.notes = notes);
        self
    }

    /// What else the operation that was named last refuses with.
    pub(crate) fn refuses<const N: usize>(mut self, statuses: [u16; N]) -> Self {
        self.routes.last(|sketch| sketch.refuses(statuses));
        self
    }

    /// Bodies of the operations so far may be so large, bytes.
    pub(crate) fn limit(mut self, bytes: usize) -> Self {
        self.routes = self.routes.limit(bytes);
        self
    }

    /// With these too.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.routes = self.routes.merge(other.routes);
        self
    }

    /// As they are served.
    pub(crate) fn routes(self) -> Routes {
        self.routes
    }
}
