internal import ColumnStore
internal import Documents
internal import Ingest

/// Contracts: what a client may do.
enum ContractRoutes {
    private static let problemContent = Operation.Content("application/problem+json", ProblemBody.schema.text)
    static let client = Operation.Parameter.path("client_id", "The client.", schema: #"{"type":"string","minLength":1,"maxLength":200}"#)

    static let all: [Route] = [
        Route(
            .get, "/v1/contracts", access: .audit, place: .control,
            operation: Operation(
                "contracts", "The contracts, by client.", parameters: ListPage.parameters,
                answers: [.init(200, "A page of them.", [.of(ListBody<ContractBody>.self)])], problems: [.badCursor]),
            uses: { $0.store.contracts }, handle: list),
        Route(
            .get, "/v1/contracts/{client_id}", access: .audit, place: .control,
            operation: Operation(
                "contract", "A client's contract.", parameters: [client], answers: [.init(200, "It.", [.of(ContractBody.self)])],
                problems: [.notFound]),
            uses: { $0.store.contracts }, handle: one),
        Route(
            .put, "/v1/contracts/{client_id}", access: .admin, place: .control, body: .small,
            operation: Operation(
                "putContract", "Makes or replaces a contract.",
                parameters: [client, .header("If-None-Match", "`*` makes a contract only where the client has none. Anything else counts as none: contracts have no ETag.")],
                body: [.of(ContractBody.self)],
                answers: [
                    .init(200, "Replaced.", [.of(ContractBody.self)]), .init(201, "Made.", [.of(ContractBody.self)]),
                    .init(412, "already-exists: the client has one, and If-None-Match is `*`.", [problemContent]),
                ],
                problems: [.invalidContract, .diskFull]),
            uses: { $0.store.contracts }, handle: put),
        Route(
            .delete, "/v1/contracts/{client_id}", access: .admin, place: .control,
            operation: Operation(
                "deleteContract", "Ends a contract and revokes its keys; data stay.", parameters: [client],
                answers: [.init(204, "Done.")], problems: [.notFound, .diskFull]),
            uses: { $0.store.contracts }, handle: delete),
    ]

    // MARK: Contracts

    private static func list(_ call: Call, _ contracts: any ContractAdministration) throws -> Response {
        let page = try ListPage(call)
        let found = try contracts.contracts(after: try page.after(fieldCount: 1)?.text(at: 0), limit: page.limit + 1)
        // A contract may have a mebibyte of names.
        let (shown, byteCount, hasMore) = try page.fit(found) { ContractBody(contract: $0).byteCountMax }
        let next = hasMore ? shown.last.map { page.cursor([Array($0.clientID.utf8)]) } : nil
        return .json(ListBody(items: shown.map { ContractBody(contract: $0) }, nextCursor: next), reserving: byteCount)
    }

    private static func one(_ call: Call, _ contracts: any ContractAdministration) throws -> Response {
        .json(ContractBody(contract: try find(call, contracts)))
    }

    static func find(_ call: Call, _ contracts: any ContractAdministration) throws -> Contract {
        try Call.check(id: call.path("client_id"), "client_id")
        guard let contract = try contracts.contract(call.path("client_id")) else { throw Problem(.notFound, "there is no contract \(MemberReader.shown(call.path("client_id")))") }
        return contract
    }

    private static func put(_ call: Call, _ contracts: any ContractAdministration) throws -> Response {
        let clientID = call.path("client_id")
        try Call.check(id: clientID, "client_id")
        let body = try call.object(members: ContractBody.members)
        let contract = try ContractBody.read(body, clientID: clientID, previous: try contracts.contract(clientID))
        let mayReplace = call.request.header("If-None-Match")?.trimmingBlanks != "*"
        let outcome: PutOutcome
        do {
            // Another call may put another secret before this one is done: one that is left out is not the one that was read here.
            outcome = try contracts.putContract(contract, keepsSecret: body["webhook"]?[present: "secret"] == nil, mayReplace: mayReplace)
        } catch let fault as Fault where fault.code == .alreadyExists {
            // A condition of the request that does not hold (RFC 9110, 13.1.2).
            var problem = Problem(fault)
            problem.status = 412
            throw problem
        }
        let text = ContractBody(contract: contract).json()
        call.exchange.auditDetail = String(decoding: text, as: UTF8.self)
        return Response(status: outcome == .created ? 201 : 200, contentType: "application/json", bytes: text).adding("Location", "/v1/contracts/\(RequestTarget.encode(clientID))")
    }

    private static func delete(_ call: Call, _ contracts: any ContractAdministration) throws -> Response {
        _ = try find(call, contracts)
        try contracts.deleteContract(call.path("client_id"))
        return .noContent
    }
}
