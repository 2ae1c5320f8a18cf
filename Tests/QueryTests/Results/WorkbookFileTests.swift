import ColumnStore
import Foundation
import Query
import TestSupport
import XCTest

/// Goal: a workbook holds what the answer holds, exactly, or says that it does not. Method: random tables, read back by openpyxl and by LibreOffice.
final class WorkbookFileTests: XCTestCase {
    private static let fields = [
        Field("yes", .boolean), Field("small", .int32), Field("=big", .int64), Field("x", .double), Field("d4", .decimal(precision: 18, scale: 4)),
        Field("d0", .decimal(precision: 38, scale: 0)), Field("d38", .decimal(precision: 38, scale: 38)), Field("text", .string), Field("blob", .binary), Field("day", .date),
        Field("time", .time), Field("at", .timestampTZ), Field("local", .timestamp(isUTC: false)),
        Field("list", .list(element: Field("element", .structure([Field("a", .int64), Field("b", .string)])))),
    ]

    private static let textPlace = 7

    private static let scraps = [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=x", "'", "_x0041_", "_x", "__x00FF_", "\u{1}", "\u{0}", "\r\n", "\n", " ", "ї", "😀", "\u{FFFE}", "\u{FFFF}", "<a&b>\"", "0123",
        "1e5", "TRUE", "2026-11-20", "#N/A", "http://example.org/", "]]>", "\u{7F}", "e\u{301}",
    ]

    private static func text(_ random: inout SplitMix64) -> [UInt8] {
        if UInt64.random(in: 0..<200, using: &random) == 0 {
            let scrap = scraps.randomElement(using: &random) ?? ""
            return Array(String(repeating: scrap, count: Int.random(in: 32_700...33_000, using: &random) / max(1, scrap.utf16.count) + 1).utf8)
        }
        return Array((0..<Int.random(in: 0...4, using: &random)).map { _ in scraps.randomElement(using: &random) ?? "" }.joined().utf8)
    }

    private static func integer(_ random: inout SplitMix64) -> Int64 {
        let shift = Int.random(in: 0...63, using: &random)
        return [Int64.min, .max, 999_999_999_999_999, 1_000_000_000_000_000, -999_999_999_999_999].randomElement(using: &random).flatMap { Bool.random(using: &random) ? nil : $0 }
            ?? Int64(bitPattern: random.next()) >> shift
    }

    private static func value(_ type: ColumnType, _ random: inout SplitMix64) -> Value {
        if Int.random(in: 0..<8, using: &random) == 0 { return .null }
        switch type {
        case .boolean: return .boolean(Bool.random(using: &random))
        case .int32: return .integer(Int64(Int32(truncatingIfNeeded: integer(&random))))
        case .int64: return .integer(integer(&random))
        case .double:
            let number = Double(bitPattern: random.next())
            return .double([number, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -9.99999999999999e307, 0.1, -0.0, Double(integer(&random)) / 1_000].randomElement(using: &random) ?? number)
        case .decimal(let precision, _):
            if precision == 18 { return .decimal(Int128(integer(&random) % 1_000_000_000_000_000_000)) }
            return .decimal(Int128(integer(&random)) * (Bool.random(using: &random) ? 1 : 1_000_000_000_000))
        case .string, .binary: return .bytes(text(&random))
        case .date:
            return .integer(
                [-25_567, -25_568, -25_566, -25_509, -25_508, -25_507, 0, 2_932_896, -700_000].randomElement(using: &random).flatMap { Bool.random(using: &random) ? $0 : nil }
                    ?? Int64.random(in: -30_000...60_000, using: &random))
        case .time: return .integer(Int64.random(in: 0..<86_400_000_000, using: &random) / (Bool.random(using: &random) ? 1 : 1_000_000) * 1)
        case .timestamp:
            let second = Int64.random(in: -2_400_000_000...4_000_000_000, using: &random)
            return .integer(second * 1_000_000 + (Bool.random(using: &random) ? 0 : Int64.random(in: 0..<1_000_000, using: &random)))
        default:
            return .list((0..<Int.random(in: 0...2, using: &random)).map { _ in
                Bool.random(using: &random) ? .structure([.integer(integer(&random)), .bytes(Array("=ї".utf8))]) : .null
            })
        }
    }

    /// The rows beside the workbook: their types, then NDJSON as every answer has it.
    private func write(_ rows: [[Value]], to path: String) throws -> (columns: [ResultColumn], batches: [ColumnBatch]) {
        let table = QueryFixture.table(Self.fields, rows, batchRowCount: 97)
        let (columns, batches) = try QueryFixture([("t", table)], threads: 1).batches("SELECT * FROM t")
        var encoder = JSONObjectEncoder(columns: columns)
        var lines = Array(("{" + columns.map { "\"\($0.name)\":\"\($0.type.isNested ? "LIST" : $0.typeName)\"" }.joined(separator: ",") + "}\n").utf8)
        for batch in batches { try encoder.append(batch, into: &lines) }
        try Data(lines).write(to: URL(fileURLWithPath: path))
        return (columns, batches)
    }

    private func space(_ directory: TemporaryDirectory, byteCountMax: Int = 1 << 30) -> SpillSpace {
        SpillSpace(directory: directory.path, byteCountMax: byteCountMax)
    }

    func test_randomTables_readBackTheSame() throws {
        let directory = try TemporaryDirectory()
        let seed = SourceSeed.of("Sources/Query/Results")
        var random = SplitMix64(state: seed)
        for rowCountMax in [WorkbookFile.sheetRowCountMax, 100] {
            let space = space(directory)
            let book = directory.path + "/book.xlsx"
            let file = try WorkbookFile(path: book, space: space, sheetRowCountMax: rowCountMax)
            var arguments = [book]
            var rowCount = 0
            for (number, name) in ["Ліцензії: усі/нові", "'quoted'", "", "History"].enumerated() {
                var rows = (0..<[300, 1, 0, 99][number]).map { _ in Self.fields.map { Self.value($0.type, &random) } }
                // Whatever is drawn, one text is longer than a cell holds.
                if number == 0 { rows[0][Self.textPlace] = .bytes(Array(String(repeating: "ї", count: 40_000).utf8)) }
                rowCount += rows.count
                arguments.append(directory.path + "/rows\(number).ndjson")
                let (columns, batches) = try write(rows, to: arguments[number + 1])
                try file.beginSheet(named: name, columns: columns)
                for batch in batches { try file.append(batch) }
            }
            XCTAssertGreaterThan(space.usedByteCount, 10_000, "rows that wait on disk are charged")
            let summary = try file.finish()
            XCTAssertEqual(summary.rowCount, rowCount)
            XCTAssertGreaterThan(summary.cutTextCount, 0, "seed \(seed)")
            let result = try PythonReader.run("QueryTests/Readers/read_workbook.py", arguments)
            XCTAssertEqual(result.exitCode, 0, "seed \(seed): \(result.output)")
            let more = rowCountMax == 100 ? "; Ліцензії_ усі_нові (2); Ліцензії_ усі_нові (3); Ліцензії_ усі_нові (4)" : ""
            XCTAssertEqual(result.output, "Ліцензії_ усі_нові\(more); quoted; Sheet; History_\n")
        }
    }

    func test_whatIsGivenUp_leavesNothing() throws {
        let directory = try TemporaryDirectory()
        let space = space(directory)
        try autoreleased {
            let file = try WorkbookFile(path: directory.path + "/book.xlsx", space: space)
            let (columns, batches) = try QueryFixture(threads: 1).batches("SELECT i, repeat('x', 100) AS t FROM generate_series(1, 5000) AS g(i)")
            try file.beginSheet(named: "a", columns: columns)
            for batch in batches { try file.append(batch) }
            XCTAssertGreaterThan(space.usedByteCount, 1_000_000)
        }
        XCTAssertEqual(space.usedByteCount, 0)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: directory.path), [])
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
        XCTAssertFalse(open.contains { $0.hasPrefix(directory.path) }, "\(open)")
    }

    private func autoreleased(_ body: () throws -> Void) rethrows { try body() }

    func test_spaceThatIsUsedUp_isSpillFull() throws {
        let directory = try TemporaryDirectory()
        let file = try WorkbookFile(path: directory.path + "/book.xlsx", space: space(directory, byteCountMax: 200_000))
        let (columns, batches) = try QueryFixture(threads: 1).batches("SELECT i, repeat('x', 100) AS t FROM generate_series(1, 5000) AS g(i)")
        try file.beginSheet(named: "a", columns: columns)
        XCTAssertThrowsError(try { for batch in batches { try file.append(batch) } }()) { XCTAssertEqual(($0 as? QueryError)?.slug, .spillFull) }
    }

    func test_placesThatCannotBeWritten_areRefused_andLeaveNoFile() throws {
        let directory = try TemporaryDirectory()
        let space = SpillSpace(directory: "/dev/full-is-no-directory", byteCountMax: 1 << 30)
        let path = directory.path + "/book.xlsx"
        let (columns, _) = try QueryFixture(threads: 1).batches("SELECT 1 AS a")
        XCTAssertThrowsError(
            try {
                let file = try WorkbookFile(path: path, space: space)
                try file.beginSheet(named: "a", columns: columns)
                _ = try file.finish()
            }())
        XCTAssertFalse(FileManager.default.fileExists(atPath: path))
        let elsewhere = try WorkbookFile(path: directory.path + "/nowhere/book.xlsx", space: self.space(directory))
        try elsewhere.beginSheet(named: "a", columns: columns)
        XCTAssertThrowsError(try elsewhere.finish()) { XCTAssertEqual(($0 as? QueryError)?.slug, .spillFull) }
    }

    func test_libreOffice_opensIt() throws {
        let directory = try TemporaryDirectory()
        let book = directory.path + "/book.xlsx"
        let file = try WorkbookFile(path: book, space: space(directory))
        let (columns, batches) = try QueryFixture(threads: 1).batches(
            """
            SELECT '=1+1' AS formula, 'її, "x"' AS t, 12345678901234567::BIGINT AS big, 1.50::DECIMAL(9,2) AS d, DATE '2026-11-20' AS day,
              TIMESTAMPTZ '2026-11-20 12:00:01.25+00' AS at, '_x0041_' AS escape,
              TIMESTAMPTZ '9999-12-31 23:59:59.999+00' AS late, TIMESTAMPTZ '9999-12-31 23:59:59.999999+00' AS last
            """)
        try file.beginSheet(named: "one", columns: columns)
        for batch in batches { try file.append(batch) }
        _ = try file.finish()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/soffice")
        process.arguments = ["-env:UserInstallation=file://\(directory.path)/profile", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", directory.path, book]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitForEnd()
        let text = try String(contentsOfFile: directory.path + "/book.csv", encoding: .utf8)
        XCTAssertEqual(
            text,
            "formula,t,big,d,day,at,escape,late,last\n=1+1,\"її, \"\"x\"\"\",12345678901234567,1.50,2026-11-20,2026-11-20 12:00:01.250,_x0041_,9999-12-31 23:59:59.999,9999-12-31T23:59:59.999999Z\n")
    }
}
