import ColumnStore
import Query
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a scan of hot rows holds no more documents than the query has room for, and gives each row once all the same. Method: documents far longer than
/// their batches may be, of clients that take turns, from memory and from a group, whose rows lie by client.
final class LongDocumentScanTests: XCTestCase {
    private static let rowCount = 60

    private func salt(_ number: Int) -> String { String(repeating: "x", count: 100_000 + number) }

    private func filled(_ path: String) throws -> HotTierFixture.Store {
        let store = try HotTierFixture.Store(path)
        _ = try store.stored((0..<Self.rowCount).map { number in
            try HotTierFixture.row("R-\(number)", client: "c\(number % 3)", salt: salt(number), total: Int64(number))
        })
        return store
    }

    /// Before and after its rows are laid down.
    private func eachState(_ body: (HotTierFixture.Store) throws -> Void) throws {
        let directory = TemporaryDirectory()
        let store = try filled(directory.path)
        defer { store.close() }
        try body(store)
        try store.tier.flush(isWhole: true)
        XCTAssertEqual(try XCTUnwrap(store.tier.boundary.snapshot().files.first).tail(of: "receipts")?.view(through: .max).groups.map(\.bounds.rowCount), [Self.rowCount])
        try body(store)
    }

    /// On the writer's connection, as the log has one writer: zeros are laid ahead of what that one has written, over what another did.
    private func execute(_ statement: String, in file: HotFile, of store: HotTierFixture.Store) throws {
        try store.tier.writer.perform(on: file) { try $0.connection.execute(statement) }
    }

    private func scan(_ store: HotTierFixture.Store, _ request: ScanRequest, _ body: (ColumnBatch) throws -> Void) throws {
        let scan = try TieredTable(name: "receipts", boundary: store.tier.boundary, tables: store.tier.tables).scan(request)
        while let morsel = try scan.nextMorsel() { while let batch = try morsel.next() { try body(batch) } }
    }

    private func text(_ column: Column, _ row: Int) -> String { if case .bytes(let bytes) = column.value(at: row) { String(decoding: bytes, as: UTF8.self) } else { "" } }

    func test_batches_holdWhatWasCharged_andEachRowOnce() throws {
        try eachState { store in
            let memory = MemoryBudget(byteCountMax: 8 << 20)
            var (seen, batchCount): ([String], Int) = ([], 0)
            let request = ScanRequest(projection: ["receipt_id", "document", "total", "document_sha256"], memory: memory)
            try scan(store, request) { batch in
                let byteCount = batch.columns[1].flatByteCountBound
                XCTAssertLessThanOrEqual(byteCount, 1 << 20, "an eighth of what the query may have, and the offsets")
                XCTAssertGreaterThanOrEqual(memory.usedByteCount, 100_000 * batch.rowCount)
                XCTAssertLessThanOrEqual(memory.usedByteCount, 1 << 20)
                batchCount += 1
                for row in 0..<batch.rowCount {
                    let receipt = text(batch.columns[0], row)
                    let number = try XCTUnwrap(Int(receipt.dropFirst(2)))
                    let document = HotTierFixture.document(receipt, salt: salt(number))
                    XCTAssertTrue(batch.columns[1].value(at: row) == .bytes(document), receipt)
                    XCTAssertEqual(batch.columns[2].value(at: row), .decimal(Int128(number)))
                    XCTAssertEqual(batch.columns[3].value(at: row), .bytes(SHA256.hash(document)))
                    seen.append(receipt)
                }
            }
            XCTAssertEqual(seen.sorted(), (0..<Self.rowCount).map { "R-\($0)" }.sorted())
            XCTAssertGreaterThanOrEqual(batchCount, 6)
            XCTAssertEqual(memory.usedByteCount, 0)
        }
    }

    func test_testsOfDocuments_readThemSomeAtATime() throws {
        try eachState { store in
            let memory = MemoryBudget(byteCountMax: 8 << 20)
            let wanted = HotTierFixture.document("R-41", salt: salt(41))
            let filtered = ScanRequest(projection: ["receipt_id"], filters: [ColumnFilter("document", .equal(.bytes(wanted)))], memory: memory)
            var found: [String] = []
            try scan(store, filtered) { batch in found += (0..<batch.rowCount).map { text(batch.columns[0], $0) } }
            XCTAssertEqual(found, ["R-41"])
            // Those whose document has an odd number of bytes; numbers of one digit and of two have others around them.
            let residual = ResidualFilter(columns: ["document"]) { batch in
                XCTAssertLessThanOrEqual(batch.columns[0].flatByteCountBound, 1 << 20)
                var passing = Bitmap(repeating: false, count: batch.rowCount)
                for row in 0..<batch.rowCount { if case .bytes(let bytes) = batch.columns[0].value(at: row), bytes.count % 2 == 1 { passing[row] = true } }
                return passing
            }
            found = []
            try scan(store, ScanRequest(projection: ["receipt_id", "document"], residual: residual, memory: memory)) { batch in
                found += (0..<batch.rowCount).map { text(batch.columns[0], $0) }
            }
            let expected = (0..<Self.rowCount).filter { HotTierFixture.document("R-\($0)", salt: salt($0)).count % 2 == 1 }.map { "R-\($0)" }
            XCTAssertEqual(found.sorted(), expected.sorted())
            XCTAssertLessThanOrEqual(memory.peakByteCount, 1 << 20)
            XCTAssertEqual(memory.usedByteCount, 0)
        }
    }

    /// What registrars said may be longer than what they were sent.
    func test_histories_areReadSomeAtATime_besideDocuments() throws {
        try eachState { store in
            let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
            // Every second row has one.
            for row in stride(from: Int64(2), through: Int64(Self.rowCount), by: 2) {
                try execute("INSERT OR REPLACE INTO history(id, at, event, details) VALUES(\(row << ProcessKey.historyBits), \(row), 'x', '{\"note\":\"\(row)\(String(repeating: "h", count: 150_000))\"}')", in: file, of: store)
            }
            for columns in [["receipt_id", "history"], ["history", "receipt_id", "document"]] {
                let memory = MemoryBudget(byteCountMax: 8 << 20)
                let places = (history: columns.firstIndex(of: "history") ?? 0, receipt: columns.firstIndex(of: "receipt_id") ?? 0, document: columns.firstIndex(of: "document"))
                var seen: [String] = []
                try scan(store, ScanRequest(projection: columns.map { ColumnPath($0) }, memory: memory)) { batch in
                    for column in batch.columns { XCTAssertLessThanOrEqual(column.flatByteCountBound, (1 << 20) + 4_096) }
                    XCTAssertLessThanOrEqual(memory.usedByteCount, 2 << 20)
                    for row in 0..<batch.rowCount {
                        let receipt = text(batch.columns[places.receipt], row)
                        let number = try XCTUnwrap(Int(receipt.dropFirst(2)))
                        // Rows of the file count from 1.
                        let isTold = (number + 1) % 2 == 0
                        let history = text(batch.columns[places.history], row)
                        XCTAssertEqual(history == ReceiptHistory.empty, !isTold, receipt)
                        if isTold { XCTAssertTrue(history.contains("\"\(number + 1)hhh"), receipt) }
                        if let document = places.document {
                            XCTAssertTrue(batch.columns[document].value(at: row) == .bytes(HotTierFixture.document(receipt, salt: salt(number))), receipt)
                        }
                        seen.append(receipt)
                    }
                }
                XCTAssertEqual(seen.sorted(), (0..<Self.rowCount).map { "R-\($0)" }.sorted())
                XCTAssertEqual(memory.usedByteCount, 0)
            }
        }
    }

    /// What does not fit beside the others is not read with them: one that cannot be read, behind long ones, is come to with its own batch.
    func test_histories_thatDoNotFit_areNotRead() throws {
        try eachState { store in
            let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
            for row in Int64(1)...8 {
                let details = row == 8 ? "no object" : #"{"note":"\#(String(repeating: "h", count: 150_000))"}"#
                try execute("INSERT OR REPLACE INTO history(id, at, event, details) VALUES(\(row << ProcessKey.historyBits), \(row), 'x', '\(details)')", in: file, of: store)
            }
            var (told, read): ([Int], [Int]) = ([], [])
            try file.readHistories(Array(1...9)) { place, text, expected in
                XCTAssertLessThanOrEqual(text.utf8.count, expected)
                XCTAssertLessThan(expected, text.utf8.count + 1_000)
                read.append(place)
            } fits: { byteCount in
                told.append(byteCount)
                return told.count <= 3
            }
            XCTAssertEqual(read, [0, 1, 2])
            XCTAssertEqual(told.count, 4)
            XCTAssertTrue(told.allSatisfy { $0 > 150_000 }, "\(told)")
            // Neither where it lies between two that are wanted, and is longer than is read for nothing.
            try execute("UPDATE history SET details = '\(String(repeating: "n", count: 300_000))' WHERE id = \(Int64(8) << ProcessKey.historyBits)", in: file, of: store)
            read = []
            try file.readHistories([7, 9]) { place, _, _ in read.append(place) } fits: { _ in true }
            XCTAssertEqual(read, [0, 1])
            XCTAssertThrowsError(try file.readHistories([8]) { _, _, _ in } fits: { _ in true })
        }
    }

    func test_documentWithoutRoom_isRefused_andShortOnesAreNot() throws {
        try eachState { store in
            let memory = MemoryBudget(byteCountMax: 64 << 10)
            XCTAssertThrowsError(try scan(store, ScanRequest(projection: ["document"], memory: memory)) { _ in }) { error in
                XCTAssertEqual((error as? QueryError)?.slug, .spillFull, "\(error)")
            }
            XCTAssertEqual(memory.usedByteCount, 0)
            // Columns alone are no matter of it.
            var rowCount = 0
            try scan(store, ScanRequest(projection: ["receipt_id", "document_sha256"], memory: memory)) { rowCount += $0.rowCount }
            XCTAssertEqual(rowCount, Self.rowCount)
        }
        let room = DocumentRoom(MemoryBudget(byteCountMax: 16), workerCount: 1)
        XCTAssertTrue(try room.take(1))
        XCTAssertTrue(try room.take(1))
        XCTAssertFalse(try room.take(1))
        room.releaseAll()
        XCTAssertThrowsError(try room.take(17))
        // Others have all of it: one that is small is read all the same, and counted.
        let full = MemoryBudget(byteCountMax: 16)
        XCTAssertTrue(full.reserve(16))
        let beside = DocumentRoom(full, workerCount: 1)
        XCTAssertThrowsError(try beside.take(2))
        XCTAssertTrue(try beside.take(1))
        XCTAssertFalse(try beside.take(1))
        XCTAssertEqual(full.usedByteCount, 17)
        beside.releaseAll()
        XCTAssertEqual(full.usedByteCount, 16)
    }

    /// A changed byte of its row: no query has memory for such a one, and it is not the query's fault.
    func test_documentOfAnImpossibleLength_isDamaged_andAsksForNoMemory() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        _ = try store.stored([try HotTierFixture.row("R-1", salt: salt(1), dictionaries: store.tier.dictionaries)])
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        try execute("UPDATE rows SET document_bytes = \(Int64(1) << 40) WHERE id = 1", in: file, of: store)
        let memory = MemoryBudget(byteCountMax: 8 << 20)
        XCTAssertThrowsError(try scan(store, ScanRequest(projection: ["document"], memory: memory)) { _ in }) { XCTAssertEqual(($0 as? DamagedDocument)?.row, 1, "\($0)") }
        XCTAssertEqual(memory.usedByteCount, 0)
    }

    /// Whoever reads without a query, as a proof of the store does.
    func test_batchesOfNoQuery_endAtTheBytesOfABatch() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let long = String(repeating: "y", count: 3 << 20)
        _ = try store.stored(try (0..<8).map { try HotTierFixture.row("R-\($0)", client: "c\($0 % 2)", salt: long, total: Int64($0)) })
        var rowCounts: [Int] = []
        try scan(store, ScanRequest(projection: ["document"])) { rowCounts.append($0.rowCount) }
        XCTAssertEqual(rowCounts.reduce(0, +), 8)
        XCTAssertLessThanOrEqual(try XCTUnwrap(rowCounts.max()), 5, "16 MiB of documents of 3 MiB")
    }
}
