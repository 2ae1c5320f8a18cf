import ColumnStore
import Query
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Rows of several batches put in order by client, against a stable sort; and rows read from a file whose ids come in any order.
final class ImageOrderTests: XCTestCase {
    /// As `HotChunkBuilder` lays clients down: codes of a dictionary of each batch's own, in the order in which clients come. Beside them a text, a list and the row's number.
    private func batch(_ clients: [String], from row: Int) -> ColumnBatch {
        var codes: [String: UInt32] = [:]
        var entries = ByteArrays()
        let ofRows = clients.map { client -> UInt32 in
            if let code = codes[client] { return code }
            let code = UInt32(codes.count)
            codes[client] = code
            entries.append(Array(client.utf8))
            return code
        }
        let dictionary = DictionaryValues(values: Column(type: .string, count: entries.count, values: .bytes(entries)))
        var texts = ColumnBuilder(type: .string)
        var lists = ColumnBuilder(type: .list(element: Field("element", .int64)))
        for number in row..<row + clients.count {
            if number % 7 == 0 { texts.appendNull() } else { texts.append(.string("text \(number)")) }
            lists.append(.list((0..<number % 4).map { .integer(Int64(number * 10 + $0)) }))
        }
        let numbers = (row..<row + clients.count).map { Int64($0) }
        return ColumnBatch(
            rowCount: clients.count,
            columns: [
                Column(type: .string, count: clients.count, values: .dictionary(codes: ofRows, dictionary)), texts.finish(), lists.finish(),
                Column(type: .int64, count: clients.count, values: .int64(numbers)),
            ])
    }

    private func check(_ parts: [[String]], copying byteCountMax: Int = ImageOrder.copiedByteCountMax, line: UInt = #line) throws {
        var (batches, row): ([ColumnBatch], Int) = ([], 0)
        for part in parts {
            batches.append(batch(part, from: row))
            row += part.count
        }
        let clients = parts.flatMap { $0 }
        let expected = clients.indices.sorted { (Array(clients[$0].utf8), $0) < (Array(clients[$1].utf8), $1) }
        let whole = batch(clients, from: 0)
        var found: [Int] = []
        ImageOrder.byClient(batches, copiedByteCountMax: byteCountMax) { batch in
            XCTAssertLessThanOrEqual(batch.rowCount, ColumnBatch.targetRowCount, line: line)
            XCTAssertTrue(batch.rowCount == 1 || batch.rowWidths().reduce(0, +) <= byteCountMax, "more is copied at a time", line: line)
            for row in 0..<batch.rowCount {
                guard case .integer(let number) = batch.columns[3].value(at: row) else { return XCTFail("a row without a number", line: line) }
                found.append(Int(number))
                for index in batch.columns.indices { XCTAssertEqual(batch.columns[index].value(at: row), whole.columns[index].value(at: Int(number)), line: line) }
            }
        }
        XCTAssertEqual(found, expected, line: line)
    }

    func test_rows_lieByClient_neighboursAsTheyCame() throws {
        try check([["b", "a", "b", "a"]])
        try check([["a", "b"], ["a", "c"], ["", "b"]])
        try check([["a", "a"], ["b"]])
        var random = SplitMix64(state: 5)
        for clientCount in [1, 2, 40, 900] as [UInt64] {
            try check((0..<3).map { _ in (0..<Int(random.next() % 5_000) + 1).map { _ in "client \(random.next() % clientCount)" } })
        }
    }

    func test_longRows_areCopiedFewAtATime() throws {
        var random = SplitMix64(state: 6)
        let parts = (0..<3).map { _ in (0..<700).map { _ in "client \(random.next() % 30)" } }
        for byteCountMax in [0, 1, 60, 1_000, 20_000] { try check(parts, copying: byteCountMax) }
    }

    func test_rowsInOrder_areNotCopied() {
        XCTAssertNil(ImageOrder.permutation([batch(["a", "a", "b"], from: 0).columns[0], batch(["b", "c"], from: 3).columns[0]]))
        XCTAssertNil(ImageOrder.permutation([]))
        XCTAssertEqual(ImageOrder.permutation([batch(["b", "a"], from: 0).columns[0], batch(["a"], from: 2).columns[0]]), [1, 2, 0])
    }

    /// Rows of several clients in one group, read back with what is laid over them and what is read from the rows: states that changed since, documents, hashes, histories.
    func test_group_givesEachRowItsOwnStateDocumentAndHistory() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        var expected: [String: (client: String, sequence: Int64, total: Int64)] = [:]
        for number in 0..<400 {
            let (receipt, client) = ("R-\(number)", "c\(number * 7 % 5)")
            let outcome = try XCTUnwrap(try store.stored([try HotTierFixture.row(receipt, client: client, salt: "\(number)", total: Int64(number))]).first)
            expected[receipt] = (client, outcome.receipt.summary.sequence, Int64(number))
        }
        try store.tier.flush(isWhole: true)
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        XCTAssertEqual(try file.tail(of: "receipts")?.view(through: .max).groups.map(\.bounds.rowCount), [400])
        // Every third row became another one's state since: ids are those of the rows as they came, from 1.
        file.publish { info in
            for row in stride(from: Int64(3), through: 400, by: 3) { info.overlay.set(row, HotFile.StateChange(state: .failed, completedAt: row), sequence: .max) }
        }
        // Every fifth has a history of its own.
        // On the writer's connection, as the log has one writer.
        try store.tier.writer.perform(on: file) { parts in
            for row in stride(from: Int64(5), through: 400, by: 5) {
                try parts.connection.execute("INSERT INTO history(id, at, event, details) VALUES(\(row << ProcessKey.historyBits), \(row), 'x', '{}')")
            }
        }
        let schema = StandardColumns.schema(of: "receipts", typeColumns: HotTierFixture.fields)
        let names = ["client_id", "receipt_id", "sequence", "state", "completed_at", "document", "document_sha256", "history", "total"]
        let filter = try HotRowFilter(ScanRequest(projection: names.map { ColumnPath($0) }), schema: schema)
        var (clients, seen): ([String], Set<String>) = ([], [])
        for piece in try HotTable(table: "receipts", snapshot: store.tier.boundary.snapshot(), schema: schema).pieces(filter) {
            let morsel = try HotMorsel(piece, filter: filter, sequence: .max, budget: nil)
            while let batch = try morsel.next() {
                for row in 0..<batch.rowCount {
                    func text(_ index: Int) -> String { if case .bytes(let bytes) = batch.columns[index].value(at: row) { String(decoding: bytes, as: UTF8.self) } else { "" } }
                    let receipt = text(1)
                    let wanted = try XCTUnwrap(expected[receipt])
                    let number = wanted.total
                    let document = HotTierFixture.document(receipt, salt: "\(number)")
                    XCTAssertEqual(text(0), wanted.client)
                    XCTAssertEqual(batch.columns[2].value(at: row), .integer(wanted.sequence))
                    XCTAssertEqual(text(3), (number + 1) % 3 == 0 ? "FAILED" : "COMPLETE", receipt)
                    if (number + 1) % 3 == 0 { XCTAssertEqual(batch.columns[4].value(at: row), .integer(number + 1)) }
                    XCTAssertEqual(batch.columns[5].value(at: row), .bytes(document))
                    XCTAssertEqual(batch.columns[6].value(at: row), .bytes(SHA256.hash(document)))
                    let told = try file.history(row: number + 1).text
                    XCTAssertEqual(told == ReceiptHistory.empty, (number + 1) % 5 != 0, receipt)
                    XCTAssertEqual(text(7), told, receipt)
                    XCTAssertEqual(batch.columns[8].value(at: row), .decimal(Int128(number)))
                    clients.append(wanted.client)
                    seen.insert(receipt)
                }
            }
        }
        XCTAssertEqual(seen.count, 400)
        XCTAssertEqual(clients, clients.sorted(), "an image's rows lie by client")
    }

    /// What happened to a row beyond its arrival, asked for in another order than that of ids, with rows between that have none.
    func test_histories_ofRowsInAnyOrder_areTheirOwn() throws {
        let directory = TemporaryDirectory()
        var store = try HotTierFixture.Store(directory.path)
        for number in 1...12 { _ = try store.stored([try HotTierFixture.row("R-\(number)")]) }
        let path = try XCTUnwrap(store.tier.boundary.snapshot().files.first).path
        store.close()
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        for row in [2, 3, 9, 12] as [Int64] {
            try connection.execute("INSERT INTO history(id, at, event, details) VALUES(\(ProcessKey.range(row, ProcessKey.historyBits).first), 1, 'noted-\(row)-', '{}')")
        }
        store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.first)
        for rows in [[1, 2, 3, 9, 12], [9, 2, 12, 5, 3, 1], [12, 3], []] as [[Int64]] {
            var histories = [String](repeating: "", count: rows.count)
            try file.readHistories(rows) { place, text, _ in histories[place] = text } fits: { _ in true }
            XCTAssertEqual(histories.map { $0 == ReceiptHistory.empty }, rows.map { ![2, 3, 9, 12].contains($0) })
            for (row, history) in zip(rows, histories) where history != ReceiptHistory.empty { XCTAssertTrue(history.contains("noted-\(row)-"), history) }
        }
    }

    func test_ids_ofAnyOrder_ascend_withTheirPlaces() {
        XCTAssertEqual(HotFile.ascending([]).ids, [])
        XCTAssertNil(HotFile.ascending([2, 3, 9]).places)
        let (ids, places) = HotFile.ascending([9, 2, 3])
        XCTAssertEqual(ids, [2, 3, 9])
        XCTAssertEqual(places, [1, 2, 0])
    }
}

/// By bytes, then by place.
private func < (left: ([UInt8], Int), right: ([UInt8], Int)) -> Bool {
    left.0 == right.0 ? left.1 < right.1 : left.0.lexicographicallyPrecedes(right.0)
}
