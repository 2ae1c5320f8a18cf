internal import ColumnStore
internal import Documents
internal import Ingest

/// A pair of machines, as its administrator changes it. Any node may be asked: the one that leads answers.
enum ClusterRoutes {
    private static let name = Operation.Parameter.path("name", "The node's name, as `cluster.node` says it.")
    private static let wanted: [Problem.Slug] = [.notFound, .wrongState]

    static let all: [Route] = [
        Route(
            .get, "/v1/cluster", access: .audit, place: .control,
            operation: Operation(
                "cluster", "How a pair of machines stands.", answers: [.init(200, "It stands so.", [.of(ClusterBody.self)])], problems: [.wrongState]),
            uses: { $0.cluster }, handle: { _, cluster in .json(ClusterBody(pair: try there(cluster).pairStanding)) }),
        Route(
            .post, "/v1/cluster/transfer", access: .admin, place: .control, body: .small,
            operation: Operation(
                "transferLead", "Lets the other node lead: what is under way gets its answers, what comes meanwhile waits and is answered by the node that leads then.",
                body: [.json(#"{"type":"object","additionalProperties":false,"properties":{"to":{"description":"The node that is to lead; null: the one that has everything.","type":["string","null"],"minLength":1}}}"#)],
                answers: [.init(202, "It begins.", [.of(TransferBody.self)])], problems: wanted + [.badJSON, .badEncoding, .unsupportedMediaType], needsBody: false),
            uses: { $0.cluster }, handle: transfer),
        Route(
            .post, "/v1/cluster/found", access: .admin, place: .control,
            operation: Operation(
                "foundCluster", "Makes the object anew that says who leads, where it is gone and both nodes are there; the answer comes once it is.",
                answers: [.init(200, "It is there.", [.of(ClusterBody.self)])], problems: [.wrongState]),
            uses: { $0.cluster },
            handle: { _, cluster in
                let cluster = try there(cluster)
                try cluster.found()
                return .json(ClusterBody(pair: cluster.pairStanding))
            }),
        Route(
            .delete, "/v1/cluster/nodes/{name}", access: .admin, place: .control,
            operation: Operation(
                "removeNode", "Sends a node away: it takes no part until it is let in again.", parameters: [name],
                answers: [.init(200, "It is away.", [.of(ClusterBody.self)])], problems: wanted),
            uses: { $0.cluster },
            handle: { call, cluster in
                let cluster = try there(cluster)
                try cluster.remove(call.path("name"))
                return .json(ClusterBody(pair: cluster.pairStanding))
            }),
        Route(
            .put, "/v1/cluster/nodes/{name}", access: .admin, place: .control,
            operation: Operation(
                "joinNode", "Lets a node that was sent away take part again; what it lacks it is sent.", parameters: [name],
                answers: [.init(200, "It may come.", [.of(ClusterBody.self)])], problems: wanted),
            uses: { $0.cluster },
            handle: { call, cluster in
                let cluster = try there(cluster)
                try cluster.join(call.path("name"))
                return .json(ClusterBody(pair: cluster.pairStanding))
            }),
    ]

    private static func there(_ cluster: (any PairControl)?) throws -> any PairControl {
        guard let cluster else { throw Problem(.wrongState, "this server is alone: it is no member of a cluster") }
        return cluster
    }

    private static func transfer(_ call: Call, _ cluster: (any PairControl)?) throws -> Response {
        let cluster = try there(cluster)
        let body = call.request.body.isEmpty ? JSONValue.object([]) : try call.object(members: ["to"])
        var reader = MemberReader(body: body)
        let name = reader.string("to")
        guard reader.faults.isEmpty else { throw Problem(.badParameter, reader.summary("the body"), errors: reader.faults) }
        let before = cluster.pairStanding
        return .json(202, TransferBody(from: before.node, to: try cluster.transfer(to: name), epoch: before.epoch))
    }
}
