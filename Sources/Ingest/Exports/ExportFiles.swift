package import ColumnStore
import Glibc
import Synchronization

/// Where files of exports lie: in DATA/exports while they are written, and from then on there, or at the place that `exports.url` names.
///
/// A file is carried once its export is done: copied, proven by its hash, and only then removed here. So a link leads to one of the two at every moment,
/// and a place that gives no answer costs room on the disk and nothing else. Keys are `<store>/<file's name>`: stores may share a place.
package final class ExportFiles: Sendable {
    private struct State {
        /// When what lies at the place was looked through last, by the steady clock; nil: not since the start.
        var listedAt: Double?
        /// Whether files that are nowhere were looked for since the start.
        var isFound = false
        /// Names of files that nothing leads to any more, with the reason: they are still to be removed from there.
        var unwanted: [String: String] = [:]
    }

    private let folder: String
    private let store: String
    private let place: (any ObjectStorage)?
    /// Asked before anything is removed at the place, where others may come to lead: whether this process does, and all that was committed by now counts.
    private let mayRemove: @Sendable () -> Bool
    private let state = Mutex(State())
    /// Of a store that was restored, the instant whose state that was, in milliseconds since 1970: what came to the place since may be exports of the one that it is a copy of, which has its id.
    private let restoredAt: Int64?

    /// What is no stray yet may be one a day later.
    private static let listingSeconds = 86_400.0
    /// A link is good for ninety days at most (`expires_in`): what is older leads nowhere.
    private static let linkMilliseconds: Int64 = 91 * 86_400_000

    /// - Parameters:
    ///   - folder: DATA/exports, absolute.
    ///   - store: the store's id.
    ///   - place: nil: they stay in the folder.
    ///   - restoredAt: in milliseconds since 1970; nil for a store that is no copy of another.
    ///   - mayRemove: asked before anything is removed there.
    package init(folder: String, store: String, place: (any ObjectStorage)?, restoredAt: Int64? = nil, mayRemove: @escaping @Sendable () -> Bool = { true }) {
        (self.folder, self.store, self.place, self.restoredAt, self.mayRemove) = (folder, store, place, restoredAt, mayRemove)
    }

    private func key(_ name: String) -> String { "\(store)/\(name)" }

    /// Where a file of that name is to be written.
    package func path(_ name: String) throws -> String {
        try DataDirectory.makeDirectories(folder)
        return "\(folder)/\(name)"
    }

    /// Nil where it is nowhere.
    ///
    /// - Throws: `.unavailable` where only the place can tell, and gives no answer.
    package func contents(_ export: Export) throws -> ExportContents? {
        guard let name = export.fileName else { return nil }
        // Carried between the two looks, it is at the place.
        if access("\(folder)/\(name)", F_OK) == 0 { return .file("\(folder)/\(name)") }
        guard let place else { return nil }
        guard try place.byteCount(of: key(name)) == export.byteCount else { return nil }
        return .object(ExportObject(objects: place, key: key(name), byteCount: export.byteCount))
    }

    /// Removes a file to which no row of the catalog leads any more, durably.
    package func remove(_ name: String, _ reason: String) {
        _ = FileRemoval.remove("\(folder)/\(name)", .named(reason))
        guard place != nil else { return }
        state.withLock { $0.unwanted[name] = reason }
    }

    /// Removes what nothing leads to: files that a run left which was killed.
    ///
    /// - Parameters:
    ///   - named: files of the exports that are done.
    ///   - making: ids of those that were being made before `named` was asked for.
    package func sweep(named: Set<String>, making: Set<String> = []) throws {
        guard access(folder, F_OK) == 0 else { return }
        for name in try DataDirectory.names(in: folder) where !named.contains(name) && !Self.isFile(name, of: making) {
            _ = FileRemoval.remove("\(folder)/\(name)", .named(Self.stray))
        }
    }

    /// Whether a file is of one of these exports: its name begins with the id.
    private static func isFile(_ name: String, of ids: Set<String>) -> Bool { ids.contains { name.utf8.starts(with: "\($0)-".utf8) } }

    private static let stray = "no export leads to it"

    /// Takes to the place what is done and still here, and from it what is unwanted. Slow; one call at a time.
    ///
    /// - Parameters:
    ///   - exports: those that are done; not asked for where there is no such place.
    ///   - making: ids of those that were being made before: what has come to the place of them may be known as done soon.
    ///   - beforeEachPiece: may throw to end it.
    /// - Throws: `.unavailable` where the place gives no answer: the rest stays as it is.
    package func carry(_ exports: @autoclosure () throws -> [Export], making: Set<String> = [], beforeEachPiece: () throws -> Void) throws {
        guard let place else { return }
        let exports = try exports()
        let named = Set(exports.compactMap(\.fileName))
        let at = SteadyClock.seconds()
        if state.withLock({ state in state.listedAt.map { at - $0 >= Self.listingSeconds } ?? true }) {
            var strays: [String] = []
            let folder = store + "/"
            let ended = (Clock.system.now() / 1_000).subtractingSaturating(Self.linkMilliseconds)
            try place.list(prefix: folder) { object throws(ColumnStoreError) in
                let name = String(object.key.dropFirst(folder.count))
                if named.contains(name) || Self.isFile(name, of: making) { return }
                // 0: the place gives no time that can be read, and it may be of any.
                let at = object.modifiedMilliseconds
                if restoredAt.map({ at > 0 && (at < $0 || at <= ended) }) ?? true { strays.append(name) }
            }
            state.withLock { state in
                for name in strays { state.unwanted[name] = Self.stray }
                state.listedAt = at
            }
        }
        for export in exports { try carry(export, to: place, beforeEachPiece) }
        let unwanted = state.withLock(\.unwanted)
        // Behind the listing, and behind the commits that have ended exports: what is removed after it, however late, is nobody's, whoever leads by then. Names are never used twice.
        guard !unwanted.isEmpty, mayRemove() else { return }
        for (name, reason) in unwanted {
            try place.delete(key(name), .named(reason))
            state.withLock { $0.unwanted[name] = nil }
        }
    }

    /// Takes one file to the place at once, before it is reported as done: whoever leads next finds it there. Where that fails the export does, and
    /// no row names the file: whatever has come there of it is unwanted.
    ///
    /// - Throws: `.unavailable` where the place gives no answer.
    package func carryNow(_ export: Export, beforeEachPiece: () throws -> Void) throws {
        guard let place else { return }
        do { try carry(export, to: place, beforeEachPiece) } catch {
            if let name = export.fileName { remove(name, "the export \(export.id) failed") }
            throw error
        }
    }

    /// Exports whose files are nowhere: they were on another machine. Once.
    ///
    /// - Throws: `.unavailable` where the place gives no answer; then it is to be asked again.
    package func lost(_ exports: @autoclosure () throws -> [Export]) throws -> [Export] {
        if state.withLock(\.isFound) { return [] }
        let lost = try exports().filter { try contents($0) == nil }
        state.withLock { $0.isFound = true }
        return lost
    }

    private func carry(_ export: Export, to place: any ObjectStorage, _ beforeEachPiece: () throws -> Void) throws {
        guard let name = export.fileName, let digits = export.sha256, let sha256 = Hexadecimal.bytes(digits), access("\(folder)/\(name)", F_OK) == 0 else { return }
        do {
            try FileCopy.copy(
                name, from: try LocalStorageFactory.files(folder), to: place, as: key(name), byteCount: export.byteCount, sha256: sha256, beforeEachPiece: beforeEachPiece)
        } catch let error as ColumnStoreError where error.code == .conflict {
            // A copy that was whole before this one began, or an answer that was lost.
            guard try place.digest(of: key(name)) == (export.byteCount, sha256) else { throw error }
        }
        _ = FileRemoval.remove("\(folder)/\(name)", .named("\(place.place(of: key(name))) has it"))
    }
}
