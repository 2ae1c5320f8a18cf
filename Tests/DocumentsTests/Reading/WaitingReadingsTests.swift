import ColumnStore
import Query
import TestSupport
import XCTest

@testable import Documents

/// Documents whose rules are evaluated together come out as each by itself: every value, every fault and its place, and the work that is left.
/// Method: random documents (good, faulty, with values that a cast or an operation fails for, with nothing in them) through both ways.
final class WaitingReadingsTests: XCTestCase {
    /// Rules of both kinds in turn, so that the order of faults shows; `given` waits on a column that is computed.
    private static let rules: [(name: String, check: String)] = [
        ("form", "s ~ '^[a-z]{1,3}$'"), ("plain", "n < 90"), ("long", "length(t) BETWEEN 2 AND 6"), ("cast", "t::INTEGER > 5"), ("both", "n > 0 OR s = 'x'"),
        ("overflow", "round(power(n, 5))::INTEGER > 0"), ("division", "round(a / n, 2) < 50"), ("pattern", "NOT (s ~ t)"), ("branch", "CASE WHEN n > 50 THEN s::DATE > d ELSE true END"),
        ("case", "upper(s) <> 'BAD'"), ("year", "extract(year FROM d) > 1990"), ("given", "given LIKE '%-%'"), ("long text", "length(repeat(s, n * 10)) < 2000"),
        ("constant", "length('abc') = 3"), ("flag", "b OR lower(s) = s"), ("list", "list_max(l.y) + length(s) < 6"),
    ]

    private static func type(_ format: String) throws -> DocumentType {
        let slash = format == "json" ? "/" : ""
        let list = format == "json" ? #","l":{"path":"/l","columns":{"y":{"path":"/y","type":"INTEGER"}}}"# : ""
        let rules = rules.filter { format == "json" || $0.name != "list" }
        let columns = [("s", "VARCHAR"), ("t", "VARCHAR"), ("n", "INTEGER"), ("a", "DECIMAL(18,4)"), ("d", "DATE"), ("b", "BOOLEAN")].map { name, type in
            #""\#(name)":{"path":"\#(slash)\#(name)","type":"\#(type)"\#(name == "t" ? #","sensitive":true"# : "")}"#
        }
        let json =
            #"{"name":"r","version":1,"format":"\#(format)","on_repeat":"replace","match":{},"receipt_id":"\#(slash)id","columns":{\#(columns.joined(separator: ","))\#(list),"given":{"expression":"s || '-' || n","type":"VARCHAR"}},"#
            + #""rules":[\#(rules.map { #"{"name":"\#($0.name)","check":"\#($0.check)"}"# }.joined(separator: ","))]}"#
        return try DocumentType(json: Array(json.utf8))
    }

    /// - Parameter faultRate: of ten values so many may be bad; with none nearly all documents are taken.
    private static func values(_ random: inout SplitMix64, faultRate: Int) -> [(name: String, text: String?)] {
        func pick(_ good: [String], _ bad: [String?]) -> String? {
            Int.random(in: 0..<10, using: &random) < faultRate ? (bad.randomElement(using: &random) ?? nil) : good.randomElement(using: &random)
        }
        return [
            ("id", pick((0..<500).map { "R-\($0)" }, [nil])), ("s", pick(["a", "ab", "xyz"], ["BAD", "bad", "abcd", "x", nil, "2020-01-02", "ї"])),
            ("t", pick(["12", "77", "123456"], ["1", "7x", "(", "2147483648", nil, "[a-z]+", "ab"])), ("n", pick(["1", "9", "60"], ["0", "-3", "99", "2147483647", nil, "x"])),
            ("a", pick(["1.5", "0.25"], ["99999999999999.9999", nil, "1.23456"])), ("d", pick(["2020-02-03", "1999-12-31"], ["1980-01-01", nil, "2020-02-30"])),
            ("b", pick(["true"], ["false", nil])),
        ]
    }

    private static func outcome(_ result: ReceiptResult) -> String {
        switch result {
        case .accepted(let receipt): return "\(receipt.receiptID) \(receipt.issuedAt) \(receipt.businessDay) \(receipt.row) \(receipt.document)"
        case .refused(let fault, let type, let document):
            let readable = fault.readable.map { "\($0.receiptID ?? []) \($0.row) \($0.faulty.sorted())" } ?? ""
            return "\(fault.code) \(fault.detail) \(fault.errors.map { "\($0.pointer) \($0.code) \($0.message)" }) \(type ?? "-") \(document) \(readable)"
        }
    }

    private static func options(_ allowance: WorkAllowance, keepsReadable: Bool) -> ReadingOptions {
        var options = ReadingOptions(type: "r", now: SampleFiles.now)
        options.allowance = allowance
        options.keepsReadable = keepsReadable
        return options
    }

    private func registry(_ format: String) throws -> TypeRegistry {
        let registry = TypeRegistry()
        try registry.put(try Self.type(format))
        return registry
    }

    // MARK: CSV

    private func csv(_ body: String, _ registry: TypeRegistry, _ context: ExtractionContext, steps: Int?, isTogether: Bool) throws -> [String] {
        context.ruleBatch.isUsed = isTogether
        let bytes = Array(body.utf8)
        let allowance = steps.map { WorkAllowance(steps: $0, isOfManyDocuments: true) } ?? WorkAllowance(byteCount: bytes.count, isOfManyDocuments: true)
        let reading = try bytes.withUnsafeBytes {
            try CSVReading(body: $0, snapshot: registry.snapshot, context: context, options: Self.options(allowance, keepsReadable: true)).read()
        }
        return reading.receipts.map(Self.outcome) + ["\(allowance.left) \(allowance.isShort)"]
    }

    func test_add_randomRecords_areAsByThemselves() throws {
        let registry = try registry("csv")
        let context = ExtractionContext()
        var (acceptedCount, refusedCount) = (0, 0)
        for seed in 0..<24 {
            var random = SplitMix64(state: UInt64(seed))
            let faultRate = seed % 4
            var body = "id,s,t,n,a,d,b\n"
            for _ in 0..<(seed == 8 ? 1_100 : Int.random(in: 0...60, using: &random)) {
                body += Self.values(&random, faultRate: faultRate).map { $0.text.map { "\"\($0)\"" } ?? "" }.joined(separator: ",") + "\n"
                // A record that is none.
                if Int.random(in: 0..<30, using: &random) == 0 { body += "one,two\n" }
            }
            let alone = try csv(body, registry, context, steps: nil, isTogether: false)
            XCTAssertEqual(try csv(body, registry, context, steps: nil, isTogether: true), alone, "seed \(seed)")
            acceptedCount += alone.count { $0.hasPrefix("[") }
            refusedCount += alone.count { $0.contains("cannot be evaluated") }
        }
        XCTAssertGreaterThan(acceptedCount, 100)
        XCTAssertGreaterThan(refusedCount, 100)
    }

    /// Wherever the work of a body ends.
    func test_add_allowanceEnds_atTheSameRecord() throws {
        let registry = try registry("csv")
        let context = ExtractionContext()
        var random = SplitMix64(state: 0x52)
        let body = "id,s,t,n,a,d,b\n" + (0..<25).map { _ in Self.values(&random, faultRate: 1).map { $0.text ?? "" }.joined(separator: ",") + "\n" }.joined()
        let whole = WorkAllowance(steps: 10_000_000)
        _ = try Array(body.utf8).withUnsafeBytes { bytes in
            try CSVReading(body: bytes, snapshot: registry.snapshot, context: context, options: Self.options(whole, keepsReadable: false)).read()
        }
        let spent = 10_000_000 - whole.left
        for steps in stride(from: 0, through: spent + 500, by: max(1, spent / 50)) {
            XCTAssertEqual(
                try csv(body, registry, context, steps: steps, isTogether: true), try csv(body, registry, context, steps: steps, isTogether: false), "\(steps) steps")
        }
    }

    // MARK: Wide rows

    /// A batch that takes many times the steps that are free is done in parts, each of several rows.
    func test_evaluate_wideRows_areKnownOfAll() throws {
        // None matches, so that each pattern goes over each text: forty thousand steps for a row, forty million for the batch.
        let check = (0..<20).map { "s ~ '[b-d]x\($0)[e-g]'" }.joined(separator: " OR ")
        let compiled = try ExpressionCompiler.compile(check, outer: [ExpressionCompiler.Input("s", .string)], as: .boolean, isCondition: true)
        let program = RuleProgram(compiled, inputs: [(input: RuleCompiler.Input.scalar(0), type: ColumnType.string)], memberNames: [])
        XCTAssertTrue(program.canWait)
        let (rules, batch, context) = (WaitingRules([program]), RuleBatch(), ExtractionContext())
        batch.gather()
        XCTAssertTrue(batch.serves(rules))
        for row in 0..<RuleBatch.rowCountMax {
            // Each row has another text.
            let text = [UInt8](repeating: UInt8(ascii: "a"), count: 2_000) + Array(String(row).utf8)
            text.withUnsafeBufferPointer { text in
                guard let base = text.baseAddress else { return XCTFail("no text") }
                withUnsafePointer(to: Cell.bytes(base, text.count)) { batch.add($0, isInDoubt: false) }
            }
        }
        batch.evaluate(in: context)
        batch.answer(from: 0)
        var unknownCount = 0
        for _ in 0..<RuleBatch.rowCountMax {
            if batch.outcome(0) == .unknown { unknownCount += 1 }
            batch.next()
        }
        XCTAssertEqual(unknownCount, 0)
    }

    // MARK: JSON

    func test_readJSON_randomBodies_areAsByThemselves() throws {
        let registry = try registry("json")
        let reader = DocumentReader(registry: registry)
        for seed in 0..<20 {
            var random = SplitMix64(state: UInt64(seed))
            let bodies = (0..<Int.random(in: 1...80, using: &random)).map { _ -> [UInt8] in
                if Int.random(in: 0..<25, using: &random) == 0 { return Array(["{", "[]", "{}", #"[{"id":"1"},{"id":"2","s":"BAD"}]"#].randomElement(using: &random)!.utf8) }
                var members = Self.values(&random, faultRate: seed % 4).compactMap { value in value.text.map { "\"\(value.name)\":\"\($0)\"" } }
                members.append(#""l":[{"y":\#(Int.random(in: 0...3, using: &random))},{"y":2}]"#)
                return Array("{\(members.joined(separator: ","))}".utf8)
            }
            let steps = seed.isMultiple(of: 3) ? Int.random(in: 0...40_000, using: &random) : 50_000_000
            let shared = [WorkAllowance(steps: steps, isOfManyDocuments: true), WorkAllowance(steps: steps, isOfManyDocuments: true)]
            let together = reader.readJSON(bodies) { _ in Self.options(shared[0], keepsReadable: true) }.map { Self.outcome($0) }
            let alone = bodies.map { body in Self.outcome(Result { try reader.readJSON(body, Self.options(shared[1], keepsReadable: true)) }) }
            XCTAssertEqual(together, alone, "seed \(seed)")
            XCTAssertEqual(shared[0].left, shared[1].left, "seed \(seed)")
            XCTAssertEqual(shared[0].isShort, shared[1].isShort, "seed \(seed)")
        }
    }

    private static func outcome(_ result: Result<DocumentReading, any Error>) -> String {
        switch result {
        case .success(let reading): "\(reading.shape) \(reading.receipts.map { outcome($0) })"
        case .failure(let error): "\(error)"
        }
    }
}
