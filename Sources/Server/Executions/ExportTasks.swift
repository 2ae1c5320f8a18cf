internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// `till:export`: an answer that leaves as a file, and a link to that.
///
/// The task holds no thread while the file is made: it looks again every half second, at the export that its own key names.
struct ExportTasks: ResourceExecutor {
    static let kind = ResourceKind("export")
    private let parts: TaskParts
    private let share = TaskParts.Share()

    init(_ parts: TaskParts) { self.parts = parts }

    /// Each turn is a look at the catalog, or the order itself; those of one owner are made one at a time anyway.
    func concurrency(of name: String) -> Int { 2 }

    func carryOut(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) { parts.onPool(share, end) { try export(work) } }

    /// In microseconds.
    private static let exportPause: Int64 = 500_000

    /// Asked for once for each attempt of a state, under an id that is made of its key, and looked at until it is there.
    private func export(_ work: TaskWork) throws -> TaskEnding {
        let principal = try parts.principal(of: work)
        // 96 bits of it: two attempts of any executions do not meet, and a repeat of this one finds what it has ordered.
        let hash = SHA256.hash(Array("\(work.call.key):\(work.call.attempt)".utf8))
        let id = "e_" + Hex.text(Array(hash.prefix(12)))
        let export: Export
        do {
            export = try parts.context.store.exports.export(id, as: principal)
        } catch let fault as Fault where fault.code == .notFound {
            if work.isAwaited {
                // It was there, and somebody has deleted it: who did that wants no other.
                return .failed(StateError(name: StateError.Name.rejected.rawValue, cause: TaskParts.cause(of: Problem(fault))))
            }
            try order(id, work, as: principal)
            return .awaited(lookAgainAt: CalendarText.now + Self.exportPause)
        }
        switch export.state {
        case .running: return .awaited(lookAgainAt: CalendarText.now + Self.exportPause)
        case .done:
            let link = parts.context.store.links.links.query(.export, subject: id, expiresAt: export.expiresAt ?? CalendarText.now)
            let url = parts.context.exports.baseURL + "/v1/exports/\(id)/file" + link
            return .succeeded(.object(["export_id": .string(id), "url": .string(url), "rows": .integer(export.rowCount)]))
        case .error, .cancelled, .expired:
            let cause = export.problem.map { String(decoding: $0, as: UTF8.self) } ?? "the export is \(export.state.rawValue)"
            return .failed(StateError(name: StateError.Name.rejected.rawValue, cause: cause))
        }
    }

    private func order(_ id: String, _ work: TaskWork, as principal: Principal) throws {
        let body = work.call.input
        guard let members = body.members else { throw Problem.parameter("", "till:export takes an object, not \(body.kind)") }
        for member in members where !ExportRequest.members.contains(member.name) {
            throw Problem.parameter(member.name, "an export has no such member", code: "unknown-member")
        }
        let request = try ExportRequest(body: body, as: principal)
        try parts.context.exports.submit(
            Export(
                id: id, owner: work.owner, name: request.name, format: request.format.rawValue, request: body.serialized, createdAt: CalendarText.now,
                expiresIn: request.expiresIn))
    }
}
