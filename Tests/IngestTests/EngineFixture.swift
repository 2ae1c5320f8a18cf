import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// An engine on a directory, and short ways to use it.
final class EngineFixture: Sendable {
    let engine: Engine
    static let own = Principal(clientID: "c1", access: .readWrite, scope: .own)

    /// After a start that has failed, at which a process ends and leaves every file as it is: here threads of what was begun go on, and hold its lock.
    ///
    /// - Parameter path: of a store, or of a bucket's cache.
    static func forgetFailedStart(_ path: String) { try? FileManager.default.removeItem(atPath: "\(path)/LOCK") }

    init(_ path: String, clock: Clock = .system, change: (inout Engine.Options) -> Void = { _ in }) throws {
        var options = Engine.Options()
        options.hot.clock = clock
        options.steadyClock = nil
        options.hot.writer.minFreeBytes = 0
        // However slow the disk: both ways of a commit are taken.
        options.hot.writer.ownCommitNanoseconds = .max
        options.compaction.intervalSeconds = 3_600
        change(&options)
        engine = try Engine(path: path, options: options)
        for client in ["c1", "c2"] {
            _ = try engine.putContract(Contract(clientID: client, access: .readWrite, scope: .own))
        }
    }

    /// Leaves one of the rollups that a store has from its first day, which each change of the sources chooses anew: they are alike, and the other three are two fifths of what a
    /// compaction does, and more than half of a store's files.
    func keepOneRollup() throws {
        var random = SplitMix64(state: SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest"))
        let kept = Int.random(in: BuiltInRollups.all.indices, using: &random)
        for (place, rollup) in BuiltInRollups.all.enumerated() where place != kept && engine.tier.boundary.rollups[rollup.name] != nil { try engine.deleteRollup(name: rollup.name) }
    }

    static func receipt(
        _ id: String, at time: String = "2026-11-18T14:03:07+02:00", total: String = "65.00", note: String = "", code: String = "4820000000017"
    ) -> String {
        """
        {"schema":"pos/1","id":"\(id)","store":{"id":"S17","till":"3"},"issued_at":"\(time)","currency":"UAH","customer":"U0001234",\
        "lines":[{"code":"\(code)","name":"Хліб\(note)","category":"bakery","qty":2,"price":32.50,"vat":20,"amount":\(total)}],\
        "total":\(total),"tax_total":10.83,"payment":{"type":"card"}}
        """
    }

    /// An upload of client c1 whose file is there, and which nobody has begun to read.
    func put(upload id: String, _ text: [UInt8] = Array("{}\n".utf8)) throws {
        var announcement = UploadAnnouncement(name: "a.ndjson")
        announcement.client = "c1"
        let uploads = engine.uploads
        let file = try uploads.receive(try uploads.announce(announcement, id: id, as: .admin), from: 0, isAnew: true, isKept: false)
        try text.withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
    }

    func take(
        _ body: String, _ form: IntakeRequest.Form = .json, as principal: Principal = own, client: String? = nil, type: String? = nil
    ) -> IntakeOutcome {
        let done = Monitor<IntakeOutcome?>(nil)
        var request = IntakeRequest(
            form: form, body: Array(body.utf8), contentType: "application/json", principal: principal, type: type, client: client)
        // By the caller's thread or the writer's.
        request.isAlone = body.utf8.count % 4 != 0
        engine.accept(request) { outcome in done.broadcast { $0 = outcome } }
        return done.wait { $0 }
    }

    func taken(_ body: String, as principal: Principal = own, client: String? = nil) throws -> Accepted {
        switch take(body, as: principal, client: client) {
        case .one(let taken): return taken
        case .refused(let problem): throw problem
        default: throw Fault(.internalError, "not one receipt")
        }
    }

    func refusal(_ body: String, _ form: IntakeRequest.Form = .json, as principal: Principal = own, client: String? = nil, type: String? = nil) -> Fault? {
        if case .refused(let problem) = take(body, form, as: principal, client: client, type: type) { return problem }
        return nil
    }

    /// All rows of a walk, as texts of some columns.
    func walk(_ request: PageRequest, as principal: Principal = .admin) throws -> [String] {
        try Self.walk(engine, request, as: principal)
    }

    static func walk(_ engine: Engine, _ request: PageRequest, as principal: Principal = .admin) throws -> [String] {
        var rows: [String] = []
        var request = request
        while true {
            let page = try engine.page(request, as: principal)
            for batch in page.batches { rows += Self.texts(batch) }
            guard let cursor = page.nextCursor else { return rows }
            request.cursor = cursor
        }
    }

    static func texts(_ batch: ColumnBatch) -> [String] {
        (0..<batch.rowCount).map { row in batch.columns.map { text($0.value(at: row)) }.joined(separator: "|") }
    }

    static func text(_ value: Value) -> String {
        switch value {
        case .null: "-"
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let value): "\(value)"
        case .decimal(let value): "\(value)"
        case .boolean(let value): "\(value)"
        case .double(let value): "\(value)"
        case .list(let values): "[" + values.map(text).joined(separator: ",") + "]"
        case .structure(let values): "(" + values.map(text).joined(separator: ",") + ")"
        case .interval: "interval"
        }
    }
}

/// Where nobody counts the memory: what serves somebody always does.
extension RowReading {
    func receipt(_ lookup: ReceiptLookup, as principal: Principal) throws -> ReceiptLookupResult { try receipt(lookup, as: principal) { _ in } }
    func ticket(_ ticketID: String, as principal: Principal) throws -> Ticket { try ticket(ticketID, as: principal) { _ in } }
    func page(_ request: PageRequest, as principal: Principal) throws -> Page { try page(request, as: principal) { _ in } }
}
