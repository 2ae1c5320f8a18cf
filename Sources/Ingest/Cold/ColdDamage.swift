import ColumnStore
package import Documents
import Glibc
import Query
import Synchronization

/// A file of a cold table that is not as it was written, or is gone.
package struct DamagedColdFile: DamageReport, SourceError, Sendable, Equatable, CustomStringConvertible {
    package let table: String
    /// Of the file, as the table names it.
    package let location: String
    /// nil where the fault is not in one.
    package let rowGroup: Int?
    package let reason: String
    /// Versions of the table could not be told apart for it, so that no question passes it by.
    var isTableLeftOut = false

    package var description: String {
        "\(location): \(rowGroup.map { "row group \($0): " } ?? "")a file of the table \(table) is damaged: \(reason)"
    }

    /// What it is called where it lies: that tells when it was made, and of nobody's rows.
    private var name: Substring { location.split(separator: "/").last ?? "" }

    package var isOfSums: Bool { TableName.isOfSums(table) }

    private static let adviceOfSums = "it has sums, which are made again of the rows that they are of: ask again in a while, or now with rollups off"

    private static let adviceOfTableLeftOut = "it is wanted to tell which versions of the table's documents are the newest, so that none is shown and no new one taken: the administrator finds where it lies in the log "
        + "and with till verify, puts it back from a backup, and starts the server anew"

    /// For the caller whose query meets it. Neither where the file lies nor its days are named: they may tell of other clients' rows.
    package var fault: Fault {
        let advice = "the administrator finds where it lies in the log and with till verify, and puts it back from a backup; "
            + "a receipt of it whose document is damaged is whole again once the documents of all such receipts were sent again as they were; "
            + "until then a narrower question (other days, fewer columns) may pass it by"
        return Fault(
            .internalError, "the file \(name) of the table \(table) is damaged on the server's disk; \(isOfSums ? Self.adviceOfSums : isTableLeftOut ? Self.adviceOfTableLeftOut : advice)",
            errors: [.init(pointer: "", code: "file-damaged", message: "the file \(name) of the table \(table) is damaged")], cause: description)
    }
}

/// Cold files that were found damaged: who reads notes them, who merges passes them by, and the compactor writes them anew once it can.
///
/// Any thread notes and asks; without damage, which is nearly always, that is one atomic read.
package final class ColdDamage: Sendable {
    struct Entry: Sendable {
        let damaged: DamagedColdFile
        /// Whether the catalog has it.
        var isKept = false
        /// Sequences of the rows whose documents are wanted; nil when nobody has looked.
        var missing: Set<Int64>?
        /// Why documents alone do not make it whole.
        var obstacle: String?
    }

    private let entries = Mutex<[String: Entry]>([:])
    private let count = Atomic<Int>(0)
    /// Files that the system did not let be opened, with their tables, by their locations: nothing is known of what is in them.
    private let unopened = Mutex<[String: String]>([:])
    /// Why a file cannot be opened, by its path and a mode of access(2).
    private let refusal = Mutex<@Sendable (String, Int32) -> Int32?>(DataDirectory.refusal)
    private let wake = Mutex<(@Sendable () -> Void)?>(nil)

    package init() {}

    /// - Parameter body: called when there is something to do for the compactor; on any thread.
    func observe(_ body: (@Sendable () -> Void)?) { wake.withLock { $0 = body } }

    var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }
    var all: [Entry] { isEmpty ? [] : entries.withLock { $0.values.sorted { $0.damaged.location < $1.damaged.location } } }
    func has(_ location: String) -> Bool { !isEmpty && entries.withLock { $0[location] != nil } }

    /// - Parameter isKept: it comes from the catalog.
    func note(_ damaged: DamagedColdFile, isKept: Bool = false) {
        let isNew = entries.withLock { entries in
            guard entries[damaged.location] == nil else { return false }
            entries[damaged.location] = Entry(damaged: damaged, isKept: isKept)
            count.store(entries.count, ordering: .releasing)
            return true
        }
        guard isNew else { return }
        StoreLog.note(
            "found a damaged cold file", path: damaged.location,
            reason: "\(damaged.rowGroup.map { "row group \($0) of " } ?? "")the table \(damaged.table): \(damaged.reason)", level: .warning)
        notify()
    }

    func change(_ location: String, _ body: (inout Entry) -> Void) {
        entries.withLock { entries in
            guard var entry = entries[location] else { return }
            body(&entry)
            entries[location] = entry
        }
    }

    /// A row's document was brought.
    ///
    /// Wakes the compactor with the last one that was missing.
    func brought(_ sequence: Int64, of location: String) {
        let isComplete = entries.withLock { entries in
            guard entries[location]?.missing?.remove(sequence) != nil else { return false }
            return entries[location]?.missing?.isEmpty == true
        }
        if isComplete { notify() }
    }

    func remove(_ location: String) {
        entries.withLock { entries in
            entries[location] = nil
            count.store(entries.count, ordering: .releasing)
        }
    }

    private func notify() { wake.withLock { $0 }?() }

    /// A file of a directory that is another user's, say, as a command leaves it that was said as root.
    func note(unopened location: String, of table: String, reason: String) {
        guard unopened.withLock({ $0.updateValue(table, forKey: location) }) == nil else { return }
        StoreLog.note("a cold file cannot be opened", path: location, reason: reason, level: .warning)
    }

    /// Those that still cannot be opened; not those that are gone by now.
    private var unopenedTables: [String] {
        // Whoever notes one waits for no disk.
        let (known, refusal) = (unopened.withLock { $0 }, self.refusal.withLock { $0 })
        let gone = known.keys.filter { refusal($0.hasPrefix("file://") ? String($0.dropFirst("file://".count)) : $0, R_OK) == nil }
        return unopened.withLock { unopened in
            for location in gone { unopened[location] = nil }
            return Array(unopened.values)
        }
    }

    /// For tests, which are said as root, mostly.
    func setRefusal(_ body: @escaping @Sendable (String, Int32) -> Int32?) { refusal.withLock { $0 = body } }

    /// For the operator.
    var texts: [String] {
        let damaged = Dictionary(grouping: all, by: \.damaged.table).sorted { $0.key < $1.key }.map { table, entries in
            "\(entries.count) cold file\(entries.count == 1 ? "" : "s") of the table \(table) \(entries.count == 1 ? "is" : "are") damaged: "
                + "the log and till verify name \(entries.count == 1 ? "it" : "them")"
        }
        let unopened = Dictionary(grouping: unopenedTables) { $0 }.sorted { $0.key < $1.key }.map { table, entries in
            "\(entries.count) cold file\(entries.count == 1 ? "" : "s") of the table \(table) cannot be opened by uid \(geteuid()): the log names \(entries.count == 1 ? "it" : "them"); see whose \(entries.count == 1 ? "it is" : "they are")"
        }
        return damaged + unopened
    }
}

extension ColdTable {
    /// Reads something of a file; what shows that the file is not as it was written is noted.
    ///
    /// - Throws: `DamagedColdFile` or `SilentColdTable` in place of the reader's error.
    func reading<Result>(_ location: String, rowGroup: Int? = nil, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as ColumnStoreError where error.code == .unavailable {
            throw SilentColdTable(table: name, reason: "\(error)")
        } catch let error as ColumnStoreError where error.systemError == EACCES || error.systemError == EPERM {
            damage.note(unopened: location, of: name, reason: "\(error)")
            throw error
        } catch let error as ColumnStoreError where Self.isDamage(error) {
            // A manifest's own place, where that is what cannot be read.
            let isOwn = location == iceberg.metadataLocation && iceberg.storage.key(ofLocation: error.path) != nil
            let damaged = DamagedColdFile(table: name, location: isOwn ? error.path : location, rowGroup: rowGroup, reason: "\(error)")
            letGo(of: location)
            iceberg.forget(error.path)
            damage.note(damaged)
            throw damaged
        }
    }

    /// Drops the open file and what a cache has of it, which may be wrong while the file is right again: who reads it next reads the storage.
    func letGo(of location: String) {
        cache.remove([location])
        iceberg.forget(location)
    }

    /// Reads what is made again where it is damaged or missing.
    ///
    /// - Returns: nil in these cases.
    /// - Throws: what else keeps it from being read: a storage that gives no answer has lost nothing.
    static func unlessDamaged<Result>(_ body: () throws -> Result) throws -> Result? {
        do { return try body() } catch let error as ColumnStoreError where isDamage(error) { return nil }
    }

    /// What our own files never give while they are as they were written.
    ///
    /// EIO is the disk's word that a block cannot be read; other errors of the system say nothing of the file.
    static func isDamage(_ error: ColumnStoreError) -> Bool {
        switch error.code {
        case .corruptFile, .unsupportedFeature, .notFound: true
        case .io: error.systemError == EIO
        case .overBudget, .conflict, .invalidRequest, .unavailable: false
        }
    }

    /// How many rows and files this version has, by its list of manifests: as many rows as its snapshot says, where that says how many.
    ///
    /// - Throws: `.corruptFile` where it says another number.
    func counts() throws(ColumnStoreError) -> (rowCount: Int64, fileCount: Int) {
        let counts = try iceberg.counts()
        if let snapshot = iceberg.metadata.currentSnapshot, let total = snapshot.summary["total-records"], total != String(counts.rowCount) {
            throw ColumnStoreError(
                .corruptFile, path: snapshot.manifestList, "has manifests of \(counts.rowCount) rows, its snapshot says \(total): it is not the list that was written")
        }
        return counts
    }

    /// The files that may have rows which pass.
    func files(_ filters: [ColumnFilter]) throws -> [DataFile] { try reading(iceberg.metadataLocation) { try iceberg.files(filters) } }
}
