/// How a pair of machines stands.
struct ClusterBody: JSONObject {
    let pair: PairStanding

    static var schemaName: String? { "Cluster" }
    static var example: ClusterBody { ClusterBody(pair: PairStanding()) }

    func members(to sink: inout some MemberSink) {
        sink.member("node", pair.node, .init("Who answers: the node that leads."))
        sink.member("leader", pair.leader)
        sink.member("epoch", pair.epoch, .init("Rises with each change of who leads and who takes part."))
        sink.member("insync", pair.insync, .init("Who has everything that was acknowledged on a disk of its own, the leader first."))
        sink.member("removed", pair.removed, .init("Who does not take part until it is let in again."))
        sink.member("mode", pair.mode)
        sink.member("records", pair.recordCount, .init("How many records are acknowledged."))
        sink.member("degraded", pair.isDegraded, .init("Whether what is acknowledged lies on one machine alone."))
    }
}

/// To whom the lead goes.
struct TransferBody: JSONObject {
    let from: String
    let to: String
    let epoch: Int

    static var schemaName: String? { "Transfer" }
    static var example: TransferBody { TransferBody(from: "", to: "", epoch: 0) }

    func members(to sink: inout some MemberSink) {
        sink.member("from", from)
        sink.member("to", to)
        sink.member("epoch", epoch, .init("In which it begins: a higher one in `/readyz` of `to` says that it is done."))
    }
}
