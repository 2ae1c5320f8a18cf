import ColumnStore
import Foundation
import Documents
import Ingest
import Query
import Server
import TestSupport

/// A store of a few receipts, hot and cold, as files in memory: laid anew for each input that damages it.
struct LittleStore {
    struct File {
        /// Below the directory.
        var path: String
        var bytes: [UInt8]
    }
    var files: [File]

    static let registrar = "tax"
    static let secret = "whsec_c2VjcmV0LW9mLXRoZS1yZWdpc3RyYXI="
    static let tax =
        #"{"name":"taxed","version":1,"table":"taxed","format":"json","match":{"/schema":"taxed"},"receipt_id":"/id","issued_at":"/issued_at","columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}},"register":[["tax"]]}"#

    static func receipt(_ number: Int, schema: String = "pos/1") -> [UInt8] {
        Array(
            #"{"schema":"\#(schema)","id":"R-\#(number)","store":{"id":"S\#(number % 3)","till":"3"},"issued_at":"2026-11-\#(10 + number % 10)T14:03:07+02:00","currency":"UAH","lines":[{"code":"\#(number)","name":"Хліб","qty":2,"price":1,"vat":20,"amount":2.00}],"total":2.00,"tax_total":0.33,"payment":{"type":"card"}}"#
                .utf8)
    }

    /// Nothing works in the background, nothing waits for a disk's space; the clock is the system's.
    static var options: Engine.Options {
        var options = Engine.Options()
        options.hot.writer.minFreeBytes = 0
        options.compaction.intervalSeconds = 86_400
        options.registration.registrars[registrar] = RegistrarOptions(url: "https://registrar.example/", secret: secret)
        return options
    }

    /// Contracts and types, as each store of these doors has them.
    static func furnish(_ engine: Engine) throws {
        for client in ["c1", "c2"] { _ = try engine.putContract(Contract(clientID: client, access: .readWrite, scope: .own)) }
        _ = try engine.putType(name: "taxed", body: Array(tax.utf8))
    }

    static func take(_ engine: Engine, _ body: [UInt8], _ form: IntakeRequest.Form = .json, as client: String = "c1") -> IntakeOutcome {
        let done = Monitor<IntakeOutcome?>(nil)
        engine.accept(
            IntakeRequest(form: form, body: body, contentType: "application/json", principal: Principal(clientID: client, access: .readWrite, scope: .own))
        ) { outcome in done.broadcast { $0 = outcome } }
        return done.wait { $0 }
    }

    static let shared: Result<LittleStore, any Error> = Result {
        let directory = try ScratchDirectory()
        let engine = try Engine(path: directory.path + "/store", options: options)
        try furnish(engine)
        for number in 0..<6 { _ = take(engine, receipt(number)) }
        _ = take(engine, Array(#"{"schema":"nobody's"}"#.utf8))
        _ = try engine.compact(before: nil)
        for number in 6..<12 { _ = take(engine, receipt(number), as: number % 2 == 0 ? "c1" : "c2") }
        for number in 0..<3 { _ = take(engine, receipt(number, schema: "taxed")) }
        try engine.close()
        return LittleStore(files: try read(directory.path + "/store"))
    }

    /// The same store's backup.
    static let backup: Result<LittleStore, any Error> = Result {
        let directory = try ScratchDirectory()
        try shared.get().write(to: directory.path + "/store")
        let engine = try Engine(path: directory.path + "/store", options: options)
        _ = try engine.backup(to: directory.path + "/backup")
        try engine.close()
        return LittleStore(files: try read(directory.path + "/backup"))
    }

    /// Every regular file below `path` but the lock.
    static func read(_ path: String) throws -> [File] {
        try names(path).filter { $0 != "LOCK" }.map { File(path: $0, bytes: [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\($0)")))) }
    }

    /// Regular files below `path`, sorted.
    static func names(_ path: String) -> [String] {
        let found = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return found.sorted().filter { name in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isDirectory) && !isDirectory.boolValue
        }
    }

    func write(to path: String) throws {
        for file in files {
            let url = URL(fileURLWithPath: "\(path)/\(file.path)")
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.bytes).write(to: url)
        }
    }

    /// The rows of all tables as texts: what two stores must share to be the same.
    static func rows(_ engine: Engine) throws -> [String] {
        var rows: [String] = []
        for table in engine.tableNames.sorted() {
            var request = PageRequest(table: table, fields: ["*"], limit: 5)
            repeat {
                let page = try engine.page(request, as: .admin) { _ in }
                for batch in page.batches {
                    for row in 0..<batch.rowCount { rows.append("\(batch.columns.map { $0.value(at: row) })") }
                }
                request.cursor = page.nextCursor
            } while request.cursor != nil
        }
        return rows
    }

    /// Everything that one can ask of a store. What fails by itself must not keep the rest from being tried.
    static func ask(_ engine: Engine) {
        _ = Result { try rows(engine) }
        _ = Result { try engine.changes(after: 0, limit: 100, as: .admin) }
        for number in [0, 7, 11] { _ = Result { try engine.receipt(ReceiptLookup(receiptID: "R-\(number)"), as: .admin) { _ in } } }
        if case .one(let taken) = take(engine, receipt(7), as: "c2") { _ = Result { try engine.ticket(taken.summary.ticketID, as: .admin) { _ in } } }
        _ = take(engine, receipt(99))
        _ = Result { try engine.quarantine(client: nil, cursor: nil, limit: 10, as: .admin).entries.map { try engine.quarantineEntry($0.ticketID, as: .admin) } }
        _ = Result { try engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin) }
        _ = Result { try engine.audit(cursor: nil, limit: 10) }
        _ = Result { try engine.types(after: nil, limit: 10, as: .admin) }
        _ = Result { try engine.contracts(after: nil, limit: 10).map { try engine.keys(of: .client($0.clientID), after: nil, limit: 10) } }
        _ = engine.metrics()
        for query in ["SELECT client_id, count(*), sum(total), max(document) FROM receipts GROUP BY 1", "SELECT l.name, r.history FROM receipts r, UNNEST(r.lines) l ORDER BY 1, 2"] {
            _ = Result {
                let context = QueryContext(catalog: try engine.catalog(as: .admin, upTo: nil).catalog, now: CalendarText.now)
                let stream = try queries.execute(try queries.prepare(query, in: context))
                while try stream.next() != nil {}
            }
        }
    }

    private static let queries = QueryEngine(QueryEngine.Settings(threadCount: 1, memoryByteCountMax: 64 << 20, queryMemoryByteCountMax: 32 << 20))
}

/// A directory of one input, in memory where the system has such; gone with this object, or with the process.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        let isInMemory = FileManager.default.isWritableFile(atPath: "/dev/shm")
        let base = isInMemory ? "/dev/shm" : ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        _ = Self.swept
        path = "\(base)/till-fuzz-\(getpid())-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { _ = Result { try FileManager.default.removeItem(atPath: path) } }

    /// What processes that have ended left in memory: those that a finding ended, and the folders of what lives as long as its process.
    private static let swept: Void = {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/dev/shm")) ?? [] where name.hasPrefix("till-fuzz-") {
            let parts = name.split(separator: "-")
            guard parts.count == 4, let process = pid_t(parts[2]), process > 0, kill(process, 0) != 0, errno == ESRCH else { continue }
            _ = Result { try FileManager.default.removeItem(atPath: "/dev/shm/" + name) }
        }
    }()
}
