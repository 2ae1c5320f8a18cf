internal import ColumnStore
internal import Ingest

/// Contracts and their keys, for the administrator.
enum ContractRoutes {
    private static let client = Operation.Parameter.path("client_id", "The client.", schema: #"{"type":"string","minLength":1,"maxLength":200}"#)

    static let all: [Route] = [
        Route(
            .get, "/v1/contracts", access: .admin, place: .control,
            operation: Operation("contracts", "The contracts.", answers: [.init(200, "All.", [.reference("ContractList")])]),
            handle: list),
        Route(
            .get, "/v1/contracts/{client_id}", access: .admin, place: .control,
            operation: Operation(
                "contract", "A client's contract.", parameters: [client], answers: [.init(200, "It.", [.reference("Contract")])],
                problems: [.notFound]),
            handle: one),
        Route(
            .put, "/v1/contracts/{client_id}", access: .admin, place: .control, body: .small,
            operation: Operation(
                "putContract", "Makes or replaces a contract.", parameters: [client], body: [.reference("Contract")],
                answers: [.init(200, "Replaced.", [.reference("Contract")]), .init(201, "Made.", [.reference("Contract")])],
                problems: [.invalidContract, .diskFull]),
            handle: put),
        Route(
            .delete, "/v1/contracts/{client_id}", access: .admin, place: .control,
            operation: Operation(
                "deleteContract", "Ends a contract and revokes its keys; data stay.", parameters: [client],
                answers: [.init(204, "Done.")], problems: [.notFound, .diskFull]),
            handle: delete),
        Route(
            .get, "/v1/contracts/{client_id}/keys", access: .admin, place: .control,
            operation: Operation(
                "keys", "The keys of a contract, without their secrets.", parameters: [client],
                answers: [.init(200, "They.", [.reference("KeyList")])], problems: [.notFound]),
            handle: keys),
        Route(
            .post, "/v1/contracts/{client_id}/keys", access: .admin, place: .control, body: .small,
            operation: Operation(
                "makeKey", "Makes a key; it is shown this once.", parameters: [client],
                answers: [.init(201, "The key.", [.reference("NewKey")])],
                problems: [.notFound, .badJSON, .badEncoding, .unsupportedMediaType, .diskFull]),
            handle: makeKey),
        Route(
            .delete, "/v1/contracts/{client_id}/keys/{id}", access: .admin, place: .control,
            operation: Operation(
                "deleteKey", "Revokes a key.", parameters: [client, .path("id", "The key's id.")], answers: [.init(204, "Done.")],
                problems: [.notFound, .diskFull]),
            handle: deleteKey),
    ]

    // MARK: Contracts

    private static func list(_ call: Call) throws -> Response {
        var writer = JSONWriter(reserving: 4_096)
        writer.beginObject()
        writer.key("contracts")
        writer.beginArray()
        for contract in try call.engine.contracts() { ContractBody.write(contract, to: &writer) }
        writer.endArray()
        writer.member("next_cursor", nil)
        writer.endObject()
        return .json(writer)
    }

    private static func one(_ call: Call) throws -> Response {
        var writer = JSONWriter()
        ContractBody.write(try find(call), to: &writer)
        return .json(writer)
    }

    private static func find(_ call: Call) throws -> Contract {
        try Call.check(id: call.pathValues[0], "client_id")
        guard let contract = try call.engine.contract(call.pathValues[0]) else { throw Problem(.notFound, "there is no such contract") }
        return contract
    }

    private static func put(_ call: Call) throws -> Response {
        let clientID = call.pathValues[0]
        try Call.check(id: clientID, "client_id")
        let body = try call.object(members: ContractBody.members)
        let contract = try ContractBody.read(body, clientID: clientID, previous: try call.engine.contract(clientID))
        let outcome = try call.engine.putContract(contract)
        var writer = JSONWriter()
        ContractBody.write(contract, to: &writer)
        call.exchange.auditDetail = String(decoding: writer.bytes, as: UTF8.self)
        return Response.json(outcome == .created ? 201 : 200, writer).adding("Location", "/v1/contracts/\(RequestTarget.encode(clientID))")
    }

    private static func delete(_ call: Call) throws -> Response {
        _ = try find(call)
        try call.engine.deleteContract(call.pathValues[0])
        return .noContent
    }

    // MARK: Keys

    private static func keys(_ call: Call) throws -> Response {
        _ = try find(call)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("keys")
        writer.beginArray()
        for key in try call.engine.keys(of: call.pathValues[0]) {
            writer.beginObject()
            writer.member("id", key.id)
            writer.member("created_at", CalendarText.text(instant: key.createdAt))
            writer.member("last_used_at", key.lastUsedAt.map { CalendarText.text(instant: $0) })
            writer.endObject()
        }
        writer.endArray()
        writer.member("next_cursor", nil)
        writer.endObject()
        return .json(writer)
    }

    private static func makeKey(_ call: Call) throws -> Response {
        if !call.request.body.isEmpty { _ = try call.object(members: []) }
        _ = try find(call)
        let key = try APIKey.make()
        _ = try call.engine.addKey(of: call.pathValues[0], id: key.id, secretSHA256: key.sha256)
        call.exchange.auditDetail = #"{"id":"\#(key.id)"}"#
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", key.id)
        writer.member("key", key.text)
        writer.endObject()
        return Response.json(201, writer).adding("Cache-Control", "no-store")
            .adding("Location", "\(call.request.target.path)/\(key.id)")
    }

    private static func deleteKey(_ call: Call) throws -> Response {
        _ = try find(call)
        let id = call.pathValues[1]
        guard try call.engine.keys(of: call.pathValues[0]).contains(where: { $0.id == id }) else {
            throw Problem(.notFound, "the contract has no such key")
        }
        try call.engine.deleteKey(of: call.pathValues[0], id: id)
        return .noContent
    }
}
