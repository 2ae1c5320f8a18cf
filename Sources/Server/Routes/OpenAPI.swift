internal import ColumnStore
internal import Documents
internal import Ingest

/// The description of the API in OpenAPI 3.1, made from the router's own table.
package enum OpenAPI {
    package static func document(_ all: [Route]) -> [UInt8] {
        let routes = all.filter(\.operation.isDocumented)
        var writer = JSONWriter(reserving: 64 << 10)
        writer.beginObject()
        writer.member("openapi", "3.1.0")
        writer.key("info")
        writer.beginObject()
        writer.member("title", "Till")
        writer.member("version", TillVersion.text)
        writer.member("description", "Receipts in, durable, and questions about all of them. OPTIONS on every path is 204, with the methods that it has in Allow.")
        writer.key("license")
        writer.raw(#"{"name":"Apache-2.0","identifier":"Apache-2.0"}"#)
        writer.endObject()
        writer.key("servers")
        writer.raw(#"[{"url":"/"}]"#)
        writer.key("security")
        writer.raw(#"[{"key":[]}]"#)
        writer.key("paths")
        writePaths(routes, to: &writer)
        writer.key("webhooks")
        OutgoingCalls.write(to: &writer)
        writer.key("components")
        writer.beginObject()
        writer.key("securitySchemes")
        writer.raw(#"{"key":{"type":"http","scheme":"bearer","description":"An API key: the admin key, or a contract's. Where the server is configured for it, a JSON web token whose claim names the contract."}}"#)
        writer.key("schemas")
        writer.beginObject()
        for (name, schema) in Schemas.all {
            writer.key(name)
            writer.raw(schema.utf8)
        }
        writer.endObject()
        writer.key("headers")
        writer.beginObject()
        for (name, text) in headers {
            writer.key(name)
            writer.raw(text.utf8)
        }
        writer.endObject()
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private static func writePaths(_ routes: [Route], to writer: inout JSONWriter) {
        var paths: [String] = []
        for route in routes where !paths.contains(route.path) { paths.append(route.path) }
        writer.beginObject()
        for path in paths {
            writer.key(path)
            writer.beginObject()
            for route in routes where route.path == path {
                writer.key(route.method.rawValue.lowercased())
                write(route, to: &writer)
            }
            writer.endObject()
        }
        writer.endObject()
    }

    private static func write(_ route: Route, to writer: inout JSONWriter) {
        let operation = route.operation
        writer.beginObject()
        writer.member("operationId", operation.id)
        writer.member("summary", operation.summary)
        // Of a scheme that is no OAuth, the list names roles (OpenAPI 3.1, Security Requirement Object): any of these.
        writer.key("security")
        writer.raw(("[" + route.access.roles.map { ##"{"key":["\##($0.rawValue)"]}"## }.joined(separator: ",") + "]").utf8)
        if !operation.parameters.isEmpty {
            writer.key("parameters")
            writer.beginArray()
            for parameter in operation.parameters {
                writer.beginObject()
                writer.member("name", parameter.name)
                writer.member("in", parameter.place.rawValue)
                writer.member("required", parameter.place == .path)
                writer.member("description", parameter.description)
                writer.key("schema")
                writer.raw(parameter.schema.utf8)
                writer.endObject()
            }
            writer.endArray()
        }
        if !operation.body.isEmpty {
            writer.key("requestBody")
            writer.beginObject()
            writer.member("required", operation.needsBody)
            write(operation.body, to: &writer)
            writer.endObject()
        }
        writer.key("responses")
        writer.beginObject()
        for answer in operation.answers {
            writer.key(String(answer.status))
            writer.beginObject()
            writer.member("description", answer.description)
            writeHeaders(of: route, status: answer.status, answer: answer, to: &writer)
            if !answer.contents.isEmpty { write(answer.contents, to: &writer) }
            writer.endObject()
        }
        writeProblems(of: route, to: &writer)
        writer.endObject()
        writer.endObject()
    }

    private static func write(_ contents: [Operation.Content], to writer: inout JSONWriter) {
        writer.key("content")
        writer.beginObject()
        for content in contents {
            writer.key(content.mediaType)
            writer.beginObject()
            writer.key("schema")
            writer.raw(content.schema.utf8)
            writer.endObject()
        }
        writer.endObject()
    }

    /// What a client should do with the field stands with the field.
    private static let headers: [(name: String, schema: String)] = [
        ("Link", #"{"description":"Where there is a next page: `<URL>; rel=\"next\"`, the same call with its cursor.","schema":{"type":"string"}}"#),
        ("Location", #"{"description":"Where that stands which was made, begun or found; of several receipts none.","schema":{"type":"string","format":"uri-reference"}}"#),
        ("RateLimit", #"{"description":"Of a contract with a rate: what is left of it, and in how many seconds there will be more (draft-ietf-httpapi-ratelimit-headers).","schema":{"type":"string"}}"#),
        ("RateLimit-Policy", #"{"description":"Of a contract with a rate: how many requests it may make in how many seconds.","schema":{"type":"string"}}"#),
        ("Retry-After", #"{"description":"Seconds after which the same request may succeed.","schema":{"type":"integer","minimum":0}}"#),
        ("Till-Leader", #"{"description":"With `not-leader`, where it is known: the URL of the machine that leads.","schema":{"type":"string","format":"uri"}}"#),
        ("Till-Stale", #"{"description":"Where a standby has answered (`Till-Read: stale`): its name, the last record of its copy, how many acknowledged ones it knows beyond that, and how many seconds ago it had heard the leader then.","schema":{"type":"string"}}"#),
        ("WWW-Authenticate", #"{"description":"How to authenticate.","schema":{"type":"string"}}"#),
    ]

    private static func writeHeaders(of route: Route, status: Int, answer: Operation.Answer? = nil, to writer: inout JSONWriter) {
        var names = answer.map { ownHeaders(of: route, $0) } ?? []
        if [.reader, .writer, .review, .known].contains(route.access) { names += ["RateLimit", "RateLimit-Policy"] }
        if status == 429 || status == 503 { names.append("Retry-After") }
        if status == 503, slugs(of: route).contains(.notLeader) { names.append("Till-Leader") }
        if route.operation.mayBeStale, status < 300 { names.append("Till-Stale") }
        // A page of a row that may never be had says where the next one begins.
        if status == 413, route.method == .get, route.path == "/v1/receipts" { names.append("Link") }
        if status == 401 { names.append("WWW-Authenticate") }
        guard !names.isEmpty else { return }
        writer.key("headers")
        writer.beginObject()
        for name in names {
            writer.key(name)
            writer.raw("{\"$ref\":\"#/components/headers/\(name)\"}".utf8)
        }
        writer.endObject()
    }

    /// Of calls that make things, and of pages whose form has no room for a cursor.
    private static func ownHeaders(of route: Route, _ answer: Operation.Answer) -> [String] {
        let (operation, makes) = (route.operation, route.operation.answers.contains { $0.status == 201 })
        let begins = answer.status == 202 && (route.path.hasPrefix("/v1/admin/") || route.path == "/v1/exports")
        var names: [String] = []
        if operation.takes("cursor"), answer.status == 200, answer.contents.count > 1 { names.append("Link") }
        if makes && (200...202).contains(answer.status) || begins { names.append("Location") }
        return names
    }

    /// One answer for each status, naming the slugs that it comes with.
    private static func writeProblems(of route: Route, to writer: inout JSONWriter) {
        let slugs = slugs(of: route)
        let statuses = Set(slugs.map(\.status)).subtracting(route.operation.answers.map(\.status)).sorted()
        for status in statuses {
            writer.key(String(status))
            writer.beginObject()
            let names = slugs.filter { $0.status == status }.map(\.rawValue)
            writer.member("description", names.joined(separator: ", "))
            writeHeaders(of: route, status: status, to: &writer)
            write([.init("application/problem+json", ##"{"$ref":"#/components/schemas/Problem"}"##)], to: &writer)
            writer.endObject()
        }
    }

    /// What any call of this access, place and body may answer, and what this one adds.
    static func slugs(of route: Route) -> [Problem.Slug] {
        var slugs: [Problem.Slug] = [.unknownParameter, .badParameter, .internalError, .tooLarge, .methodNotAllowed]
        slugs += [.badRequest, .requestTimeout, .uriTooLong, .headTooLarge, .unsupportedTransferEncoding, .unsupportedVersion]
        switch route.access {
        case .open: break
        case .signed: slugs += [.badSignature]
        case .known: slugs += [.unauthenticated, .contractNotValid, .rateLimited, .csrf]
        case .reader: slugs += [.unauthenticated, .contractNotValid, .roleNotAllowed, .rateLimited]
        case .writer: slugs += [.unauthenticated, .contractNotValid, .readOnly, .roleNotAllowed, .rateLimited]
        case .review: slugs += [.unauthenticated, .contractNotValid, .roleNotAllowed, .rateLimited]
        case .audit, .metrics: slugs += [.unauthenticated, .contractNotValid, .adminOnly, .roleNotAllowed, .rateLimited]
        case .admin: slugs += [.unauthenticated, .contractNotValid, .adminOnly, .rateLimited]
        }
        if route.place != .connection || route.body != .none { slugs += [.overloaded, .storageUnavailable, .notLeader] }
        if route.place == .queries { slugs += [.tooManyQueries, .queryTimeout] }
        if !route.operation.body.isEmpty { slugs += [.badJSON, .badEncoding, .unsupportedMediaType] }
        slugs += route.operation.problems
        return Problem.Slug.allCases.filter(slugs.contains)
    }
}
