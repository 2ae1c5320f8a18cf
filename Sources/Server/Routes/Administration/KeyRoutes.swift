internal import ColumnStore
internal import Documents
internal import Ingest

/// Keys: those of contracts, and those of the people and programs that run the store. A key's secret is in one answer, and nowhere else.
enum KeyRoutes {
    private static let id = Operation.Parameter.path("id", "The key's id.")
    private static let made = Operation.Answer(201, "The key.", [.of(NewKeyBody.self)])
    private static let faults: [Problem.Slug] = [.badJSON, .badEncoding, .unsupportedMediaType, .diskFull]

    static let all: [Route] = [
        Route(
            .get, "/v1/contracts/{client_id}/keys", access: .audit, place: .control,
            operation: Operation(
                "keys", "The keys of a contract, without their secrets.", parameters: [ContractRoutes.client] + ListPage.parameters,
                answers: [.init(200, "They.", [.of(ListBody<KeyBody>.self)])], problems: [.notFound, .badCursor]),
            uses: ofContract, handle: { call, parts in try list(call, parts.keys, of: try client(call, parts.contracts)) }),
        Route(
            .post, "/v1/contracts/{client_id}/keys", access: .admin, place: .control, body: .small,
            operation: Operation(
                "makeKey", "Makes a key of a contract; it is shown this once.", parameters: [ContractRoutes.client],
                body: [.reference("KeyRequest")], answers: [made], problems: [.notFound] + faults, needsBody: false),
            uses: ofContract, handle: { call, parts in try make(call, parts.keys, of: try client(call, parts.contracts)) }),
        Route(
            .delete, "/v1/contracts/{client_id}/keys/{id}", access: .admin, place: .control,
            operation: Operation(
                "deleteKey", "Revokes a key of a contract.", parameters: [ContractRoutes.client, id], answers: [.init(204, "Done.")],
                problems: [.notFound, .diskFull]),
            uses: ofContract,
            handle: { call, parts in
                try parts.keys.deleteKey(of: try client(call, parts.contracts), id: call.path("id"))
                return .noContent
            }),
        Route(
            .get, "/v1/admin/keys", access: .audit, place: .control,
            operation: Operation(
                "operatorKeys", "The keys of those who run the store, without their secrets.", parameters: ListPage.parameters,
                answers: [.init(200, "They.", [.of(ListBody<KeyBody>.self)])], problems: [.badCursor]),
            uses: { $0.store.keys }, handle: { call, keys in try list(call, keys, of: .operators) }),
        Route(
            .post, "/v1/admin/keys", access: .admin, place: .control, body: .small,
            operation: Operation(
                "makeOperatorKey", "Makes a key of a role; it is shown this once. `metrics` reads /metrics, `auditor` the audit trail, contracts, keys, types and what was refused without its bytes, `admin` may do everything.",
                body: [.reference("OperatorKeyRequest")], answers: [made], problems: faults),
            uses: { $0.store.keys }, handle: { call, keys in try make(call, keys, of: .operators) }),
        Route(
            .delete, "/v1/admin/keys/{id}", access: .admin, place: .control,
            operation: Operation(
                "deleteOperatorKey", "Revokes a key of a role.", parameters: [id], answers: [.init(204, "Done.")], problems: [.notFound, .diskFull]),
            uses: { $0.store.keys },
            handle: { call, keys in
                try keys.deleteKey(of: .operators, id: call.path("id"))
                return .noContent
            }),
    ]

    private static let ofContract: @Sendable (CallParts) -> (keys: any KeyAdministration, contracts: any ContractAdministration) = {
        ($0.store.keys, $0.store.contracts)
    }

    private static func client(_ call: Call, _ contracts: any ContractAdministration) throws -> KeyOwner {
        .client(try ContractRoutes.find(call, contracts).clientID)
    }

    private static func list(_ call: Call, _ store: any KeyAdministration, of owner: KeyOwner) throws -> Response {
        let page = try ListPage(call, of: owner == .operators ? [] : [call.path("client_id")])
        let after = try page.after(fieldCount: 2).map { KeyDescription.Position(createdAt: try $0.integer(at: 0), id: $0.text(at: 1)) }
        let keys = try store.keys(of: owner, after: after, limit: page.limit + 1)
        let shown = keys.prefix(page.limit)
        let next = (keys.count > page.limit ? shown.last : nil).map { page.cursor([Array(String($0.createdAt).utf8), Array($0.id.utf8)]) }
        return .json(ListBody(items: shown.map { KeyBody(key: $0) }, nextCursor: next), reserving: 256 * shown.count + 64)
    }

    private static func make(_ call: Call, _ store: any KeyAdministration, of owner: KeyOwner) throws -> Response {
        let form = try KeyForm(call, of: owner)
        let key = try APIKey.make()
        var new = NewKey(id: key.id, secretSHA256: key.sha256, role: form.role, label: form.label, expiresAt: form.expiresAt)
        new.verifier = verifier(of: key, role: form.role, owner: owner, saltKey: store.passwordSaltKey)
        let added = try store.addKey(new, of: owner)
        call.exchange.auditDetail = String(decoding: NewKeyBody(key: added, secret: nil).json(), as: UTF8.self)
        return Response.json(201, NewKeyBody(key: added, secret: key.text)).adding("Cache-Control", "no-store")
            .adding("Location", "\(call.request.target.path)/\(key.id)")
    }

    /// By which the key can be shown at doors where passwords are proved; nil for keys that open none of them.
    private static func verifier(of key: APIKey, role: Principal.Role, owner: KeyOwner, saltKey: [UInt8]) -> KeyVerifier? {
        switch (owner, role) {
        case (.client(let clientID), _): ScramSecret.verifier(of: key.text, user: clientID, saltKey: saltKey)
        case (.operators, .admin): ScramSecret.verifier(of: key.text, user: ScramSecret.administrator, saltKey: saltKey)
        case (.operators, _): nil
        }
    }
}

/// What a key is asked to be.
private struct KeyForm {
    private static let labelByteCountMax = 200
    var label: String?
    var role = Principal.Role.contract
    var expiresAt: Int64?

    /// - Throws: `bad-parameter` with every fault.
    init(_ call: Call, of owner: KeyOwner) throws {
        let isOfOperators = owner == .operators
        // A contract's key needs nothing said of it.
        let body = call.request.body.isEmpty && !isOfOperators ? JSONValue.object([]) : try call.object(members: ["label", "role", "expires_at"])
        var reader = MemberReader(body: body)
        label = reader.string("label")
        if let label, !(1...Self.labelByteCountMax).contains(label.utf8.count) || label.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            reader.fault("/label", "out-of-range", "a label has 1 to \(Self.labelByteCountMax) bytes and no control characters; this has \(label.utf8.count) bytes")
        }
        expiresAt = reader.instant("expires_at")
        if let expiresAt, expiresAt <= CalendarText.now {
            reader.fault("/expires_at", "out-of-range", "an instant to come is wanted; \(CalendarText.text(instant: expiresAt)) is past")
        }
        let roles = isOfOperators ? Principal.Role.allCases.filter { $0 != .contract } : [.contract]
        if isOfOperators || body["role"] ?? .null != .null {
            role = reader.choice("role", roles, hint: isOfOperators ? "" : "; keys of other roles are made at /v1/admin/keys") ?? .contract
        }
        guard reader.faults.isEmpty else { throw Problem(.badParameter, reader.summary("the key"), errors: reader.faults) }
    }
}
