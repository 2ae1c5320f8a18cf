internal import ColumnStore
internal import Documents
internal import Ingest

/// Client credentials (RFC 6749, section 4.4): the id of a contract, or `admin`, and a key of it, for a token of an hour, or until the key ends.
enum IcebergTokens {
    /// In seconds.
    private static let lifetime: Int64 = 3_600

    @Sendable static func grant(_ call: Call, _ authorizer: Authorizer) throws -> Response {
        let form = try IcebergForm(call.request.body)
        guard form["grant_type"] == "client_credentials" else { return refused(400, "unsupported_grant_type", "grant_type is client_credentials here") }
        let basic = BasicCredentials(call.request.header("Authorization"))
        guard let secret = basic?.secret ?? form["client_secret"], !secret.isEmpty else {
            return refused(400, "invalid_request", "client_secret is wanted: an API key, in the body or in Authorization: Basic")
        }
        let credential = Credential(secret)
        let principal: Principal
        do {
            principal = try authorizer.authorize(credential, for: .reader).principal
        } catch let denial as Denial {
            call.exchange.problem = denial.problem
            return refused(denial.problem.status == 429 ? 429 : 401, "invalid_client", denial.problem.detail)
                .adding("WWW-Authenticate", "Basic realm=\"till\"")
        }
        let name = principal.identity.client?.text ?? "admin"
        // Whoever says an id means the one whose key it is: by its bytes, as ids are compared.
        if let id = basic?.id ?? form["client_id"], !id.isEmpty, !id.hasSameBytes(as: name) { return refused(401, "invalid_client", "the key is of another client than client_id says") }
        call.exchange.note(principal)
        let now = CalendarText.now
        guard let pass = authorizer.pass(for: credential, until: now + lifetime * 1_000_000) else {
            return refused(401, "invalid_client", "client_secret is an API key here; a token counts as it is, in Authorization: Bearer").adding("WWW-Authenticate", "Basic realm=\"till\"")
        }
        let seconds = max(0, (pass.end - now) / 1_000_000)
        let body = JSONValue.object([
            "access_token": .string(pass.text), "token_type": .string("bearer"), "expires_in": .integer(seconds),
            "issued_token_type": .string("urn:ietf:params:oauth:token-type:access_token"), "scope": .string(form["scope"] ?? "catalog"),
        ])
        return Response(status: 200, contentType: "application/json", bytes: body.serialized).adding("Cache-Control", "no-store")
    }

    /// As RFC 6749, section 5.2, has it.
    private static func refused(_ status: Int, _ error: String, _ description: String) -> Response {
        let body = JSONValue.object(["error": .string(error), "error_description": .string(description)])
        return Response(status: status, contentType: "application/json", bytes: body.serialized).adding("Cache-Control", "no-store")
    }
}
