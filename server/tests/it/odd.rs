//! What is no operation of the API: unknown addresses and methods.

use axum::body::Body;
use axum::http::{Method, Request};
use support::Backend;
use tower::ServiceExt as _;

use crate::access::Ground;
use crate::client::read;

/// What no operation is asked for: unknown addresses and methods are refused as everything is.
async fn whatever_is_no_operation_is_a_problem_too(backend: Backend) {
    let ground = Ground::new(backend).await;
    let ask = async |method: Method, address: &str| {
        let request = Request::builder().method(method).uri(address).body(Body::empty()).unwrap();
        ground.router.clone().oneshot(request).await.unwrap()
    };
    for address in ["/api", "/api/v1", "/api/v1/", "/api/v2/audit", "/api/v1/audit/", "/api/v1//audit", "/api/v1/x"] {
        read(ask(Method::GET, address).await).await.is_problem(404, "not_found");
    }
    for method in [Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let response = ask(method, "/api/v1/canteens").await;
        let mut allow: Vec<&str> = response.headers()["allow"].to_str().unwrap().split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow, ["GET", "HEAD", "POST"], "what the address is for");
        read(response).await.is_problem(405, "method_not_allowed");
    }
}

crate::on_both! {
    whatever_is_no_operation_is_a_problem_too
}
