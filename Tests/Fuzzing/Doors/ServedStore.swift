import ColumnStore
import Foundation
import Documents
import Ingest
import Query
import Server
import TestSupport

/// A whole server in this process: the listener on a port by chance, the service, and an engine on a directory of its own.
final class ServedStore: @unchecked Sendable {
    // Proof of Sendable: inputs come one after another; what is behind the port locks itself.

    static let adminKey = "admin-key-of-the-fuzzer"
    /// By key: whose it is, and what it may do there.
    static let keys = ["key-of-c1-that-writes", "key-of-c2-that-reads"]
    /// Stands in receipts of c1 alone: nobody but c1 and the administrator may see it.
    static let secretOfFirst = "SECRET-OF-C1"

    let engine: Engine
    let listener: Listener
    private let context: DoorContext
    private let directory: ScratchDirectory

    static let shared: Result<ServedStore, any Error> = Result { try ServedStore() }

    private init() throws {
        directory = try ScratchDirectory()
        var options = LittleStore.options
        options.documentByteCountMax = 64 << 10
        engine = try Engine(path: directory.path + "/store", options: options)
        try LittleStore.furnish(engine)
        for number in 0..<4 { _ = LittleStore.take(engine, Array(String(decoding: LittleStore.receipt(number), as: UTF8.self).replacing("food", with: "").replacing("Хліб", with: Self.secretOfFirst).utf8)) }
        for number in 2..<6 { _ = LittleStore.take(engine, LittleStore.receipt(number), as: "c2") }
        _ = LittleStore.take(engine, LittleStore.receipt(0, schema: "taxed"))
        _ = LittleStore.take(engine, Array(#"{"schema":"pos/1","id":"\#(Self.secretOfFirst)"}"#.utf8))
        var limits = DoorLimits()
        (limits.body, limits.queryCount, limits.queryTime, limits.streamTime) = (1 << 20, 2, 2, 2)
        let queries = QueryEngine(QueryEngine.Settings(threadCount: 1, memoryByteCountMax: 96 << 20, queryMemoryByteCountMax: 32 << 20))
        context = DoorContext(
            store: StoreRoles(engine), queries: queries, further: StoreSchema(), adminKey: Self.adminKey, limits: limits, log: Log(format: .json, level: .error, descriptor: open("/dev/null", O_WRONLY | O_CLOEXEC)),
            timers: Timers())
        var settings = Listener.Settings(host: "127.0.0.1", port: 0, threadCount: 1)
        (settings.idleTimeout, settings.headSeconds, settings.bodySeconds) = (4, 3, 3)
        listener = try HTTPDoor.open(context, settings, routes: APIRoutes.all + IcebergRoutes.all).listener
        try furnish()
    }

    /// Contracts and keys as they were: calls of an input may have changed them.
    func furnish() throws {
        let holders: [(String, Principal.Access)] = [("c1", .readWrite), ("c2", .read)]
        for (key, holder) in zip(Self.keys, holders) {
            let hash = APIKey.sha256(of: key)
            _ = try engine.putContract(Contract(clientID: holder.0, access: holder.1, scope: .own))
            if case .contract? = engine.holder(ofKeySHA256: hash) { continue }
            _ = try engine.addKey(NewKey(id: "k_\(holder.0)", secretSHA256: hash), of: .client(holder.0))
        }
    }

    /// Whether the server still answers.
    func check() {
        let answer = Result { try HTTPClient(port: listener.port).get("/healthz") }
        guard case .success(let answer) = answer, answer.status == 200 else { preconditionFailure("the server is not well: \(answer)") }
    }
}

/// What came back over a connection, read as strictly as a proxy would.
enum AnswerBytes {
    /// - Returns: the statuses of the answers, in order; nil where the bytes are no row of HTTP answers.
    static func statuses(_ bytes: [UInt8]) -> [Int]? {
        var statuses: [Int] = []
        var place = 0
        while place < bytes.count {
            guard let end = endOfHead(bytes, from: place) else { return nil }
            let lines = String(decoding: bytes[place..<end], as: UTF8.self).split(separator: "\r\n")
            guard let first = lines.first, first.hasPrefix("HTTP/1."), let status = Int(first.dropFirst(9).prefix(3)), (100...599).contains(status) else { return nil }
            place = end
            if status == 100 { continue }
            statuses.append(status)
            var fields: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { return nil }
                fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
            if status == 204 || status == 304 { continue }
            if fields["transfer-encoding"] != nil || fields["content-length"].flatMap(Int.init) == nil { return statuses }
            // The answer to a HEAD has a length and no body: what follows, if anything, is the next head.
            let count = fields["content-length"].flatMap(Int.init) ?? 0
            let isHead = place == bytes.count || bytes[place...].starts(with: "HTTP/1.".utf8)
            place += isHead ? 0 : min(count, bytes.count - place)
        }
        return statuses
    }

    private static func endOfHead(_ bytes: [UInt8], from start: Int) -> Int? {
        var place = start
        while place + 3 < bytes.count {
            if bytes[place] == 0x0D, bytes[place + 1] == 0x0A, bytes[place + 2] == 0x0D, bytes[place + 3] == 0x0A { return place + 4 }
            place += 1
        }
        return nil
    }
}
