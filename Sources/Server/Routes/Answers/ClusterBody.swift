internal import Cluster
internal import ColumnStore

/// How a pair of machines stands.
struct ClusterBody: JSONObject {
    let node: String
    let leader: String?
    let epoch: Int
    let insync: [String]
    let removed: [String]
    let mode: String
    let records: Int
    let degraded: Bool

    static var schemaName: String? { "Cluster" }
    static var example: ClusterBody { ClusterBody(NodeHost.Standing(), node: "") }

    init(_ standing: NodeHost.Standing, node: String) {
        let configuration = standing.configuration
        self.node = node
        (leader, epoch, insync, removed) = (configuration?.leader, configuration?.epoch ?? 0, configuration?.insync ?? [], configuration?.removed ?? [])
        (mode, records, degraded) = ((configuration?.mode ?? .pair).rawValue, standing.committed.sequence, standing.isDegraded)
    }

    func members(to sink: inout some MemberSink) {
        sink.member("node", node, .init("Who answers: the node that leads."))
        sink.member("leader", leader)
        sink.member("epoch", epoch, .init("Rises with each change of who leads and who takes part."))
        sink.member("insync", insync, .init("Who has everything that was acknowledged on a disk of its own, the leader first."))
        sink.member("removed", removed, .init("Who does not take part until it is let in again."))
        sink.member("mode", mode)
        sink.member("records", records, .init("How many records are acknowledged."))
        sink.member("degraded", degraded, .init("Whether what is acknowledged lies on one machine alone."))
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
