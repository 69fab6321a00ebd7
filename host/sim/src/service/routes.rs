//! Routes a request to its endpoint, and answers everything but completions.

use super::Service;
use super::completion::complete;
use crate::http::after_reply::AfterReply;
use crate::http::error_response::ErrorResponse;
use crate::http::json_response::JsonResponse;
use crate::http::request::Request;
use crate::http::response_writer::ResponseWriter;
use crate::reply::request::Endpoint;
use serde_json::json;
use std::io;

/// Answers one request.
///
/// # Errors
/// The client has disconnected.
pub(crate) async fn respond(
    service: &Service,
    request: Request,
    writer: &mut ResponseWriter<'_>,
) -> io::Result<AfterReply> {
    let endpoint = match request.head.path.as_str() {
        "/v1/chat/completions" => Endpoint::Chat,
        "/v1/completions" => Endpoint::Completions,
        _ => return respond_to_get(service, &request).send(writer).await,
    };
    if request.head.method != "POST" {
        let response = JsonResponse::method_not_allowed("POST", request.head.keep_alive);
        return response.send(writer).await;
    }
    complete(service, endpoint, request, writer).await
}

fn respond_to_get(service: &Service, request: &Request) -> JsonResponse {
    let (path, keep_alive) = (request.head.path.as_str(), request.head.keep_alive);
    let name = &service.config.model_name;
    let body = match path {
        "/v1/models" => {
            let model = json!({"id": name, "object": "model", "owned_by": "loadwright"});
            json!({"object": "list", "data": [model]})
        }
        "/health" | "/" => json!({"status": "ok"}),
        _ => {
            let message = format!("{path} does not exist");
            return JsonResponse::error(&ErrorResponse { status: 404, message }, keep_alive);
        }
    };
    if request.head.method != "GET" {
        return JsonResponse::method_not_allowed("GET", keep_alive);
    }
    JsonResponse::ok(body.to_string().into_bytes(), keep_alive)
}
