internal import Cluster
internal import ColumnStore

/// An answer that is known as the head is here.
final class PlainAnswer: HandledRequest {
    private let response: Response

    init(_ response: Response) { self.response = response }

    /// Whether it is to be had by a method: as the router has it, which takes `HEAD` for each `GET`. The body of its answer libmicrohttpd leaves out.
    static func isLook(_ method: HTTPMethod?) -> Bool { method == .get || method == .head }

    var bodyByteCountMax: Int { 64 << 10 }
    func openBody() throws -> (any BodySink)? { nil }
    func finish() -> Response? { response }
}

/// JSON of calls that no description has: `/healthz` and `/readyz` of what is no server yet.
enum PlainJSON {
    static func status(_ status: String, code: Int = 200, reason: String? = nil) -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.member("status", status)
        if let reason { json.member("reason", reason) }
        json.endObject()
        return Response(status: code, contentType: "application/json", bytes: json.bytes)
    }

    /// What `/readyz` of a member says.
    ///
    /// - Parameters:
    ///   - warehouse: why the bucket of cold receipts is not known to be good for this machine.
    ///   - refusals: why its server takes no work; none where it does, or there is none yet.
    ///   - faults: what does not work though its server takes work, or though it follows; those of the archive, which are told with it, may be among them.
    static func ready(
        _ standing: NodeHost.Standing, node: String, isOpen: Bool, leaderURL: String?, days: StandbyDays.Report,
        checkpoint: (report: StoreCheckpoint.Report, first: Int, byteCount: Int64), archive: Archiver.Standing?, warehouse: PlaceProof.Doubt?, refusals: [Problem],
        faults: [String]
    ) -> Response {
        let leads = standing.role == .leader
        let serves = leads && isOpen && standing.isServing && standing.ending == nil
        let mayAcknowledge = serves && standing.mayAcknowledge && refusals.isEmpty
        var json = JSONWriter()
        json.beginObject()
        json.member("status", mayAcknowledge ? "ready" : "not-ready")
        json.member("role", role(standing, serves: serves).rawValue)
        // A machine that leads alone says why the other does not come.
        let why = mayAcknowledge ? nil : NodeWords.why(standing, node: node) ?? refusals.first?.detail
        let object = standing.isObjectGone ? NodeWords.leaderWithoutObject : standing.isObjectOlder ? NodeWords.leaderWithOlderObject : nil
        // A strange greeting says more of the one who makes it.
        let apart = why == nil && standing.strange == nil && standing.double == nil ? standing.apart.map(NodeWords.apart) : nil
        let reasons = [why, standing.doubt?.description, serves ? nil : warehouse.map(NodeWords.withoutWarehouse), object, standing.unread.map(NodeWords.leaderWithUnread), apart, standing.strange?.words, standing.double].compactMap { $0 }
        json.member("reason", reasons.isEmpty ? nil : reasons.joined(separator: "; "))
        json.member("node", node)
        json.member("store", standing.store?.text)
        json.member("epoch", standing.configuration?.epoch ?? 0)
        json.member("leader", standing.configuration?.leader)
        json.member("leader_url", leaderURL)
        json.key("insync" as StaticString)
        json.beginArray()
        for name in standing.configuration?.insync ?? [] { json.string(name) }
        json.endArray()
        json.key("removed" as StaticString)
        json.beginArray()
        for name in standing.configuration?.removed ?? [] { json.string(name) }
        json.endArray()
        json.member("mode", standing.configuration?.mode.rawValue ?? Configuration.Mode.pair.rawValue)
        json.member("record", standing.committed.sequence)
        json.member("digest", standing.committed.hash.text)
        json.member("lag_records", max(0, standing.last - standing.committed.sequence))
        json.member("degraded", standing.isDegraded)
        let told = Set(archive?.texts ?? [])
        json.key("faults" as StaticString)
        json.beginArray()
        for fault in faults where !told.contains(fault) { json.string(fault) }
        json.endArray()
        json.key("days" as StaticString)
        json.beginObject()
        json.member("checked", days.checkedCount)
        for (name, files) in [("mended", days.mended), ("differing", days.differing)] {
            json.key(name)
            json.beginArray()
            for file in files { json.string(file) }
            json.endArray()
        }
        json.endObject()
        write(checkpoint.report, first: checkpoint.first, byteCount: checkpoint.byteCount, to: &json)
        write(archive, to: &json)
        json.endObject()
        return Response(status: mayAcknowledge ? 200 : 503, contentType: "application/json", bytes: json.bytes)
    }

    /// Whoever follows is a standby, in sync or not yet: which of both says `insync`.
    private static func role(_ standing: NodeHost.Standing, serves: Bool) -> Node.Role {
        if standing.ending != nil { return .fenced }
        return switch standing.role {
        case .leader: serves ? .leader : .candidate
        case .standby, .rejoining: .standby
        case .candidate: .candidate
        case .fenced: .fenced
        }
    }

    private static func write(_ report: StoreCheckpoint.Report, first: Int, byteCount: Int64, to json: inout JSONWriter) {
        json.key("checkpoint" as StaticString)
        json.beginObject()
        json.member("record", report.record)
        json.member("first_record", first)
        json.member("records_bytes", Int(byteCount))
        json.member("sent_to", report.sentTo)
        json.member("taken_from", report.takenFrom)
        if report.sentTo != nil || report.takenFrom != nil {
            json.member("bytes", Int(report.byteCount))
            json.member("bytes_wanted", Int(report.wantedByteCount))
        }
        json.member("fault", report.fault)
        json.endObject()
    }

    /// Null without a `log.url`.
    private static func write(_ archive: Archiver.Standing?, to json: inout JSONWriter) {
        guard let archive else { return json.member("archive", nil as String?) }
        json.key("archive" as StaticString)
        json.beginObject()
        json.member("line", archive.line)
        json.member("record", archive.record)
        json.member("lag_records", archive.lagCount)
        json.member("lag_seconds", Int(archive.lagSeconds))
        json.key("faults" as StaticString)
        json.beginArray()
        for text in archive.texts { json.string(text) }
        json.endArray()
        json.endObject()
    }
}
