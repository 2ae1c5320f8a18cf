import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// A directory of its own, removed with this object, and at the latest when the process ends.
final class TemporaryDirectory {
    let path = TemporaryFolders.newPath("till-test")
    deinit { TemporaryFolders.remove(path) }

    /// Made, where a test puts files into it by itself.
    func made() throws -> String {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

/// Receipts of one small type, and a hot tier to put them into.
enum HotTierFixture {
    static let fields: [Field] = [
        Field("currency", .string),
        Field("total", .decimal(precision: 18, scale: 4)),
        Field("lines", .list(element: Field("element", .structure([Field("code", .string), Field("amount", .decimal(precision: 18, scale: 4))])))),
    ]
    static let layout = RowLayout(fields: fields)
    static let kind = RowFormat(table: "receipts", type: "pos-receipt", version: 1, contentType: "application/json", layout: layout)

    /// A row of the fixture's type, as `RowLayout` says that it lies.
    static func encoded(currency: String?, total: Int64?, lines: [(code: String, amount: Int64)]) -> [UInt8] {
        var bytes: [UInt8] = [(currency == nil ? 0 : 1) | (total == nil ? 0 : 2) | 4]
        func append(_ text: String) { bytes += [UInt8(text.utf8.count)] + Array(text.utf8) }
        func append(_ value: Int64) { withUnsafeBytes(of: value.littleEndian) { bytes += Array($0) } }
        if let currency { append(currency) }
        if let total { append(total) }
        bytes.append(UInt8(lines.count))
        let validity = [UInt8](repeating: 0xFF, count: (lines.count + 7) / 8)
        bytes += validity
        for line in lines { append(line.code) }
        bytes += validity
        for line in lines { append(line.amount) }
        return bytes
    }

    static func document(_ receipt: String, salt: String = "") -> [UInt8] {
        Array(#"{"schema":"pos/1","id":"\#(receipt)","issued_at":"2026-11-20T14:03:07+02:00","lines":[],"total":65.00,"x":"\#(salt)"}"#.utf8)
    }

    static func row(
        _ receipt: String, client: String = "c1", day: Int32 = 20_777, issuedAt: Int64 = 1_795_000_000_000_000, salt: String = "",
        total: Int64 = 650_000, dictionaries: DocumentDictionaries? = nil, kind: RowFormat = kind, state: ReceiptState = .complete
    ) throws -> HotRow {
        let document = document(receipt, salt: salt)
        let (stored, coding) = try dictionaries?.compress(document, type: kind.type) ?? (document, .plain)
        let lines = [("4820", total / 2), ("4821", total - total / 2)]
        return HotRow(
            kind: kind, client: Array(client.utf8), receipt: Array(receipt.utf8), businessDay: day, issuedAt: issuedAt,
            values: encoded(currency: "UAH", total: total, lines: lines), sha256: SHA256.hash(document), storedDocument: stored,
            documentByteCount: document.count, coding: coding, state: state)
    }

    /// A row of a versioned table.
    static func version(_ receipt: String, salt: String = "") throws -> HotRow {
        let document = document(receipt, salt: salt)
        let brought = TableName.kind(of: "licences_history").broughtColumns
        return HotRow(
            kind: RowFormat(table: "licences_history", type: "licence", version: 1, contentType: "application/json", layout: VersionColumns.layout(layout, after: brought)),
            client: Array("c1".utf8), receipt: Array(receipt.utf8), businessDay: 20_777, issuedAt: 1_795_000_000_000_000,
            values: VersionColumns.row(encoded(currency: "UAH", total: 1, lines: []), count: fields.count, after: brought, upload: nil), sha256: SHA256.hash(document),
            storedDocument: document, documentByteCount: document.count, coding: .plain, state: .complete, version: RowVersion(content: SHA256.hash(document)))
    }

    final class Counter: Sendable {
        let value = Atomic<Int>(0)
        var count: Int { value.load(ordering: .relaxed) }
        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
    }

    /// A hot tier on a directory; `close` before another one is opened there.
    final class Store {
        let directory: DataDirectory
        let catalog: Catalog
        let tier: HotTier
        /// How often the writer has asked cold.
        let lookups = Counter()

        init(_ path: String, clock: Clock = .system, limits: HotWriter.Limits = HotWriter.Limits(), pauses: HotMaintenance.Pauses = HotMaintenance.Pauses()) throws {
            directory = try DataDirectory(path: path)
            catalog = try Catalog(path: directory.catalogPath, clock: clock)
            var options = HotTier.Options()
            options.clock = clock
            options.writer = limits
            options.writer.minFreeBytes = 0
            options.pauses = pauses
            tier = try HotTier(
                directory: directory, catalog: catalog, options: options, cold: [:], lost: LostAndFound(directory), sequenceFloor: 0,
                findCold: { [lookups] _, _, _ in
                    lookups.value.wrappingAdd(1, ordering: .relaxed)
                    return nil
                })
            tier.tables.add(fields, to: "receipts")
            tier.tables.add(VersionColumns.fields(of: "licences_history") + fields, to: "licences_history")
        }

        /// Submits rows as one unit and waits for the answer.
        func submit(_ rows: [HotRow]) throws -> Submission.Answer { try handIn(rows).wait { $0 } }

        /// Submits rows as one unit.
        ///
        /// - Returns: where the answer will be.
        func handIn(_ rows: [HotRow]) throws -> Monitor<Submission.Answer?> {
            let snapshot = tier.boundary.snapshot()
            let open = snapshot.files.last { !$0.state.isSealed }
            let earlier = try rows.map { try HotTier.findEarlier($0.identity, document: Array($0.sha256), in: snapshot, except: open) }
            let done = Monitor<Submission.Answer?>(nil)
            tier.writer.submit(
                Submission(rows: rows, earlier: earlier, generation: snapshot.generation) { answer in done.broadcast { $0 = answer } })
            return done
        }

        func stored(_ rows: [HotRow]) throws -> [Submission.Outcome] {
            switch try submit(rows) {
            case .done(let outcomes): return outcomes
            case .conflicts(let conflicts): throw Failure.conflicts(conflicts.map(\.place))
            case .refused(let problem): throw problem
            }
        }

        enum Failure: Error, Equatable { case conflicts([Int]) }

        func close() {
            tier.close()
            directory.release()
        }
    }
}

extension Submission.Outcome {
    var receipt: StoredReceipt {
        switch self {
        case .stored(let receipt), .repeated(let receipt): receipt
        case .conflict, .refused: fatalError("a conflict or a refusal")
        }
    }
    var isRepeat: Bool { if case .repeated = self { true } else { false } }
}
