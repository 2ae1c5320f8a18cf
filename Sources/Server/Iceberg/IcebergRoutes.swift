internal import Documents
internal import Ingest

/// The read part of Apache Iceberg's REST catalog (`open-api/rest-catalog-open-api.yaml` there): one namespace, `till`, with the tables of the warehouse. It has a
/// description of its own, so it is not in this API's; whatever would write is 403. None of these calls changes anything, whatever its method: they wait for no log, and are answered
/// while it gives no answer.
package enum IcebergRoutes {
    package static let all: [Route] = reads + tokens + refusals

    private static func route(
        _ method: HTTPMethod, _ path: String, _ id: String, body: Route.BodyLimit = .none, _ handle: @escaping @Sendable (Call, IcebergWarehouse) throws -> Response
    ) -> Route {
        Route(
            method, root + path, access: .reader, place: .reads, body: body, operation: .undocumented(id, changesNothing: true),
            uses: { IcebergWarehouse($0.store.inventory, $0.warehouse) }, handle: handle)
    }

    private static let root = "/iceberg/v1"
    private static let namespace = "/namespaces/{namespace}"
    private static let table = "/namespaces/{namespace}/tables/{table}"
    private static let rest = "/{…}"

    /// What `config` tells of: the specification's own words, whose `{prefix}` is empty here.
    static let endpoints = [
        "GET /v1/{prefix}/namespaces", "GET /v1/{prefix}/namespaces/{namespace}", "HEAD /v1/{prefix}/namespaces/{namespace}",
        "GET /v1/{prefix}/namespaces/{namespace}/tables", "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}",
        "HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}", "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials",
        "POST /v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics", "GET /v1/{prefix}/namespaces/{namespace}/views",
    ]

    // HEAD before GET, which would take it.
    private static let reads: [Route] = [
        route(.get, "/config", "icebergConfig") { call, warehouse in try warehouse.config(call) },
        route(.get, "/namespaces", "icebergNamespaces") { call, warehouse in try warehouse.namespaces(call) },
        route(.head, namespace, "icebergNamespaceHead") { call, warehouse in try warehouse.hasNamespace(call) },
        route(.get, namespace, "icebergNamespace") { call, warehouse in try warehouse.namespace(call) },
        route(.get, namespace + "/tables", "icebergTables") { call, warehouse in try warehouse.tables(call) },
        route(.get, namespace + "/views", "icebergViews") { call, warehouse in try warehouse.views(call) },
        route(.get, namespace + "/views/{view}", "icebergView") { call, warehouse in try warehouse.view(call) },
        route(.head, table, "icebergTableHead") { call, warehouse in try warehouse.hasTable(call) },
        route(.get, table, "icebergTable") { call, warehouse in try warehouse.load(call) },
        route(.get, table + "/credentials", "icebergCredentials") { call, warehouse in try warehouse.credentials(call) },
        route(.post, table + "/metrics", "icebergMetrics", body: .small) { call, warehouse in try warehouse.metrics(call) },
        // Those that do not look at `endpoints` ask for more: to them it is not there, and not there in another form.
        route(.get, rest, "icebergNothing") { call, warehouse in try warehouse.nothing(call) },
    ]

    /// The last for those who know it at the root of a server.
    private static let tokenPaths = [root + "/oauth/tokens", root + "/oauth2/token", "/oauth2/token"]

    private static let tokens: [Route] = tokenPaths.map { path in
        Route(
            .post, path, access: .open, place: .control, body: .small, operation: .undocumented("icebergToken", changesNothing: true), uses: { $0.authorizer }, handle: IcebergTokens.grant)
    }

    /// Every other method of those paths, and every other path.
    private static let refusals: [Route] = {
        let taken = Set((reads + tokens).map { "\($0.method.rawValue) \($0.path)" })
        let paths = Set(reads.map { String($0.path.dropFirst(root.count)) }).union([rest]).sorted()
        return paths.flatMap { path in
            [HTTPMethod.post, .put, .delete, .patch].compactMap { method in
                taken.contains("\(method.rawValue) \(root + path)") ? nil : refusal(method, path)
            }
        }
    }()

    /// The answer is the same whatever a body holds, and however much: none of it is kept. Of somebody who is not known yet the answer may be another, and the body is bounded as of any call.
    private static func refusal(_ method: HTTPMethod, _ path: String) -> Route {
        Route(
            method, root + path, access: .reader, place: .reads, operation: .undocumented("icebergWrite", changesNothing: true), uses: { _ in () },
            open: { _, _ in throw refused }, handle: { _, _ in throw refused })
    }

    private static let refused = Problem(
        .readOnly, "this catalog is read-only: documents come in by POST /v1/receipts and the other calls of the API", errors: [IcebergFault.forbidden])
}

/// The specification's names of faults, where the status does not say them.
enum IcebergFault {
    static let forbidden = Problem.Violation(pointer: "", code: "ForbiddenException", message: "")
    static let noNamespace = Problem.Violation(pointer: "", code: "NoSuchNamespaceException", message: "")
    static let noView = Problem.Violation(pointer: "", code: "NoSuchViewException", message: "")
    static let noTable = Problem.Violation(pointer: "", code: "NoSuchTableException", message: "")
}
