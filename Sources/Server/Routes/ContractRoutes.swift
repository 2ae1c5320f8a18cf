internal import ColumnStore
internal import Documents
internal import Ingest

/// Contracts: what a client may do.
enum ContractRoutes {
    static let client = Operation.Parameter.path("client_id", "The client.", schema: #"{"type":"string","minLength":1,"maxLength":200}"#)

    static let all: [Route] = [
        Route(
            .get, "/v1/contracts", access: .audit, place: .control,
            operation: Operation(
                "contracts", "The contracts, by client.", parameters: ListPage.parameters,
                answers: [.init(200, "A page of them.", [.reference("ContractList")])], problems: [.badCursor]),
            handle: list),
        Route(
            .get, "/v1/contracts/{client_id}", access: .audit, place: .control,
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
    ]

    // MARK: Contracts

    private static func list(_ call: Call) throws -> Response {
        let page = try ListPage(call)
        let contracts = try call.store.contracts.contracts(after: try page.after(fieldCount: 1)?.text(at: 0), limit: page.limit + 1)
        let shown = contracts.prefix(page.limit)
        var writer = JSONWriter(reserving: 256 * shown.count + 64)
        writer.beginObject()
        writer.key("contracts")
        writer.beginArray()
        for contract in shown { ContractBody.write(contract, to: &writer) }
        writer.endArray()
        writer.member("next_cursor", contracts.count > page.limit ? shown.last.map { page.cursor([Array($0.clientID.utf8)]) } : nil)
        writer.endObject()
        return .json(writer)
    }

    private static func one(_ call: Call) throws -> Response {
        var writer = JSONWriter()
        ContractBody.write(try find(call), to: &writer)
        return .json(writer)
    }

    static func find(_ call: Call) throws -> Contract {
        try Call.check(id: call.pathValues[0], "client_id")
        guard let contract = try call.store.contracts.contract(call.pathValues[0]) else { throw Problem(.notFound, "there is no contract \(MemberReader.shown(call.pathValues[0]))") }
        return contract
    }

    private static func put(_ call: Call) throws -> Response {
        let clientID = call.pathValues[0]
        try Call.check(id: clientID, "client_id")
        let body = try call.object(members: ContractBody.members)
        let contract = try ContractBody.read(body, clientID: clientID, previous: try call.store.contracts.contract(clientID))
        let outcome = try call.store.contracts.putContract(contract)
        var writer = JSONWriter()
        ContractBody.write(contract, to: &writer)
        call.exchange.auditDetail = String(decoding: writer.bytes, as: UTF8.self)
        return Response.json(outcome == .created ? 201 : 200, writer).adding("Location", "/v1/contracts/\(RequestTarget.encode(clientID))")
    }

    private static func delete(_ call: Call) throws -> Response {
        _ = try find(call)
        try call.store.contracts.deleteContract(call.pathValues[0])
        return .noContent
    }
}
