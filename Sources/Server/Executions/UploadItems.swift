internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// `till:upload`: the records of an upload, for a Map.
///
/// Pages are `ItemPage`'s. The walk keeps its file open between two of them; one that fails lets go of it, and the next begins at the first record.
struct UploadItems: ResourceExecutor {
    static let kind = ResourceKind("upload", uses: [.items])
    private let parts: TaskParts
    private let share = TaskParts.Share()
    private let walks = RecordWalks()

    init(_ parts: TaskParts) { self.parts = parts }

    /// The server stops.
    private struct Stopped: Error {}

    func concurrency(of name: String) -> Int { 2 }

    func carryOut(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) { parts.onPool(share, end) { try records(work) } }

    /// Of `{"upload_id"}`, from the one on that it asks for.
    private func records(_ work: TaskWork) throws -> TaskEnding {
        let input = work.call.input
        for member in input.members ?? [] where member.name != "upload_id" {
            throw Problem.parameter(member.name, "till:upload takes upload_id", code: "unknown-member")
        }
        guard let id = input["upload_id"]?.text else { throw Problem.parameter("upload_id", "the id of an upload is wanted", code: "required") }
        let wanted = work.call.firstItem ?? 0
        let name = ItemPage.walkName(work)
        // Looked at each time: whoever started it may have lost its rights.
        let principal = try parts.principal(of: work)
        let records = try walks.take(name, at: wanted) ?? parts.context.store.uploads.records(of: id, as: principal)
        // A file without records, and one that is passed over up to its middle, may take minutes.
        let heed: () throws -> Void = { [life = parts.context.life] in if life.isStopping { throw Stopped() } }
        do {
            try records.skip(to: wanted, heed: heed)
            let (items, isLast) = try records.page(countMax: ItemPage.countMax, byteCountMax: ItemPage.byteCountMax, heed: heed)
            if !isLast { walks.keep(name, records) }
            return .succeeded(.object(["items": .array(items), "last": .boolean(isLast)]))
        } catch is Stopped {
            return .abandoned
        }
    }
}
