import ColumnStore
import Foundation
import Documents
import Ingest
import Query

/// A store, or a backup of one, that somebody or a disk has damaged. Whatever is wrong with it: it is refused or served, and no file of receipts is
/// removed from it.
extension Door {
    static let stores: [Door] = [storeFiles, storeRows, backupFiles]

    // MARK: Bytes of files

    /// Bytes changed, files cut, gone, doubled or taken for each other; then proved, started, asked, recovered.
    private static let storeFiles = Door(
        name: "store-files", seeds: { Damage.seeds },
        fuzz: { bytes in
            var choices = Choices(bytes)
            let directory = try ScratchDirectory()
            let path = directory.path + "/store"
            var store = try LittleStore.shared.get()
            store.damage(&choices)
            try store.write(to: path)
            try live(path)
        })

    /// What becomes of a damaged store, from its proof to its recovery.
    private static func live(_ path: String) throws {
        let before = receiptFiles(path)
        _ = Result { try Verifier(path: path, temporaryDirectory: path + "/..").run() }
        precondition(receiptFiles(path) == before, "a proof changes the store")
        do {
            let engine = try Engine(path: path, options: options(.never))
            LittleStore.ask(engine)
            keeps(path, before)
            // From here on hot files may go, since they become cold.
            _ = Result { try engine.compact(before: nil) }
            LittleStore.ask(engine)
            try engine.close()
        } catch {
            precondition(!"\(error)".isEmpty)
            keeps(path, before)
            _ = Result { try Recovery(path: path, typeFiles: [Array(LittleStore.tax.utf8)]).run() }
            keeps(path, before)
            let engine = try Engine(path: path, options: options(.never))
            LittleStore.ask(engine)
            try engine.close()
            keeps(path, before)
        }
    }

    static func options(_ making: DataDirectory.Making) -> Engine.Options {
        var options = LittleStore.options
        options.making = making
        return options
    }

    /// Names of the files that hold receipts, wherever they lie. Sums are made of them, and made again where they are not whole.
    private static func receiptFiles(_ path: String) -> Set<String> {
        Set(LittleStore.names(path).filter { $0.hasSuffix(".parquet") && !$0.contains("warehouse/rollup_") || ($0.contains("hot/") && $0.hasSuffix(".sqlite")) }.map { ($0 as NSString).lastPathComponent })
    }

    /// Set aside is not removed: `lost+found` keeps the name, with something behind it.
    private static func keeps(_ path: String, _ before: Set<String>) {
        let now = LittleStore.names(path).map { ($0 as NSString).lastPathComponent }
        for name in before { precondition(now.contains { $0.hasPrefix(name) || $0.hasSuffix(name) }, "\(name) is gone") }
    }

    // MARK: Values of rows

    /// Sound databases whose rows say what no Till writes: in each place values at the ends of their types, of other types, or none.
    private static let storeRows = Door(
        name: "store-rows", seeds: { (0..<36).map { (number: UInt8) -> [UInt8] in [number, number / 2, number * 7, 0, 2, 3, number, 1] } },
        fuzz: { bytes in
            var choices = Choices(bytes)
            let directory = try ScratchDirectory()
            let path = directory.path + "/store"
            let store = try LittleStore.shared.get()
            try store.write(to: path)
            let databases = store.files.map(\.path).filter { $0.hasSuffix(".sqlite") }
            for _ in 0..<1 + choices.below(3) { try bend("\(path)/\(choices.pick(databases))", &choices) }
            _ = Result { try Verifier(path: path, temporaryDirectory: directory.path).run() }
            let before = receiptFiles(path)
            do {
                let engine = try Engine(path: path, options: options(.never))
                LittleStore.ask(engine)
                _ = Result { try engine.compact(before: nil) }
                LittleStore.ask(engine)
                try engine.close()
            } catch {
                keeps(path, before)
                _ = Result { try Recovery(path: path).run() }
                keeps(path, before)
            }
        })

    private static func bend(_ path: String, _ choices: inout Choices) throws {
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        let tables = try texts(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
        guard !tables.isEmpty else { return }
        let table = choices.pick(tables)
        let columns = try texts(connection, "SELECT name FROM pragma_table_info('\(table)') ORDER BY cid")
        guard !columns.isEmpty else { return }
        let column = choices.pick(columns)
        let row = "\"\(column)\" IS (SELECT \"\(column)\" FROM \"\(table)\" ORDER BY 1 LIMIT 1 OFFSET \(choices.below(4)))"
        if choices.byte() % 16 == 0 { return try connection.execute("DELETE FROM \"\(table)\" WHERE \(row)") }
        let update = try connection.statement("UPDATE OR IGNORE \"\(table)\" SET \"\(column)\" = ?1 WHERE \(choices.flag() ? row : "true")")
        switch choices.byte() % 8 {
        case 0: update.bindNull(1)
        case 1: try update.bind(1, String(decoding: choices.bytes(choices.below(40)), as: UTF8.self))
        case 2: try update.bind(1, choices.bytes(choices.below(64)))
        case 3: update.bind(1, Double(bitPattern: UInt64(bitPattern: choices.integer())))
        case 4:
            // What stands there, with a byte of it changed.
            let value = try connection.statement("SELECT CAST(\"\(column)\" AS BLOB) FROM \"\(table)\" WHERE \(row)")
            var bytes = try value.step() ? value.bytes(0) : []
            value.reset()
            LittleStore.change(&bytes, &choices)
            if choices.flag() { try update.bind(1, bytes) } else { try update.bind(1, String(decoding: bytes, as: UTF8.self)) }
        default: update.bind(1, choices.integer())
        }
        // What a constraint of the table refuses cannot stand there.
        _ = Result { try update.run() }
    }

    private static func texts(_ connection: SQLiteConnection, _ query: String) throws -> [String] {
        let statement = try connection.statement(query)
        defer { statement.reset() }
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(0)) }
        return texts
    }

    // MARK: Backups

    /// A backup that is not as it was made. Only the very store comes out of it, and nothing beside its directory.
    private static let backupFiles = Door(
        name: "backup-files", seeds: { Damage.seeds },
        fuzz: { bytes in
            var choices = Choices(bytes)
            let directory = try ScratchDirectory()
            var backup = try LittleStore.backup.get()
            backup.damage(&choices)
            try backup.write(to: directory.path + "/backup")
            _ = Result { try BackupProof(directory: directory.path + "/backup").run() }
            let target = directory.path + "/target"
            let restored = Result { try Restore(source: directory.path + "/backup", directory: target).run() }
            let beside = Set(LittleStore.names(directory.path).map { String($0.prefix { $0 != "/" }) })
            precondition(beside.isSubset(of: ["backup", "target"]), "a restore writes beside its directory")
            guard case .success = restored else { return }
            let engine = try Engine(path: target, options: options(.never))
            let rows = try LittleStore.rows(engine)
            try engine.close()
            let expected = try sound.get()
            precondition(rows == expected, "a damaged backup is restored as another store")
        })

    private static let sound: Result<[String], any Error> = Result {
        let directory = try ScratchDirectory()
        try LittleStore.shared.get().write(to: directory.path + "/store")
        let engine = try Engine(path: directory.path + "/store", options: options(.never))
        defer { _ = Result { try engine.close() } }
        return try LittleStore.rows(engine)
    }
}
