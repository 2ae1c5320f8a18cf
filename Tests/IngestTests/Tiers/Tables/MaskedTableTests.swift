import ColumnStore
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a masked table is the same as one whose sensitive values never were. Method: random requests to both.
final class MaskedTableTests: XCTestCase {
    private static let list = ColumnType.list(element: Field("element", .structure([Field("x", .string), Field("y", .int64)])))
    private static let schema = Schema([
        Field("type", .string, isRequired: true), Field("id", .int64), Field("ssn", .string), Field("name", .string), Field("l", list), Field("w", list),
        Field("document", .binary, isRequired: true), Field("document_sha256", .binary), Field("history", .string),
    ])

    private func type(_ name: String, _ columns: String) throws -> DocumentType {
        try DocumentType(json: Array(#"{"name":"\#(name)","version":1,"table":"t","format":"json","match":{},"receipt_id":"/id","issued_at":"/at","columns":{\#(columns)}}"#.utf8))
    }

    /// - Parameter isShared: whether another type has documents in the table that anybody may see.
    private func mask(isShared: Bool) throws -> TableMask {
        var sensitive = SensitiveColumns()
        sensitive.add(try type("closed", #""ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true},"l":{"path":"/l","columns":{"x":{"path":"/x","type":"VARCHAR","sensitive":true},"y":{"path":"/y","type":"BIGINT"}}},"w":{"path":"/w","sensitive":true,"columns":{"x":{"path":"/x","type":"VARCHAR"}}}"#), place: 1)
        if isShared { sensitive.add(try type("open", #""name":{"path":"/name","type":"VARCHAR"}"#), place: 2) }
        return try XCTUnwrap(TableMask(sensitive, table: "t"))
    }

    private func rows(_ random: inout SplitMix64, _ count: Int) -> [[Value]] {
        (0..<count).map { index in
            let type = ["closed", "open", "gone"][Int.random(in: 0..<3, using: &random)]
            func list() -> Value {
                .list((0..<Int.random(in: 0..<3, using: &random)).map { _ in .structure([.string("s\(Int.random(in: 0..<3, using: &random))"), .integer(Int64.random(in: 0..<3, using: &random))]) })
            }
            return [
                .string(type), .integer(Int64(index)), Bool.random(using: &random) ? .string("ssn\(index % 3)") : .null, .string("n\(index % 4)"), list(), list(), .string("doc\(index)"),
                .string("hash\(index)"), .string("h"),
            ]
        }
    }

    /// What may be seen of a row.
    private func open(_ row: [Value], isShared: Bool) -> [Value] {
        var row = row
        (row[2], row[5]) = (.null, .null)
        if case .list(let elements) = row[4] {
            row[4] = .list(elements.map { element in if case .structure(let members) = element { .structure([.null, members[1]]) } else { element } })
        }
        if !isShared || row[0] != .string("open") { for column in 6...8 { row[column] = .null } }
        return row
    }

    private func table(_ rows: [[Value]], isMasked: Bool) -> MemoryTable {
        // NULLs where a schema had none.
        let schema = Schema(Self.schema.fields.map { Field($0.name, $0.type) })
        var builders = schema.fields.map { ColumnBuilder(type: $0.type) }
        for row in rows { for (index, value) in row.enumerated() { builders[index].append(value) } }
        return MemoryTable(schema: isMasked ? schema : Self.schema, batches: [ColumnBatch(rowCount: rows.count, columns: builders.indices.map { builders[$0].finish() })])
    }

    private func request(_ random: inout SplitMix64) -> ScanRequest {
        let paths: [ColumnPath] = ["type", "id", "ssn", "name", "l", "l.x", "l.y", "w", "w.x", "document", "document_sha256", "history"]
        func some(_ count: Int) -> [ColumnPath] { (0..<count).map { _ in paths[Int.random(in: 0..<paths.count, using: &random)] } }
        var request = ScanRequest(projection: ["id"] + some(Int.random(in: 0..<5, using: &random)))
        let tests: [(ColumnPath, ColumnFilter.Test)] = [
            ("ssn", .equal(.string("ssn1"))), ("ssn", .isNull), ("ssn", .oneOf([.string("ssn1"), .string("ssn2")])), ("name", .equal(.string("n1"))), ("document", .equal(.string("doc3"))),
            ("document", .isNull), ("document_sha256", .equal(.string("hash4"))), ("history", .isNull), ("type", .equal(.string("open"))),
        ]
        for _ in 0..<Int.random(in: 0..<3, using: &random) {
            let (path, test) = tests[Int.random(in: 0..<tests.count, using: &random)]
            request.filters.append(ColumnFilter(path, test))
        }
        if Bool.random(using: &random) { request.elementFilters = [ColumnFilter("l.x", .equal(.string("s1")))] }
        if Bool.random(using: &random) {
            // Passes rows by what it sees of any of its columns.
            request.residual = ResidualFilter(columns: some(2) + ["id"]) { batch in
                var passing = Bitmap(repeating: false, count: batch.rowCount)
                for row in 0..<batch.rowCount { passing[row] = "\(batch.columns.map { $0.value(at: row) })".utf8.reduce(0) { ($0 &* 31) &+ Int($1) } % 3 != 0 }
                return passing
            }
        }
        return request
    }

    private func answer(_ table: any TableSource, _ request: ScanRequest) throws -> [[Value]] {
        var rows: [[Value]] = []
        let scan = try table.scan(request)
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() { for row in 0..<batch.rowCount { rows.append(batch.columns.map { $0.value(at: row) }) } }
        }
        return rows
    }

    func test_randomRequests_answerAsIfTheValuesNeverWere() throws {
        var random = SplitMix64(state: 36)
        for isShared in [false, true] {
            let mask = try mask(isShared: isShared)
            for _ in 0..<400 {
                let rows = rows(&random, 30)
                let masked = MaskedTable(table(rows, isMasked: false), mask)
                let plain = table(rows.map { open($0, isShared: isShared) }, isMasked: true)
                let request = request(&random)
                let answers = (try answer(masked, request), try answer(plain, request))
                XCTAssertEqual(answers.0, answers.1, "\(request.projection) \(request.filters) \(request.residual?.columns ?? [])")
                XCTAssertEqual(masked.schema.fields.filter { $0.isRequired }.map(\.name), ["type"])
            }
        }
    }

    /// Notes what it is asked.
    private final class Asked: TableSource {
        let schema = MaskedTableTests.schema
        let statistics = TableStatistics(rowCount: 9)
        let request = Mutex<ScanRequest?>(nil)

        func scan(_ request: ScanRequest) throws -> any TableScan {
            self.request.withLock { $0 = request }
            throw ColumnStoreError(.invalidRequest, "nobody scans")
        }
    }

    /// Hidden values would tell themselves by the rows that are left out, and by how many are read before there are enough.
    func test_scan_asksTheTableNothingOfHiddenValues_andForAllRowsWhereSomeAreLeftOutLater() throws {
        let asked = Asked()
        let table = MaskedTable(asked, try mask(isShared: true))
        func inner(_ request: ScanRequest) throws -> ScanRequest {
            XCTAssertThrowsError(try table.scan(request))
            return try XCTUnwrap(asked.request.withLock { $0 })
        }
        func sought(_ path: ColumnPath) -> RuntimeFilter { RuntimeFilter(path, bounds: .isNotNull) { Bitmap(repeating: true, count: $0.count) } }
        var request = ScanRequest(projection: ["id"])
        request.filters = [ColumnFilter("ssn", .isNull), ColumnFilter("document", .isNull), ColumnFilter("name", .equal(.string("n1")))]
        request.runtimeFilters = [sought("ssn"), sought("name"), sought("document_sha256")]
        request.elementFilters = [ColumnFilter("l.x", .isNull), ColumnFilter("l.y", .isNull), ColumnFilter("w.x", .isNull)]
        request.rowCountMax = 5
        let hidden = try inner(request)
        XCTAssertEqual(hidden.filters.map(\.path), ["name"])
        XCTAssertEqual(hidden.runtimeFilters.map(\.path), ["name"])
        XCTAssertEqual(hidden.elementFilters.map(\.path), ["l.y"])
        XCTAssertNil(hidden.rowCountMax)
        request.filters = [ColumnFilter("name", .equal(.string("n1")))]
        XCTAssertEqual(try inner(request).rowCountMax, 5, "nothing is left to do")
        request.residual = ResidualFilter(columns: ["id", "ssn"]) { Bitmap(repeating: true, count: $0.rowCount) }
        let residual = try inner(request)
        XCTAssertNil(residual.residual)
        XCTAssertNil(residual.rowCountMax)
        XCTAssertFalse(residual.projection.contains("ssn"))
    }

    func test_statistics_haveNothingOfMaskedColumns() throws {
        struct Told: TableSource {
            let schema = MaskedTableTests.schema
            var statistics: TableStatistics {
                let known = ColumnStatistics(distinctCount: 3, minimum: .string("987-65-4329"), maximum: .string("987-65-4329"))
                return TableStatistics(rowCount: 9, columns: ["ssn": known, "name": known, "l.x": known, "l.y": known, "l": known, "w.x": known, "document": known])
            }
            func scan(_ request: ScanRequest) throws -> any TableScan { throw ColumnStoreError(.invalidRequest, "nobody scans") }
        }
        XCTAssertEqual(MaskedTable(Told(), try mask(isShared: true)).statistics.columns.keys.sorted(), ["name"])
    }

    func test_rowsByThemselves_areMaskedAlike() throws {
        var random = SplitMix64(state: 7)
        for isShared in [false, true] {
            let mask = try mask(isShared: isShared)
            let rows = rows(&random, 50)
            let scan = try table(rows, isMasked: false).scan(ScanRequest(projection: Self.schema.fields.map { ColumnPath($0.name) }))
            let batch = try XCTUnwrap(try scan.nextMorsel()?.next())
            let masked = mask.masked(batch, Self.schema)
            XCTAssertEqual((0..<50).map { row in masked.columns.map { $0.value(at: row) } }, rows.map { open($0, isShared: isShared) })
        }
    }
}
