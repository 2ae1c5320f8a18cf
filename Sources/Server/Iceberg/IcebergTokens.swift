internal import ColumnStore
internal import Documents
internal import Ingest

/// A token of an hour, or until the key ends: for client credentials (RFC 6749, section 4.4), which are the id of a contract, or `admin`,
/// and a key of it; or in exchange for one that is not over (RFC 8693), as Iceberg's clients in Java renew theirs.
enum IcebergTokens {
    /// In seconds.
    private static let lifetime: Int64 = 3_600

    private enum Grant: String {
        case credentials = "client_credentials"
        case exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    }

    @Sendable static func grant(_ call: Call, _ authorizer: Authorizer) throws -> Response {
        let form = try IcebergForm(call.request.body)
        guard let grant = form["grant_type"].flatMap(Grant.init(rawValue:)) else {
            return refused(400, "unsupported_grant_type", "grant_type is \(Grant.credentials.rawValue) or \(Grant.exchange.rawValue) here")
        }
        let basic = BasicCredentials(call.request.header("Authorization"))
        let shown = basic?.secret ?? form["client_secret"]
        // Whoever shows the key is given a token of it, whatever became of the one before. Else that is shown itself, in Authorization: Bearer too.
        let isOfToken = grant == .exchange && shown == nil
        guard let secret = isOfToken ? form["subject_token"] : shown, !secret.isEmpty else {
            return refused(
                400, "invalid_request",
                isOfToken ? "subject_token is wanted: a token that is not over" : "client_secret is wanted: an API key, in the body or in Authorization: Basic")
        }
        let credential = Credential(secret)
        let principal: Principal
        do {
            principal = try authorizer.authorize(credential, for: .reader).principal
        } catch let denial as Denial {
            call.exchange.problem = denial.problem
            var response = refused(denial.problem.status == 429 ? 429 : 401, "invalid_client", denial.problem.detail).adding("WWW-Authenticate", "Basic realm=\"till\"")
            // How the contract's rate stands, and when to come again.
            response.headers += Refusal(denial).headers
            return response
        }
        let name = principal.identity.client?.text ?? "admin"
        // Whoever says an id means the one whose key it is: by its bytes, as ids are compared.
        if let id = basic?.id ?? form["client_id"], !id.isEmpty, !id.hasSameBytes(as: name) { return refused(401, "invalid_client", "the key is of another client than client_id says") }
        call.exchange.note(principal)
        let now = CalendarText.now
        let end = now + lifetime * 1_000_000
        guard let pass = isOfToken ? authorizer.pass(inPlaceOf: credential, until: end) : authorizer.pass(for: credential, until: end) else {
            return refused(401, "invalid_client", "this is made of an API key; a token counts as it is, in Authorization: Bearer").adding("WWW-Authenticate", "Basic realm=\"till\"")
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
