//! The list of routes, and the router that is built from it: no route is served that the list does not name. The test of
//! rights goes through the list, and denials are entered in the audit log by the action that it names.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::handler::Handler;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{MethodFilter, on};

use super::App;
use super::api::Sketch;
use crate::audit::{Act, Action, is_denial};
use crate::store::people::UserRow;
use crate::words::Code;

/// A method of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// As axum writes it, `{…}` for what varies.
    pub path: &'static str,
    /// Under what name its denials stand in the audit log; nothing for what is not audited.
    pub action: Option<Action>,
}

/// Routes with their handlers.
pub(crate) struct Routes {
    router: Router<App>,
    table: Vec<Route>,
    /// What the API's document says of them.
    operations: Vec<Sketch>,
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), table: Vec::new(), operations: Vec::new() }
    }

    fn route<H, T>(mut self, route: Route, filter: MethodFilter, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.table.push(route);
        self.router = self.router.route(route.path, on(filter, handler));
        self
    }

    /// Something that is read.
    pub(crate) fn get<H: Handler<T, App>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route(Route { method: "GET", path, action: None }, MethodFilter::GET, handler)
    }

    /// Something that is read, and is entered in the audit log.
    pub(crate) fn reveal<H: Handler<T, App>, T: 'static>(self, path: &'static str, of: Action, handler: H) -> Self {
        self.route(Route { method: "GET", path, action: Some(of) }, MethodFilter::GET, handler)
    }

    /// Something that is sent and is not entered in the audit log.
    pub(crate) fn send<H: Handler<T, App>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route(Route { method: "POST", path, action: None }, MethodFilter::POST, handler)
    }

    /// Something that is done.
    pub(crate) fn post<H: Handler<T, App>, T: 'static>(self, path: &'static str, of: Action, handler: H) -> Self {
        self.route(Route { method: "POST", path, action: Some(of) }, MethodFilter::POST, handler)
    }

    /// Something that is put in the place of what is there.
    pub(crate) fn put<H: Handler<T, App>, T: 'static>(self, path: &'static str, of: Action, handler: H) -> Self {
        self.route(Route { method: "PUT", path, action: Some(of) }, MethodFilter::PUT, handler)
    }

    /// Something that is taken away.
    pub(crate) fn delete<H, T>(self, path: &'static str, of: Option<Action>, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.route(Route { method: "DELETE", path, action: of }, MethodFilter::DELETE, handler)
    }

    /// Bodies of the routes so far may be so large, bytes.
    pub(crate) fn limit(mut self, bytes: usize) -> Self {
        self.router = self.router.layer(DefaultBodyLimit::max(bytes));
        self
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.table.extend(other.table);
        self.operations.extend(other.operations);
        self.router = self.router.merge(other.router);
        self
    }

    /// Tells the API's document of the route that was named last.
    pub(crate) fn tell(&mut self, operation: Sketch) {
        self.operations.push(operation);
    }

    /// Tells more about the operation that was told of last.
    pub(crate) fn last(&mut self, tell: impl FnOnce(&mut Sketch)) {
        if let Some(operation) = self.operations.last_mut() {
            tell(operation);
        }
    }

    pub(crate) fn into_parts(self) -> (Router<App>, Vec<Route>, Vec<Sketch>) {
        (self.router, self.table, self.operations)
    }
}

/// Under what name denials of each address stand in the audit log.
#[derive(Clone, Default)]
pub(crate) struct Audited(Arc<HashMap<(&'static str, &'static str), Action>>);

impl Audited {
    pub(crate) fn of(table: &[Route]) -> Self {
        let audited = table.iter().filter_map(|route| Some(((route.method, route.path), route.action?)));
        Self(Arc::new(audited.collect()))
    }
}

/// Who turned out to be asking: the extractor of the signed-in person writes it down.
#[derive(Clone, Default)]
pub(crate) struct Asking(Arc<OnceLock<UserRow>>);

impl Asking {
    pub(crate) fn is(&self, user: &UserRow) {
        let _ = self.0.set(user.clone());
    }
}

/// Enters in the audit log what a signed-in person was denied.
pub(crate) async fn enter_denials(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let action = path.and_then(|path| app.audited.0.get(&(request.method().as_str(), path.as_str())).copied());
    let Some(action) = action else { return next.run(request).await };
    let asking = Asking::default();
    request.extensions_mut().insert(asking.clone());
    let object = request.uri().path().to_owned();
    let response = next.run(request).await;
    let code = response.extensions().get::<Code>().copied().filter(|code| is_denial(*code));
    if let (Some(user), Some(code)) = (asking.0.get(), code) {
        let act = Act::new(user.id, action, object).with("role", user.role.name());
        app.office.deny(act, code).await;
    }
    response
}
