import Cluster
import ColumnStore

/// What an archive has to know of records as they go by: the times of their commits, and the files of cold tables that they name.
///
/// It puts together what records have in parts, as `ReplicaStore` does, and folds nothing. The records have been proven by their hashes.
struct ArchiveScan {
    /// Of the last commit so far, in microseconds since 1970; 0 while none is known. It never falls, whatever the clocks of two leaders say.
    private(set) var time: Int64
    /// Of the commits that were whole so far, since the last call of `takeNamed`.
    private var named: [NamedFile] = []
    private var parts: [UInt8] = []
    private static let partsByteCountMax = 1 << 31

    /// - Parameter time: of the last commit before the first record that it is given.
    init(time: Int64) { self.time = time }

    /// Whether the last record ended what it was part of.
    var isWhole: Bool { parts.isEmpty }

    /// - Throws: `.corruptFile` for a record that no leader makes.
    mutating func take(_ record: Record) throws(ColumnStoreError) {
        func misfit(_ what: String) -> ColumnStoreError { ColumnStoreError(.corruptFile, path: "record \(record.sequence)", what) }
        if record.kind == .fence { parts = [] }
        guard record.kind == .rows || record.kind == .catalog, !record.body.isEmpty else { return }
        guard let body = ReplicaBody(record.body) else { throw misfit("has no known content") }
        guard case .part(let part, let isLast) = body else { return }
        guard parts.count + part.count <= Self.partsByteCountMax else { throw misfit("goes on without end") }
        parts += part
        guard isLast else { return }
        let segment = try LogSegment(parsing: parts, path: "record \(record.sequence)")
        parts = []
        for commit in segment.records {
            time = max(time, commit.time)
            if commit.kind == .catalog { named += try Self.cold(commit, misfit) }
        }
    }

    private static func cold(_ commit: LogRecord, _ misfit: (String) -> ColumnStoreError) throws(ColumnStoreError) -> [NamedFile] {
        guard commit.byteCount <= LogSegment.payloadByteCountMax else { throw misfit("is too large") }
        let bytes: [UInt8]
        do {
            bytes = try commit.payload.withUnsafeBytes { frame throws(PageError) in try ZstdTextCodec().inflate(frame, byteCount: commit.byteCount, dictionary: nil) }
        } catch { throw misfit("\(error)") }
        guard let payload = LogPayload(bytes), payload.file == "catalog.sqlite" else { return [] }
        // Uploads are records themselves.
        return LogCarrier.named(payload.changes).filter { if case .cold = $0 { true } else { false } }
    }

    mutating func takeNamed() -> [NamedFile] {
        defer { named = [] }
        return named
    }
}
