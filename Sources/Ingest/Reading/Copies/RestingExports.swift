import ColumnStore
import Documents
import Synchronization

/// Exports of a store at rest, in whose files nothing is changed: asked for by the one process that reads it, kept in its memory, with their files aside. Of those that
/// the store's own catalog has nothing is told.
///
/// Any thread calls.
final class RestingExports: ExportKeeping, LinkSigning {
    private let files: any FileStorage
    private let rows = Mutex<[String: Export]>([:])
    /// By a key that nobody else has: anybody on this machine reaches the door that takes its links.
    let links: LinkSigner

    /// What a file aside must leave free of its disk, in bytes: where files of that process end, others' may be.
    private static let freeByteCountMin: Int64 = 64 << 20

    /// - Parameter files: gone with the process.
    init(_ files: any FileStorage) {
        self.files = files
        var random = SystemRandomNumberGenerator()
        links = LinkSigner(storeKey: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    private static func key(_ name: String) -> String { "exports/\(name)" }

    func addExport(_ export: Export) throws { rows.withLock { $0[export.id] = export } }

    func export(_ id: String, as principal: Principal) throws -> Export {
        guard let export = rows.withLock({ $0[id] }), principal.isAdmin || principal.identity == export.owner else { throw Fault.absent(.export) }
        return export
    }

    func exports(after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal) throws -> [Export] {
        let all = rows.withLock { $0.values.filter { principal.isAdmin || principal.identity == $0.owner } }.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
        return Array(all.filter { export in place.map { (export.createdAt, export.id) < ($0.createdAt, $0.id) } ?? true }.prefix(limit))
    }

    func deleteExport(_ id: String, as principal: Principal) throws {
        let last = try export(id, as: principal)
        rows.withLock { $0[id] = nil }
        remove(last)
    }

    func linkedExport(_ id: String) throws -> Export? { rows.withLock { $0[id] } }

    func waitingExports() throws -> [Export] { rows.withLock { $0.values.filter { $0.state == .running } }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) } }

    func endExport(_ export: Export) throws -> Bool {
        let isThere = rows.withLock { rows in
            guard rows[export.id]?.state == .running else { return false }
            rows[export.id] = export
            return true
        }
        if !isThere { remove(export) }
        return isThere
    }

    /// The process ends before their time is over.
    func sweepExports(now: Int64, making: Set<String>) throws {}
    func carryExports(making: Set<String>, beforeEachPiece: () throws -> Void) throws {}

    func exportPath(_ fileName: String) throws -> String {
        try files.prepare(Self.key(fileName))
        return files.path(of: Self.key(fileName))
    }

    func exportContents(_ export: Export) throws -> ExportContents? { export.fileName.map { .file(files.path(of: Self.key($0))) } }

    func exportByteCounts(of owner: Identity) throws -> (own: Int64, all: Int64) {
        rows.withLock { rows in
            rows.values.reduce((Int64(0), Int64(0))) { ($1.owner == owner ? $0.0.addingSaturating($1.byteCount) : $0.0, $0.1.addingSaturating($1.byteCount)) }
        }
    }

    var hasRoomForExports: Bool { DataDirectory.freeBytes(files.path(of: "")).map { $0 >= Self.freeByteCountMin } ?? true }

    private func remove(_ export: Export) {
        if let name = export.fileName { _ = FileRemoval.remove(files.path(of: Self.key(name)), .temporary) }
    }
}
